//! `fulfillment_orders`: a row for each location's part of an order.

use std::sync::Arc;

use holdfast_domain::order::{FulfillmentLineView, FulfillmentOrderView};
use holdfast_domain::values::Units;

use super::{Kind, Ordered};
use crate::column::{Column, Table, list};

/// A part and its order.
pub struct Part {
    order: Arc<Ordered>,
    part: FulfillmentOrderView,
}

pub const FULFILLMENT_ORDERS: Kind<Ordered, Part> = Kind {
    table: Table {
        name: "fulfillment_orders",
        columns: &[
            Column::text("fulfillment_order_id", |row: &Part| {
                Some(row.part.fulfillment_order_id.to_string())
            }),
            Column::text("order_id", |row| Some(row.order.view.order_id.to_string())),
            Column::number("number", |row| Some(row.part.fulfillment_order_id.number().into())),
            Column::text("location", |row| Some(row.part.location.to_string())),
            Column::text("status", |row| Some(row.part.status.name().to_owned())),
            Column::boolean("accepted", |row| Some(row.part.accepted)),
            Column::text("wms_ref", |row| row.part.wms_ref.as_ref().map(ToString::to_string)),
            Column::boolean("cancellation_requested", |row| Some(row.part.cancellation_requested)),
            Column::text("move_to", |row| row.part.move_to.as_ref().map(ToString::to_string)),
            Column::boolean("amendment_requested", |row| Some(row.part.amendment_requested)),
            Column::time("ship_at", |row| row.part.promise.as_ref().map(|promise| promise.ship_at)),
            Column::time("deliver_at", |row| row.part.promise.as_ref()?.deliver_at),
            Column::time("ready_since", |row| row.part.ready_since),
            Column::number("units", |row| Some(sum(row, |line| line.quantity))),
            Column::number("picked", |row| Some(sum(row, |line| line.picked))),
            Column::number("packed", |row| Some(sum(row, |line| line.packed))),
            Column::number("shipped", |row| Some(sum(row, |line| line.shipped))),
            Column::json("lines", |row| list(&row.part.lines)),
            Column::text("channel", |row| Some(row.order.view.channel.to_string())),
            Column::time("created_at", |row| Some(row.order.view.created_at)),
            Column::number("position", |row| Some(row.order.view.position)),
            Column::boolean("stale", |row| Some(row.order.is_stale())),
        ],
    },
    rows: |order| {
        let part = |part: &FulfillmentOrderView| Part { order: Arc::clone(order), part: part.clone() };
        order.view.fulfillment_orders.iter().map(part).collect()
    },
};

fn sum(row: &Part, of: fn(&FulfillmentLineView) -> Units) -> u64 {
    row.part.lines.iter().map(of).sum::<Units>().number()
}

//! `fulfillment_orders`: one row per fulfillment order.

use std::sync::Arc;

use holdfast_domain::values::Units;
use holdfast_views::{FulfillmentLineView, FulfillmentOrderView};

use super::{ExportedOrder, Kind};
use crate::column::Value::{Boolean, Json, Number, Text, Time};
use crate::column::{Table, list};

pub struct Part {
    order: Arc<ExportedOrder>,
    part: FulfillmentOrderView,
}

pub const FULFILLMENT_ORDERS: Kind<ExportedOrder, Part> = Kind {
    table: Table {
        name: "fulfillment_orders",
        columns: &[
            ("fulfillment_order_id", Text(|row: &Part| Some(row.part.fulfillment_order_id.to_string()))),
            ("order_id", Text(|row| Some(row.order.view.order_id.to_string()))),
            ("number", Number(|row| Some(row.part.fulfillment_order_id.number().into()))),
            ("location", Text(|row| Some(row.part.location.to_string()))),
            ("status", Text(|row| Some(row.part.status.name().to_owned()))),
            ("accepted", Boolean(|row| Some(row.part.accepted))),
            ("wms_ref", Text(|row| row.part.wms_ref.as_ref().map(ToString::to_string))),
            ("cancellation_requested", Boolean(|row| Some(row.part.cancellation_requested))),
            ("move_to", Text(|row| row.part.move_to.as_ref().map(ToString::to_string))),
            ("amendment_requested", Boolean(|row| Some(row.part.amendment_requested))),
            ("ship_at", Time(|row| row.part.promise.as_ref().map(|promise| promise.ship_at))),
            ("deliver_at", Time(|row| row.part.promise.as_ref()?.deliver_at)),
            ("ready_since", Time(|row| row.part.ready_since)),
            ("units", Number(|row| Some(sum(row, |line| line.quantity)))),
            ("picked", Number(|row| Some(sum(row, |line| line.picked)))),
            ("packed", Number(|row| Some(sum(row, |line| line.packed)))),
            ("shipped", Number(|row| Some(sum(row, |line| line.shipped)))),
            ("lines", Json(|row| list(&row.part.lines))),
            ("channel", Text(|row| Some(row.order.view.channel.to_string()))),
            ("created_at", Time(|row| Some(row.order.view.created_at))),
            ("position", Number(|row| Some(row.order.view.position))),
            ("stale", Boolean(|row| Some(row.order.is_stale()))),
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

//! `orders`: a row for each order.

use std::sync::Arc;

use holdfast_domain::order::{DeliveryIntent, Destination, LineView};
use holdfast_domain::values::{Text, Units};
use holdfast_terminal::wire_name as name;

use super::{Kind, Ordered};
use crate::column::{Column, Table, json, list};

type Row = Arc<Ordered>;

pub const ORDERS: Kind<Ordered, Row> = Kind {
    table: Table {
        name: "orders",
        columns: &[
            Column::text("order_id", |order: &Row| Some(order.view.order_id.to_string())),
            Column::text("status", |order| Some(order.view.status.name().to_owned())),
            Column::text("reservation_status", |order| Some(name(&order.view.status_axes.reservation))),
            Column::text("fulfillment_status", |order| Some(name(&order.view.status_axes.fulfillment))),
            Column::text("delivery_status", |order| Some(name(&order.view.status_axes.delivery))),
            Column::text("payment_status", |order| Some(name(&order.view.status_axes.payment))),
            Column::text("return_status", |order| Some(name(&order.view.status_axes.returned))),
            Column::text("cancellation_status", |order| Some(name(&order.view.status_axes.cancellation))),
            Column::boolean("on_hold", |order| Some(!order.view.holds.is_empty())),
            Column::number("version", |order| Some(order.view.version)),
            Column::number("position", |order| Some(order.view.position)),
            Column::number("first_position", |order| Some(order.first_position)),
            Column::time("created_at", |order| Some(order.view.created_at)),
            Column::time("changed_at", |order| Some(order.changed_at)),
            Column::time("placed_at", |order| order.view.placed_at),
            Column::text("channel", |order| Some(order.view.channel.to_string())),
            Column::text("channel_ref", |order| order.view.channel_ref.as_ref().map(ToString::to_string)),
            Column::text("customer_ref", |order| order.view.customer_ref.as_ref().map(ToString::to_string)),
            Column::text("currency", |order| order.view.currency.as_ref().map(ToString::to_string)),
            Column::number("lines", |order| Some(order.view.lines.len() as u64)),
            Column::number("ordered", |order| Some(sum(order, |line| line.ordered.quantity.units()))),
            Column::number("backordered", |order| Some(sum(order, |line| line.backordered))),
            Column::number("reserved", |order| Some(sum(order, |line| line.reserved))),
            Column::number("picked", |order| Some(sum(order, |line| line.picked))),
            Column::number("packed", |order| Some(sum(order, |line| line.packed))),
            Column::number("shipped", |order| Some(sum(order, |line| line.shipped))),
            Column::number("delivered", |order| Some(sum(order, |line| line.delivered))),
            Column::number("cancelled", |order| Some(sum(order, |line| line.cancelled))),
            Column::number("returned", |order| Some(sum(order, |line| line.returned))),
            Column::text("city", |order| place(order, |place| place.city.as_ref())),
            Column::text("region", |order| place(order, |place| place.region.as_ref())),
            Column::text("postal_code", |order| place(order, |place| place.postal_code.as_ref())),
            Column::text("country", |order| place(order, |place| place.country.as_ref())),
            Column::text("personal_data", |order| Some(name(&order.view.personal_data))),
            Column::text("delivery_method", |order| delivery(order).map(|delivery| name(&delivery.method))),
            Column::text("delivery_location", |order| {
                delivery(order)?.location.as_ref().map(ToString::to_string)
            }),
            Column::text("service_level", |order| {
                delivery(order)?.service_level.as_ref().map(ToString::to_string)
            }),
            Column::time("ship_not_before", |order| delivery(order)?.ship_not_before),
            Column::time("ship_by", |order| delivery(order)?.ship_by),
            Column::time("deliver_by", |order| delivery(order)?.deliver_by),
            Column::text("on_shortage", |order| Some(name(&order.view.on_shortage))),
            Column::boolean("allow_split", |order| Some(order.view.allow_split)),
            Column::text("priority", |order| Some(name(&order.view.priority))),
            Column::text("payment", |order| Some(name(&order.view.payment))),
            Column::text("reserve_at", |order| Some(name(&order.view.reserve_at))),
            Column::text("reserve_for", |order| order.view.reserve_for.map(|period| period.to_string())),
            Column::time("reserved_until", |order| order.view.reserved_until),
            Column::json("charges", |order| json(order.view.charges.as_ref())),
            Column::json("holds", |order| list(&order.view.holds)),
            Column::json("returns", |order| list(&order.view.returns)),
            Column::json("discrepancies", |order| list(&order.view.discrepancies)),
            Column::json("amendment", |order| json(order.view.amendment.as_ref())),
            Column::json("external_refs", |order| json(order.view.external_refs.as_ref())),
            Column::json("attributes", |order| json(order.view.attributes.as_ref())),
            Column::boolean("stale", |order| Some(order.is_stale())),
        ],
    },
    rows: |order| vec![Arc::clone(order)],
};

fn sum(order: &Row, of: fn(&LineView) -> Units) -> u64 {
    order.view.lines.iter().map(of).sum::<Units>().number()
}

fn place<const LIMIT: usize>(order: &Row, of: fn(&Destination) -> Option<&Text<LIMIT>>) -> Option<String> {
    let destination = order.view.ship_to.as_ref()?.destination.as_ref()?;
    of(destination).map(ToString::to_string)
}

fn delivery(order: &Row) -> Option<&DeliveryIntent> {
    order.view.delivery.as_ref()
}

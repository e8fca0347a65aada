//! `orders`: one row per order.

use std::sync::Arc;

use holdfast_domain::order::{DeliveryIntent, Destination};
use holdfast_domain::values::{self, Units};
use holdfast_terminal::wire_name as name;
use holdfast_views::LineView;

use super::{ExportedOrder, Kind};
use crate::column::Value::{Boolean, Json, Number, Text, Time};
use crate::column::{Table, json, list};

type Row = Arc<ExportedOrder>;

pub const ORDERS: Kind<ExportedOrder, Row> = Kind {
    table: Table {
        name: "orders",
        columns: &[
            ("order_id", Text(|order: &Row| Some(order.view.order_id.to_string()))),
            ("status", Text(|order| Some(order.view.status.name().to_owned()))),
            ("reservation_status", Text(|order| Some(name(&order.view.status_axes.reservation)))),
            ("fulfillment_status", Text(|order| Some(name(&order.view.status_axes.fulfillment)))),
            ("delivery_status", Text(|order| Some(name(&order.view.status_axes.delivery)))),
            ("payment_status", Text(|order| Some(name(&order.view.status_axes.payment)))),
            ("return_status", Text(|order| Some(name(&order.view.status_axes.returned)))),
            ("cancellation_status", Text(|order| Some(name(&order.view.status_axes.cancellation)))),
            ("on_hold", Boolean(|order| Some(!order.view.holds.is_empty()))),
            ("version", Number(|order| Some(order.view.version))),
            ("position", Number(|order| Some(order.view.position))),
            ("first_position", Number(|order| Some(order.first_position))),
            ("created_at", Time(|order| Some(order.view.created_at))),
            ("changed_at", Time(|order| Some(order.changed_at))),
            ("placed_at", Time(|order| order.view.placed_at)),
            ("channel", Text(|order| Some(order.view.channel.to_string()))),
            ("channel_ref", Text(|order| order.view.channel_ref.as_ref().map(ToString::to_string))),
            ("customer_ref", Text(|order| order.view.customer_ref.as_ref().map(ToString::to_string))),
            ("currency", Text(|order| order.view.currency.as_ref().map(ToString::to_string))),
            ("lines", Number(|order| Some(order.view.lines.len() as u64))),
            ("ordered", Number(|order| Some(sum(order, |line| line.ordered.quantity.units())))),
            ("backordered", Number(|order| Some(sum(order, |line| line.backordered)))),
            ("reserved", Number(|order| Some(sum(order, |line| line.reserved)))),
            ("picked", Number(|order| Some(sum(order, |line| line.picked)))),
            ("packed", Number(|order| Some(sum(order, |line| line.packed)))),
            ("shipped", Number(|order| Some(sum(order, |line| line.shipped)))),
            ("delivered", Number(|order| Some(sum(order, |line| line.delivered)))),
            ("fulfilled", Number(|order| Some(sum(order, |line| line.fulfilled)))),
            ("cancelled", Number(|order| Some(sum(order, |line| line.cancelled)))),
            ("returned", Number(|order| Some(sum(order, |line| line.returned)))),
            ("city", Text(|order| place(order, |place| place.city.as_ref()))),
            ("region", Text(|order| place(order, |place| place.region.as_ref()))),
            ("postal_code", Text(|order| place(order, |place| place.postal_code.as_ref()))),
            ("country", Text(|order| place(order, |place| place.country.as_ref()))),
            ("personal_data", Text(|order| Some(name(&order.view.personal_data)))),
            ("delivery_method", Text(|order| delivery(order).map(|delivery| name(&delivery.method)))),
            ("delivery_location", Text(|order| delivery(order)?.location.as_ref().map(ToString::to_string))),
            ("service_level", Text(|order| delivery(order)?.service_level.as_ref().map(ToString::to_string))),
            ("ship_not_before", Time(|order| delivery(order)?.ship_not_before)),
            ("ship_by", Time(|order| delivery(order)?.ship_by)),
            ("deliver_by", Time(|order| delivery(order)?.deliver_by)),
            ("on_shortage", Text(|order| Some(name(&order.view.on_shortage)))),
            ("allow_split", Boolean(|order| Some(order.view.allow_split))),
            ("priority", Text(|order| Some(name(&order.view.priority)))),
            ("payment", Text(|order| Some(name(&order.view.payment)))),
            ("reserve_at", Text(|order| Some(name(&order.view.reserve_at)))),
            ("reserve_for", Text(|order| order.view.reserve_for.map(|period| period.to_string()))),
            ("reserved_until", Time(|order| order.view.reserved_until)),
            ("charges", Json(|order| json(order.view.charges.as_ref()))),
            ("holds", Json(|order| list(&order.view.holds))),
            ("returns", Json(|order| list(&order.view.returns))),
            ("discrepancies", Json(|order| list(&order.view.discrepancies))),
            ("amendment", Json(|order| json(order.view.amendment.as_ref()))),
            ("external_refs", Json(|order| json(order.view.external_refs.as_ref()))),
            ("attributes", Json(|order| json(order.view.attributes.as_ref()))),
            ("stale", Boolean(|order| Some(order.is_stale()))),
        ],
    },
    rows: |order| vec![Arc::clone(order)],
};

fn sum(order: &Row, of: fn(&LineView) -> Units) -> u64 {
    order.view.lines.iter().map(of).sum::<Units>().number()
}

fn place<const LIMIT: usize>(
    order: &Row,
    of: fn(&Destination) -> Option<&values::Text<LIMIT>>,
) -> Option<String> {
    let destination = order.view.ship_to.as_ref()?.destination.as_ref()?;
    of(destination).map(ToString::to_string)
}

fn delivery(order: &Row) -> Option<&DeliveryIntent> {
    order.view.delivery.as_ref()
}

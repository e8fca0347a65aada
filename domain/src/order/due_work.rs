//! What becomes due for an order without a command from outside: the ends of reservations and holds, stuck packages.

use cqrs_es::Aggregate;

use super::contents::FulfillmentOrderLines;
use super::events::{OrderEvent, OrderHoldReleased, PaymentFailed, ReservationExpired, ShipmentStuck};
use super::fulfillment_order::FulfillmentOrder;
use super::hold::{await_decision, widen};
use super::payment::backordered_units;
use super::returns::close::lapse;
use super::state::{Order, Payment};
use crate::command::commands;
use crate::text;
use crate::values::{FulfillmentOrderId, OrderId, Timestamp};

commands! {
    /// Carries out what is due for an order at the decision time: a reservation, a hold or an authorization ends, a return lapses, a
    /// package counts as stuck.
    /// Sent by the service only.
    AttendOrder {
        order_id: OrderId,
    }
}

/// Ends holds and authorizations whose time is over, closes returns that lapse, and marks packages as stuck.
pub(super) fn attend(order: &Order, at: Timestamp) -> Vec<OrderEvent> {
    let over = order.holds.iter().filter(|hold| hold.until.is_some_and(|until| until <= at));
    let released = over.map(|hold| OrderHoldReleased { hold_id: hold.id.clone() }.into());
    let stuck = order.shipments.iter().filter_map(|shipment| {
        let packages = shipment.packages.iter();
        let stuck = packages.filter(|package| shipment.stuck_at(package).is_some_and(|time| time <= at));
        let packages: Vec<_> = stuck.map(|package| package.shipped.package_id.clone()).collect();
        let shipment_id = shipment.id;
        (!packages.is_empty()).then(|| ShipmentStuck { shipment_id, packages }.into())
    });
    let is_over = |payment: &&Payment| payment.until.is_some_and(|until| until <= at);
    let failed = order.ending_authorizations().filter(is_over).map(|payment| {
        let (payment_ref, reason) = (Some(payment.reference.clone()), text!("authorization_expired"));
        PaymentFailed { payment_ref, reason }.into()
    });
    released.chain(failed).chain(stuck).chain(lapse(order, at)).collect()
}

/// Ends the order's reservations and its places in the backorder queues, when their time is over.
pub(super) fn expire(order: &Order, at: Timestamp) -> Vec<OrderEvent> {
    if order.expires_at.is_none_or(|until| at < until) {
        return Vec::new();
    }
    let open = order.fulfillment_orders.iter().filter(|one| one.is_open());
    let fulfillment_orders: Vec<FulfillmentOrderLines> =
        open.map(FulfillmentOrder::outstanding_lines).collect();
    let lost: Vec<FulfillmentOrderId> =
        fulfillment_orders.iter().map(|one| one.fulfillment_order_id).collect();
    let expired = ReservationExpired { fulfillment_orders, waited: backordered_units(order) };
    let mut events = vec![expired.into()];
    events.extend(widen(order, &lost));
    // An order that needs no payment is not sourced again by a payment: a person decides.
    if order.is_paid() {
        let mut expired = order.clone();
        for event in &events {
            expired.apply(OrderEvent::clone(event));
        }
        events.extend(await_decision(&expired));
    }
    events
}

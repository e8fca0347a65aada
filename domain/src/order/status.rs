//! An order's status, derived from its state.
//!
//! Six independent axes, and a summary by a published precedence.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choices::{HoldReason, PaymentTerms, TrackingStatus, names};
use super::fulfillment_order::FulfillmentOrder;
use super::returns::OrderReturn;
use super::shipment::TrackedPackage;
use super::state::{LastPaymentEvent, Order};
use super::totals::LineTotals;
use crate::values::Units;

names! {
    /// The overall status of an order, derived from the status axes. Values may be added.
    OrderStatus {
        /// Units are neither reserved nor backordered yet.
        Created,
        /// Units are backordered.
        Backordered,
        /// All units that are not cancelled are reserved.
        Reserved,
        /// At least one hold is active.
        OnHold,
        /// Picking has started.
        Picking,
        /// All units that have not shipped are packed.
        Packed,
        /// Some units have shipped or are fulfilled without shipping.
        PartiallyShipped,
        /// All units have shipped or are fulfilled without shipping.
        Shipped,
        /// All units have shipped, and the carrier has reported.
        InTransit,
        /// Some units were delivered, or are fulfilled without shipping.
        PartiallyDelivered,
        /// All units were delivered, or are fulfilled without shipping.
        Delivered,
        /// A package was lost, refused or sent back.
        DeliveryFailed,
        /// All units are cancelled.
        Cancelled,
        /// Some units were returned.
        PartiallyReturned,
        /// All units were returned.
        Returned,
    }
    /// How many units that require stock are reserved.
    ReservationStatus {
        /// Nothing is reserved yet.
        None,
        /// Some units are reserved.
        Partial,
        /// All units are reserved.
        Reserved,
        /// Units are backordered.
        Backordered,
        /// All reservations were released.
        Released,
    }
    /// The progress of the locations.
    FulfillmentStatus {
        /// No fulfillment order exists.
        None,
        /// A location has a fulfillment order and has not acknowledged it yet.
        Open,
        /// A location has accepted a fulfillment order.
        Accepted,
        /// Picking has started.
        Picking,
        /// All units are picked.
        Picked,
        /// All units are packed.
        Packed,
        /// Some units have shipped or are fulfilled without shipping.
        PartiallyShipped,
        /// All units have shipped or are fulfilled without shipping.
        Shipped,
    }
    /// The progress of the carriers.
    DeliveryStatus {
        /// Nothing has shipped, or no carrier has reported.
        None,
        /// A carrier has a package.
        InTransit,
        /// A package is on the delivery vehicle.
        OutForDelivery,
        /// A delivery attempt failed.
        Attempted,
        /// Some units were delivered, or are fulfilled without shipping.
        PartiallyDelivered,
        /// All units were delivered, or are fulfilled without shipping.
        Delivered,
        /// A package was lost, refused or sent back.
        Failed,
    }
    /// The state of the payments.
    PaymentStatus {
        /// Payments are handled by another system.
        NotRequired,
        /// No payment was reported.
        Pending,
        /// A payment is authorized.
        Authorized,
        /// Confirmed payments do not cover what the order costs.
        PartiallyPaid,
        /// Confirmed payments cover what the order costs.
        Confirmed,
        /// They cover it, and a part was paid back.
        PartiallyRefunded,
        /// All that was paid was paid back.
        Refunded,
        /// A payment failed.
        Failed,
        /// All payments were voided.
        Voided,
    }
    /// How many units were returned.
    ReturnStatus {
        /// No unit.
        None,
        /// A return is announced, and no unit was received.
        Requested,
        /// Some units were returned.
        Partial,
        /// All units were returned.
        Returned,
    }
    /// How many units are cancelled.
    CancellationStatus {
        /// No unit.
        None,
        /// A location has not answered a request to release units.
        Requested,
        /// Some units are cancelled.
        Partial,
        /// All units are cancelled.
        Cancelled,
    }
}

/// The status axes of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusAxes {
    /// How many units are reserved.
    pub reservation: ReservationStatus,
    /// The progress of the locations.
    pub fulfillment: FulfillmentStatus,
    /// The progress of the carriers.
    pub delivery: DeliveryStatus,
    /// The state of the payments.
    pub payment: PaymentStatus,
    /// How many units were returned.
    #[serde(rename = "return")]
    pub returned: ReturnStatus,
    /// How many units are cancelled.
    pub cancellation: CancellationStatus,
    /// The reasons of the holds in force.
    pub holds: Vec<HoldReason>,
}

impl Order {
    /// The status axes.
    pub fn status_axes(&self) -> StatusAxes {
        let lines = self.line_totals();
        let totals = sum(&lines);
        StatusAxes {
            reservation: reservation(&lines, &totals, self),
            fulfillment: fulfillment(&lines, &totals, self),
            delivery: delivery(&lines, &totals, self),
            payment: payment(self),
            returned: returned(&lines, self),
            cancellation: cancellation(&totals, self),
            holds: self.holds.iter().map(|hold| hold.reason).collect(),
        }
    }

    /// The summary. The first of these that holds: cancelled, returned, partially returned, delivered, delivery
    /// failed, partially delivered, in transit, shipped, on hold, partially shipped, packed, picking, backordered, reserved, created.
    pub fn status(&self) -> OrderStatus {
        let axes = self.status_axes();
        let packed = matches!(axes.fulfillment, FulfillmentStatus::Packed);
        let picking = matches!(axes.fulfillment, FulfillmentStatus::Picking | FulfillmentStatus::Picked);
        let moving = matches!(
            axes.delivery,
            DeliveryStatus::InTransit | DeliveryStatus::OutForDelivery | DeliveryStatus::Attempted
        );
        let shipped = axes.fulfillment == FulfillmentStatus::Shipped;
        let precedence = [
            (axes.cancellation == CancellationStatus::Cancelled, OrderStatus::Cancelled),
            (axes.returned == ReturnStatus::Returned, OrderStatus::Returned),
            (axes.returned == ReturnStatus::Partial, OrderStatus::PartiallyReturned),
            (axes.delivery == DeliveryStatus::Delivered, OrderStatus::Delivered),
            (axes.delivery == DeliveryStatus::Failed, OrderStatus::DeliveryFailed),
            (axes.delivery == DeliveryStatus::PartiallyDelivered, OrderStatus::PartiallyDelivered),
            (shipped && moving, OrderStatus::InTransit),
            (shipped, OrderStatus::Shipped),
            (!axes.holds.is_empty(), OrderStatus::OnHold),
            (axes.fulfillment == FulfillmentStatus::PartiallyShipped, OrderStatus::PartiallyShipped),
            (packed, OrderStatus::Packed),
            (picking, OrderStatus::Picking),
            (axes.reservation == ReservationStatus::Backordered, OrderStatus::Backordered),
            (axes.reservation == ReservationStatus::Reserved, OrderStatus::Reserved),
        ];
        precedence.into_iter().find(|(holds, _)| *holds).map_or(OrderStatus::Created, |(_, status)| status)
    }
}

/// The sums over all lines.
fn sum(lines: &[LineTotals]) -> LineTotals {
    let total = |units: fn(&LineTotals) -> Units| lines.iter().map(units).sum();
    LineTotals {
        ordered: total(|line| line.ordered),
        backordered: total(|line| line.backordered),
        reserved: total(|line| line.reserved),
        picked: total(|line| line.picked),
        packed: total(|line| line.packed),
        shipped: total(|line| line.shipped),
        delivered: total(|line| line.delivered),
        cancelled: total(|line| line.cancelled),
        returned: total(|line| line.returned),
        unfulfilled: total(|line| line.unfulfilled),
        fulfilled: total(|line| line.fulfilled),
    }
}

fn reservation(lines: &[LineTotals], totals: &LineTotals, order: &Order) -> ReservationStatus {
    if !totals.backordered.is_zero() {
        ReservationStatus::Backordered
    } else if order.fulfillment_orders.is_empty() {
        ReservationStatus::None
    } else if (totals.reserved + totals.shipped).is_zero() {
        ReservationStatus::Released
    } else if lines.iter().all(|line| line.pending().is_zero()) {
        ReservationStatus::Reserved
    } else {
        ReservationStatus::Partial
    }
}

fn fulfillment(lines: &[LineTotals], totals: &LineTotals, order: &Order) -> FulfillmentStatus {
    let assigned = totals.reserved + totals.shipped;
    let has_fulfilled = !totals.fulfilled.is_zero();
    if assigned.is_zero() && !has_fulfilled {
        FulfillmentStatus::None
    } else if lines.iter().all(|line| line.open().is_zero()) {
        FulfillmentStatus::Shipped
    } else if !totals.done().is_zero() {
        FulfillmentStatus::PartiallyShipped
    } else if totals.packed >= assigned {
        FulfillmentStatus::Packed
    } else if totals.picked >= assigned {
        FulfillmentStatus::Picked
    } else if !totals.picked.is_zero() {
        FulfillmentStatus::Picking
    } else if order.fulfillment_orders.iter().all(|one| one.accepted || !one.is_open()) {
        FulfillmentStatus::Accepted
    } else {
        FulfillmentStatus::Open
    }
}

fn delivery(lines: &[LineTotals], totals: &LineTotals, order: &Order) -> DeliveryStatus {
    let any = |statuses: &[TrackingStatus]| {
        let reported = |package: &TrackedPackage| {
            package.delivered_at.is_none()
                && !package.is_resent
                && package.tracked().is_some_and(|(status, _)| statuses.contains(&status))
        };
        order.packages().any(reported)
    };
    let is_delivered =
        |line: &LineTotals| line.delivered + line.fulfilled >= line.ordered.saturating_sub(line.cancelled);
    let delivered = totals.delivered + totals.fulfilled;
    if !delivered.is_zero() && lines.iter().all(is_delivered) {
        DeliveryStatus::Delivered
    } else if any(&[TrackingStatus::Failure, TrackingStatus::ReturnedToSender]) {
        // Someone must act, even if other packages were delivered.
        DeliveryStatus::Failed
    } else if !delivered.is_zero() {
        DeliveryStatus::PartiallyDelivered
    } else if any(&[TrackingStatus::AttemptedDelivery]) {
        DeliveryStatus::Attempted
    } else if any(&[TrackingStatus::OutForDelivery, TrackingStatus::ReadyForPickup]) {
        DeliveryStatus::OutForDelivery
    } else if any(&[TrackingStatus::PickedUp, TrackingStatus::InTransit, TrackingStatus::Delayed]) {
        DeliveryStatus::InTransit
    } else {
        DeliveryStatus::None
    }
}

fn payment(order: &Order) -> PaymentStatus {
    let terms = order.created.as_ref().map(|created| created.payment);
    match order.payment {
        _ if order.is_refunded() => PaymentStatus::Refunded,
        _ if !order.payments.is_empty() && order.is_paid() => {
            if order.has_refunds() {
                PaymentStatus::PartiallyRefunded
            } else {
                PaymentStatus::Confirmed
            }
        }
        _ if !order.payments.is_empty() => PaymentStatus::PartiallyPaid,
        LastPaymentEvent::Authorized => PaymentStatus::Authorized,
        LastPaymentEvent::Failed => PaymentStatus::Failed,
        LastPaymentEvent::Voided => PaymentStatus::Voided,
        LastPaymentEvent::None if terms == Some(PaymentTerms::NotRequired) => PaymentStatus::NotRequired,
        LastPaymentEvent::None => PaymentStatus::Pending,
    }
}

fn returned(lines: &[LineTotals], order: &Order) -> ReturnStatus {
    // Excess returned units of one line do not count for another line.
    let is_back = |line: &LineTotals| line.returned >= line.ordered.saturating_sub(line.cancelled);
    if lines.iter().all(|line| line.returned.is_zero()) {
        let is_expected = order.returns.iter().any(OrderReturn::is_open);
        if is_expected { ReturnStatus::Requested } else { ReturnStatus::None }
    } else if lines.iter().all(is_back) {
        ReturnStatus::Returned
    } else {
        ReturnStatus::Partial
    }
}

fn cancellation(totals: &LineTotals, order: &Order) -> CancellationStatus {
    if order.fulfillment_orders.iter().any(FulfillmentOrder::has_pending_cancellation) {
        CancellationStatus::Requested
    } else if totals.cancelled.is_zero() {
        CancellationStatus::None
    } else if totals.cancelled >= totals.ordered {
        CancellationStatus::Cancelled
    } else {
        CancellationStatus::Partial
    }
}

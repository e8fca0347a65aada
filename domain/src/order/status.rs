//! An order's status: derived from what happened, never set.
//!
//! Six independent axes say where it stands; one summary is chosen by a published precedence.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choices::{HoldReason, PaymentTerms, TrackingStatus, names};
use super::state::{FulfillmentLine, FulfillmentOrder, Order, Parcel, PaymentNews};
use super::totals::LineTotals;
use crate::values::Units;

names! {
    /// The one-word answer to "where is my order?". Treat it as open: names may be added.
    OrderStatus {
        /// Taken; nothing is held for it yet.
        Created,
        /// Something of it waits for supply.
        Backordered,
        /// Everything not cancelled is held for it.
        Reserved,
        /// It waits for somebody's decision.
        OnHold,
        /// Picking has begun.
        Picking,
        /// Everything left to ship is packed.
        Packed,
        /// Some of it has left.
        PartiallyShipped,
        /// All of it has left.
        Shipped,
        /// All of it has left and the carrier has reported.
        InTransit,
        /// Some of it arrived.
        PartiallyDelivered,
        /// All of it arrived.
        Delivered,
        /// A parcel was lost, refused or sent back.
        DeliveryFailed,
        /// Nothing of it will be delivered.
        Cancelled,
        /// Some of it came back.
        PartiallyReturned,
        /// All of it came back.
        Returned,
    }
    /// What is held for it.
    ReservationStatus {
        /// Nothing yet.
        None,
        /// Some of it.
        Partial,
        /// All of it.
        Reserved,
        /// Something waits for supply.
        Backordered,
        /// What was held was given back.
        Released,
    }
    /// How far the warehouses are.
    FulfillmentStatus {
        /// Nothing was handed to a location.
        None,
        /// Handed over, not begun.
        Open,
        /// Accepted by the warehouse.
        Accepted,
        /// Being picked.
        Picking,
        /// All picked.
        Picked,
        /// All packed.
        Packed,
        /// Some has left.
        PartiallyShipped,
        /// All has left.
        Shipped,
    }
    /// How far the carriers are.
    DeliveryStatus {
        /// Nothing has left, or no carrier has reported.
        None,
        /// On its way.
        InTransit,
        /// On the last vehicle.
        OutForDelivery,
        /// Nobody was there.
        Attempted,
        /// Some of it arrived.
        PartiallyDelivered,
        /// All of it arrived.
        Delivered,
        /// A parcel was lost, refused or sent back.
        Failed,
    }
    /// How far the money is.
    PaymentStatus {
        /// Not this system's business.
        NotRequired,
        /// Awaited.
        Pending,
        /// Promised.
        Authorized,
        /// There.
        Confirmed,
        /// Refused.
        Failed,
        /// Taken back.
        Voided,
    }
    /// What came back.
    ReturnStatus {
        /// Nothing.
        None,
        /// It is announced.
        Requested,
        /// Some of it.
        Partial,
        /// All of it.
        Returned,
    }
    /// What was cancelled.
    CancellationStatus {
        /// Nothing.
        None,
        /// The warehouse was asked.
        Requested,
        /// Some of it.
        Partial,
        /// All of it.
        Cancelled,
    }
    /// How far one location is with its part of an order.
    FulfillmentOrderStatus {
        /// Not begun.
        Open,
        /// Accepted by the warehouse.
        Accepted,
        /// Being picked.
        Picking,
        /// All picked.
        Picked,
        /// All packed.
        Packed,
        /// Waits to be fetched by the customer.
        ReadyForPickup,
        /// All has left.
        Shipped,
        /// All has arrived.
        Delivered,
        /// All was given back.
        Cancelled,
    }
}

/// Where an order stands, axis by axis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusAxes {
    /// What is held for it.
    pub reservation: ReservationStatus,
    /// How far the warehouses are.
    pub fulfillment: FulfillmentStatus,
    /// How far the carriers are.
    pub delivery: DeliveryStatus,
    /// How far the money is.
    pub payment: PaymentStatus,
    /// What came back.
    #[serde(rename = "return")]
    pub returned: ReturnStatus,
    /// What was cancelled.
    pub cancellation: CancellationStatus,
    /// Why it waits.
    pub holds: Vec<HoldReason>,
}

impl FulfillmentOrderStatus {
    /// Its name on the wire and in the read models.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Picking => "picking",
            Self::Picked => "picked",
            Self::Packed => "packed",
            Self::ReadyForPickup => "ready_for_pickup",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
        }
    }
}

impl OrderStatus {
    /// Its name on the wire and in the read models.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Backordered => "backordered",
            Self::Reserved => "reserved",
            Self::OnHold => "on_hold",
            Self::Picking => "picking",
            Self::Packed => "packed",
            Self::PartiallyShipped => "partially_shipped",
            Self::Shipped => "shipped",
            Self::InTransit => "in_transit",
            Self::PartiallyDelivered => "partially_delivered",
            Self::Delivered => "delivered",
            Self::DeliveryFailed => "delivery_failed",
            Self::Cancelled => "cancelled",
            Self::PartiallyReturned => "partially_returned",
            Self::Returned => "returned",
        }
    }
}

impl FulfillmentOrder {
    /// How far its location is.
    pub fn status(&self, order: &Order) -> FulfillmentOrderStatus {
        let kept = self.total(FulfillmentLine::kept);
        let picked = self.total(|line| line.picked);
        let mut parcels = order
            .shipments
            .iter()
            .filter(|shipment| shipment.fulfillment_order_id == self.id)
            .flat_map(|shipment| &shipment.parcels);
        if kept.is_zero() {
            FulfillmentOrderStatus::Cancelled
        } else if self.total(|line| line.shipped) >= kept {
            let arrived = parcels.all(|parcel| parcel.delivered_at.is_some());
            if arrived { FulfillmentOrderStatus::Delivered } else { FulfillmentOrderStatus::Shipped }
        } else if self.ready_since.is_some() {
            FulfillmentOrderStatus::ReadyForPickup
        } else if self.total(|line| line.packed) >= kept {
            FulfillmentOrderStatus::Packed
        } else if picked >= kept {
            FulfillmentOrderStatus::Picked
        } else if !picked.is_zero() {
            FulfillmentOrderStatus::Picking
        } else if self.accepted {
            FulfillmentOrderStatus::Accepted
        } else {
            FulfillmentOrderStatus::Open
        }
    }
}

impl Order {
    /// Where it stands, axis by axis.
    pub fn status_axes(&self) -> StatusAxes {
        let totals = sum(&self.line_totals());
        StatusAxes {
            reservation: reservation(&totals, self),
            fulfillment: fulfillment(&totals, self),
            delivery: delivery(&totals, self),
            payment: payment(self),
            returned: returned(&totals, self),
            cancellation: cancellation(&totals, self),
            holds: self.holds.iter().map(|hold| hold.reason).collect(),
        }
    }

    /// The summary. The first of these that holds: cancelled, returned, partially returned, delivered, partially
    /// delivered, delivery failed, in transit, shipped, on hold, partially shipped, packed, picking, backordered, reserved, created.
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
            (axes.delivery == DeliveryStatus::PartiallyDelivered, OrderStatus::PartiallyDelivered),
            (axes.delivery == DeliveryStatus::Failed, OrderStatus::DeliveryFailed),
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
    let total = |part: fn(&LineTotals) -> Units| lines.iter().map(part).sum();
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
    }
}

fn reservation(totals: &LineTotals, order: &Order) -> ReservationStatus {
    if !totals.backordered.is_zero() {
        ReservationStatus::Backordered
    } else if order.fulfillment_orders.is_empty() {
        ReservationStatus::None
    } else if (totals.reserved + totals.shipped).is_zero() {
        ReservationStatus::Released
    } else if totals.pending().is_zero() {
        ReservationStatus::Reserved
    } else {
        ReservationStatus::Partial
    }
}

fn fulfillment(totals: &LineTotals, order: &Order) -> FulfillmentStatus {
    let kept = totals.reserved + totals.shipped;
    if order.fulfillment_orders.is_empty() || kept.is_zero() {
        FulfillmentStatus::None
    } else if (totals.reserved + totals.backordered).is_zero() {
        FulfillmentStatus::Shipped
    } else if !totals.shipped.is_zero() {
        FulfillmentStatus::PartiallyShipped
    } else if totals.packed >= kept {
        FulfillmentStatus::Packed
    } else if totals.picked >= kept {
        FulfillmentStatus::Picked
    } else if !totals.picked.is_zero() {
        FulfillmentStatus::Picking
    } else if order.fulfillment_orders.iter().all(|part| part.accepted || !part.is_open()) {
        FulfillmentStatus::Accepted
    } else {
        FulfillmentStatus::Open
    }
}

fn delivery(totals: &LineTotals, order: &Order) -> DeliveryStatus {
    let says = |statuses: &[TrackingStatus]| {
        let reported = |parcel: &Parcel| {
            parcel.delivered_at.is_none()
                && parcel.tracked.is_some_and(|(status, _)| statuses.contains(&status))
        };
        order.parcels().any(reported)
    };
    let wanted = totals.ordered.saturating_sub(totals.cancelled);
    if !totals.delivered.is_zero() {
        let all = totals.delivered >= wanted;
        return if all { DeliveryStatus::Delivered } else { DeliveryStatus::PartiallyDelivered };
    }
    if says(&[TrackingStatus::Failure, TrackingStatus::ReturnedToSender]) {
        DeliveryStatus::Failed
    } else if says(&[TrackingStatus::AttemptedDelivery]) {
        DeliveryStatus::Attempted
    } else if says(&[TrackingStatus::OutForDelivery, TrackingStatus::ReadyForPickup]) {
        DeliveryStatus::OutForDelivery
    } else if says(&[TrackingStatus::PickedUp, TrackingStatus::InTransit, TrackingStatus::Delayed]) {
        DeliveryStatus::InTransit
    } else {
        DeliveryStatus::None
    }
}

fn payment(order: &Order) -> PaymentStatus {
    let terms = order.created.as_ref().map(|created| created.payment);
    match order.payment {
        _ if !order.payments.is_empty() => PaymentStatus::Confirmed,
        PaymentNews::Authorized => PaymentStatus::Authorized,
        PaymentNews::Failed => PaymentStatus::Failed,
        PaymentNews::Voided => PaymentStatus::Voided,
        PaymentNews::None if terms == Some(PaymentTerms::NotRequired) => PaymentStatus::NotRequired,
        PaymentNews::None => PaymentStatus::Pending,
    }
}

fn returned(totals: &LineTotals, order: &Order) -> ReturnStatus {
    if totals.returned.is_zero() {
        if order.returns.is_empty() { ReturnStatus::None } else { ReturnStatus::Requested }
    } else if totals.returned >= totals.ordered.saturating_sub(totals.cancelled) {
        ReturnStatus::Returned
    } else {
        ReturnStatus::Partial
    }
}

fn cancellation(totals: &LineTotals, order: &Order) -> CancellationStatus {
    if order.fulfillment_orders.iter().any(FulfillmentOrder::is_asked) {
        CancellationStatus::Requested
    } else if totals.cancelled.is_zero() {
        CancellationStatus::None
    } else if totals.cancelled >= totals.ordered {
        CancellationStatus::Cancelled
    } else {
        CancellationStatus::Partial
    }
}

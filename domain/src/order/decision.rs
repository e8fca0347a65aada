//! What the decisions on orders have in common.

use std::borrow::Cow;

use cqrs_es::Aggregate;

use super::choices::DiscrepancyCode;
use super::events::{DiscrepancyRecorded, OrderEvent, ReservationExtended};
use super::fulfillment_order::FulfillmentOrder;
use super::refusals::OrderRefusal;
use super::shipment::Shipment;
use super::state::Order;
use crate::values::{
    FulfillmentOrderId, OrderId, Quantity, Reference, ShipmentId, Timestamp, Units, repeated,
};

impl Order {
    /// The order after events that a decision has led to so far.
    pub(super) fn after(&self, events: &[OrderEvent]) -> Cow<'_, Self> {
        let mut order = Cow::Borrowed(self);
        for event in events {
            order.to_mut().apply(event.clone());
        }
        order
    }
}

pub(super) type Decision = Result<Vec<OrderEvent>, OrderRefusal>;

/// The most entries that a command's lists of lines may have together: a line may have one entry for each of its lots.
pub(super) const MAX_ENTRIES: usize = 5_000;

/// The fulfillment order with an id.
pub(super) fn find_fulfillment_order(
    order: &Order,
    id: FulfillmentOrderId,
) -> Result<&FulfillmentOrder, OrderRefusal> {
    order.fulfillment_order(id).ok_or(OrderRefusal::UnknownFulfillmentOrder(id))
}

/// The shipment with an id.
pub(super) fn find_shipment(order: &Order, id: ShipmentId) -> Result<&Shipment, OrderRefusal> {
    order.shipment(id).ok_or(OrderRefusal::UnknownShipment(id))
}

pub(super) fn exists(order: &Order, id: OrderId) -> Result<(), OrderRefusal> {
    if order.created.is_some() { Ok(()) } else { Err(OrderRefusal::UnknownOrder(id)) }
}

/// Makes the order's reservations permanent, where they would expire.
pub(super) fn confirm_reservation(order: &Order) -> Option<OrderEvent> {
    order.expires_at.map(|_| ReservationExtended { until: None }.into())
}

pub(super) fn discrepancy(code: DiscrepancyCode) -> OrderEvent {
    DiscrepancyRecorded { code, units: None }.into()
}

/// The time of a reported fact, at most the decision time `at`; and a discrepancy if the reported time is more than 5 minutes
/// ahead.
pub(super) fn clamp_reported_time(
    reported: Option<Timestamp>,
    at: Timestamp,
) -> (Timestamp, Option<OrderEvent>) {
    let reported = reported.unwrap_or(at);
    let ahead = reported.ahead_of(at).map(|_| discrepancy(DiscrepancyCode::ReportedAheadOfTime));
    (reported.min(at), ahead)
}

/// The time of a fact, if the report states it, clamped as by [`clamp_reported_time`].
pub(super) fn clamp_stated_time(
    stated: Option<Timestamp>,
    at: Timestamp,
) -> (Option<Timestamp>, Option<OrderEvent>) {
    let (clamped, ahead) = clamp_reported_time(stated, at);
    (stated.map(|_| clamped), ahead)
}

/// A serial number occurs once in the lists of a report, and each unit has at most one.
pub(super) fn check_serials<'a>(
    lists: impl Iterator<Item = (Quantity, &'a Option<Vec<Reference>>)> + Clone,
) -> Result<(), OrderRefusal> {
    let given = lists.clone().filter_map(|(quantity, serials)| Some((quantity, serials.as_ref()?.len())));
    let too_many = |(quantity, serials): &(Quantity, usize)| *serials as u64 > quantity.units().number();
    if let Some((quantity, serials)) = given.clone().find(too_many) {
        return Err(OrderRefusal::SerialsExceedQuantity { serials, quantity: quantity.units() });
    }
    let twice = repeated(lists.filter_map(|(_, serials)| serials.as_ref()).flatten());
    twice.map_or(Ok(()), |serial| Err(OrderRefusal::SerialTwice(serial.clone())))
}

/// The discrepancy of a report about more units than the state allows, where there are any.
pub(super) fn excess(code: DiscrepancyCode, units: Units) -> Option<OrderEvent> {
    (!units.is_zero()).then(|| DiscrepancyRecorded { code, units: Some(units) }.into())
}

//! A new address or delivery. It takes effect at once where no location has acknowledged its work; otherwise each location
//! that works on the order must agree.

use super::contents::DeliveryIntent;
use super::decision::{Decision, find_fulfillment_order};
use super::events::{AmendmentAccepted, AmendmentRejected, AmendmentRequested, OrderAmended, OrderEvent};
use super::fulfillment_order::FulfillmentOrder;
use super::hold::reschedule;
use super::personal::ShipTo;
use super::refusals::OrderRefusal;
use super::state::{Order, PendingAmendment, PersonalDataState};
use crate::command::commands;
use crate::values::{FulfillmentOrderId, Literal, Reference, Text, Timestamp};

/// The reason of requests that lapse because nothing is left to ship.
const NOTHING_LEFT: Literal = Literal::new("nothing_left");
/// The reason of requests that lapse because units are reserved where the new delivery does not allow.
const RESERVED_ELSEWHERE: Literal = Literal::new("reserved_elsewhere");

commands! {
    /// Reports that a location agrees to a new address or delivery. It takes effect when all locations have agreed.
    AcceptAmendment {
        fulfillment_order_id: FulfillmentOrderId,
        /// The order's `amendment.amendmentId`, so that a late answer does not count for another request. Default: the
        /// current request.
        amendment_id: Option<Reference>,
    }
    /// Reports that a location rejects a new address or delivery: the order stays as it was.
    RejectAmendment {
        fulfillment_order_id: FulfillmentOrderId,
        /// The order's `amendment.amendmentId`, so that a late answer does not count for another request. Default: the
        /// current request.
        amendment_id: Option<Reference>,
        reason: Text<500>,
    }
}

/// The order can have this new address and delivery.
pub(super) fn can_redirect(
    order: &Order,
    ship_to: Option<&ShipTo>,
    delivery: Option<&DeliveryIntent>,
) -> Result<(), OrderRefusal> {
    if ship_to.is_none() && delivery.is_none() {
        return Ok(());
    }
    if order.amendment.is_some() {
        return Err(OrderRefusal::AmendmentPending);
    }
    let has_personal_data = ship_to.and_then(ShipTo::personal).is_some();
    if has_personal_data && order.personal_data == PersonalDataState::Erased {
        return Err(OrderRefusal::PersonalDataErased);
    }
    if is_reserved_elsewhere(order, delivery) { Err(OrderRefusal::ReservedElsewhere) } else { Ok(()) }
}

/// Whether units are reserved, or requested to move, where a delivery does not allow. Of an order that must not be split,
/// shipped units count too.
fn is_reserved_elsewhere(order: &Order, delivery: Option<&DeliveryIntent>) -> bool {
    let Some(location) = delivery.and_then(DeliveryIntent::pinned_location) else { return false };
    let is_elsewhere = |one: &FulfillmentOrder| {
        one.location != *location || one.move_target().is_some_and(|target| target != location)
    };
    let counts = |one: &FulfillmentOrder| one.is_open() || (one.has_shipped() && order.must_not_split());
    order.fulfillment_orders.iter().any(|one| counts(one) && is_elsewhere(one))
}

/// The request to the locations that work on the order. None when there are none.
pub(super) fn request(
    order: &Order,
    ship_to: Option<&ShipTo>,
    delivery: Option<&DeliveryIntent>,
) -> Option<AmendmentRequested> {
    let in_progress = order.fulfillment_orders.iter().filter(|one| one.is_in_progress());
    let fulfillment_orders: Vec<FulfillmentOrderId> = in_progress.map(|one| one.id).collect();
    if fulfillment_orders.is_empty() || (ship_to.is_none() && delivery.is_none()) {
        return None;
    }
    let personal = ship_to.and_then(ShipTo::personal);
    Some(AmendmentRequested {
        amendment_id: Reference::numbered::<'a'>(u64::from(order.amendments_requested) + 1),
        fulfillment_orders,
        has_new_address: ship_to.is_some(),
        destination: ship_to.and_then(ShipTo::destination),
        has_personal_data: personal.is_some(),
        personal,
        delivery: delivery.cloned(),
    })
}

/// The location has not answered the order's amendment request.
pub(super) fn can_answer(order: &Order, fulfillment: &FulfillmentOrder) -> Result<(), OrderRefusal> {
    if order.awaits_answer_of(fulfillment) { Ok(()) } else { Err(OrderRefusal::NoAmendmentRequested) }
}

/// Checks an answer; `amendment_id` is the request that it names.
fn answered(
    order: &Order,
    id: FulfillmentOrderId,
    amendment_id: Option<&Reference>,
) -> Result<FulfillmentOrderId, OrderRefusal> {
    let fulfillment = find_fulfillment_order(order, id)?;
    can_answer(order, fulfillment)?;
    let is_named = |pending: &PendingAmendment| amendment_id.is_none_or(|named| *named == pending.id);
    let is_current = order.amendment.as_deref().is_some_and(is_named);
    if is_current { Ok(id) } else { Err(OrderRefusal::NoAmendmentRequested) }
}

pub(super) fn accept(order: &Order, command: &AcceptAmendment) -> Decision {
    let fulfillment_order_id = answered(order, command.fulfillment_order_id, command.amendment_id.as_ref())?;
    Ok(vec![AmendmentAccepted { fulfillment_order_id }.into()])
}

pub(super) fn reject(order: &Order, command: &RejectAmendment) -> Decision {
    let id = answered(order, command.fulfillment_order_id, command.amendment_id.as_ref())?;
    let reason = command.reason.clone();
    Ok(vec![AmendmentRejected { fulfillment_order_id: Some(id), reason }.into()])
}

/// Lets a request take effect when every location has agreed or has nothing left to do. A request that has become
/// impossible lapses.
pub(super) fn settle(order: &Order, at: Timestamp) -> Vec<OrderEvent> {
    let Some(pending) = order.amendment.as_ref().filter(|_| order.amendment_is_settled()) else {
        return Vec::new();
    };
    let lapsed = if order.is_complete() {
        Some(NOTHING_LEFT)
    } else {
        is_reserved_elsewhere(order, pending.delivery.as_ref()).then_some(RESERVED_ELSEWHERE)
    };
    if let Some(reason) = lapsed {
        return vec![AmendmentRejected { fulfillment_order_id: None, reason: reason.into() }.into()];
    }
    let amended = OrderAmended {
        grown: Vec::new(),
        added: Vec::new(),
        has_new_address: pending.has_new_address,
        destination: pending.destination.clone(),
        // The request has the personal data.
        personal: None,
        has_personal_data: false,
        delivery: pending.delivery.clone(),
        was_requested: true,
    };
    let rescheduled = pending.delivery.iter().flat_map(|delivery| reschedule(order, delivery, at));
    std::iter::once(amended.into()).chain(rescheduled).collect()
}

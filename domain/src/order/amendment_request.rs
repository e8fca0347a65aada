//! An order is to go elsewhere, or to be delivered otherwise: at once where no location works by what it was told
//! before, and else when each of those that do has agreed.

use crate::order::choices::HoldReason;
use crate::order::commands::{AcceptAmendment, AmendOrder, RejectAmendment};
use crate::order::contents::DeliveryIntent;
use crate::order::decision::Decision;
use crate::order::events::{
    AmendmentAccepted, AmendmentRejected, AmendmentRequested, OrderAmended, OrderEvent, OrderHoldReleased,
};
use crate::order::hold::scheduled;
use crate::order::personal::ShipTo;
use crate::order::refusals::OrderRefusal;
use crate::order::state::{FulfillmentOrder, Order, PendingAmendment, PersonalDataState};
use crate::text;
use crate::values::{FulfillmentOrderId, Reference, Timestamp};

/// Whether an order may go elsewhere or be delivered otherwise.
pub(in crate::order) fn may_be_redirected(order: &Order, command: &AmendOrder) -> Result<(), OrderRefusal> {
    if command.ship_to.is_none() && command.delivery.is_none() {
        return Ok(());
    }
    if order.amendment.is_some() {
        return Err(OrderRefusal::AmendmentPending);
    }
    let personal = command.ship_to.as_ref().and_then(ShipTo::personal);
    if personal.is_some() && order.personal_data == PersonalDataState::Erased {
        return Err(OrderRefusal::PersonalDataErased);
    }
    if is_held_elsewhere(order, command.delivery.as_ref()) {
        return Err(OrderRefusal::ReservedElsewhere);
    }
    Ok(())
}

/// Whether units are held where a delivery cannot be served from, or are about to be.
fn is_held_elsewhere(order: &Order, delivery: Option<&DeliveryIntent>) -> bool {
    let Some(location) = delivery.and_then(DeliveryIntent::pinned_location) else { return false };
    let goes_elsewhere = |part: &FulfillmentOrder| {
        let taker = part.asked.as_ref().and_then(|asked| asked.move_to.as_ref());
        part.location != *location || taker.is_some_and(|taker| taker != location)
    };
    // What has left counts too where all must come from one location.
    let binds =
        |part: &FulfillmentOrder| part.is_open() || (part.has_shipped() && order.must_come_from_one());
    order.fulfillment_orders.iter().any(|part| binds(part) && goes_elsewhere(part))
}

/// What locations are asked that have taken parts of the order on; nothing where there are none.
pub(in crate::order) fn request(order: &Order, command: &AmendOrder) -> Option<AmendmentRequested> {
    let AmendOrder { ship_to, delivery, .. } = command;
    let working = order.fulfillment_orders.iter().filter(|part| part.is_worked_on());
    let fulfillment_orders: Vec<FulfillmentOrderId> = working.map(|part| part.id).collect();
    if fulfillment_orders.is_empty() || (ship_to.is_none() && delivery.is_none()) {
        return None;
    }
    let personal = ship_to.as_ref().and_then(ShipTo::personal);
    Some(AmendmentRequested {
        amendment_id: Reference::numbered::<'a'>(u64::from(order.amendments_requested) + 1),
        fulfillment_orders,
        has_new_address: ship_to.is_some(),
        destination: ship_to.as_ref().and_then(ShipTo::destination),
        has_personal_data: personal.is_some(),
        personal,
        delivery: delivery.clone(),
    })
}

/// A part whose location was asked, this and nothing else where it says what it was asked, and has not answered.
fn asked(
    order: &Order,
    id: FulfillmentOrderId,
    amendment_id: Option<&Reference>,
) -> Result<FulfillmentOrderId, OrderRefusal> {
    let part = order.fulfillment_order(id).ok_or(OrderRefusal::UnknownFulfillmentOrder(id))?;
    let is_meant = |known: &PendingAmendment| amendment_id.is_none_or(|named| *named == known.id);
    let stands = order.amendment.as_deref().is_some_and(is_meant);
    if stands && order.awaits_answer_of(part) { Ok(part.id) } else { Err(OrderRefusal::NoAmendmentRequested) }
}

pub(in crate::order) fn accept(order: &Order, command: &AcceptAmendment) -> Decision {
    let fulfillment_order_id = asked(order, command.fulfillment_order_id, command.amendment_id.as_ref())?;
    Ok(vec![AmendmentAccepted { fulfillment_order_id }.into()])
}

pub(in crate::order) fn reject(order: &Order, command: &RejectAmendment) -> Decision {
    let fulfillment_order_id =
        Some(asked(order, command.fulfillment_order_id, command.amendment_id.as_ref())?);
    Ok(vec![AmendmentRejected { fulfillment_order_id, reason: command.reason.clone() }.into()])
}

/// What was asked counts when nobody is left who might object: each has agreed, or has nothing left to do. It lapses where
/// it has become impossible meanwhile.
pub(in crate::order) fn settle(order: &Order, at: Timestamp) -> Vec<OrderEvent> {
    let Some(pending) = order.amendment.as_ref().filter(|_| order.amendment_is_settled()) else {
        return Vec::new();
    };
    let lapsed = if order.is_shipped() || order.is_cancelled() {
        Some(text!("nothing is left that it could be about"))
    } else if is_held_elsewhere(order, pending.delivery.as_ref()) {
        Some(text!("units are held elsewhere by now"))
    } else {
        None
    };
    if let Some(reason) = lapsed {
        return vec![AmendmentRejected { fulfillment_order_id: None, reason }.into()];
    }
    let amended = OrderAmended {
        grown: Vec::new(),
        added: Vec::new(),
        has_new_address: pending.has_new_address,
        destination: pending.destination.clone(),
        // Who and where exactly came with the request.
        personal: None,
        has_personal_data: false,
        delivery: pending.delivery.clone(),
        was_requested: true,
    };
    let delivery = pending.delivery.iter();
    let rescheduled = delivery.flat_map(|delivery| reschedule(order, delivery, at));
    std::iter::once(amended.into()).chain(rescheduled).collect()
}

/// The hold of an order that is not to leave yet, in the place of the one that it had.
pub(in crate::order) fn reschedule(
    order: &Order,
    delivery: &DeliveryIntent,
    at: Timestamp,
) -> Vec<OrderEvent> {
    let former = order.holds.iter().filter(|hold| hold.reason == HoldReason::Scheduled);
    let released = former.map(|hold| OrderHoldReleased { hold_id: hold.id.clone() }.into());
    released.chain(scheduled(order.holds_placed, delivery, at)).collect()
}

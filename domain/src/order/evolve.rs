//! Applies events to the state of an order.

use std::collections::BTreeSet;
use std::ops::{AddAssign, SubAssign};
use std::sync::Arc;

use super::choices::{DeliveryMethod, Disposition};
use super::contents::{FulfillmentOrderLines, LineUnits};
use super::events::{
    AmendmentAccepted, AmendmentRequested, CancellationRequested, DiscrepancyRecorded,
    FulfillmentOrderAccepted, FulfillmentOrderMoved, FulfillmentOrderRejected, InventoryReserved,
    OrderAmended, OrderCreated, OrderEvent, OrderHeld, ReservationExpired, ReturnReceived, ReturnRequested,
};
use super::fulfillment_order::{CancellationRequest, FulfillmentLine, FulfillmentOrder};
use super::returns::{OrderReturn, ReturnLine, close};
use super::shipment::{self, changes, relabel, resend};
use super::state::{
    Discrepancy, Hold, LastPaymentEvent, MAX_DISCREPANCIES, Order, PendingAmendment, PersonalDataState,
};
use super::update::{count, drop_answered_request, each_line, limit_backordered, seal, update};
use super::{line_fulfillment, line_values, payment, refund, reopen, terms};
use crate::values::{Amount, FulfillmentOrderId, LineNumber, Units};

#[allow(clippy::too_many_lines, reason = "one arm per event")]
pub(super) fn evolve(order: &mut Order, event: &OrderEvent) {
    match event {
        OrderEvent::OrderCreated(created) => *order = created_order(created),
        OrderEvent::OrderAmended(amended) => amend(order, amended),
        OrderEvent::OrderTermsChanged(event) => terms::terms_changed(order, event),
        OrderEvent::OrderReopened(event) => reopen::reopened(order, event),
        OrderEvent::AmendmentRequested(requested) => request_amendment(order, requested),
        OrderEvent::AmendmentAccepted(accepted) => accept_amendment(order, accepted),
        OrderEvent::AmendmentRejected(_) => order.amendment = None,
        OrderEvent::PaymentConfirmed(event) => payment::confirmed(order, event),
        OrderEvent::PaymentAuthorized(event) => payment::authorized(order, event),
        OrderEvent::PaymentFailed(event) => payment::failed(order, event),
        OrderEvent::PaymentVoided(_) => payment::voided(order),
        OrderEvent::PaymentRefunded(event) => refund::refunded(order, event),
        OrderEvent::InventoryReserved(reserved) => reserve(order, reserved),
        OrderEvent::InventoryBackordered(backordered) => {
            count(&mut order.backordered, &backordered.lines, Units::add_assign);
        }
        OrderEvent::InventoryReleased(released) => release_all(order, &released.fulfillment_orders),
        OrderEvent::ReservationExpired(expired) => expire(order, expired),
        OrderEvent::ReservationExtended(extended) => order.expires_at = extended.until,
        OrderEvent::PromiseChanged(changed) => match changed.promised_at {
            Some(at) => drop(order.promised.insert(changed.sku.clone(), at)),
            None => drop(order.promised.remove(&changed.sku)),
        },
        OrderEvent::OrderHeld(held) => hold(order, held.clone()),
        OrderEvent::OrderHoldReleased(released) => order.holds.retain(|hold| hold.id != released.hold_id),
        OrderEvent::FulfillmentOrderAccepted(accepted) => accept(order, accepted),
        OrderEvent::FulfillmentOrderRejected(rejected) => reject(order, rejected),
        OrderEvent::RejectionUndone(undone) => drop(order.rejected_by.remove(&undone.location)),
        OrderEvent::FulfillmentOrderMoved(moved) => relocate(order, moved),
        OrderEvent::PickShorted(shorted) => release(order, shorted.fulfillment_order_id, &shorted.lines),
        OrderEvent::CancellationRequested(requested) => request_cancellation(order, requested),
        OrderEvent::CancellationRejected(rejected) => {
            update(order, rejected.fulfillment_order_id, |fulfillment| {
                fulfillment.cancellation_request = None;
            });
        }
        OrderEvent::ReadyForPickup(ready) => {
            update(order, ready.fulfillment_order_id, |fulfillment| fulfillment.ready_since = Some(ready.at));
        }
        OrderEvent::ItemPicked(picked) => {
            each_line(order, picked.fulfillment_order_id, &picked.lines, |line, units| line.picked += units);
        }
        OrderEvent::ItemPutBack(back) => {
            each_line(order, back.fulfillment_order_id, &back.lines, put_back);
        }
        OrderEvent::ItemPacked(packed) => {
            each_line(order, packed.fulfillment_order_id, &packed.lines, pack);
        }
        OrderEvent::ItemUnpacked(unpacked) => {
            let id = unpacked.fulfillment_order_id;
            each_line(order, id, &unpacked.lines, |line, units| line.packed -= units);
            update(order, id, |fulfillment| fulfillment.ready_since = None);
        }
        OrderEvent::ShipmentCreated(event) => changes::shipped(order, event),
        OrderEvent::ShipmentCancelled(event) => shipment::cancel::cancelled(order, event),
        OrderEvent::PackageRelabelled(event) => relabel::relabelled(order, event),
        OrderEvent::PackageResent(event) => resend::resent(order, event),
        OrderEvent::ShipmentTracked(event) => changes::tracked(order, event),
        OrderEvent::ShipmentStuck(event) => changes::stuck(order, event),
        // Other events change the state: the reservations, and the carrier's report.
        OrderEvent::OrderSourced(_) | OrderEvent::DeliveryFailed(_) => {}
        OrderEvent::DeliveryConfirmed(event) => changes::delivered(order, event),
        OrderEvent::LinesFulfilled(event) => line_fulfillment::fulfilled(order, event),
        OrderEvent::LinesUnfulfilled(event) => line_fulfillment::unfulfilled(order, event),
        OrderEvent::OrderCancelled(cancelled) => cancel(order, &cancelled.lines),
        OrderEvent::ReturnRequested(requested) => order.returns.push(request_return(requested)),
        OrderEvent::ReturnReceived(received) => receive_return(order, received),
        OrderEvent::ReturnClosed(event) => close::closed(order, event),
        OrderEvent::DiscrepancyRecorded(recorded) => note(order, recorded),
        OrderEvent::PersonalDataErased(_) => order.personal_data = PersonalDataState::Erased,
    }
}

fn note(order: &mut Order, recorded: &DiscrepancyRecorded) {
    if order.discrepancies.len() < MAX_DISCREPANCIES {
        let DiscrepancyRecorded { code, units } = *recorded;
        order.discrepancies.push(Discrepancy { code, units });
    }
}

/// Released units are neither picked nor packed, and their release is no longer requested.
fn release(order: &mut Order, id: FulfillmentOrderId, lines: &[LineUnits]) {
    each_line(order, id, lines, |line, units| {
        line.released += units;
        line.picked = line.picked.min(line.net_quantity());
        line.packed = line.packed.min(line.net_quantity());
    });
    update(order, id, |fulfillment| {
        for units in lines {
            if let Some(request) = &mut fulfillment.cancellation_request {
                let mut left = units.quantity;
                for requested in request.lines.iter_mut().filter(|requested| requested.line == units.line) {
                    let taken = requested.quantity.min(left);
                    requested.quantity -= taken;
                    left -= taken;
                }
            }
        }
        drop_answered_request(fulfillment);
    });
}

fn release_all(order: &mut Order, parts: &[FulfillmentOrderLines]) {
    for part in parts {
        release(order, part.fulfillment_order_id, &part.lines);
    }
}

fn expire(order: &mut Order, expired: &ReservationExpired) {
    release_all(order, &expired.fulfillment_orders);
    count(&mut order.backordered, &expired.waited, Units::sub_assign);
    order.promised.clear();
    let is_reserved = order.fulfillment_orders.iter().any(FulfillmentOrder::is_open);
    order.expires_at = order.expires_at.filter(|_| is_reserved);
    order.has_expired = true;
    // Reservations last at least as long as an authorization, so the authorizations have ended too.
    order.authorizations.clear();
    if order.payment == LastPaymentEvent::Authorized {
        order.payment = LastPaymentEvent::None;
    }
}

fn reject(order: &mut Order, rejected: &FulfillmentOrderRejected) {
    release(order, rejected.fulfillment_order_id, &rejected.lines);
    let fulfillment = order.fulfillment_order(rejected.fulfillment_order_id);
    order.rejected_by.extend(fulfillment.map(|fulfillment| fulfillment.location.clone()));
}

/// The new location has neither acknowledged the fulfillment order nor agreed to an amendment.
fn relocate(order: &mut Order, moved: &FulfillmentOrderMoved) {
    // A forced move to a location that has rejected the order.
    order.rejected_by.remove(&moved.to);
    if let Some(pending) = &mut order.amendment {
        pending.accepted_by.remove(&moved.fulfillment_order_id);
    }
    update(order, moved.fulfillment_order_id, |fulfillment| {
        fulfillment.location = moved.to.clone();
        fulfillment.accepted = false;
        fulfillment.wms_ref = None;
        fulfillment.cancellation_request = None;
        fulfillment.ready_since = None;
        fulfillment.promise.clone_from(&moved.promise);
    });
}

fn request_cancellation(order: &mut Order, requested: &CancellationRequested) {
    let move_to = requested.move_to.clone();
    update(order, requested.fulfillment_order_id, |fulfillment| {
        let all = || fulfillment.all_units(FulfillmentLine::outstanding);
        let mut lines = requested.lines.clone().unwrap_or_else(all);
        // Units that have shipped since they were requested stay requested, in case that the shipment is cancelled.
        let former = fulfillment.cancellation_request.take().filter(|former| former.move_to == move_to);
        lines.extend(former.into_iter().flat_map(|former| former.lines));
        fulfillment.cancellation_request =
            Some(CancellationRequest { lines, move_to, forced: requested.forced });
    });
}

fn hold(order: &mut Order, held: OrderHeld) {
    let OrderHeld { hold_id, fulfillment_order_id, reason, note, until } = held;
    order.holds.push(Hold { id: hold_id, fulfillment_order_id, reason, note, until });
    order.holds_placed += 1;
}

fn accept(order: &mut Order, accepted: &FulfillmentOrderAccepted) {
    update(order, accepted.fulfillment_order_id, |fulfillment| {
        fulfillment.accepted = true;
        fulfillment.wms_ref.clone_from(&accepted.wms_ref);
    });
}

fn pack(line: &mut FulfillmentLine, units: Units) {
    line.packed += units;
    line.picked = line.picked.max(line.packed);
}

fn put_back(line: &mut FulfillmentLine, units: Units) {
    line.picked -= units;
    line.packed = line.packed.min(line.picked);
}

fn request_return(requested: &ReturnRequested) -> OrderReturn {
    let mut lines: Vec<ReturnLine> = Vec::new();
    for units in &requested.lines {
        return_line(&mut lines, units.line).requested += units.quantity;
    }
    OrderReturn {
        id: requested.return_id,
        reason: requested.reason.clone(),
        lapses_at: requested.lapses_at,
        closed_reason: None,
        lines,
    }
}

fn receive_return(order: &mut Order, received: &ReturnReceived) {
    let Some(back) = order.returns.iter_mut().find(|back| back.id == received.return_id) else { return };
    for units in &received.lines {
        let line = return_line(&mut back.lines, units.line);
        line.received += units.quantity;
        if units.disposition == Disposition::Scrap {
            line.scrapped += units.quantity;
        }
        line.value = Amount::total(line.value.into_iter().chain(units.value).map(Some));
    }
}

/// The line of a return; it is added when it was not announced.
fn return_line(lines: &mut Vec<ReturnLine>, line: LineNumber) -> &mut ReturnLine {
    let index = lines.iter().position(|fulfillment| fulfillment.line == line).unwrap_or_else(|| {
        let (requested, received, scrapped) = (Units::ZERO, Units::ZERO, Units::ZERO);
        lines.push(ReturnLine { line, requested, received, scrapped, value: None });
        lines.len() - 1
    });
    &mut lines[index]
}

fn reserve(order: &mut Order, reserved: &InventoryReserved) {
    for lines in &reserved.fulfillment_orders {
        let known = order
            .fulfillment_orders
            .iter_mut()
            .find(|fulfillment| fulfillment.id == lines.fulfillment_order_id);
        match known {
            Some(fulfillment) => grow(fulfillment, &lines.lines),
            None => order.fulfillment_orders.push(fulfillment_order(lines)),
        }
    }
    order.expires_at = reserved.until;
    order.has_expired = false;
    if reserved.waited {
        let lines = reserved.fulfillment_orders.iter().flat_map(|part| &part.lines);
        count(&mut order.backordered, lines, Units::sub_assign);
    }
}

fn grow(fulfillment: &mut FulfillmentOrder, lines: &[LineUnits]) {
    for units in lines {
        match fulfillment.lines.iter_mut().find(|line| line.line == units.line) {
            Some(line) => line.quantity += units.quantity,
            None => fulfillment.lines.push(fulfillment_line(units)),
        }
    }
}

/// Cancelled units are neither backordered nor reserved: reserved units were released before.
fn cancel(order: &mut Order, lines: &[LineUnits]) {
    line_values::cancel(order, lines);
    limit_backordered(order);
    if order.is_cancelled() {
        order.holds.clear();
        order.expires_at = None;
    }
}

fn amend(order: &mut Order, amended: &OrderAmended) {
    let Some(created) = &mut order.created else { return };
    let created = Arc::make_mut(created);
    for change in &amended.grown {
        if let Some(line) = created.lines.get_mut(change.line.index()) {
            line.quantity = change.quantity;
            (line.unit, line.total) = (change.unit, change.total);
            (line.tax, line.discount, line.priced) = (change.tax, change.discount, change.priced);
        }
        // The new price is for the units that are not cancelled.
        if let Some(values) = order.cancelled_values.get_mut(change.line.index()) {
            *values = Amount::ZERO;
        }
    }
    created.lines.extend(amended.added.iter().cloned());
    if let Some(delivery) = &amended.delivery {
        created.delivery = Some(delivery.clone());
        if delivery.method != DeliveryMethod::Pickup {
            order
                .fulfillment_orders
                .iter_mut()
                .filter(|fulfillment| fulfillment.is_open())
                .for_each(|fulfillment| fulfillment.ready_since = None);
        }
    }
    if amended.has_new_address {
        created.destination.clone_from(&amended.destination);
        order.has_new_address = true;
    }
    let count = created.lines.len();
    order.cancelled.resize(count, Units::ZERO);
    order.cancelled_values.resize(count, Amount::ZERO);
    order.backordered.resize(count, Units::ZERO);
    if amended.was_requested {
        order.amendment = None;
    }
    if amended.has_personal_data {
        seal(order);
    }
}

fn request_amendment(order: &mut Order, requested: &AmendmentRequested) {
    order.amendments_requested += 1;
    order.amendment = Some(Box::new(PendingAmendment {
        id: requested.amendment_id.clone(),
        has_new_address: requested.has_new_address,
        destination: requested.destination.clone(),
        delivery: requested.delivery.clone(),
        accepted_by: BTreeSet::new(),
    }));
    if requested.has_personal_data {
        seal(order);
    }
}

fn accept_amendment(order: &mut Order, accepted: &AmendmentAccepted) {
    if let Some(pending) = &mut order.amendment {
        pending.accepted_by.insert(accepted.fulfillment_order_id);
    }
}

fn created_order(created: &OrderCreated) -> Order {
    let sealed = created.has_personal_data;
    Order {
        cancelled: vec![Units::ZERO; created.lines.len()],
        cancelled_values: vec![Amount::ZERO; created.lines.len()],
        backordered: vec![Units::ZERO; created.lines.len()],
        personal_data: if sealed { PersonalDataState::Sealed } else { PersonalDataState::None },
        // The state is stored in snapshots: personal data stays in the encrypted part of the event.
        created: Some(Arc::new(OrderCreated { personal: None, ..created.clone() })),
        ..Order::default()
    }
}

fn fulfillment_order(fulfillment: &FulfillmentOrderLines) -> FulfillmentOrder {
    FulfillmentOrder {
        id: fulfillment.fulfillment_order_id,
        location: fulfillment.location.clone(),
        accepted: false,
        wms_ref: None,
        cancellation_request: None,
        ready_since: None,
        promise: fulfillment.promise.clone(),
        lines: fulfillment.lines.iter().map(fulfillment_line).collect(),
    }
}

fn fulfillment_line(units: &LineUnits) -> FulfillmentLine {
    FulfillmentLine {
        line: units.line,
        quantity: units.quantity,
        released: Units::ZERO,
        picked: Units::ZERO,
        packed: Units::ZERO,
        shipped: Units::ZERO,
    }
}

//! What an event makes of an order.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::choices::{DeliveryMethod, Disposition};
use super::contents::{FulfillmentOrderLines, LineUnits, Package};
use super::events::{
    AmendmentAccepted, AmendmentRequested, CancellationRequested, DeliveryConfirmed, DiscrepancyRecorded,
    FulfillmentOrderAccepted, FulfillmentOrderMoved, FulfillmentOrderRejected, InventoryReserved,
    OrderAmended, OrderCreated, OrderEvent, OrderHeld, PickShorted, ReservationExpired, ReturnReceived,
    ReturnRequested, ShipmentCreated, ShipmentStuck, ShipmentTracked,
};
use super::state::{
    Asked, Discrepancy, FulfillmentLine, FulfillmentOrder, Hold, MOST_DISCREPANCIES, Order, OrderReturn,
    Parcel, PaymentNews, PendingAmendment, PersonalDataState, ReturnLine, Shipment,
};
use super::totals::units_of;
use crate::values::{FulfillmentOrderId, LineNumber, Reference, ShipmentId, Units};

pub(super) fn evolve(order: &mut Order, event: &OrderEvent) {
    match event {
        OrderEvent::OrderCreated(created) => *order = created_order(created),
        OrderEvent::OrderAmended(amended) => amend(order, amended),
        OrderEvent::AmendmentRequested(requested) => request_amendment(order, requested),
        OrderEvent::AmendmentAccepted(accepted) => accept_amendment(order, accepted),
        OrderEvent::AmendmentRejected(_) => order.amendment = None,
        OrderEvent::PaymentConfirmed(confirmed) => order.payments.push(confirmed.payment_ref.clone()),
        OrderEvent::PaymentAuthorized(_) => order.payment = PaymentNews::Authorized,
        OrderEvent::PaymentFailed(_) => order.payment = PaymentNews::Failed,
        OrderEvent::PaymentVoided(_) => void(order),
        OrderEvent::InventoryReserved(reserved) => reserve(order, reserved),
        OrderEvent::InventoryBackordered(backordered) => backorder(order, &backordered.lines),
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
        OrderEvent::FulfillmentOrderMoved(moved) => relocate(order, moved),
        OrderEvent::PickShorted(shorted) => short(order, shorted),
        OrderEvent::CancellationRequested(asked) => ask(order, asked),
        OrderEvent::CancellationRejected(rejected) => {
            part(order, rejected.fulfillment_order_id, |part| part.asked = None);
        }
        OrderEvent::ReadyForPickup(ready) => {
            part(order, ready.fulfillment_order_id, |part| part.ready_since = Some(ready.at));
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
        OrderEvent::ShipmentCreated(created) => shipped(order, created),
        OrderEvent::ShipmentTracked(tracked) => track(order, tracked),
        OrderEvent::ShipmentStuck(ShipmentStuck { shipment_id, packages }) => {
            each_parcel(order, *shipment_id, packages, |parcel| parcel.is_stuck = true);
        }
        // What was chosen is told by what is reserved, and what a carrier said by its scan.
        OrderEvent::OrderSourced(_) | OrderEvent::DeliveryFailed(_) => {}
        OrderEvent::DeliveryConfirmed(DeliveryConfirmed { shipment_id, packages, delivered_at }) => {
            each_parcel(order, *shipment_id, packages, |parcel| parcel.delivered_at = Some(*delivered_at));
        }
        OrderEvent::OrderCancelled(cancelled) => cancel(order, &cancelled.lines),
        OrderEvent::ReturnRequested(requested) => order.returns.push(request_return(requested)),
        OrderEvent::ReturnReceived(received) => receive_return(order, received),
        OrderEvent::DiscrepancyRecorded(recorded) => note(order, recorded),
        OrderEvent::PersonalDataErased(_) => order.personal_data = PersonalDataState::Erased,
    }
}

/// The journal has all of them; an order tells the first ones.
fn note(order: &mut Order, recorded: &DiscrepancyRecorded) {
    if order.discrepancies.len() < MOST_DISCREPANCIES {
        let (code, detail) = (recorded.code.clone(), recorded.detail.clone());
        order.discrepancies.push(Discrepancy { code, detail });
    }
}

fn void(order: &mut Order) {
    order.voided_payments.append(&mut order.payments);
    order.payment = PaymentNews::Voided;
}

fn backorder(order: &mut Order, lines: &[LineUnits]) {
    for units in lines {
        if let Some(line) = order.backordered.get_mut(units.line.index()) {
            *line += units.quantity;
        }
    }
}

/// What is given back is neither picked nor packed any more.
fn release(order: &mut Order, id: FulfillmentOrderId, lines: &[LineUnits]) {
    each_line(order, id, lines, |line, units| {
        line.released += units;
        line.picked = line.picked.min(line.kept());
        line.packed = line.packed.min(line.kept());
    });
    part(order, id, answer);
}

/// Who has nothing left to give has answered what it was asked.
fn answer(part: &mut FulfillmentOrder) {
    if !part.is_asked() {
        part.asked = None;
    }
}

/// Who ships some of a part goes on with it: none of it is moved any more once shipping has begun.
fn goes_on(part: &mut FulfillmentOrder) {
    part.asked = part.asked.take().filter(|asked| asked.move_to.is_none());
}

fn release_all(order: &mut Order, parts: &[FulfillmentOrderLines]) {
    for lines in parts {
        release(order, lines.fulfillment_order_id, &lines.lines);
        // Units that were asked for and given back are asked for no more.
        part(order, lines.fulfillment_order_id, |part| given(part, &lines.lines));
    }
}

fn given(part: &mut FulfillmentOrder, lines: &[LineUnits]) {
    for units in lines {
        if let Some(asked) = &mut part.asked {
            let mut left = units.quantity;
            for asked in asked.lines.iter_mut().filter(|asked| asked.line == units.line) {
                let taken = asked.quantity.min(left);
                asked.quantity -= taken;
                left -= taken;
            }
        }
    }
    answer(part);
}

fn expire(order: &mut Order, expired: &ReservationExpired) {
    release_all(order, &expired.fulfillment_orders);
    for units in &expired.waited {
        if let Some(line) = order.backordered.get_mut(units.line.index()) {
            *line -= units.quantity;
        }
    }
    order.promised.clear();
    order.expires_at = None;
    order.has_expired = true;
}

fn reject(order: &mut Order, rejected: &FulfillmentOrderRejected) {
    release(order, rejected.fulfillment_order_id, &rejected.lines);
    let part = order.fulfillment_order(rejected.fulfillment_order_id);
    order.rejected_by.extend(part.map(|part| part.location.clone()));
}

fn short(order: &mut Order, shorted: &PickShorted) {
    release(order, shorted.fulfillment_order_id, &shorted.lines);
    part(order, shorted.fulfillment_order_id, |part| given(part, &shorted.lines));
}

/// Its new location has not begun with it, and has agreed to nothing.
fn relocate(order: &mut Order, moved: &FulfillmentOrderMoved) {
    // A location that had rejected the order was given it all the same.
    order.rejected_by.remove(&moved.to);
    if let Some(pending) = &mut order.amendment {
        pending.accepted_by.remove(&moved.fulfillment_order_id);
    }
    part(order, moved.fulfillment_order_id, |part| {
        part.location = moved.to.clone();
        part.accepted = false;
        part.wms_ref = None;
        part.asked = None;
        part.ready_since = None;
        part.promise.clone_from(&moved.promise);
    });
}

fn ask(order: &mut Order, asked: &CancellationRequested) {
    let move_to = asked.move_to.clone();
    part(order, asked.fulfillment_order_id, |part| {
        let everything = || part.lines.iter().map(|line| units_of(line.line, line.open())).collect();
        let lines = asked.lines.clone().unwrap_or_else(everything);
        part.asked = Some(Asked { lines, move_to, forced: asked.forced });
    });
}

fn hold(order: &mut Order, held: OrderHeld) {
    let OrderHeld { hold_id, fulfillment_order_id, reason, note, until } = held;
    order.holds.push(Hold { id: hold_id, fulfillment_order_id, reason, note, until });
    order.holds_placed += 1;
}

fn accept(order: &mut Order, accepted: &FulfillmentOrderAccepted) {
    part(order, accepted.fulfillment_order_id, |part| {
        part.accepted = true;
        part.wms_ref.clone_from(&accepted.wms_ref);
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

fn part(order: &mut Order, id: FulfillmentOrderId, change: impl FnOnce(&mut FulfillmentOrder)) {
    if let Some(part) = order.fulfillment_orders.iter_mut().find(|part| part.id == id) {
        change(part);
    }
}

fn request_return(requested: &ReturnRequested) -> OrderReturn {
    let mut lines: Vec<ReturnLine> = Vec::new();
    for units in &requested.lines {
        return_line(&mut lines, units.line).requested += units.quantity;
    }
    OrderReturn { id: requested.return_id, reason: requested.reason.clone(), lines }
}

fn receive_return(order: &mut Order, received: &ReturnReceived) {
    let Some(back) = order.returns.iter_mut().find(|back| back.id == received.return_id) else { return };
    for units in &received.lines {
        let line = return_line(&mut back.lines, units.line);
        line.received += units.quantity;
        if units.disposition == Disposition::Scrap {
            line.scrapped += units.quantity;
        }
    }
}

/// A line of a return, which may be of one that was not announced.
fn return_line(lines: &mut Vec<ReturnLine>, line: LineNumber) -> &mut ReturnLine {
    let index = lines.iter().position(|part| part.line == line).unwrap_or_else(|| {
        lines.push(ReturnLine::nothing(line));
        lines.len() - 1
    });
    &mut lines[index]
}

fn reserve(order: &mut Order, reserved: &InventoryReserved) {
    for lines in &reserved.fulfillment_orders {
        let known = order.fulfillment_orders.iter_mut().find(|part| part.id == lines.fulfillment_order_id);
        match known {
            Some(part) => grow(part, &lines.lines),
            None => order.fulfillment_orders.push(fulfillment_order(lines)),
        }
    }
    order.expires_at = reserved.until;
    order.has_expired = false;
    let waited = reserved.fulfillment_orders.iter().filter(|_| reserved.waited);
    for units in waited.flat_map(|part| &part.lines) {
        if let Some(line) = order.backordered.get_mut(units.line.index()) {
            *line -= units.quantity;
        }
    }
}

fn grow(part: &mut FulfillmentOrder, lines: &[LineUnits]) {
    for units in lines {
        match part.lines.iter_mut().find(|line| line.line == units.line) {
            Some(line) => line.quantity += units.quantity,
            None => part.lines.push(fulfillment_line(units)),
        }
    }
}

/// What is cancelled of a line neither waits nor is held: units that are held were released before.
fn cancel(order: &mut Order, lines: &[LineUnits]) {
    for units in lines {
        if let Some(cancelled) = order.cancelled.get_mut(units.line.index()) {
            *cancelled += units.quantity;
        }
    }
    wait_for_less(order);
    if order.is_cancelled() {
        order.holds.clear();
        order.expires_at = None;
    }
}

/// No more units wait than are left of what was ordered.
fn wait_for_less(order: &mut Order) {
    let totals = order.line_totals();
    for (backordered, totals) in order.backordered.iter_mut().zip(totals) {
        let settled = totals.reserved + totals.shipped + totals.cancelled;
        *backordered = (*backordered).min(totals.ordered.saturating_sub(settled));
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
    }
    created.lines.extend(amended.added.iter().cloned());
    if let Some(delivery) = &amended.delivery {
        created.delivery = Some(delivery.clone());
        if delivery.method != DeliveryMethod::Pickup {
            order
                .fulfillment_orders
                .iter_mut()
                .filter(|part| part.is_open())
                .for_each(|part| part.ready_since = None);
        }
    }
    if amended.has_new_address {
        created.destination.clone_from(&amended.destination);
        order.has_new_address = true;
    }
    let count = created.lines.len();
    order.cancelled.resize(count, Units::ZERO);
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

/// Personal data came with an event: it is kept, sealed, unless it was erased for good.
fn seal(order: &mut Order) {
    if order.personal_data == PersonalDataState::None {
        order.personal_data = PersonalDataState::Sealed;
    }
}

fn created_order(created: &OrderCreated) -> Order {
    let sealed = created.has_personal_data;
    Order {
        cancelled: vec![Units::ZERO; created.lines.len()],
        backordered: vec![Units::ZERO; created.lines.len()],
        personal_data: if sealed { PersonalDataState::Sealed } else { PersonalDataState::None },
        // State is snapshotted and cached: what is personal stays in the sealed part of the event.
        created: Some(Arc::new(OrderCreated { personal: None, ..created.clone() })),
        ..Order::default()
    }
}

fn fulfillment_order(part: &FulfillmentOrderLines) -> FulfillmentOrder {
    FulfillmentOrder {
        id: part.fulfillment_order_id,
        location: part.location.clone(),
        accepted: false,
        wms_ref: None,
        asked: None,
        ready_since: None,
        promise: part.promise.clone(),
        lines: part.lines.iter().map(fulfillment_line).collect(),
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

fn each_line(
    order: &mut Order,
    id: FulfillmentOrderId,
    lines: &[LineUnits],
    change: impl Fn(&mut FulfillmentLine, Units),
) {
    let Some(fulfillment) = order.fulfillment_orders.iter_mut().find(|fulfillment| fulfillment.id == id)
    else {
        return;
    };
    for units in lines {
        if let Some(line) = fulfillment.lines.iter_mut().find(|line| line.line == units.line) {
            change(line, units.quantity);
        }
    }
}

fn shipped(order: &mut Order, created: &ShipmentCreated) {
    let lines = created.packages.iter().flat_map(|package| &package.lines);
    for units in lines {
        leave(order, created.fulfillment_order_id, units);
        // What the next parcel holds of the line is judged by what is left after this one.
        wait_for_less(order);
    }
    part(order, created.fulfillment_order_id, goes_on);
    let parcel = |package: &Package| {
        let package = package.clone();
        Parcel { package, tracked: None, delivered_at: None, is_stuck: false }
    };
    order.shipments.push(Shipment {
        id: created.shipment_id,
        fulfillment_order_id: created.fulfillment_order_id,
        shipped_at: created.shipped_at,
        stuck_after: created.stuck_after,
        parcels: created.packages.iter().map(parcel).collect(),
    });
}

/// What has left is shipped, whether it was held or not: first what the line waits for counts as that, then what was
/// cancelled of it.
fn leave(order: &mut Order, id: FulfillmentOrderId, units: &LineUnits) {
    let totals = order.line_totals().get(units.line.index()).copied().unwrap_or_default();
    let mut excess = Units::ZERO;
    part(order, id, |part| {
        if let Some(line) = part.lines.iter_mut().find(|line| line.line == units.line) {
            excess = units.quantity.saturating_sub(line.open());
            let taken_back = excess.min(line.released);
            line.released -= taken_back;
            line.quantity += excess.saturating_sub(taken_back);
            line.shipped += units.quantity;
            line.packed = line.packed.max(line.shipped);
            line.picked = line.picked.max(line.packed);
        }
        answer(part);
    });
    if let Some(cancelled) = order.cancelled.get_mut(units.line.index()) {
        *cancelled -= excess.saturating_sub(totals.pending() + totals.backordered);
    }
}

/// The latest scan counts, in the order in which scans were made, not reported.
fn track(order: &mut Order, tracked: &ShipmentTracked) {
    if tracked.has_personal_data {
        seal(order);
    }
    each_parcel(order, tracked.shipment_id, &tracked.packages, |parcel| {
        if parcel.tracked.is_none_or(|(_, known)| tracked.status_at >= known) {
            parcel.tracked = Some((tracked.status, tracked.status_at));
            parcel.is_stuck = false;
        }
    });
}

fn each_parcel(order: &mut Order, id: ShipmentId, packages: &[Reference], change: impl Fn(&mut Parcel)) {
    let shipment = order.shipments.iter_mut().find(|shipment| shipment.id == id);
    for parcel in shipment.into_iter().flat_map(|shipment| &mut shipment.parcels) {
        if packages.contains(&parcel.package.package_id) {
            change(parcel);
        }
    }
}

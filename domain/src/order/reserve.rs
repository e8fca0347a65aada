//! Holding what sourcing found.

use crate::order::cancel::{cancelled, held};
use crate::order::contents::{FulfillmentOrderLines, LineUnits};
use crate::order::decision::Decision;
use crate::order::events::{
    InventoryBackordered, InventoryReserved, OrderEvent, OrderSourced, ReservationExpired,
};
use crate::order::hold::await_decision;
use crate::order::order_command::{Promises, ReservationTrigger, ReserveInventory};
use crate::order::refusals::OrderRefusal;
use crate::order::state::{FulfillmentOrder, Order};
use crate::order::totals::{LineTotals, units_of};
use crate::policy::OnShortage;
use crate::sourcing::{Demand, Sourced};
use crate::stock::Allocation;
use crate::text;
use crate::values::{FulfillmentOrderId, LineNumber, LocationId, OrderId, Sku, Timestamp, Units};

pub(in crate::order) fn reserve(order: &Order, command: &ReserveInventory) -> Decision {
    let Some(created) = &order.created else {
        return Err(OrderRefusal::NothingToReserve);
    };
    if order.pending_demand().is_empty() {
        return Err(OrderRefusal::NothingToReserve);
    }
    let sourced = &command.sourced;
    let complete = sourced.shortages.is_empty();
    let acceptable = complete
        || command.trigger == ReservationTrigger::Shortfall
        || match created.on_shortage {
            OnShortage::Backorder => true,
            OnShortage::CancelRemainder => !sourced.allocations.is_empty(),
            OnShortage::Reject | OnShortage::Hold => false,
        };
    let held = created.on_shortage == OnShortage::Hold || command.trigger == ReservationTrigger::Existing;
    let is_partly_in_time =
        created.on_shortage == OnShortage::CancelRemainder && !sourced.allocations.is_empty();
    if let Some(earliest) = command.ships_too_late.filter(|_| !held && !is_partly_in_time)
        && command.trigger == ReservationTrigger::Creation
    {
        return Err(too_late(order, earliest));
    }
    if !acceptable && !held {
        return Err(OrderRefusal::InsufficientStock(sourced.shortages.clone()));
    }
    let mut events: Vec<OrderEvent> = vec![how_it_was_sourced(command, acceptable).into()];
    if acceptable {
        events.extend(give(order, created.order_id, created.on_shortage, command));
    } else {
        events.extend(await_decision(order));
    }
    Ok(events)
}

/// Everything is there, but waiting for supply would not help: it cannot leave in time.
fn too_late(order: &Order, earliest: Option<Timestamp>) -> OrderRefusal {
    match order.ship_by() {
        Some(ship_by) => OrderRefusal::ShipByUnattainable { ship_by, earliest },
        None => OrderRefusal::NoCapacity,
    }
}

/// What is held for the order and what becomes of the rest.
fn give(order: &Order, id: OrderId, on_shortage: OnShortage, command: &ReserveInventory) -> Vec<OrderEvent> {
    let (mut fulfillment_orders, remainder) = divide(order, id, &command.sourced);
    promise(&mut fulfillment_orders, &command.promises);
    let mut events: Vec<OrderEvent> = Vec::new();
    if !fulfillment_orders.is_empty() {
        let until = order.holds_until(command.at);
        events.push(InventoryReserved { fulfillment_orders, waited: false, until }.into());
    }
    if remainder.is_empty() {
        return events;
    }
    if on_shortage == OnShortage::CancelRemainder {
        events.push(cancelled(order, remainder, text!("insufficient stock")));
    } else if command.ships_too_late.is_some() {
        // The units are available and ship too late: waiting for supply would not end.
        events.extend(await_decision(order));
    } else {
        events.extend(backorder(order, remainder, command));
    }
    events
}

/// What is missing waits for supply. Of an order that is there already, what the channel's quotas do not allow is not
/// promised: it stays pending until somebody decides. A new order is refused by its stock items instead.
fn backorder(order: &Order, remainder: Vec<LineUnits>, command: &ReserveInventory) -> Vec<OrderEvent> {
    let missing = quantity(&remainder);
    let lines = match command.trigger {
        ReservationTrigger::Existing => within_quotas(order, remainder, command),
        ReservationTrigger::Creation | ReservationTrigger::Shortfall => remainder,
    };
    let held = await_decision(order).filter(|_| quantity(&lines) < missing);
    let backordered = (!lines.is_empty()).then(|| InventoryBackordered { lines }.into());
    backordered.into_iter().chain(held).collect()
}

fn quantity(lines: &[LineUnits]) -> Units {
    lines.iter().map(|units| units.quantity).sum()
}

/// As many units, the first line first, as the quotas allow beside those that are reserved.
fn within_quotas(order: &Order, remainder: Vec<LineUnits>, command: &ReserveInventory) -> Vec<LineUnits> {
    let mut left = command.quotas.clone();
    for (sku, reserved) in command.sourced.allocations.iter().flat_map(|(_, demand)| demand) {
        left.entry(sku.clone()).and_modify(|left| *left -= *reserved);
    }
    let allowed = |units: LineUnits| match left.get_mut(&order.lines()[units.line.index()].sku) {
        Some(left) => {
            let taken = units.quantity.min(*left);
            *left -= taken;
            units_of(units.line, taken)
        }
        None => units,
    };
    remainder.into_iter().map(allowed).filter(|units| !units.quantity.is_zero()).collect()
}

/// Units that the order waited for are held for it.
pub(in crate::order) fn fill_backorder(
    order: &Order,
    sku: &Sku,
    allocations: &[Allocation],
    promises: &Promises,
    at: Timestamp,
) -> Decision {
    let Some(id) = order.id() else { return Err(OrderRefusal::NothingToReserve) };
    let given: Units = allocations.iter().map(|allocation| allocation.quantity).sum();
    let waiting = order.backordered_demand().get(sku).copied().unwrap_or_default();
    if given.is_zero() || given > waiting {
        return Err(OrderRefusal::NothingToReserve);
    }
    let by_location = |Allocation { location, quantity }: &Allocation| {
        (location.clone(), Demand::from([(sku.clone(), *quantity)]))
    };
    let given = allocations.iter().map(by_location).collect::<Vec<_>>();
    let (mut fulfillment_orders, _) = divided(order, id, &given, order.backordered.clone());
    join_untouched_parts(order, id, &mut fulfillment_orders);
    promise(&mut fulfillment_orders, promises);
    let until = order.holds_until(at);
    Ok(vec![InventoryReserved { fulfillment_orders, waited: true, until }.into()])
}

/// What was held until a moment that is past is free, and what waited waits no more: the order is as if nothing had been
/// reserved for it.
pub(in crate::order) fn expire(order: &Order, at: Timestamp) -> Vec<OrderEvent> {
    if order.expires_at.is_none_or(|until| at < until) {
        return Vec::new();
    }
    let open = order.fulfillment_orders.iter().filter(|part| part.is_open());
    let waits = order.backordered.iter().enumerate().filter(|(_, units)| !units.is_zero());
    let expired = ReservationExpired {
        fulfillment_orders: open.map(held).collect(),
        waited: waits.map(|(index, units)| units_of(LineNumber::at(index), *units)).collect(),
    };
    // Of one that awaits no payment somebody decides: it is cancelled, or reserved again as its hold is released.
    let held = await_decision(order).filter(|_| order.is_paid());
    std::iter::once(expired.into()).chain(held).collect()
}

fn promise(parts: &mut [FulfillmentOrderLines], promises: &Promises) {
    for part in parts {
        part.promise = promises.get(&part.location).cloned();
    }
}

/// What comes later joins the part that its location has not begun with: it is one walk, and one parcel.
fn join_untouched_parts(order: &Order, id: OrderId, given: &mut [FulfillmentOrderLines]) {
    let may_grow = |part: &&FulfillmentOrder| {
        !part.is_taken_on()
            && part.is_open()
            && !part.has_shipped()
            && !order.holds.iter().any(|hold| hold.fulfillment_order_id == Some(part.id))
    };
    let mut number = order.fulfillment_orders.len();
    for lines in given {
        let mut there = order.fulfillment_orders.iter().filter(|part| part.location == lines.location);
        lines.fulfillment_order_id = match there.rfind(may_grow) {
            Some(part) => part.id,
            None => {
                number += 1;
                FulfillmentOrderId::new(id, u32::try_from(number).unwrap_or(u32::MAX))
            }
        };
    }
}

fn how_it_was_sourced(command: &ReserveInventory, acceptable: bool) -> OrderSourced {
    let sourced = command.sourced.clone();
    let chosen = sourced.allocations.into_iter().map(|(location, _)| location);
    OrderSourced {
        criteria: command.criteria.clone(),
        basis: command.basis,
        chosen: chosen.filter(|_| acceptable).collect(),
        candidates: sourced.candidates,
        shortages: sourced.shortages,
    }
}

/// Divides what each location gives among the order's lines, the first line first, and tells what is left over.
fn divide(order: &Order, id: OrderId, sourced: &Sourced) -> (Vec<FulfillmentOrderLines>, Vec<LineUnits>) {
    let pending = order.line_totals().iter().map(LineTotals::pending).collect();
    divided(order, id, &sourced.allocations, pending)
}

fn divided(
    order: &Order,
    id: OrderId,
    allocations: &[(LocationId, Demand)],
    mut wanted: Vec<Units>,
) -> (Vec<FulfillmentOrderLines>, Vec<LineUnits>) {
    let first = order.fulfillment_orders.len() + 1;
    let mut fulfillment_orders = Vec::with_capacity(allocations.len());
    for (index, (location, given)) in allocations.iter().enumerate() {
        let mut given = given.clone();
        let mut lines = Vec::new();
        for (line, wanted) in order.lines().iter().zip(&mut wanted) {
            if let Some(left) = given.get_mut(&line.sku) {
                let taken = (*left).min(*wanted);
                if !taken.is_zero() {
                    *left -= taken;
                    *wanted -= taken;
                    lines.push(units_of(line.line, taken));
                }
            }
        }
        let number = u32::try_from(first + index).unwrap_or(u32::MAX);
        let fulfillment_order_id = FulfillmentOrderId::new(id, number);
        fulfillment_orders.push(FulfillmentOrderLines {
            fulfillment_order_id,
            location: location.clone(),
            lines,
            promise: None,
        });
    }
    let remainder = wanted
        .into_iter()
        .enumerate()
        .filter(|(_, left)| !left.is_zero())
        .map(|(index, left)| units_of(LineNumber::at(index), left))
        .collect();
    (fulfillment_orders, remainder)
}

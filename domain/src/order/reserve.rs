//! Reserves the units that sourcing found, and decides about those that are missing.

use std::collections::BTreeMap;

use super::cancel::cancelled;
use super::choices::SourcingBasis;
use super::contents::{FulfillmentOrderLines, LineUnits, PromisedDates};
use super::decision::Decision;
use super::events::{InventoryBackordered, InventoryReserved, OrderEvent, OrderSourced};
use super::fulfillment_order::FulfillmentOrder;
use super::hold::await_decision;
use super::refusals::OrderRefusal;
use super::state::Order;
use super::totals::LineTotals;
use crate::policy::{Criterion, OnShortage};
use crate::sourcing::{Demand, Shortage, Sourced};
use crate::stock::Allocation;
use crate::values::{FulfillmentOrderId, LineNumber, Literal, LocationId, OrderId, Sku, Timestamp, Units};

/// The reason of cancellations under `onShortage: cancel_remainder`.
const INSUFFICIENT_STOCK: Literal = Literal::new("insufficient_stock");

/// When goods can leave locations and arrive, where that is known.
pub type Promises = BTreeMap<LocationId, PromisedDates>;

/// Why an order is sourced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReservationTrigger {
    /// It is new or has grown: the command may be refused for want of units.
    Creation,
    /// Something happened to an existing order: missing units refuse nothing.
    Existing,
    /// A location has returned units that it was to ship: units that are missing elsewhere are backordered.
    Shortfall,
}

impl ReservationTrigger {
    /// Whether available units are reserved although others are missing.
    pub fn takes_part(self, on_shortage: OnShortage) -> bool {
        self == Self::Shortfall || matches!(on_shortage, OnShortage::CancelRemainder | OnShortage::Backorder)
    }
}

/// The command to reserve what sourcing found.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "documented where the name does not say it")]
pub struct ReserveInventory {
    pub sourced: Sourced,
    /// The sourcing preferences, in order.
    pub criteria: Vec<Criterion>,
    pub basis: SourcingBasis,
    pub trigger: ReservationTrigger,
    pub promises: Promises,
    /// Units of a SKU that the order's channel may still promise, reserved or backordered. No limit for an absent SKU.
    pub quotas: Demand,
    /// Units of a SKU that may be backordered. No limit for an absent SKU.
    pub backorder_limits: Demand,
    /// Units of a SKU that wait for supplies which come before they are needed. The demand that was sourced, the quotas and
    /// the limits do not include them.
    pub deferred: Demand,
    /// Present when the missing units are in stock and only leave too late: the earliest time at which a location could
    /// ship them, or none when no location has capacity.
    pub ships_too_late: Option<Option<Timestamp>>,
    /// The decision time.
    pub at: Timestamp,
}

impl ReserveInventory {
    /// Whether any unit can be reserved, or waits for a supply that comes in time.
    fn promises_any(&self) -> bool {
        !self.sourced.allocations.is_empty() || !self.deferred.is_empty()
    }

    /// What is missing of the whole order, for the client: units that could wait for a supply are available.
    fn shortages(&self) -> Vec<Shortage> {
        let mut shortages = self.sourced.shortages.clone();
        for shortage in &mut shortages {
            let deferred = self.deferred.get(&shortage.sku).copied().unwrap_or_default();
            shortage.requested += deferred;
            shortage.available += deferred;
        }
        shortages
    }
}

pub(super) fn reserve(order: &Order, command: &ReserveInventory) -> Decision {
    let Some(created) = order.created.as_ref().filter(|_| !order.pending_demand().is_empty()) else {
        return Err(OrderRefusal::NothingToReserve);
    };
    let sourced = &command.sourced;
    let is_acceptable = sourced.shortages.is_empty()
        || command.trigger == ReservationTrigger::Shortfall
        || match created.on_shortage {
            OnShortage::Backorder => true,
            OnShortage::CancelRemainder => command.promises_any(),
            OnShortage::Reject | OnShortage::Hold => false,
        };
    let may_hold = created.on_shortage == OnShortage::Hold || command.trigger == ReservationTrigger::Existing;
    let is_partly_in_time = created.on_shortage == OnShortage::CancelRemainder && command.promises_any();
    if let Some(earliest) = command.ships_too_late.filter(|_| !may_hold && !is_partly_in_time)
        && command.trigger == ReservationTrigger::Creation
    {
        return Err(too_late(order, earliest));
    }
    if !is_acceptable && !may_hold {
        return Err(OrderRefusal::InsufficientStock(command.shortages()));
    }
    let mut events: Vec<OrderEvent> = vec![order_sourced(command, is_acceptable).into()];
    if is_acceptable {
        events.extend(allocate(order, created.order_id, created.on_shortage, command));
    } else {
        events.extend(await_decision(order));
    }
    Ok(events)
}

/// The units are in stock: supply would not help, because they cannot leave in time.
fn too_late(order: &Order, earliest: Option<Timestamp>) -> OrderRefusal {
    match order.ship_by() {
        Some(ship_by) => OrderRefusal::ShipByUnattainable { ship_by, earliest },
        None => OrderRefusal::NoCapacity,
    }
}

/// Reserves the available units, and cancels, backorders or holds the rest.
fn allocate(
    order: &Order,
    id: OrderId,
    on_shortage: OnShortage,
    command: &ReserveInventory,
) -> Vec<OrderEvent> {
    let mut pending: Vec<Units> = order.line_totals().iter().map(LineTotals::pending).collect();
    let mut events: Vec<OrderEvent> = Vec::new();
    let lines = take(order, &command.deferred, &mut pending);
    if !lines.is_empty() {
        events.push(InventoryBackordered { lines }.into());
    }
    let (mut fulfillment_orders, remainder) = divide(order, id, &command.sourced.allocations, pending);
    promise(&mut fulfillment_orders, &command.promises);
    if !fulfillment_orders.is_empty() {
        let until = order.reserved_until(command.at);
        events.push(InventoryReserved { fulfillment_orders, waited: false, until }.into());
    }
    if remainder.is_empty() {
        return events;
    }
    if on_shortage == OnShortage::CancelRemainder {
        events.push(cancelled(order, remainder, INSUFFICIENT_STOCK.into()));
    } else if command.ships_too_late.is_some() {
        // The units are in stock: no supply would end the wait, so a person decides.
        events.extend(await_decision(order));
    } else {
        events.extend(backorder(order, remainder, command));
    }
    events
}

/// Takes units of SKUs off the wanted ones of the lines, the first line first.
fn take(order: &Order, units: &Demand, wanted: &mut [Units]) -> Vec<LineUnits> {
    let mut left = units.clone();
    let mut lines = Vec::new();
    for (line, wanted) in order.lines().iter().zip(wanted) {
        let Some(left) = left.get_mut(&line.sku) else { continue };
        let taken = (*left).min(*wanted);
        if !taken.is_zero() {
            *left -= taken;
            *wanted -= taken;
            lines.push(LineUnits::new(line.line, taken));
        }
    }
    lines
}

/// Backorders missing units. Of an existing order, units beyond the channel's quota or the SKU's backorder limit stay pending
/// until a person decides. A new order is refused by its stock items instead.
fn backorder(order: &Order, remainder: Vec<LineUnits>, command: &ReserveInventory) -> Vec<OrderEvent> {
    let missing = quantity(&remainder);
    let lines = match command.trigger {
        ReservationTrigger::Existing => within_limits(order, remainder, command),
        ReservationTrigger::Creation | ReservationTrigger::Shortfall => remainder,
    };
    let held = await_decision(order).filter(|_| quantity(&lines) < missing);
    let backordered = (!lines.is_empty()).then(|| InventoryBackordered { lines }.into());
    backordered.into_iter().chain(held).collect()
}

fn quantity(lines: &[LineUnits]) -> Units {
    lines.iter().map(|units| units.quantity).sum()
}

/// Reduces missing units to the SKUs' backorder limits and to the channel's quotas, less the units that are reserved. The
/// first line comes first.
fn within_limits(order: &Order, remainder: Vec<LineUnits>, command: &ReserveInventory) -> Vec<LineUnits> {
    let mut quotas = command.quotas.clone();
    for (sku, reserved) in command.sourced.allocations.iter().flat_map(|(_, demand)| demand) {
        quotas.entry(sku.clone()).and_modify(|quota| *quota -= *reserved);
    }
    let mut limits = [quotas, command.backorder_limits.clone()];
    let allowed = |units: LineUnits| {
        let sku = &order.lines()[units.line.index()].sku;
        let quantity =
            limits.iter().filter_map(|limit| limit.get(sku).copied()).fold(units.quantity, Units::min);
        for limit in limits.iter_mut().filter_map(|limit| limit.get_mut(sku)) {
            *limit -= quantity;
        }
        LineUnits::new(units.line, quantity)
    };
    remainder.into_iter().map(allowed).filter(|units| !units.quantity.is_zero()).collect()
}

/// Reserves units of a SKU that the order has backordered.
pub(super) fn fill_backorder(
    order: &Order,
    sku: &Sku,
    allocations: &[Allocation],
    promises: &Promises,
    at: Timestamp,
) -> Decision {
    let Some(id) = order.id() else { return Err(OrderRefusal::NothingToReserve) };
    let quantity: Units = allocations.iter().map(|allocation| allocation.quantity).sum();
    let backordered = order.backordered_demand().get(sku).copied().unwrap_or_default();
    if quantity.is_zero() || quantity > backordered {
        return Err(OrderRefusal::NothingToReserve);
    }
    let by_location = |Allocation { location, quantity }: &Allocation| {
        (location.clone(), Demand::from([(sku.clone(), *quantity)]))
    };
    let allocations = allocations.iter().map(by_location).collect::<Vec<_>>();
    let (mut fulfillment_orders, _) = divide(order, id, &allocations, order.backordered.clone());
    join_fulfillment_orders(order, id, &mut fulfillment_orders);
    promise(&mut fulfillment_orders, promises);
    let until = order.reserved_until(at);
    Ok(vec![InventoryReserved { fulfillment_orders, waited: true, until }.into()])
}

fn promise(fulfillment_orders: &mut [FulfillmentOrderLines], promises: &Promises) {
    for one in fulfillment_orders {
        one.promise = promises.get(&one.location).cloned();
    }
}

/// Adds backordered units to a fulfillment order at the same location that has not been started: one pick, one package. A
/// fulfillment order of which units are requested does not grow: it moves with the requested units.
fn join_fulfillment_orders(order: &Order, id: OrderId, added: &mut [FulfillmentOrderLines]) {
    let may_grow = |one: &&FulfillmentOrder| {
        !one.is_acknowledged()
            && one.cancellation_request.is_none()
            && one.is_open()
            && !one.has_shipped()
            && !order.holds.iter().any(|hold| hold.fulfillment_order_id == Some(one.id))
    };
    let mut number = order.fulfillment_orders.len();
    for lines in added {
        let mut there = order.fulfillment_orders.iter().filter(|one| one.location == lines.location);
        lines.fulfillment_order_id = match there.rfind(may_grow) {
            Some(one) => one.id,
            None => {
                number += 1;
                FulfillmentOrderId::new(id, u32::try_from(number).unwrap_or(u32::MAX))
            }
        };
    }
}

fn order_sourced(command: &ReserveInventory, is_acceptable: bool) -> OrderSourced {
    let sourced = command.sourced.clone();
    let chosen = sourced.allocations.into_iter().map(|(location, _)| location);
    OrderSourced {
        criteria: command.criteria.clone(),
        basis: command.basis,
        chosen: chosen.filter(|_| is_acceptable).collect(),
        candidates: sourced.candidates,
        shortages: sourced.shortages,
    }
}

/// Divides the units of each location among the order's lines, the first line first. Gives the new fulfillment orders, and
/// the units that are missing.
fn divide(
    order: &Order,
    id: OrderId,
    allocations: &[(LocationId, Demand)],
    mut wanted: Vec<Units>,
) -> (Vec<FulfillmentOrderLines>, Vec<LineUnits>) {
    let first = order.fulfillment_orders.len() + 1;
    let mut fulfillment_orders = Vec::with_capacity(allocations.len());
    for (index, (location, allocated)) in allocations.iter().enumerate() {
        let lines = take(order, allocated, &mut wanted);
        let number = u32::try_from(first + index).unwrap_or(u32::MAX);
        fulfillment_orders.push(FulfillmentOrderLines {
            fulfillment_order_id: FulfillmentOrderId::new(id, number),
            location: location.clone(),
            lines,
            promise: None,
        });
    }
    let missing = wanted.into_iter().enumerate().filter(|(_, units)| !units.is_zero());
    let missing = missing.map(|(index, units)| LineUnits::new(LineNumber::at(index), units));
    (fulfillment_orders, missing.collect())
}

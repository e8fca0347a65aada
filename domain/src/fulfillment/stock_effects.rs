//! What an order's events change in the stock of its SKUs, in the same decision.
//!
//! Orders and stock items are decided separately and must agree: units that an order holds are reserved at its stock
//! items. This file alone maps the events of an order to decisions about stock. Joining the backorder queue is not among
//! them: sourcing decides it.

use std::collections::{BTreeMap, BTreeSet};

use crate::order::{
    Disposition, FulfillmentLine, FulfillmentOrder, FulfillmentOrderLines, LineUnits, Order, OrderEvent,
    ReturnReceived, ShipmentCancelled, ShipmentCreated,
};
use crate::stock::{
    Allocation, Condition, OrderRef, ReleaseInventory, ReserveInventory, ReturnInventory, ShipInventory,
    ShortInventory, StockCommand, StockItem, UndoShipping,
};
use crate::values::{LocationId, Sku, Timestamp, Units};

/// The decisions about stock that follow from an event, given the order just before it.
pub fn stock_effects(before: &Order, event: &OrderEvent, at: Timestamp) -> Vec<(Sku, StockCommand)> {
    let Some(order) = order_ref(before) else { return Vec::new() };
    match event {
        OrderEvent::InventoryReserved(reserved) => {
            let until = reserved.until;
            let by_sku = by_sku(before, at_locations(&reserved.fulfillment_orders));
            let hold = |allocations| {
                if reserved.waited {
                    StockCommand::FillBackorder { order_id: order.order_id, allocations, until }
                } else {
                    let takes_over_cart =
                        before.created.as_ref().is_some_and(|created| created.reservation.is_some());
                    reserve(&order, allocations, until, takes_over_cart)
                }
            };
            by_sku.into_iter().map(|(sku, allocations)| (sku, hold(allocations))).collect()
        }
        OrderEvent::InventoryReleased(released) => {
            release(&order, before, at_locations(&released.fulfillment_orders))
        }
        OrderEvent::FulfillmentOrderRejected(rejected) => {
            let part = before.fulfillment_order(rejected.fulfillment_order_id);
            release(&order, before, part.map(|part| (&part.location, &rejected.lines[..])))
        }
        OrderEvent::FulfillmentOrderMoved(moved) => {
            let mut commands = release(&order, before, [(&moved.from, &moved.lines[..])]);
            let there = by_sku(before, [(&moved.to, &moved.lines[..])]).into_iter();
            commands
                .extend(there.map(|(sku, there)| (sku, reserve(&order, there, before.expires_at, false))));
            commands
        }
        OrderEvent::PickShorted(shorted) => {
            let part = before.fulfillment_order(shorted.fulfillment_order_id);
            let units = part.map(|part| (&part.location, &shorted.lines[..]));
            short(&order, before, units, shorted.happened_at, at)
        }
        OrderEvent::ReservationExpired(_) => {
            skus(before).map(|sku| (sku, StockCommand::ExpireReservations(at))).collect()
        }
        OrderEvent::ReservationExtended(extended) => extend(&order, before, extended.until),
        OrderEvent::ShipmentCreated(created) => ship(&order, before, created, at),
        OrderEvent::ShipmentCancelled(cancelled) => undo_shipping(&order, before, cancelled, at),
        OrderEvent::ReturnReceived(received) => take_back(&order, before, received, at),
        _ => Vec::new(),
    }
}

/// Withdraws what the queue of a stock item holds for an order beyond what the order still waits for.
pub fn surplus_backorder(order: &Order, item: &StockItem) -> Option<StockCommand> {
    let wanted = order.backordered_demand().get(item.sku.as_ref()?).copied().unwrap_or_default();
    let order = order_ref(order)?;
    let quantity = item.backordered_for(order.order_id).saturating_sub(wanted);
    (!quantity.is_zero()).then_some(StockCommand::WithdrawBackorder { order, quantity })
}

/// The order as decisions about stock name it. `None` if it does not exist.
pub(super) fn order_ref(order: &Order) -> Option<OrderRef> {
    let created = order.created.as_ref()?;
    let channel = created.channel.clone();
    Some(OrderRef { order_id: created.order_id, channel, ordered_at: created.at })
}

fn skus(order: &Order) -> impl Iterator<Item = Sku> {
    order.stock_lines().map(|line| line.sku.clone()).collect::<BTreeSet<_>>().into_iter()
}

/// Units that are reserved for the order end at another time.
fn extend(order: &OrderRef, before: &Order, until: Option<Timestamp>) -> Vec<(Sku, StockCommand)> {
    let parts: Vec<FulfillmentOrderLines> = match until {
        Some(_) => before.fulfillment_orders.iter().map(FulfillmentOrder::outstanding_lines).collect(),
        // Units whose reservation becomes permanent need not be named.
        None => Vec::new(),
    };
    let mut reserved = by_sku(before, at_locations(&parts));
    let extend = |sku: Sku| {
        let allocations = reserved.remove(&sku).unwrap_or_default();
        (sku, StockCommand::ExtendReservation { order: order.clone(), until, allocations })
    };
    skus(before).map(extend).collect()
}

fn reserve(
    order: &OrderRef,
    allocations: Vec<Allocation>,
    until: Option<Timestamp>,
    may_use_safety_stock: bool,
) -> StockCommand {
    let order = order.clone();
    StockCommand::ReserveInventory(ReserveInventory { order, allocations, until, may_use_safety_stock })
}

/// Units of an order at a location.
type AtLocation<'a> = (&'a LocationId, &'a [LineUnits]);

fn at_locations(parts: &[FulfillmentOrderLines]) -> impl Iterator<Item = AtLocation<'_>> {
    parts.iter().map(|part| (&part.location, &part.lines[..]))
}

fn release<'a>(
    order: &OrderRef,
    before: &Order,
    units: impl IntoIterator<Item = AtLocation<'a>>,
) -> Vec<(Sku, StockCommand)> {
    let release = |(sku, allocations)| {
        (sku, StockCommand::ReleaseInventory(ReleaseInventory { order: order.clone(), allocations }))
    };
    by_sku(before, units).into_iter().map(release).collect()
}

fn short<'a>(
    order: &OrderRef,
    before: &Order,
    units: impl IntoIterator<Item = AtLocation<'a>>,
    happened_at: Option<Timestamp>,
    at: Timestamp,
) -> Vec<(Sku, StockCommand)> {
    let mut commands = Vec::new();
    for (sku, allocations) in by_sku(before, units) {
        for Allocation { location, quantity } in allocations {
            let short = ShortInventory { order: order.clone(), location, quantity, happened_at, at };
            commands.push((sku.clone(), StockCommand::ShortInventory(short)));
        }
    }
    commands
}

fn ship(
    order: &OrderRef,
    before: &Order,
    created: &ShipmentCreated,
    at: Timestamp,
) -> Vec<(Sku, StockCommand)> {
    let part = before.fulfillment_order(created.fulfillment_order_id);
    // Units of each line that the fulfillment order holds. Units that leave beyond them were not reserved.
    let mut held: Vec<Units> = before
        .lines()
        .iter()
        .map(|line| {
            part.and_then(|part| part.line(line.line)).map_or(Units::ZERO, FulfillmentLine::outstanding)
        })
        .collect();
    let mut sums: BTreeMap<Sku, (Units, Units)> = BTreeMap::new();
    for units in created.packages.iter().flat_map(|package| &package.lines) {
        let (Some(line), Some(held)) =
            (before.lines().get(units.line.index()), held.get_mut(units.line.index()))
        else {
            continue;
        };
        let sum = sums.entry(line.sku.clone()).or_default();
        sum.0 += units.quantity;
        sum.1 += units.quantity.saturating_sub(*held);
        *held -= units.quantity;
    }
    let ship = |(sku, (quantity, unreserved))| {
        let (order, shipment_id, location) = (order.clone(), created.shipment_id, created.location.clone());
        let shipped_at = created.shipped_at;
        let ship = ShipInventory { order, shipment_id, location, quantity, unreserved, shipped_at, at };
        (sku, StockCommand::ShipInventory(ship))
    };
    sums.into_iter().map(ship).collect()
}

fn undo_shipping(
    order: &OrderRef,
    before: &Order,
    cancelled: &ShipmentCancelled,
    at: Timestamp,
) -> Vec<(Sku, StockCommand)> {
    let part = before.fulfillment_order(cancelled.fulfillment_order_id);
    let Some((part, shipment)) = part.zip(before.shipment(cancelled.shipment_id)) else { return Vec::new() };
    let mut unreserved = before.demand_of(&cancelled.unreserved);
    let undo = |(sku, quantity): (Sku, Units)| {
        let undo = UndoShipping {
            order: order.clone(),
            shipment_id: shipment.id,
            location: part.location.clone(),
            quantity,
            unreserved: unreserved.remove(&sku).unwrap_or_default(),
            shipped_at: shipment.shipped_at,
            at,
        };
        (sku, StockCommand::UndoShipping(undo))
    };
    before.demand_of(&cancelled.lines).into_iter().map(undo).collect()
}

fn take_back(
    order: &OrderRef,
    before: &Order,
    received: &ReturnReceived,
    at: Timestamp,
) -> Vec<(Sku, StockCommand)> {
    let mut sums: BTreeMap<(Sku, bool), Units> = BTreeMap::new();
    for units in received.lines.iter().filter(|units| units.disposition != Disposition::Scrap) {
        if let Some(line) = before.lines().get(units.line.index()) {
            let is_sellable = units.disposition == Disposition::Restock;
            *sums.entry((line.sku.clone(), is_sellable)).or_default() += units.quantity;
        }
    }
    let take_back = |((sku, is_sellable), quantity)| {
        let (order_id, return_id) = (order.order_id, received.return_id);
        let location = received.location.clone();
        let condition = if is_sellable { Condition::Sellable } else { Condition::Quarantine };
        let happened_at = received.received_at;
        let back = ReturnInventory { order_id, return_id, location, quantity, condition, happened_at, at };
        (sku, StockCommand::ReturnInventory(back))
    };
    sums.into_iter().map(take_back).collect()
}

/// Units by SKU and location.
fn by_sku<'a>(
    order: &Order,
    units: impl IntoIterator<Item = AtLocation<'a>>,
) -> BTreeMap<Sku, Vec<Allocation>> {
    let mut sums: BTreeMap<Sku, BTreeMap<LocationId, Units>> = BTreeMap::new();
    for (location, lines) in units {
        for units in lines {
            if let Some(line) = order.lines().get(units.line.index()) {
                let at = sums.entry(line.sku.clone()).or_default();
                *at.entry(location.clone()).or_default() += units.quantity;
            }
        }
    }
    let allocations = |at: BTreeMap<LocationId, Units>| {
        at.into_iter().map(|(location, quantity)| Allocation { location, quantity }).collect()
    };
    sums.into_iter().map(|(sku, at)| (sku, allocations(at))).collect()
}

#[cfg(test)]
mod tests;

//! What an order's events change in the stock of its SKUs, in the same decision.
//!
//! Orders and stock items are decided apart and must agree: what an order holds is held at its stock items. Here is the
//! one place that says which event asks for what. Waiting for units is not among it: how an order waits is known to
//! whoever sourced it.

use std::collections::{BTreeMap, BTreeSet};

use crate::order::{
    Disposition, FulfillmentLine, FulfillmentOrderLines, LineUnits, Order, OrderEvent, ReturnReceived,
    ShipmentCreated,
};
use crate::stock::{Allocation, Condition, StockCommand, StockItem};
use crate::values::{ChannelName, FulfillmentOrderId, LocationId, OrderId, Sku, Timestamp, Units};

/// Whose units they are.
struct Holder {
    order_id: OrderId,
    channel: ChannelName,
    ordered_at: Timestamp,
}

/// What an event changes in stock, given the order as it was just before it.
pub fn stock_effects(before: &Order, event: &OrderEvent, at: Timestamp) -> Vec<(Sku, StockCommand)> {
    let Some(created) = &before.created else { return Vec::new() };
    let (channel, ordered_at) = (created.channel.clone(), created.at);
    let holder = Holder { order_id: created.order_id, channel, ordered_at };
    match event {
        OrderEvent::InventoryReserved(reserved) => {
            let until = reserved.until;
            let by_sku = by_sku(before, &reserved.fulfillment_orders);
            let hold = |allocations| {
                if reserved.waited {
                    StockCommand::FillBackorder { order_id: holder.order_id, allocations, until }
                } else {
                    holder.reserve(allocations, until)
                }
            };
            by_sku.into_iter().map(|(sku, allocations)| (sku, hold(allocations))).collect()
        }
        OrderEvent::InventoryReleased(released) => holder.release(before, &released.fulfillment_orders),
        OrderEvent::FulfillmentOrderRejected(rejected) => {
            holder.release(before, &at_its_location(before, rejected.fulfillment_order_id, &rejected.lines))
        }
        OrderEvent::FulfillmentOrderMoved(moved) => {
            let mut lines = part_of(moved.fulfillment_order_id, &moved.from, &moved.lines);
            let mut commands = holder.release(before, &lines);
            lines[0].location = moved.to.clone();
            let there = by_sku(before, &lines).into_iter();
            commands.extend(there.map(|(sku, there)| (sku, holder.reserve(there, before.expires_at))));
            commands
        }
        OrderEvent::PickShorted(shorted) => {
            let lines = at_its_location(before, shorted.fulfillment_order_id, &shorted.lines);
            holder.short(before, &lines, at)
        }
        OrderEvent::ReservationExpired(_) => {
            let skus: BTreeSet<Sku> = before.lines().iter().map(|line| line.sku.clone()).collect();
            skus.into_iter().map(|sku| (sku, StockCommand::ExpireReservations(at))).collect()
        }
        OrderEvent::ReservationExtended(extended) => {
            let extend = StockCommand::ExtendReservation { order_id: holder.order_id, until: extended.until };
            let skus: BTreeSet<Sku> = before.lines().iter().map(|line| line.sku.clone()).collect();
            skus.into_iter().map(|sku| (sku, extend.clone())).collect()
        }
        OrderEvent::ShipmentCreated(created) => holder.ship(before, created, at),
        OrderEvent::ReturnReceived(received) => holder.take_back(before, received, at),
        _ => Vec::new(),
    }
}

/// Withdraws what the queue of a stock item holds for an order beyond what the order still waits for.
pub fn surplus_backorder(order: &Order, item: &StockItem) -> Option<StockCommand> {
    let created = order.created.as_ref()?;
    let sku = item.sku.as_ref()?;
    let wanted = order.backordered_demand().get(sku).copied().unwrap_or_default();
    let quantity = item.backordered_for(created.order_id).saturating_sub(wanted);
    let (order_id, channel, ordered_at) = (created.order_id, created.channel.clone(), created.at);
    let withdraw = StockCommand::WithdrawBackorder { order_id, channel, ordered_at, quantity };
    (!quantity.is_zero()).then_some(withdraw)
}

impl Holder {
    fn reserve(&self, allocations: Vec<Allocation>, until: Option<Timestamp>) -> StockCommand {
        let (order_id, channel, ordered_at) = (self.order_id, self.channel.clone(), self.ordered_at);
        StockCommand::ReserveInventory { order_id, channel, ordered_at, allocations, until }
    }

    fn release(&self, order: &Order, parts: &[FulfillmentOrderLines]) -> Vec<(Sku, StockCommand)> {
        let release = |(sku, allocations)| {
            let (order_id, channel, ordered_at) = (self.order_id, self.channel.clone(), self.ordered_at);
            (sku, StockCommand::ReleaseInventory { order_id, channel, ordered_at, allocations })
        };
        by_sku(order, parts).into_iter().map(release).collect()
    }

    fn short(
        &self,
        order: &Order,
        parts: &[FulfillmentOrderLines],
        at: Timestamp,
    ) -> Vec<(Sku, StockCommand)> {
        let mut commands = Vec::new();
        for (sku, allocations) in by_sku(order, parts) {
            for Allocation { location, quantity } in allocations {
                let (order_id, channel, ordered_at) = (self.order_id, self.channel.clone(), self.ordered_at);
                let short =
                    StockCommand::ShortInventory { order_id, channel, ordered_at, location, quantity, at };
                commands.push((sku.clone(), short));
            }
        }
        commands
    }

    fn ship(&self, order: &Order, created: &ShipmentCreated, at: Timestamp) -> Vec<(Sku, StockCommand)> {
        let part = order.fulfillment_order(created.fulfillment_order_id);
        // What the part holds of each line; what leaves beyond it was not held.
        let mut held: Vec<Units> = order
            .lines()
            .iter()
            .map(|line| part.and_then(|part| part.line(line.line)).map_or(Units::ZERO, FulfillmentLine::open))
            .collect();
        let mut sums: BTreeMap<Sku, (Units, Units)> = BTreeMap::new();
        for units in created.packages.iter().flat_map(|package| &package.lines) {
            let (Some(line), Some(held)) =
                (order.lines().get(units.line.index()), held.get_mut(units.line.index()))
            else {
                continue;
            };
            let sum = sums.entry(line.sku.clone()).or_default();
            sum.0 += units.quantity;
            sum.1 += units.quantity.saturating_sub(*held);
            *held -= units.quantity;
        }
        let ship = |(sku, (quantity, unreserved))| {
            let command = StockCommand::ShipInventory {
                order_id: self.order_id,
                channel: self.channel.clone(),
                ordered_at: self.ordered_at,
                shipment_id: created.shipment_id,
                location: created.location.clone(),
                quantity,
                unreserved,
                at,
            };
            (sku, command)
        };
        sums.into_iter().map(ship).collect()
    }

    fn take_back(&self, order: &Order, received: &ReturnReceived, at: Timestamp) -> Vec<(Sku, StockCommand)> {
        let mut sums: BTreeMap<(Sku, bool), Units> = BTreeMap::new();
        for units in received.lines.iter().filter(|units| units.disposition != Disposition::Scrap) {
            if let Some(line) = order.lines().get(units.line.index()) {
                let is_sellable = units.disposition == Disposition::Restock;
                *sums.entry((line.sku.clone(), is_sellable)).or_default() += units.quantity;
            }
        }
        let take_back = |((sku, is_sellable), quantity)| {
            let (order_id, return_id) = (self.order_id, received.return_id);
            let location = received.location.clone();
            let condition = if is_sellable { Condition::Sellable } else { Condition::Quarantine };
            (sku, StockCommand::ReturnInventory { order_id, return_id, location, quantity, condition, at })
        };
        sums.into_iter().map(take_back).collect()
    }
}

fn at_its_location(order: &Order, id: FulfillmentOrderId, lines: &[LineUnits]) -> Vec<FulfillmentOrderLines> {
    let location = order.fulfillment_order(id).map(|part| part.location.clone());
    location.map(|location| part_of(id, &location, lines)).unwrap_or_default()
}

fn part_of(id: FulfillmentOrderId, location: &LocationId, lines: &[LineUnits]) -> Vec<FulfillmentOrderLines> {
    vec![FulfillmentOrderLines {
        fulfillment_order_id: id,
        location: location.clone(),
        lines: lines.to_vec(),
        promise: None,
    }]
}

/// Units of parts' lines by SKU and location.
fn by_sku(order: &Order, parts: &[FulfillmentOrderLines]) -> BTreeMap<Sku, Vec<Allocation>> {
    let mut sums: BTreeMap<Sku, BTreeMap<LocationId, Units>> = BTreeMap::new();
    for part in parts {
        for units in &part.lines {
            if let Some(line) = order.lines().get(units.line.index()) {
                let at = sums.entry(line.sku.clone()).or_default();
                *at.entry(part.location.clone()).or_default() += units.quantity;
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

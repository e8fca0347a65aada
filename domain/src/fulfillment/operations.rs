//! Commands on orders and on stock that need more than one aggregate to be decided.

use std::collections::BTreeSet;

use super::aggregates::Aggregates;
use super::decision::{reallocate, record_availability_levels};
use super::overcommitment::{resolve_overcommitment, resolve_reported};
use super::process::{Decided, decide, up_to_date};
use super::ship_dates::promised_dates;
use super::sourcing::reallocate_all;
use crate::order::{
    AcceptCancellation, MoveFulfillmentOrder, MoveTarget, Order, OrderCommand, OrderRefusal,
    ReassignmentCheck,
};
use crate::stock::StockCommand;
use crate::values::{LocationId, OrderId, Sku, Units};

/// Brings an order up to date, then decides a command on it and everything that follows. Units that are missing
/// after a shipment or an unpick are released by the orders that had reserved them.
pub fn change<A: Aggregates>(
    aggregates: &mut A,
    id: OrderId,
    command: &OrderCommand,
) -> Result<Decided, A::Error> {
    up_to_date(aggregates, id)?;
    let (_, events) = decide(aggregates, id, command)?;
    resolve_reported(aggregates, id, &events)?;
    record_availability_levels(aggregates)?;
    Ok((aggregates.order(id)?, events))
}

/// Amends an order. An order that must not be split any more is refused if one location cannot supply the units that several
/// have reserved.
pub fn amend<A: Aggregates>(
    aggregates: &mut A,
    id: OrderId,
    command: &OrderCommand,
) -> Result<Decided, A::Error> {
    let before = up_to_date(aggregates, id)?;
    let (after, events) = change(aggregates, id, command)?;
    let is_joined = after.must_not_split() && !before.must_not_split() && before.locations_in_use().len() > 1;
    if is_joined && (after.locations_in_use().len() > 1 || missing(&after) > missing(&before)) {
        return Err(OrderRefusal::WouldSplit.into());
    }
    Ok((after, events))
}

/// Units of an order that no location has reserved.
fn missing(order: &Order) -> Units {
    order.line_totals().iter().map(|line| line.pending() + line.backordered).sum()
}

/// Creates an order, and decides everything that follows.
pub fn create<A: Aggregates>(
    aggregates: &mut A,
    id: OrderId,
    command: &OrderCommand,
) -> Result<Decided, A::Error> {
    let created = decide(aggregates, id, command)?;
    record_availability_levels(aggregates)?;
    Ok(created)
}

/// Decides a report or a rule about the stock of a SKU, and everything that follows. Before units move, expired
/// reservations end; afterwards, free units are earmarked for the backorder queue. Orders lose reserved units that are no
/// longer on hand: the result names these orders.
pub fn change_stock<A: Aggregates>(
    aggregates: &mut A,
    sku: &Sku,
    command: &StockCommand,
) -> Result<Vec<OrderId>, A::Error> {
    reallocate(aggregates, sku)?;
    match command {
        StockCommand::CountStock(count, at) if aggregates.stock(sku)?.must_read_past(count) => {
            let past = aggregates.past_on_hand(sku, &count.location, count.counted_at)?;
            aggregates.decide_stock(sku, &StockCommand::CountStockInPast(count.clone(), past, *at))?;
        }
        _ => {
            aggregates.decide_stock(sku, command)?;
        }
    }
    let affected = match command.overcommits() {
        Some(location) => resolve_overcommitment(aggregates, sku, location)?,
        None => {
            reallocate(aggregates, sku)?;
            Vec::new()
        }
    };
    record_availability_levels(aggregates)?;
    Ok(affected)
}

/// Moves a fulfillment order to another location.
pub fn move_fulfillment_order<A: Aggregates>(
    aggregates: &mut A,
    command: &MoveFulfillmentOrder,
) -> Result<Decided, A::Error> {
    let id = command.fulfillment_order_id.order();
    let order = up_to_date(aggregates, id)?;
    reallocate_all(aggregates, order.stock_lines().map(|line| &line.sku))?;
    let is_paused = aggregates.network()?.is_paused(&command.location);
    let promises = promised_dates(aggregates, &order, &BTreeSet::from([command.location.clone()]))?;
    let target = MoveTarget { is_paused, promises };
    let moved = decide(aggregates, id, &OrderCommand::MoveFulfillmentOrder(command.clone(), target))?;
    record_availability_levels(aggregates)?;
    Ok(moved)
}

/// A location agrees to a cancellation or a move. When the target of a move cannot supply the units any more, they are
/// sourced again.
pub fn accept_cancellation<A: Aggregates>(
    aggregates: &mut A,
    command: &AcceptCancellation,
) -> Result<Decided, A::Error> {
    let id = command.fulfillment_order_id.order();
    let order = up_to_date(aggregates, id)?;
    let mut check = ReassignmentCheck::Possible;
    let mut targets: BTreeSet<LocationId> = BTreeSet::new();
    if let Some((target, demand)) = order.reassignment_of(command.fulfillment_order_id) {
        reallocate_all(aggregates, order.stock_lines().map(|line| &line.sku))?;
        if !order.can_reassign(command.fulfillment_order_id, aggregates.network()?.is_paused(target)) {
            check = ReassignmentCheck::Impossible;
        }
        for (sku, units) in demand {
            if aggregates.stock(&sku)?.available_at(target) < units {
                check = ReassignmentCheck::Impossible;
            }
        }
        targets.insert(target.clone());
    }
    let promises = promised_dates(aggregates, &order, &targets)?;
    let command = OrderCommand::AcceptCancellation(command.clone(), promises, check);
    let accepted = decide(aggregates, id, &command)?;
    record_availability_levels(aggregates)?;
    Ok(accepted)
}

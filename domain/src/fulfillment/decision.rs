//! Single decisions of the order process, on an order or on the stock of a SKU.

use super::aggregates::Aggregates;
use super::reactions::{Reaction, reactions};
use crate::order::{OrderCommand, OrderEvent};
use crate::stock::StockCommand;
use crate::stream::StreamId;
use crate::values::{OrderId, Sku};

/// One decision on the order alone: its events, and what must follow.
pub(super) fn decide_once<A: Aggregates>(
    aggregates: &mut A,
    id: OrderId,
    command: &OrderCommand,
) -> Result<(Vec<OrderEvent>, Vec<Reaction>), A::Error> {
    let before = aggregates.order(id)?;
    let (after, events) = aggregates.decide_order(id, command)?;
    let due = reactions(&before, &after, &events, aggregates.now());
    let touched = due.iter().filter_map(Reaction::sku).cloned().map(StreamId::Stock);
    if !due.is_empty() {
        aggregates.require(touched.chain([StreamId::Network, StreamId::Policy]))?;
    }
    Ok((events, due))
}

/// Records whether the SKUs that the command has changed are in stock, low or out: due after everything else, because
/// units may be released and reserved again in one command.
pub(super) fn record_availability_levels<A: Aggregates>(aggregates: &mut A) -> Result<(), A::Error> {
    let record = StockCommand::RecordAvailabilityLevel(aggregates.now());
    for sku in aggregates.changed_stock() {
        aggregates.decide_stock(&sku, &record)?;
    }
    Ok(())
}

/// Ends expired reservations of a SKU and earmarks its free units for the backorder queue: due before units of it are
/// reserved, and after anything that may have added or freed units.
pub(super) fn reallocate<A: Aggregates>(aggregates: &mut A, sku: &Sku) -> Result<(), A::Error> {
    let now = aggregates.now();
    aggregates.decide_stock(sku, &StockCommand::ExpireReservations(now))?;
    let item = aggregates.stock(sku)?;
    if item.queue.is_empty() && item.levels.values().all(|level| level.earmarked.is_zero()) {
        return Ok(());
    }
    let paused = aggregates.network()?.paused_locations();
    aggregates.decide_stock(sku, &StockCommand::EarmarkInventory { paused }).map(drop)
}

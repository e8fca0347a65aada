//! What is promised and not there: the orders that hold units which a count did not find give them up, the least urgent and
//! latest first, and they are looked for elsewhere, in the same decision.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use holdfast_domain::order::{OrderCommand, OrderEvent};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{LocationId, OrderId, Sku, Units};

use super::changing::{decide, settle, up_to_date};
use super::promising::workloads;
use super::reserve_inventory::look_elsewhere;
use super::{Stop, World};

/// Orders that one decision takes units from.
const AT_ONCE: usize = 200;

/// Repairs what a location has promised beyond what is there; gives the orders that lost units.
pub(super) fn give_up(world: &mut World<'_>, sku: &Sku, location: &LocationId) -> Result<Vec<OrderId>, Stop> {
    settle(world, sku)?;
    let mut missing = missing(world, sku, location)?;
    if missing.is_zero() {
        return Ok(Vec::new());
    }
    let holders = world.holders(sku, location)?;
    world.want(holders.iter().copied().map(StreamId::Order), [])?;
    let mut by_urgency = Vec::with_capacity(holders.len());
    for id in holders {
        let order = world.order(id)?;
        if let Some(created) = order.created.as_ref().filter(|_| order.may_lose(sku, location)) {
            by_urgency.push((created.priority, Reverse(created.at), id));
        }
    }
    by_urgency.sort();
    by_urgency.truncate(AT_ONCE);
    // All at once: what is asked for order by order takes a load each.
    let mut streams = BTreeSet::from([StreamId::Policy]);
    for (.., id) in &by_urgency {
        streams.extend(world.order(*id)?.lines().iter().map(|line| StreamId::Stock(line.sku.clone())));
    }
    let network = world.network()?;
    world.want(streams.into_iter().chain(workloads(&network.locations)), [])?;
    let mut affected = Vec::new();
    for (.., id) in by_urgency {
        if missing.is_zero() {
            break;
        }
        up_to_date(world, id)?;
        let lose = OrderCommand::LoseUnits { location: location.clone(), sku: sku.clone(), most: missing };
        let (_, events) = decide(world, id, &lose)?;
        if events.iter().any(|event| matches!(event, OrderEvent::InventoryReleased(_))) {
            look_elsewhere(world, id, Some(location.clone()))?;
            affected.push(id);
            missing = self::missing(world, sku, location)?;
        }
    }
    Ok(affected)
}

/// The locations of a SKU that have promised more than is there.
pub(super) fn overcommitted(world: &mut World<'_>, sku: &Sku) -> Result<Vec<LocationId>, Stop> {
    let item = world.stock(sku)?;
    let over = item.bins.iter().filter(|(_, bin)| bin.reserved > bin.on_hand);
    Ok(over.map(|(location, _)| location.clone()).collect())
}

fn missing(world: &mut World<'_>, sku: &Sku, location: &LocationId) -> Result<Units, Stop> {
    let item = world.stock(sku)?;
    Ok(item.bins.get(location).map_or(Units::ZERO, |bin| bin.reserved.saturating_sub(bin.on_hand)))
}

//! A SKU's own rules, and the goods that are expected of it.

use std::collections::BTreeMap;

use super::{Decision, known};
use crate::stock::commands::{CancelSupply, ExpectSupply, SetStockPolicy};
use crate::stock::events::{StockPolicySet, SupplyCancelled, SupplyExpected};
use crate::stock::refusals::StockRefusal;
use crate::stock::state::{StockItem, Supply};
use crate::values::{Quantity, Reference, Timestamp, Units};

/// The most supplies of a SKU that are expected at once.
const MOST_SUPPLIES: usize = 1_000;

/// The most channels that may have limits.
const MOST_LIMITS: usize = 100;

/// Goods can be expected of a SKU that was never seen: that is how it becomes known.
pub(super) fn expect(item: &StockItem, command: &ExpectSupply, id: &Reference) -> Decision {
    let (location, due_at) = (command.location.clone(), command.due_at);
    let wanted = Supply { location: location.clone(), quantity: command.quantity.units(), due_at };
    match item.supplies.get(id) {
        Some(supply) if *supply == wanted => return Ok(Vec::new()),
        None if item.supplies.len() >= MOST_SUPPLIES => return Err(StockRefusal::TooManySupplies),
        _ => {}
    }
    let (sku, supply_id, quantity) = (command.sku.clone(), id.clone(), command.quantity);
    let reference = command.reference.clone();
    Ok(vec![SupplyExpected { sku, supply_id, location, quantity, due_at, reference }.into()])
}

/// Nothing where it has come, or was cancelled before.
pub(super) fn cancel(item: &StockItem, command: &CancelSupply) -> Decision {
    let sku = known(item)?.clone();
    let (supply_id, reason) = (command.supply_id.clone(), command.reason.clone());
    let is_open = item.supplies.contains_key(&supply_id);
    let cancelled = SupplyCancelled { sku, supply_id, reason };
    Ok(is_open.then(|| cancelled.into()).into_iter().collect())
}

/// The rules as they are from now on; nothing where they are so already.
pub(super) fn set_policy(item: &StockItem, command: &SetStockPolicy, at: Timestamp) -> Decision {
    if !item.is_known() {
        return Err(StockRefusal::UnknownSku(command.sku.clone()));
    }
    let kept = item.bins.iter().filter(|(_, bin)| !bin.safety_stock.is_zero());
    let known: BTreeMap<_, _> = kept.map(|(location, bin)| (location.clone(), bin.safety_stock)).collect();
    let mut safety_stock = known.clone();
    safety_stock.extend(command.safety_stock.clone().unwrap_or_default());
    safety_stock.retain(|_, units| !units.is_zero());
    if safety_stock.values().any(|units| *units > Units::new(u64::from(Quantity::LIMIT))) {
        return Err(StockRefusal::SafetyStockOutOfRange);
    }
    let backorderable = command.backorderable.unwrap_or(!item.not_backorderable);
    let backorder_limit = command.backorder_limit.or(item.backorder_limit);
    let known_limits: BTreeMap<_, _> =
        item.channel_quotas.iter().map(|(channel, quota)| (channel.clone(), quota.limit)).collect();
    let mut channel_limits = known_limits.clone();
    for (channel, limit) in command.channel_limits.iter().flatten() {
        match limit {
            Some(limit) if *limit > Units::new(u64::from(Quantity::LIMIT)) => {
                return Err(StockRefusal::ChannelLimitOutOfRange);
            }
            Some(limit) => drop(channel_limits.insert(channel.clone(), *limit)),
            None => drop(channel_limits.remove(channel)),
        }
    }
    if channel_limits.len() > MOST_LIMITS {
        return Err(StockRefusal::TooManyLimits);
    }
    if (backorderable, backorder_limit, &safety_stock, &channel_limits)
        == (!item.not_backorderable, item.backorder_limit, &known, &known_limits)
    {
        return Ok(Vec::new());
    }
    let (sku, at) = (command.sku.clone(), Some(at));
    Ok(vec![StockPolicySet { sku, backorderable, backorder_limit, safety_stock, channel_limits, at }.into()])
}

//! The rules of a SKU: backorders, safety stock, channel limits and the threshold of low stock.

use std::collections::BTreeMap;

use super::bundle::{self, BundleComponent};
use super::events::{AvailabilityLevel, StockPolicySet};
use super::refusals::StockRefusal;
use super::{Decision, StockItem};
use crate::command::commands;
use crate::values::{ChannelName, LocationId, Quantity, Sku, Timestamp, Units, Update, updated_map};

/// The most channels that may have a quota of a SKU.
const MAX_CHANNELS: usize = 100;

commands! {
    /// Sets a SKU's rules. Rules that are not given stay, and null sets a rule back to its default. `safetyStock` and
    /// `channelLimits` change only the locations and channels that they name.
    SetStockPolicy {
        /// The SKU.
        sku: Sku,
        /// Whether new orders may wait for units. Default: true.
        backorderable: Update<bool>,
        /// The most units that all orders together may wait for, 1 to 1,000,000,000. Default: no limit.
        backorder_limit: Update<Quantity>,
        /// Units per location that are never promised, 0 to 1,000,000,000. Default: 0.
        #[serde(deserialize_with = "updated_map")]
        safety_stock: Update<BTreeMap<LocationId, Option<Units>>>,
        /// The most units that a channel may promise, 0 to 1,000,000,000; null removes the limit. It counts the units
        /// of orders that were created since the limit was first set, shipped units included, and of no others.
        #[serde(deserialize_with = "updated_map")]
        channel_limits: Update<BTreeMap<ChannelName, Option<Units>>>,
        /// False: lines of the SKU need no stock and no shipping, unless they say otherwise, such as gift cards and services. The
        /// SKU then needs no stock records. Default: true.
        requires_stock: Update<bool>,
        /// Makes the SKU a bundle of 1 to 50 other SKUs: an order of it has a line for each. A bundle has no stock, and no other
        /// rules. Default: no bundle.
        components: Update<Vec<BundleComponent>>,
        /// The most available units, over all locations, that count as low stock, 0 to 1,000,000,000. With it, the events
        /// `StockLow`, `StockOut` and `BackInStock` are recorded. Default: no events.
        low_stock_at: Update<Units>,
    }
}

/// The event has all rules as they are from now on; no events if they are so already.
pub(super) fn set(item: &StockItem, command: &SetStockPolicy, at: Timestamp) -> Decision {
    let requires_stock = command.requires_stock.apply_or(!item.requires_no_stock, true);
    if let Some(components) = command.components.new_value() {
        bundle::check(item, &command.sku, components)?;
    }
    let components = command.components.apply_or(item.components.clone(), Vec::new());
    if requires_stock && components.is_empty() {
        item.require_sku(&command.sku)?;
    }
    let known_stock = safety_stock(item);
    let mut safety_stock = command.safety_stock.apply_entries(known_stock.clone());
    safety_stock.retain(|_, units| !units.is_zero());
    if safety_stock.values().any(|units| *units > Quantity::MAX.units()) {
        return Err(StockRefusal::SafetyStockOutOfRange);
    }
    let known_limits: BTreeMap<_, _> =
        item.channel_quotas.iter().map(|(channel, quota)| (channel.clone(), quota.limit)).collect();
    let channel_limits = command.channel_limits.apply_entries(known_limits.clone());
    check_limits(&channel_limits)?;
    let backorderable = command.backorderable.apply_or(!item.not_backorderable, true);
    let backorder_limit = command.backorder_limit.apply(item.backorder_limit);
    let low_stock_at = command.low_stock_at.apply(item.low_stock_at);
    if low_stock_at.is_some_and(|units| units > Quantity::MAX.units()) {
        return Err(StockRefusal::LowStockOutOfRange);
    }
    let limits = (backorder_limit, &safety_stock, &channel_limits, low_stock_at);
    let known = (item.backorder_limit, &known_stock, &known_limits, item.low_stock_at);
    let kinds = (backorderable, requires_stock, &components);
    let known_kinds = (!item.not_backorderable, !item.requires_no_stock, &item.components);
    if kinds == known_kinds && limits == known {
        return Ok(Vec::new());
    }
    let (sku, at) = (command.sku.clone(), Some(at));
    let set = StockPolicySet {
        sku,
        backorderable,
        backorder_limit,
        safety_stock,
        channel_limits,
        low_stock_at,
        requires_stock,
        components,
        at,
    };
    check_rules_of_bundle(&set)?;
    Ok(vec![set.into()])
}

fn safety_stock(item: &StockItem) -> BTreeMap<LocationId, Units> {
    let levels = item.levels.iter().filter(|(_, level)| !level.safety_stock.is_zero());
    levels.map(|(location, level)| (location.clone(), level.safety_stock)).collect()
}

fn check_limits(limits: &BTreeMap<ChannelName, Units>) -> Result<(), StockRefusal> {
    if limits.values().any(|limit| *limit > Quantity::MAX.units()) {
        return Err(StockRefusal::ChannelLimitOutOfRange);
    }
    if limits.len() > MAX_CHANNELS { Err(StockRefusal::TooManyLimits) } else { Ok(()) }
}

/// Refuses rules about the stock of a bundle: it has none.
fn check_rules_of_bundle(set: &StockPolicySet) -> Result<(), StockRefusal> {
    let has_limits = !set.safety_stock.is_empty() || !set.channel_limits.is_empty();
    let has_rules = has_limits || set.backorder_limit.is_some() || set.low_stock_at.is_some();
    let is_default = !has_rules && set.backorderable && set.requires_stock;
    if set.components.is_empty() || is_default {
        return Ok(());
    }
    Err(StockRefusal::BundleWithRules(set.sku.clone()))
}

pub(super) fn was_set(item: &mut StockItem, set: &StockPolicySet) {
    item.not_backorderable = !set.backorderable;
    item.backorder_limit = set.backorder_limit;
    item.low_stock_at = set.low_stock_at;
    item.requires_no_stock = !set.requires_stock;
    item.components.clone_from(&set.components);
    if set.low_stock_at.is_none() {
        item.recorded_level = AvailabilityLevel::default();
    }
    item.levels.values_mut().for_each(|level| level.safety_stock = Units::ZERO);
    for (location, units) in &set.safety_stock {
        item.level_mut(location).safety_stock = *units;
    }
    item.channel_quotas.retain(|channel, _| set.channel_limits.contains_key(channel));
    for (channel, limit) in &set.channel_limits {
        match item.channel_quotas.get_mut(channel) {
            Some(quota) => quota.limit = *limit,
            None => item.introduce_quota(channel, *limit, set.at.unwrap_or_default()),
        }
    }
}

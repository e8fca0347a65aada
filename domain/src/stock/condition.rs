//! Units that change their condition: sellable, in quarantine or damaged.

use super::events::{Condition, StockConditionChanged};
use super::late_report::{ahead, earlier};
use super::refusals::StockRefusal;
use super::{Decision, StockItem};
use crate::command::commands;
use crate::values::{LocationId, Quantity, Sku, Text, Timestamp};

commands! {
    /// Reports units in another condition than before. If fewer units stay sellable than are reserved, the latest and least
    /// urgent orders lose units: these are sourced again.
    ChangeStockCondition {
        /// The SKU.
        sku: Sku,
        /// The location.
        location: LocationId,
        /// The condition before.
        from: Condition,
        /// The condition from now on; another one.
        to: Condition,
        /// Units, 1 to 1,000,000,000.
        quantity: Quantity,
        /// The reason, for people.
        reason: Text<500>,
    }
}

pub(super) fn change(item: &StockItem, command: &ChangeStockCondition, at: Timestamp) -> Decision {
    let ChangeStockCondition { sku, location, from, to, quantity, reason, occurred_at, .. } = command;
    item.require_sku(sku)?;
    if from == to {
        return Err(StockRefusal::SameCondition);
    }
    let recorded = item.in_condition_at(location, *from);
    let happened_at = earlier(*occurred_at, at);
    let is_counted = *from == Condition::Sellable && item.has_counted_since(location, happened_at);
    if quantity.units() > recorded && !is_counted {
        return Err(StockRefusal::TooFewInCondition { recorded });
    }
    item.require_room(location, *to, quantity.units())?;
    let changed = StockConditionChanged {
        sku: sku.clone(),
        location: location.clone(),
        from: *from,
        to: *to,
        quantity: *quantity,
        reason: reason.clone(),
        at,
        happened_at,
        reported_ahead_of_time: ahead(*occurred_at, at),
    };
    Ok(vec![changed.into()])
}

pub(super) fn changed(item: &mut StockItem, changed: &StockConditionChanged) {
    let StockConditionChanged { location, from, to, quantity, at, happened_at, .. } = changed;
    let at = happened_at.unwrap_or(*at);
    let level = item.level_mut(location);
    level.take(quantity.units(), *from, at);
    level.add(quantity.units(), *to, at);
}

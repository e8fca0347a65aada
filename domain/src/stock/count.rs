//! Counts: on hand is what was counted, changed by what has moved since.

use super::events::{CountEffect, StockCounted};
use super::late_report::ahead;
use super::level::StockLevel;
use super::past_on_hand::PastOnHand;
use super::refusals::StockRefusal;
use super::{Decision, StockItem};
use crate::command::commands;
use crate::values::{LocationId, Quantity, Sku, Text, Timestamp, Units};

commands! {
    /// Reports how many units were counted at a time. Later receipts, shipments and adjustments are taken into account.
    CountStock {
        /// The SKU. It need not be known before.
        sku: Sku,
        /// The location.
        location: LocationId,
        /// Sellable units that were counted, 0 to 1,000,000,000.
        on_hand: Units,
        /// When they were counted. A time in the future counts as the time of the command.
        counted_at: Timestamp,
        /// The reason, for people.
        reason: Option<Text<500>>,
        /// Units on hand before the count is applied. If on hand differs, the command is refused. Default: not checked.
        expected: Option<Units>,
    }
}

impl StockItem {
    /// Whether on hand at the time of a count must be computed from the journal: the count takes effect, and the state does
    /// not have all changes of on hand since then.
    pub(crate) fn must_read_past(&self, command: &CountStock) -> bool {
        self.levels.get(&command.location).is_some_and(|level| {
            let is_superseded = level.last_counted_at.is_some_and(|last| command.counted_at < last);
            !is_superseded && !level.remembers(command.counted_at)
        })
    }
}

/// A count that is older than another one of the location is recorded without effect.
///
/// `past` is on hand at the time of the count: required if [`StockItem::must_read_past`].
pub(super) fn count(
    item: &StockItem,
    command: &CountStock,
    past: Option<PastOnHand>,
    at: Timestamp,
) -> Decision {
    if command.on_hand > Quantity::MAX.units() {
        return Err(StockRefusal::CountOutOfRange);
    }
    let counted_at = command.counted_at.min(at);
    item.require_on_hand(&command.location, command.expected)?;
    let empty = StockLevel::default();
    let level = item.levels.get(&command.location).unwrap_or(&empty);
    let is_superseded = level.last_counted_at.is_some_and(|last| counted_at < last);
    let known = match past {
        Some(past) => level.on_hand_since(counted_at, past),
        None => level.on_hand_at(counted_at),
    };
    let known = match known {
        Some(known) => known,
        None if is_superseded => level.on_hand.minus(Units::ZERO),
        None => return Err(StockRefusal::CountTooOld),
    };
    // On hand never falls below zero, however much the count and later movements disagree.
    let counted = command.on_hand.minus(Units::ZERO);
    let adjustment = counted.saturating_sub(known).max(-level.on_hand.minus(Units::ZERO));
    let counted = StockCounted {
        sku: command.sku.clone(),
        location: command.location.clone(),
        counted: command.on_hand,
        counted_at,
        known: Units::ZERO.saturating_add(known),
        adjustment: if is_superseded { 0 } else { adjustment },
        effect: if is_superseded { CountEffect::Superseded } else { CountEffect::Applied },
        reason: command.reason.clone(),
        at,
        reported_ahead_of_time: ahead(Some(command.counted_at), at),
    };
    Ok(vec![counted.into()])
}

pub(super) fn counted(item: &mut StockItem, counted: &StockCounted) {
    let StockCounted { location, counted_at, adjustment, .. } = counted;
    let level = item.level_mut(location);
    level.last_counted_at = level.last_counted_at.max(Some(*counted_at));
    if *adjustment != 0 {
        // The change has the time of counting, so that a later count does not find the difference a second time.
        level.change_on_hand(*counted_at, *adjustment);
    }
}

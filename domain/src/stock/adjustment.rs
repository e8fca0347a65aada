//! Manual corrections of on hand.

use super::events::{AdjustmentReason, StockAdjusted};
use super::late_report::{ahead, earlier};
use super::refusals::StockRefusal;
use super::{Decision, StockItem};
use crate::command::commands;
use crate::values::{Delta, LocationId, Reference, Sku, Text, Timestamp, Units};

commands! {
    /// Corrects on hand by a difference. If fewer units are left than are reserved, the latest and least urgent orders lose
    /// units: these are sourced again.
    AdjustStock {
        /// The SKU.
        sku: Sku,
        /// The location.
        location: LocationId,
        /// Units to add, or to take off if negative; not 0.
        delta: Delta,
        /// The reason.
        reason: AdjustmentReason,
        /// Details, for people.
        note: Option<Text<500>>,
        /// The correction's name in another system.
        reference: Option<Reference>,
        /// Units on hand before the correction. If on hand differs, the command is refused. Default: not checked.
        expected: Option<Units>,
    }
}

pub(super) fn adjust(item: &StockItem, command: &AdjustStock, at: Timestamp) -> Decision {
    item.require_sku(&command.sku)?;
    if command.reason == AdjustmentReason::Counted {
        return Err(StockRefusal::ReservedReason);
    }
    item.require_on_hand(&command.location, command.expected)?;
    let happened_at = earlier(command.occurred_at, at);
    if !item.has_counted_since(&command.location, happened_at) {
        can_adjust(item, command)?;
    }
    let adjusted = StockAdjusted {
        sku: command.sku.clone(),
        location: command.location.clone(),
        delta: command.delta,
        reason: command.reason,
        note: command.note.clone(),
        reference: command.reference.clone(),
        at,
        happened_at,
        reported_ahead_of_time: ahead(command.occurred_at, at),
    };
    Ok(vec![adjusted.into()])
}

/// On hand stays between 0 and its limit.
fn can_adjust(item: &StockItem, command: &AdjustStock) -> Result<(), StockRefusal> {
    let on_hand = item.on_hand_at(&command.location);
    match on_hand.changed_by(command.delta.number()) {
        None if command.delta.number() < 0 => Err(StockRefusal::AdjustmentBelowZero { on_hand }),
        None => Err(StockRefusal::AdjustmentAboveLimit),
        Some(_) => Ok(()),
    }
}

pub(super) fn adjusted(item: &mut StockItem, adjusted: &StockAdjusted) {
    let StockAdjusted { location, delta, at, happened_at, .. } = adjusted;
    item.level_mut(location).change_on_hand(happened_at.unwrap_or(*at), delta.number());
}

//! Manual corrections of on hand.

use super::events::{AdjustmentReason, StockAdjusted};
use super::late_report::earlier;
use super::refusals::StockRefusal;
use super::{Decision, StockItem};
use crate::command::commands;
use crate::values::{Delta, LocationId, Reference, Sku, Text, Timestamp};

commands! {
    /// Corrects on hand by a difference. It may not take units that are reserved: report those by a count.
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
    }
}

pub(super) fn adjust(item: &StockItem, command: &AdjustStock, at: Timestamp) -> Decision {
    item.require_sku(&command.sku)?;
    if command.reason == AdjustmentReason::Counted {
        return Err(StockRefusal::ReservedReason);
    }
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
    };
    Ok(vec![adjusted.into()])
}

/// On hand stays between the reserved units and its limit.
fn can_adjust(item: &StockItem, command: &AdjustStock) -> Result<(), StockRefusal> {
    let level = item.levels.get(&command.location);
    let (on_hand, reserved) = level.map_or_else(Default::default, |level| (level.on_hand, level.reserved));
    let takes = command.delta.number() < 0;
    match on_hand.changed_by(command.delta.number()) {
        None if takes => Err(StockRefusal::AdjustmentBelowZero { on_hand }),
        None => Err(StockRefusal::AdjustmentAboveLimit),
        Some(left) if takes && left < reserved => Err(StockRefusal::AdjustmentBelowReserved { reserved }),
        Some(_) => Ok(()),
    }
}

pub(super) fn adjusted(item: &mut StockItem, adjusted: &StockAdjusted) {
    let StockAdjusted { location, delta, at, happened_at, .. } = adjusted;
    item.level_mut(location).change_on_hand(happened_at.unwrap_or(*at), delta.number());
}

//! On hand at a past time, computed from recorded events: for counts that are reported after more changes of on hand than
//! the state has.
//!
//! On hand at a time is on hand now without the changes that happened after the time, whenever they were reported. Every
//! change since then is recorded by an event that was decided after the time, so that older events need not be read.

use super::StockItem;
use super::events::StockEvent;
use super::late_report::movements;
use crate::values::{LocationId, Timestamp, Units};

/// On hand at a past time, by the first changes of on hand at a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastOnHand {
    /// The number of these changes.
    pub(super) moved: u64,
    /// Negative if more units have left since than were recorded.
    pub(super) on_hand: i64,
}

impl StockItem {
    /// On hand at a location now, by all changes so far: the start of [`PastOnHand::undo`].
    pub fn recorded_on_hand(&self, location: &LocationId) -> PastOnHand {
        let level = self.levels.get(location);
        PastOnHand {
            moved: level.map_or(0, |level| level.moved),
            on_hand: level.map_or(0, |level| level.on_hand.minus(Units::ZERO)),
        }
    }
}

impl PastOnHand {
    /// Undoes an event, if it changed on hand at the location after the time.
    pub fn undo(&mut self, event: &StockEvent, location: &LocationId, time: Timestamp) {
        let changes = match event {
            StockEvent::StockCounted(counted) => {
                vec![(&counted.location, counted.adjustment, counted.counted_at)]
            }
            _ => {
                let changes = movements(event).into_iter();
                changes.map(|one| (one.location, one.delta, one.happened_at.unwrap_or(one.at))).collect()
            }
        };
        for (_, delta, _) in changes.into_iter().filter(|(there, _, at)| *there == location && *at > time) {
            self.on_hand = self.on_hand.saturating_sub(delta);
        }
    }
}

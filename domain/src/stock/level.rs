//! The units of a SKU at one location.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::events::Condition;
use super::past_on_hand::PastOnHand;
use crate::values::{Timestamp, Units};

/// How many changes of on hand the state of a location has. For a count that was taken before the oldest of them, on hand at
/// its time is computed from the journal.
pub const MAX_MOVEMENTS: usize = 128;

/// A change of on hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OnHandChange {
    at: Timestamp,
    delta: i64,
}

/// The units of a SKU at one location.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StockLevel {
    /// Sellable units physically there, reserved and picked units included.
    pub on_hand: Units,
    /// The units on hand that are reserved for orders and carts. More than on hand only after a report that fewer units exist.
    pub reserved: Units,
    /// The units on hand that are earmarked for the backorder queue.
    pub earmarked: Units,
    /// The units on hand that are never promised.
    pub safety_stock: Units,
    /// Units waiting for inspection; not on hand.
    pub quarantine: Units,
    /// Units that cannot be sold; not on hand.
    pub damaged: Units,
    /// When the latest count was taken.
    pub last_counted_at: Option<Timestamp>,
    /// The latest changes of on hand, in the order of their decisions. The change of a count has the time of counting.
    pub(super) movements: VecDeque<OnHandChange>,
    /// The time of the latest change that is no longer remembered.
    pub(super) forgotten_until: Option<Timestamp>,
    /// The number of changes of on hand so far.
    pub(super) moved: u64,
}

impl StockLevel {
    /// Units that can still be promised.
    pub fn available(&self) -> Units {
        self.unreserved().saturating_sub(self.safety_stock)
    }

    /// Units that are neither reserved nor earmarked, safety stock included.
    pub(super) fn unreserved(&self) -> Units {
        self.on_hand.saturating_sub(self.reserved + self.earmarked)
    }

    /// Units that are reserved and not there.
    pub fn overcommitted(&self) -> Units {
        self.reserved.saturating_sub(self.on_hand)
    }

    /// Units that may be earmarked for the backorder queue.
    pub(super) fn earmarkable(&self) -> Units {
        self.on_hand.saturating_sub(self.reserved + self.safety_stock)
    }

    /// Units in a condition.
    pub(super) fn in_condition(&self, condition: Condition) -> Units {
        match condition {
            Condition::Sellable => self.on_hand,
            Condition::Quarantine => self.quarantine,
            Condition::Damaged => self.damaged,
        }
    }

    /// Whether the state has all changes of on hand since a time.
    pub(super) fn remembers(&self, time: Timestamp) -> bool {
        self.forgotten_until.is_none_or(|forgotten| time >= forgotten)
    }

    /// On hand at an earlier time; negative if more units have left since then than were recorded. `None` if the state does
    /// not have the changes since then.
    pub(super) fn on_hand_at(&self, time: Timestamp) -> Option<i64> {
        self.remembers(time).then(|| {
            let later = self.movements.iter().filter(|movement| movement.at > time);
            self.on_hand.minus(Units::ZERO).saturating_sub(later.map(|movement| movement.delta).sum())
        })
    }

    /// On hand at an earlier time, given on hand at that time by the first changes. `None` if the state does not have all
    /// later ones.
    pub(super) fn on_hand_since(&self, time: Timestamp, past: PastOnHand) -> Option<i64> {
        let later = usize::try_from(self.moved.checked_sub(past.moved)?).ok()?;
        let first = self.movements.len().checked_sub(later)?;
        let earlier = self.movements.iter().skip(first).filter(|movement| movement.at <= time);
        Some(past.on_hand.saturating_add(earlier.map(|movement| movement.delta).sum()))
    }

    /// Changes on hand, but never to less than zero.
    pub(super) fn change_on_hand(&mut self, at: Timestamp, delta: i64) {
        let before = self.on_hand;
        self.on_hand = before.saturating_add(delta);
        self.moved += 1;
        self.movements.push_back(OnHandChange { at, delta: self.on_hand.minus(before) });
        if self.movements.len() > MAX_MOVEMENTS
            && let Some(oldest) = self.movements.pop_front()
        {
            self.forgotten_until = self.forgotten_until.max(Some(oldest.at));
        }
    }

    /// Adds units in a condition.
    pub(super) fn add(&mut self, quantity: Units, condition: Condition, at: Timestamp) {
        match condition {
            Condition::Sellable => self.change_on_hand(at, quantity.number().cast_signed()),
            Condition::Quarantine => self.quarantine += quantity,
            Condition::Damaged => self.damaged += quantity,
        }
    }

    /// Takes units off a condition.
    pub(super) fn take(&mut self, quantity: Units, condition: Condition, at: Timestamp) {
        match condition {
            Condition::Sellable => self.change_on_hand(at, -quantity.number().cast_signed()),
            Condition::Quarantine => self.quarantine -= quantity,
            Condition::Damaged => self.damaged -= quantity,
        }
    }
}

//! What a stock item knows.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::events::{Allocation, Condition};
use super::queue::BackorderEntry;
use crate::values::{ChannelName, LocationId, OrderId, Quantity, Reference, Sku, Timestamp, Units};

/// How many changes of on hand a location remembers, to judge a count that was taken a while ago.
pub const MOVEMENTS_KEPT: usize = 128;

/// A change of on hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Movement {
    pub(super) at: Timestamp,
    pub(super) delta: i64,
}

/// One location's units of the SKU.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Bin {
    /// Sellable units physically there, reserved and picked ones included.
    pub on_hand: Units,
    /// Of those, held for orders.
    pub reserved: Units,
    /// Of those, set aside for the backorder queue.
    pub earmarked: Units,
    /// Never promised.
    pub safety_stock: Units,
    /// Kept beside: waiting for inspection.
    pub quarantine: Units,
    /// Kept beside: cannot be sold.
    pub damaged: Units,
    /// When the latest count was taken.
    pub last_counted_at: Option<Timestamp>,
    /// The latest changes of on hand, in the order of decision; a count's stands at the moment of counting.
    pub(super) movements: VecDeque<Movement>,
    /// The moment of the latest change that is no longer remembered.
    pub(super) forgotten_until: Option<Timestamp>,
}

impl Bin {
    /// Units that can still be promised here.
    pub fn available(&self) -> Units {
        self.on_hand.saturating_sub(self.reserved + self.earmarked + self.safety_stock)
    }

    /// Units in a state.
    pub(super) fn in_condition(&self, condition: Condition) -> Units {
        match condition {
            Condition::Sellable => self.on_hand,
            Condition::Quarantine => self.quarantine,
            Condition::Damaged => self.damaged,
        }
    }

    /// Units that may be set aside for the backorder queue.
    pub(super) fn earmarked_at_most(&self) -> Units {
        self.on_hand.saturating_sub(self.reserved + self.safety_stock)
    }

    /// On hand as it was at a moment by what is known now, or nothing where that is longer ago than is remembered. Less than
    /// none where more has left since than was known to be there.
    pub(super) fn on_hand_at(&self, moment: Timestamp) -> Option<i64> {
        if self.forgotten_until.is_some_and(|forgotten| moment < forgotten) {
            return None;
        }
        let since: i64 = self
            .movements
            .iter()
            .filter(|movement| movement.at > moment)
            .map(|movement| movement.delta)
            .sum();
        Some(self.on_hand.minus(Units::ZERO).saturating_sub(since))
    }

    pub(super) fn move_on_hand(&mut self, at: Timestamp, delta: i64) {
        let before = self.on_hand;
        self.on_hand = before.changed_by(delta).unwrap_or(Units::ZERO);
        self.movements.push_back(Movement { at, delta: self.on_hand.minus(before) });
        if self.movements.len() > MOVEMENTS_KEPT
            && let Some(oldest) = self.movements.pop_front()
        {
            self.forgotten_until = self.forgotten_until.max(Some(oldest.at));
        }
    }
}

/// Units that an order holds until a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Expiring {
    /// The order.
    pub order_id: OrderId,
    /// Until when.
    pub until: Timestamp,
    /// The order's channel, if the units count towards its quota.
    pub channel: Option<ChannelName>,
    /// Where and how many.
    pub allocations: Vec<Allocation>,
}

/// Goods that are expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Supply {
    /// Where.
    pub location: LocationId,
    /// How many are still to come.
    pub quantity: Units,
    /// When.
    pub due_at: Timestamp,
}

/// Goods on their way from one location to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transfer {
    /// From where.
    pub from: LocationId,
    /// To where.
    pub to: LocationId,
    /// How many have not arrived.
    pub quantity: Units,
}

/// How many units a sales channel may promise to orders that were created since the quota was introduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelQuota {
    /// The most units.
    pub limit: Units,
    /// Units that are promised or have left. More than the limit after the limit was lowered, or where units were shipped
    /// that nobody had promised.
    pub promised: Units,
    /// When the channel first had a limit. Orders that were created before do not count.
    pub since: Timestamp,
}

impl ChannelQuota {
    /// Units that the channel may still promise.
    pub fn remaining(self) -> Units {
        self.limit.saturating_sub(self.promised)
    }

    /// Whether the units of an order that was created then count.
    pub fn counts(self, ordered_at: Timestamp) -> bool {
        ordered_at >= self.since
    }
}

/// One SKU of a merchant with its quantities at every location.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StockItem {
    /// The SKU; nothing for one that was never seen.
    pub sku: Option<Sku>,
    /// Its units by location.
    pub bins: BTreeMap<LocationId, Bin>,
    /// Whether no order may wait for it.
    pub not_backorderable: bool,
    /// How many units orders may wait for at most, all together.
    pub backorder_limit: Option<Quantity>,
    /// Units that orders wait for, in the order in which they are served.
    pub queue: Arc<Vec<BackorderEntry>>,
    /// What orders hold until a moment, the first moment first.
    pub expiring: Arc<Vec<Expiring>>,
    /// Goods that are expected, by their supply's id.
    pub supplies: BTreeMap<Reference, Supply>,
    /// Goods on their way between locations, by their transfer's id.
    pub transfers: BTreeMap<Reference, Transfer>,
    /// How many units sales channels may promise; no limit for a channel that is absent.
    pub channel_quotas: BTreeMap<ChannelName, ChannelQuota>,
}

impl StockItem {
    /// Whether anything was ever reported of it.
    pub fn is_known(&self) -> bool {
        self.sku.is_some()
    }

    /// Units that a channel may still promise to an order that was created then; nothing where it has no limit.
    pub fn remaining_quota(&self, channel: &ChannelName, ordered_at: Timestamp) -> Option<Units> {
        let quota = self.channel_quotas.get(channel).filter(|quota| quota.counts(ordered_at));
        quota.copied().map(ChannelQuota::remaining)
    }

    /// Units that are expected at a location: supplies, and what other locations have sent.
    pub fn incoming_at(&self, location: &LocationId) -> Units {
        let supplies = self.supplies.values().filter(|supply| supply.location == *location);
        let transfers = self.transfers.values().filter(|transfer| transfer.to == *location);
        supplies.map(|supply| supply.quantity).chain(transfers.map(|transfer| transfer.quantity)).sum()
    }

    /// Units that can still be promised at a location.
    pub fn available_at(&self, location: &LocationId) -> Units {
        self.bins.get(location).map_or(Units::ZERO, Bin::available)
    }
}

//! Channel quotas: how many units a sales channel may promise.
//!
//! A quota counts only units of orders created after the quota was introduced. A unit counts from the time at which it is
//! reserved or backordered. A unit that has left counts permanently, even if it was not reserved or its package was lost: the unit
//! that replaces it counts in addition. Sourcing applies the quota.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::StockItem;
use super::refusals::StockRefusal;
use crate::values::{ChannelName, OrderId, Timestamp, Units};

/// How many units a sales channel may promise to orders created after the quota was introduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChannelQuota {
    /// The most units.
    pub limit: Units,
    /// Units that are promised or have left. They exceed the limit after the limit was lowered, or after units were shipped
    /// that were not reserved.
    pub promised: Units,
    /// When the channel first had a limit. Units of older orders do not count.
    pub since: Timestamp,
}

/// The order that a decision is part of, with the facts that decide whether its units count towards a channel's quota.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct OrderRef {
    pub order_id: OrderId,
    pub channel: ChannelName,
    /// When the order was created.
    pub ordered_at: Timestamp,
}

impl ChannelQuota {
    /// Units that the channel may still promise.
    pub fn remaining(self) -> Units {
        self.limit.saturating_sub(self.promised)
    }

    /// Whether the units of an order that was created at a time count.
    pub fn counts(self, ordered_at: Timestamp) -> bool {
        ordered_at >= self.since
    }
}

impl StockItem {
    /// Reduces units to those that a channel may still promise to a new order.
    pub fn within_quota(&self, channel: &ChannelName, units: Units) -> Units {
        self.channel_quotas.get(channel).map_or(units, |quota| units.min(quota.remaining()))
    }

    /// Units that a channel may still promise to an order created at a time. `None` if no quota of the channel applies to the
    /// order.
    pub fn remaining_quota(&self, channel: &ChannelName, ordered_at: Timestamp) -> Option<Units> {
        let quota = self.channel_quotas.get(channel).filter(|quota| quota.counts(ordered_at));
        quota.copied().map(ChannelQuota::remaining)
    }

    /// The channel of an order. `None` if no quota of the channel applies to the order.
    pub(super) fn counted_channel(&self, order: &OrderRef) -> Option<ChannelName> {
        self.remaining_quota(&order.channel, order.ordered_at).map(|_| order.channel.clone())
    }

    /// Refuses more units than a channel may still promise.
    pub(super) fn require_quota(&self, order: &OrderRef, requested: Units) -> Result<(), StockRefusal> {
        let channel = order.channel.clone();
        match self.remaining_quota(&channel, order.ordered_at) {
            Some(remaining) if requested > remaining => {
                Err(StockRefusal::ChannelLimitExceeded { channel, remaining, requested })
            }
            _ => Ok(()),
        }
    }

    /// Adds promised units to the quota of a channel.
    pub(super) fn add_promised(&mut self, channel: Option<&ChannelName>, quantity: Units) {
        if let Some(quota) = channel.and_then(|channel| self.channel_quotas.get_mut(channel)) {
            quota.promised += quantity;
        }
    }

    /// Subtracts units that are no longer promised from the quota of a channel.
    pub(super) fn subtract_promised(&mut self, channel: Option<&ChannelName>, quantity: Units) {
        if let Some(quota) = channel.and_then(|channel| self.channel_quotas.get_mut(channel)) {
            quota.promised -= quantity;
        }
    }

    /// Introduces a quota. Units that are reserved or backordered now belong to older orders and never count towards it.
    pub(super) fn introduce_quota(&mut self, channel: &ChannelName, limit: Units, since: Timestamp) {
        let quota = ChannelQuota { limit, promised: Units::ZERO, since };
        self.channel_quotas.insert(channel.clone(), quota);
        let is_counted = |counted: &Option<ChannelName>| counted.as_ref() == Some(channel);
        if self.queue.iter().any(|entry| is_counted(&entry.channel)) {
            let entries = Arc::make_mut(&mut self.queue).iter_mut();
            entries.filter(|entry| is_counted(&entry.channel)).for_each(|entry| entry.channel = None);
        }
        if self.carts.iter().any(|carts| carts.counted.contains_key(channel)) {
            for carts in Arc::make_mut(&mut self.carts) {
                Arc::make_mut(carts).counted.remove(channel);
            }
        }
        if self.expiring.iter().any(|reservation| is_counted(&reservation.channel)) {
            let expiring = Arc::make_mut(&mut self.expiring).iter_mut();
            expiring
                .filter(|reservation| is_counted(&reservation.channel))
                .for_each(|reservation| reservation.channel = None);
        }
    }
}

//! A stock item as the outside sees it: the same in answers, read models and audits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::state::{Bin, StockItem, Supply};
use crate::values::{ChannelName, LocationId, Reference, Sku, Timestamp, Units};

/// What can be promised of a SKU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AvailabilityView {
    /// The SKU.
    pub sku: Sku,
    /// What can be promised at all locations that are not paused together.
    pub available: Units,
    /// Units that orders wait for.
    pub backordered: Units,
    /// Location by location.
    pub locations: Vec<LocationAvailability>,
    /// What is expected, the earliest first.
    pub supplies: Vec<SupplyView>,
    /// Whether the read model could not fold something that happened since: this is how it was before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stale: bool,
}

/// Goods that are expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SupplyView {
    /// The supply.
    pub supply_id: Reference,
    /// Where.
    pub location: LocationId,
    /// How many are still to come.
    pub quantity: Units,
    /// When.
    pub due_at: Timestamp,
}

/// What can be promised of a SKU at one location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LocationAvailability {
    /// The location.
    pub location: LocationId,
    /// Whether nothing is sourced from it for now.
    pub paused: bool,
    /// Sellable units physically there, reserved ones included.
    pub on_hand: Units,
    /// Of those, held for orders.
    pub reserved: Units,
    /// Of those, set aside for the backorder queue.
    pub earmarked: Units,
    /// Of those, never promised.
    pub safety_stock: Units,
    /// What can still be promised: on hand less reserved, earmarked and safety stock, but never below none.
    pub available: Units,
    /// Expected to arrive: from suppliers and from other locations.
    pub incoming: Units,
    /// Kept beside: waiting for inspection.
    pub quarantine: Units,
    /// Kept beside: cannot be sold.
    pub damaged: Units,
}

impl AvailabilityView {
    /// The item as it is, given which locations are paused; nothing for a SKU that was never seen.
    pub fn of(item: &StockItem, is_paused: impl Fn(&LocationId) -> bool) -> Option<Self> {
        let location = |(location, bin): (&LocationId, &Bin)| LocationAvailability {
            location: location.clone(),
            paused: is_paused(location),
            on_hand: bin.on_hand,
            reserved: bin.reserved,
            earmarked: bin.earmarked,
            safety_stock: bin.safety_stock,
            available: bin.available(),
            incoming: item.incoming_at(location),
            quarantine: bin.quarantine,
            damaged: bin.damaged,
        };
        let locations: Vec<_> = item.bins.iter().map(location).collect();
        let available =
            locations.iter().filter(|location| !location.paused).map(|location| location.available);
        let (available, backordered) = (available.sum(), item.waiting());
        let supply = |(id, supply): (&Reference, &Supply)| SupplyView {
            supply_id: id.clone(),
            location: supply.location.clone(),
            quantity: supply.quantity,
            due_at: supply.due_at,
        };
        let mut supplies: Vec<_> = item.supplies.iter().map(supply).collect();
        supplies.sort_by(|a, b| (a.due_at, &a.supply_id).cmp(&(b.due_at, &b.supply_id)));
        Some(Self { sku: item.sku.clone()?, available, backordered, locations, supplies, stale: false })
    }

    /// The same as one channel may promise it, or as it can be promised by a moment.
    #[must_use]
    pub fn narrowed(
        mut self,
        item: &StockItem,
        channel: Option<&ChannelName>,
        by: Option<Timestamp>,
    ) -> Self {
        if let Some(moment) = by {
            let is_paused = |location: &LocationId| {
                self.locations.iter().any(|there| there.location == *location && there.paused)
            };
            self.available = item.available_by(moment, |location| !is_paused(location));
        }
        let quota = channel.and_then(|channel| item.channel_quotas.get(channel));
        if let Some(quota) = quota {
            self.available = self.available.min(quota.remaining());
        }
        self
    }
}

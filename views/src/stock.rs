//! The JSON form of the stock of a SKU.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use holdfast_domain::stock::{AvailabilityLevel, BundleComponent, StockItem, StockLevel, Supply};
use holdfast_domain::values::{ChannelName, LocationId, Reference, Sku, Timestamp, Units};

/// How many units of a SKU can be promised, and where they are. All quantities are in the smallest unit of the SKU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AvailabilityView {
    /// The SKU.
    pub sku: Sku,
    /// Units that can be promised: the sum over all locations that are not paused.
    pub available: Units,
    /// Whether the SKU is in stock, low or out. A pause of a location, a channel and a time do not change it.
    pub level: AvailabilityLevel,
    /// False: lines of the SKU need no stock, unless they say otherwise, such as gift cards and services. Then the quantities
    /// do not limit what can be sold.
    pub requires_stock: bool,
    /// The components of a bundle; absent for other SKUs. The quantities of a bundle count the whole bundles that its components
    /// make up; those on hand and not available count as reserved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<BundleComponent>,
    /// Units in the backorder queue of the SKU.
    pub backordered: Units,
    /// The quantities at each location that has ever had units.
    pub locations: Vec<LocationAvailability>,
    /// Expected deliveries, earliest first.
    pub supplies: Vec<SupplyView>,
    /// Whether nothing is recorded about the SKU: it may be misspelt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
    /// Whether the read model could not apply a later event: the quantities are those before it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stale: bool,
}

/// A delivery that is expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SupplyView {
    /// The supply's id.
    pub supply_id: Reference,
    /// The location that expects the delivery.
    pub location: LocationId,
    /// Units that are still expected.
    pub quantity: Units,
    /// When the delivery is expected.
    pub due_at: Timestamp,
}

/// The quantities of a SKU at one location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LocationAvailability {
    /// The location.
    pub location: LocationId,
    /// Whether the location is paused: nothing is sourced from it.
    pub paused: bool,
    /// Sellable units at the location, reserved units included.
    pub on_hand: Units,
    /// Units of `onHand` that are reserved for orders.
    pub reserved: Units,
    /// Units of `onHand` that are earmarked for the backorder queue.
    pub earmarked: Units,
    /// Units of `onHand` that are never promised.
    pub safety_stock: Units,
    /// Units that can be promised: `onHand - reserved - earmarked - safetyStock`, at least 0.
    pub available: Units,
    /// Units that are expected from suppliers and other locations.
    pub incoming: Units,
    /// Units waiting for inspection; not on hand.
    pub quarantine: Units,
    /// Units that cannot be sold; not on hand.
    pub damaged: Units,
}

impl AvailabilityView {
    /// The view of an item, given which locations are paused; nothing for an item without events.
    pub fn of(item: &StockItem, is_paused: impl Fn(&LocationId) -> bool) -> Option<Self> {
        let location = |(location, level): (&LocationId, &StockLevel)| LocationAvailability {
            location: location.clone(),
            paused: is_paused(location),
            on_hand: level.on_hand,
            reserved: level.reserved,
            earmarked: level.earmarked,
            safety_stock: level.safety_stock,
            available: level.available(),
            incoming: item.incoming_at(location),
            quarantine: level.quarantine,
            damaged: level.damaged,
        };
        let locations: Vec<_> = item.levels.iter().map(location).collect();
        let available =
            locations.iter().filter(|location| !location.paused).map(|location| location.available);
        let (available, backordered) = (available.sum(), item.backordered());
        let supply = |(id, supply): (&Reference, &Supply)| SupplyView {
            supply_id: id.clone(),
            location: supply.location.clone(),
            quantity: supply.quantity,
            due_at: supply.due_at,
        };
        let mut supplies: Vec<_> = item.supplies.iter().map(supply).collect();
        supplies.sort_by(|a, b| (a.due_at, &a.supply_id).cmp(&(b.due_at, &b.supply_id)));
        Some(Self {
            sku: item.sku.clone()?,
            available,
            level: item.availability_level(),
            requires_stock: !item.requires_no_stock,
            components: item.components.clone(),
            backordered,
            locations,
            supplies,
            unknown: false,
            stale: false,
        })
    }

    /// One view for each of `skus`, in their order: the one that was found, or that of an unknown SKU.
    pub fn of_each(skus: &[Sku], found: Vec<Self>) -> Vec<Self> {
        let found: BTreeMap<Sku, Self> = found.into_iter().map(|view| (view.sku.clone(), view)).collect();
        skus.iter().map(|sku| found.get(sku).cloned().unwrap_or_else(|| Self::unknown(sku.clone()))).collect()
    }

    fn unknown(sku: Sku) -> Self {
        Self {
            sku,
            available: Units::ZERO,
            level: AvailabilityLevel::Out,
            requires_stock: true,
            components: Vec::new(),
            backordered: Units::ZERO,
            locations: Vec::new(),
            supplies: Vec::new(),
            unknown: true,
            stale: false,
        }
    }

    /// The same with the units that a channel may promise to a new order, or that can be promised by a time.
    #[must_use]
    pub fn narrowed(
        mut self,
        item: &StockItem,
        channel: Option<&ChannelName>,
        by: Option<Timestamp>,
    ) -> Self {
        if let Some(time) = by {
            let is_paused = |location: &LocationId| {
                self.locations.iter().any(|there| there.location == *location && there.paused)
            };
            self.available = item.available_by(time, |location| !is_paused(location));
        }
        if let Some(channel) = channel {
            self.available = item.within_quota(channel, self.available);
        }
        self
    }
}

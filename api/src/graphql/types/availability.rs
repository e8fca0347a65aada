//! Availability of SKUs.

use async_graphql::{ID, SimpleObject};
use holdfast_views::AvailabilityView;
use serde::Deserialize;

use super::read;
use super::scalars::{DateTime, Long};
use crate::graphql::connection::Items;
use crate::graphql::error::Problem;
use crate::graphql::global_id::{GlobalId, Kind};

/// Units of a SKU that can be promised to new orders. All counts are in the SKU's smallest unit.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct Availability {
    /// Global id: opaque, unique over all types and merchants. Availability by channel, by time or as of a position has
    /// an id of its own.
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    /// The SKU.
    sku: String,
    /// Units that can be promised at all locations that are not paused.
    available: Long,
    /// Units that orders wait for.
    backordered: Long,
    /// The stock per location, by location id.
    pub(in crate::graphql) locations: Items<LocationAvailability>,
    /// Expected supplies, the earliest first.
    pub(in crate::graphql) supplies: Items<Supply>,
    /// True if a later event of the SKU could not be applied to the read model.
    #[serde(default)]
    stale: bool,
}

impl Availability {
    /// A SKU's availability under its global id.
    pub(in crate::graphql) fn new(root: &GlobalId, view: &AvailabilityView) -> Result<Self, Problem> {
        let mut availability: Self = read(view)?;
        availability.id = root.encode();
        for location in &mut availability.locations.0 {
            location.id = root.part(Kind::LocationAvailability, &*location.location);
        }
        for supply in &mut availability.supplies.0 {
            supply.id = root.part(Kind::Supply, &*supply.supply_id);
        }
        Ok(availability)
    }
}

/// Goods that are expected at a location.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct Supply {
    /// Global id: opaque, unique over all types and merchants.
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    /// The supply's id, as in REST.
    supply_id: ID,
    /// The id of the location.
    location: ID,
    /// Units still to arrive.
    quantity: Long,
    /// When they are expected.
    due_at: DateTime,
}

/// The stock of a SKU at a location. All counts are in the SKU's smallest unit.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct LocationAvailability {
    /// Global id: opaque, unique over all types and merchants.
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    /// The id of the location.
    location: ID,
    /// Whether the location is paused: nothing is sourced from it.
    paused: bool,
    /// Sellable units at the location; reserved units included.
    on_hand: Long,
    /// Units of `onHand` that are reserved for orders.
    reserved: Long,
    /// Units of `onHand` that are earmarked for backorders.
    earmarked: Long,
    /// Units of `onHand` that are never promised.
    safety_stock: Long,
    /// Units that can be promised: `onHand - reserved - earmarked - safetyStock`, at least 0.
    available: Long,
    /// Units expected from suppliers and from other locations.
    incoming: Long,
    /// Units in quarantine, not part of `onHand`.
    quarantine: Long,
    /// Damaged units, not part of `onHand`.
    damaged: Long,
}

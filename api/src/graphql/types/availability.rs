//! Availability of SKUs.

use async_graphql::{ID, SimpleObject};
use holdfast_domain::stock::AvailabilityLevel;
use holdfast_views::AvailabilityView;
use serde::Deserialize;

use super::choice::Choice;
use super::read;
use super::scalars::{DateTime, Long};
use crate::graphql::connection::Items;
use crate::graphql::error::Problem;
use crate::graphql::global_id::{GlobalId, Kind};

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct Availability {
    /// Global id: opaque, unique over all types and merchants. Availability by `channel`, `by` or `asOf` has another id.
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    sku: String,
    available: Long,
    level: Choice<AvailabilityLevel>,
    requires_stock: bool,
    #[serde(default)]
    components: Vec<BundleComponent>,
    backordered: Long,
    pub(in crate::graphql) locations: Items<LocationAvailability>,
    pub(in crate::graphql) supplies: Items<Supply>,
    #[serde(default)]
    unknown: bool,
    #[serde(default)]
    stale: bool,
}

impl Availability {
    /// The availability with the global id `root`, and the global ids of its objects.
    pub(in crate::graphql) fn new(root: &GlobalId, view: &AvailabilityView) -> Result<Self, Problem> {
        let mut availability: Self = read(view)?;
        availability.id = root.encode();
        for location in &mut availability.locations.0 {
            location.id = root.child(Kind::LocationAvailability, &*location.location);
        }
        for supply in &mut availability.supplies.0 {
            supply.id = root.child(Kind::Supply, &*supply.supply_id);
        }
        Ok(availability)
    }
}

/// Units of one SKU that belong to a bundle.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct BundleComponent {
    sku: String,
    quantity: Long,
    price_share: Option<Long>,
}

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct Supply {
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    supply_id: ID,
    location: ID,
    quantity: Long,
    due_at: DateTime,
}

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct LocationAvailability {
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    location: ID,
    paused: bool,
    on_hand: Long,
    reserved: Long,
    earmarked: Long,
    safety_stock: Long,
    available: Long,
    incoming: Long,
    quarantine: Long,
    damaged: Long,
}

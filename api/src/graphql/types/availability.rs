//! Availability of SKUs.

use async_graphql::{ComplexObject, ID, SimpleObject};
use holdfast_domain::stock as domain;

use super::scalars::{DateTime, Long, id};
use crate::graphql::connection::{Connection, Window, slice};
use crate::graphql::error::Problem;
use crate::graphql::node::{GlobalId, Kind};

/// Units of a SKU that can be promised to new orders. All counts are in the SKU's smallest unit.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct Availability {
    #[graphql(skip)]
    root: GlobalId,
    #[graphql(skip)]
    view: domain::AvailabilityView,
    /// Global id: opaque, unique over all types and merchants. Availability by channel, by time or as of a position has
    /// an id of its own.
    pub(in crate::graphql) id: ID,
    /// The SKU.
    sku: String,
    /// Units that can be promised at all locations that are not paused.
    available: Long,
    /// Units that orders wait for.
    backordered: Long,
    /// True if a later event of the SKU could not be applied to the read model.
    stale: bool,
}

#[ComplexObject]
impl Availability {
    /// The stock per location, by location id; 200 per page unless `first` or `last` says less.
    async fn locations(
        &self,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<LocationAvailability>, Problem> {
        let window = Window { first, after, last, before };
        slice(&self.view.locations, window, |there| LocationAvailability::new(&self.root, there))
    }

    /// Expected supplies, the earliest first; 200 per page unless `first` or `last` says less.
    async fn supplies(
        &self,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Supply>, Problem> {
        let window = Window { first, after, last, before };
        slice(&self.view.supplies, window, |supply| Supply::new(&self.root, supply))
    }
}

impl Availability {
    /// A SKU's availability under its global id.
    pub(in crate::graphql) fn new(root: &GlobalId, view: domain::AvailabilityView) -> Self {
        Self {
            id: root.encode(),
            root: root.clone(),
            sku: view.sku.to_string(),
            available: view.available.into(),
            backordered: view.backordered.into(),
            stale: view.stale,
            view,
        }
    }

    /// The stock of every location.
    pub(in crate::graphql) fn all_locations(&self) -> impl Iterator<Item = LocationAvailability> {
        self.view.locations.iter().map(|there| LocationAvailability::new(&self.root, there))
    }

    /// Every expected supply.
    pub(in crate::graphql) fn all_supplies(&self) -> impl Iterator<Item = Supply> {
        self.view.supplies.iter().map(|supply| Supply::new(&self.root, supply))
    }
}

/// Goods that are expected at a location.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct Supply {
    /// Global id: opaque, unique over all types and merchants.
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

impl Supply {
    fn new(root: &GlobalId, supply: &domain::SupplyView) -> Self {
        Self {
            id: root.part(Kind::Supply, &supply.supply_id),
            supply_id: id(&supply.supply_id),
            location: id(&supply.location),
            quantity: supply.quantity.into(),
            due_at: DateTime(supply.due_at),
        }
    }
}

/// The stock of a SKU at a location. All counts are in the SKU's smallest unit.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct LocationAvailability {
    /// Global id: opaque, unique over all types and merchants.
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

impl LocationAvailability {
    fn new(root: &GlobalId, view: &domain::LocationAvailability) -> Self {
        Self {
            id: root.part(Kind::LocationAvailability, &view.location),
            location: id(&view.location),
            paused: view.paused,
            on_hand: view.on_hand.into(),
            reserved: view.reserved.into(),
            earmarked: view.earmarked.into(),
            safety_stock: view.safety_stock.into(),
            available: view.available.into(),
            incoming: view.incoming.into(),
            quarantine: view.quarantine.into(),
            damaged: view.damaged.into(),
        }
    }
}

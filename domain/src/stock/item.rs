//! The state of a stock item.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::backorder_queue::BackorderEntry;
use super::channel_quota::ChannelQuota;
use super::events::{Allocation, Condition};
use super::level::StockLevel;
use super::refusals::StockRefusal;
use super::reservation::ExpiringReservation;
use super::supply::Supply;
use super::transfer::Transfer;
use crate::values::{ChannelName, LocationId, Quantity, Reference, Sku, Units};

/// One SKU of a merchant with its quantities at every location.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StockItem {
    /// The SKU; absent if the item has no events.
    pub sku: Option<Sku>,
    /// The units at each location that has ever had some.
    pub levels: BTreeMap<LocationId, StockLevel>,
    /// Whether new orders must not wait for units. Default: they may.
    pub not_backorderable: bool,
    /// The most units that all orders together may wait for; no limit if absent.
    pub backorder_limit: Option<Quantity>,
    /// Units that orders wait for, in the order in which they are served.
    pub queue: Arc<Vec<BackorderEntry>>,
    /// Reservations that end at a given time, the earliest first.
    pub expiring: Arc<Vec<ExpiringReservation>>,
    /// Expected deliveries by supply id.
    pub supplies: BTreeMap<Reference, Supply>,
    /// Transfers on their way, by transfer id.
    pub transfers: BTreeMap<Reference, Transfer>,
    /// How many units sales channels may promise; no limit for a channel that is absent.
    pub channel_quotas: BTreeMap<ChannelName, ChannelQuota>,
}

impl StockItem {
    /// Whether the item has any event.
    pub fn is_known(&self) -> bool {
        self.sku.is_some()
    }

    /// Units that can still be promised at a location.
    pub fn available_at(&self, location: &LocationId) -> Units {
        self.levels.get(location).map_or(Units::ZERO, StockLevel::available)
    }

    /// Units that are expected at a location: supplies, and transfers from other locations.
    pub fn incoming_at(&self, location: &LocationId) -> Units {
        let supplies = self.supplies.values().filter(|supply| supply.location == *location);
        let transfers = self.transfers.values().filter(|transfer| transfer.to == *location);
        supplies.map(|supply| supply.quantity).chain(transfers.map(|transfer| transfer.quantity)).sum()
    }

    /// Units that are reserved at a location and not there, because a report found fewer than expected.
    pub fn overcommitted_at(&self, location: &LocationId) -> Units {
        self.levels.get(location).map_or(Units::ZERO, StockLevel::overcommitted)
    }

    /// The units at a location, to be changed.
    pub(super) fn level_mut(&mut self, location: &LocationId) -> &mut StockLevel {
        self.levels.entry(location.clone()).or_default()
    }

    /// The SKU, or the refusal of a decision about an item without events.
    pub(super) fn require_known(&self) -> Result<&Sku, StockRefusal> {
        self.sku.as_ref().ok_or(StockRefusal::NeverSeen)
    }

    /// Refuses a command that names a SKU without events.
    pub(super) fn require_sku(&self, sku: &Sku) -> Result<(), StockRefusal> {
        if self.is_known() { Ok(()) } else { Err(StockRefusal::UnknownSku(sku.clone())) }
    }

    /// Refuses to record more units in a condition at a location than [`Units::LIMIT`].
    pub(super) fn require_room(
        &self,
        location: &LocationId,
        condition: Condition,
        more: Units,
    ) -> Result<(), StockRefusal> {
        let recorded = self.levels.get(location).map_or(Units::ZERO, |level| level.in_condition(condition));
        if recorded + more > Units::LIMIT { Err(StockRefusal::TooManyUnits) } else { Ok(()) }
    }

    /// Refuses to take more units off the reserved ones at a location than there are.
    pub(super) fn require_reserved(
        &self,
        location: &LocationId,
        requested: Units,
    ) -> Result<(), StockRefusal> {
        let held = self.levels.get(location).map_or(Units::ZERO, |level| level.reserved);
        if requested > held {
            return Err(StockRefusal::NotReserved { location: location.clone(), requested, held });
        }
        Ok(())
    }
}

/// One allocation per location: locations that are named twice are summed.
pub(super) fn summed<'a>(allocations: impl IntoIterator<Item = &'a Allocation>) -> Vec<Allocation> {
    let mut sums: BTreeMap<LocationId, Units> = BTreeMap::new();
    for Allocation { location, quantity } in allocations {
        *sums.entry(location.clone()).or_default() += *quantity;
    }
    sums.into_iter().map(|(location, quantity)| Allocation { location, quantity }).collect()
}

/// The units of all allocations together.
pub(super) fn total(allocations: &[Allocation]) -> Units {
    allocations.iter().map(|allocation| allocation.quantity).sum()
}

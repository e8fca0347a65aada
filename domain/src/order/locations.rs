//! The locations that an order may ship from, and those that it ships from.

use std::collections::BTreeSet;

use super::fulfillment_order::FulfillmentOrder;
use super::refusals::OrderRefusal;
use super::state::Order;
use crate::values::{FulfillmentOrderId, LocationId, Timestamp};

/// The rules that decide which locations may supply an order's backordered units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EligibleLocations<'a> {
    /// The only location that may supply them, where there is one.
    pub only_at: Option<&'a LocationId>,
    /// Locations that rejected the order.
    pub not_at: &'a BTreeSet<LocationId>,
    /// Locations that already supply it: they count towards the split limit.
    pub in_use: BTreeSet<LocationId>,
    /// The time by which it must have left.
    pub ship_by: Option<Timestamp>,
    /// Whether one location must supply all of them.
    pub whole: bool,
    /// When the order needs them, if it is scheduled.
    pub needed_at: Option<Timestamp>,
}

impl Order {
    /// Whether one location must supply the whole order.
    pub fn must_not_split(&self) -> bool {
        self.created.as_ref().is_some_and(|created| !created.allow_split)
    }

    /// For orders that must not be split: the location that already supplies them. Of several locations, one that has not
    /// rejected the order comes first, then one that has shipped, then one that has acknowledged its work.
    pub fn single_source_location(&self) -> Option<&LocationId> {
        if !self.must_not_split() {
            return None;
        }
        let rank = |one: &&FulfillmentOrder| {
            (self.rejected_by.contains(&one.location), !one.has_shipped(), !one.is_acknowledged())
        };
        let supplying = self.fulfillment_orders.iter().filter(|one| one.supplies());
        supplying.min_by_key(rank).map(|one| &one.location)
    }

    /// The only location that may supply its missing units, where there is one. A delivery location comes first: an order that
    /// must not be split is completed there although another location has shipped units that it had reported as missing.
    pub fn supply_location(&self) -> Option<&LocationId> {
        self.pinned_location().or_else(|| self.single_source_location())
    }

    /// The rules that decide which locations may supply its backordered units. Its entries in the backorder queues are
    /// replaced whenever they change.
    pub fn eligible_locations(&self) -> EligibleLocations<'_> {
        EligibleLocations {
            only_at: self.supply_location(),
            not_at: &self.rejected_by,
            in_use: self.locations_in_use(),
            ship_by: self.ship_by(),
            whole: self.must_not_split(),
            needed_at: self.scheduled_until(),
        }
    }

    /// The locations that supply units of it, shipped ones included: the split limit counts them.
    pub fn locations_in_use(&self) -> BTreeSet<LocationId> {
        let supplying = self.fulfillment_orders.iter().filter(|one| one.supplies());
        supplying.map(|one| one.location.clone()).collect()
    }

    /// True if the only eligible location has rejected the order.
    pub fn needs_decision(&self) -> bool {
        self.supply_location().is_some_and(|location| self.rejected_by.contains(location))
    }

    /// Fulfillment orders with units to ship, at a location that must not ship them: the order is picked up at another
    /// location, or must not be split.
    pub fn stray_fulfillment_orders(&self) -> impl Iterator<Item = &FulfillmentOrder> {
        let home = self.delivery_location().or_else(|| self.single_source_location());
        let home = home.filter(|home| !self.rejected_by.contains(*home));
        let is_stray =
            move |one: &&FulfillmentOrder| one.is_open() && home.is_some_and(|home| one.location != *home);
        self.fulfillment_orders.iter().filter(is_stray)
    }

    /// Whether units can be released at a location that must not ship them: the location has not acknowledged them.
    pub fn has_stray_reservations(&self) -> bool {
        self.stray_fulfillment_orders().any(|one| !one.is_acknowledged())
    }

    /// The location can take a fulfillment order over without `force`: it is not paused and has not rejected the order.
    pub(super) fn check_target(&self, to: &LocationId, is_paused: bool) -> Result<(), OrderRefusal> {
        if is_paused {
            return Err(OrderRefusal::TargetPaused(to.clone()));
        }
        if self.rejected_by.contains(to) {
            return Err(OrderRefusal::TargetRejectedOrder(to.clone()));
        }
        Ok(())
    }

    /// Whether the target of a requested move can still take the fulfillment order over, or the move was forced.
    pub fn can_reassign(&self, id: FulfillmentOrderId, is_paused: bool) -> bool {
        let request = self.fulfillment_order(id).and_then(FulfillmentOrder::effective_request);
        let target = request.filter(|request| !request.forced).and_then(|request| request.move_to.as_ref());
        target.is_none_or(|target| self.check_target(target, is_paused).is_ok())
    }

    /// The only location that may fill it, where there is one: by its delivery, or by a delivery that locations have not all
    /// agreed to yet.
    pub fn pinned_location(&self) -> Option<&LocationId> {
        let requested = || self.amendment.as_ref()?.delivery.as_ref()?.pinned_location();
        self.delivery_location().or_else(requested)
    }

    /// The only location that its delivery allows, where there is one.
    pub fn delivery_location(&self) -> Option<&LocationId> {
        self.delivery()?.pinned_location()
    }
}

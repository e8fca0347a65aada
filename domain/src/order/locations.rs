//! The locations of an order: where it may ship from, and where it does.

use std::collections::BTreeSet;

use super::refusals::OrderRefusal;
use super::state::{FulfillmentOrder, Order};
use crate::values::{FulfillmentOrderId, LocationId, Timestamp};

/// What decides which locations may serve an order's backordered units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EligibleLocations<'a> {
    /// The only location that may, where there is one.
    pub only_at: Option<&'a LocationId>,
    /// Locations that rejected the order.
    pub not_at: &'a BTreeSet<LocationId>,
    /// Locations that already supply it: they count towards the split limit.
    pub in_use: BTreeSet<LocationId>,
    /// The time by which it must have left.
    pub ship_by: Option<Timestamp>,
}

impl Order {
    /// Whether all of it must come from one location.
    pub fn must_come_from_one(&self) -> bool {
        self.created.as_ref().is_some_and(|created| !created.allow_split)
    }

    /// For orders that must not be split: the location that already supplies them. Where units are at several locations
    /// all the same, one that has not rejected the order comes before one that has, then one that has shipped some, then
    /// one that has acknowledged its work.
    pub fn single_source_location(&self) -> Option<&LocationId> {
        if !self.must_come_from_one() {
            return None;
        }
        let rank = |part: &&FulfillmentOrder| {
            (self.rejected_by.contains(&part.location), !part.has_shipped(), !part.is_taken_on())
        };
        let supplying = self.fulfillment_orders.iter().filter(|part| part.supplies());
        supplying.min_by_key(rank).map(|part| &part.location)
    }

    /// The only location that may serve its backordered units, where there is one.
    pub fn backorder_location(&self) -> Option<&LocationId> {
        self.pinned_location().or_else(|| self.single_source_location())
    }

    /// What decides which locations may serve its backordered units: its entries in the queues are replaced whenever
    /// this changes.
    pub fn eligible_locations(&self) -> EligibleLocations<'_> {
        EligibleLocations {
            only_at: self.backorder_location(),
            not_at: &self.rejected_by,
            in_use: self.locations_in_use(),
            ship_by: self.ship_by(),
        }
    }

    /// The locations that supply it, or have: its split limit counts them.
    pub fn locations_in_use(&self) -> BTreeSet<LocationId> {
        let supplying = self.fulfillment_orders.iter().filter(|part| part.supplies());
        supplying.map(|part| part.location.clone()).collect()
    }

    /// Whether nobody may ship what is missing: the only location that may has rejected the order.
    pub fn needs_decision(&self) -> bool {
        self.backorder_location().is_some_and(|location| self.rejected_by.contains(location))
    }

    /// Fulfillment orders at a location that must not ship them, with something left to ship: the order is picked up
    /// elsewhere, or must not be split.
    pub fn stray_fulfillment_orders(&self) -> impl Iterator<Item = &FulfillmentOrder> {
        let home = self.delivery_location().or_else(|| self.single_source_location());
        let home = home.filter(|home| !self.rejected_by.contains(*home));
        let is_stray =
            move |part: &&FulfillmentOrder| part.is_open() && home.is_some_and(|home| part.location != *home);
        self.fulfillment_orders.iter().filter(is_stray)
    }

    /// Whether units of it can be released from a location that must not ship them: nobody there has begun.
    pub fn has_stray_reservations(&self) -> bool {
        self.stray_fulfillment_orders().any(|part| !part.is_taken_on())
    }

    /// Whether a location takes a part over without being forced: it is not paused and has not rejected the order.
    pub(super) fn check_target(&self, to: &LocationId, is_paused: bool) -> Result<(), OrderRefusal> {
        if is_paused {
            return Err(OrderRefusal::TargetPaused(to.clone()));
        }
        if self.rejected_by.contains(to) {
            return Err(OrderRefusal::TargetRejectedOrder(to.clone()));
        }
        Ok(())
    }

    /// Whether the location that is to take a part over still ships for it, as when it was asked: it is not paused and has
    /// not rejected the order, unless the move was forced.
    pub fn may_take_over(&self, id: FulfillmentOrderId, is_paused: bool) -> bool {
        let asked =
            self.fulfillment_order(id).and_then(|part| part.asked.as_ref()).filter(|asked| !asked.forced);
        let target = asked.and_then(|asked| asked.move_to.as_ref());
        target.is_none_or(|target| self.check_target(target, is_paused).is_ok())
    }

    /// The only location that may fill it, where there is one: it is delivered from there, or is to be if those agree that
    /// were asked.
    pub fn pinned_location(&self) -> Option<&LocationId> {
        let asked = || self.amendment.as_ref()?.delivery.as_ref()?.pinned_location();
        self.delivery_location().or_else(asked)
    }

    /// The location that it is delivered from, where it is bound to one.
    pub fn delivery_location(&self) -> Option<&LocationId> {
        self.created.as_ref()?.delivery.as_ref()?.pinned_location()
    }
}

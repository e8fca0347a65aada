//! What is measured, and what each event of an order adds to it.

use std::collections::BTreeMap;

use holdfast_domain::order::{LineUnits, OrderEvent, Package};
use holdfast_domain::values::{ChannelName, FulfillmentOrderId, LocationId, ShipmentId};
use serde::{Deserialize, Serialize};

/// What is counted, with its units or seconds beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Orders taken, and their units.
    OrdersCreated,
    /// Times it was tried to find units for an order, and how often all of them were found.
    ReservationAttempts,
    /// Units reserved.
    UnitsReserved,
    /// Orders of which units wait for supply, each once, and the units of that time.
    OrdersBackordered,
    /// Times goods were not where they should have been, and their units.
    PicksShorted,
    /// Shipments that left, and their units.
    ShipmentsCreated,
    /// Shipments of which parcels were handed over, and the parcels.
    Deliveries,
    /// Cancellations, and their units.
    Cancellations,
    /// Returns that arrived, and their units.
    ReturnsReceived,
    /// Shipments, and the seconds from the creation of their orders until they left.
    CreatedToShipped,
    /// Fulfillment orders, and the seconds from the first unit picked to the first one packed.
    PickToPack,
    /// Fulfillment orders, and the seconds from the first unit packed until a shipment left.
    PackToShip,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::OrdersCreated,
        Self::ReservationAttempts,
        Self::UnitsReserved,
        Self::OrdersBackordered,
        Self::PicksShorted,
        Self::ShipmentsCreated,
        Self::Deliveries,
        Self::Cancellations,
        Self::ReturnsReceived,
        Self::CreatedToShipped,
        Self::PickToPack,
        Self::PackToShip,
    ];

    /// Its name, as it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::OrdersCreated => "orders_created",
            Self::ReservationAttempts => "reservation_attempts",
            Self::UnitsReserved => "units_reserved",
            Self::OrdersBackordered => "orders_backordered",
            Self::PicksShorted => "picks_shorted",
            Self::ShipmentsCreated => "shipments_created",
            Self::Deliveries => "deliveries",
            Self::Cancellations => "cancellations",
            Self::ReturnsReceived => "returns_received",
            Self::CreatedToShipped => "created_to_shipped",
            Self::PickToPack => "pick_to_pack",
            Self::PackToShip => "pack_to_ship",
        }
    }

    /// Whether what is beside the count is a time.
    pub fn is_a_time(self) -> bool {
        matches!(self, Self::CreatedToShipped | Self::PickToPack | Self::PackToShip)
    }
}

/// What an event adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Addition {
    /// When it was decided, in microseconds since 1970.
    pub(super) at: i64,
    pub(super) channel: String,
    /// Where; nothing where it is of no location.
    pub(super) location: Option<LocationId>,
    pub(super) measure: Measure,
    /// Units, or seconds.
    pub(super) amount: u64,
}

/// What must be known of an order for its later events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Facts {
    channel: String,
    created_at: i64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    has_waited: bool,
    /// By the numbers of its fulfillment orders.
    parts: BTreeMap<u32, PartFacts>,
    /// From where its shipments left, by their numbers.
    shipments: BTreeMap<u32, LocationId>,
}

/// The same of a fulfillment order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PartFacts {
    location: LocationId,
    picked_at: Option<i64>,
    packed_at: Option<i64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    has_shipped: bool,
}

fn units(lines: &[LineUnits]) -> u64 {
    lines.iter().map(|line| line.quantity.number()).sum()
}

fn packed_units(packages: &[Package]) -> u64 {
    packages.iter().map(|package| units(&package.lines)).sum()
}

fn seconds(from: i64, to: i64) -> u64 {
    u64::try_from(to.saturating_sub(from) / 1_000_000).unwrap_or(0)
}

impl Facts {
    /// Learns from an event, and gives what it adds.
    pub(super) fn learn(&mut self, event: &OrderEvent, at: i64) -> Vec<Addition> {
        let mut adding = Adding { at, channel: self.channel.clone(), all: Vec::new() };
        match event {
            OrderEvent::OrderCreated(created) => {
                self.created_at = at;
                self.channel = ChannelName::to_string(&created.channel);
                adding.channel.clone_from(&self.channel);
                let units = created.lines.iter().map(|line| line.quantity.units().number()).sum();
                adding.one(Measure::OrdersCreated, None, units);
            }
            OrderEvent::OrderSourced(sourced) => {
                adding.one(Measure::ReservationAttempts, None, sourced.shortages.is_empty().into());
            }
            OrderEvent::InventoryReserved(reserved) => {
                for part in &reserved.fulfillment_orders {
                    self.part_at(part.fulfillment_order_id, &part.location);
                    adding.one(Measure::UnitsReserved, Some(&part.location), units(&part.lines));
                }
            }
            OrderEvent::InventoryBackordered(waiting) if !self.has_waited => {
                self.has_waited = true;
                adding.one(Measure::OrdersBackordered, None, units(&waiting.lines));
            }
            OrderEvent::FulfillmentOrderMoved(moved) => {
                self.part_at(moved.fulfillment_order_id, &moved.to).location = moved.to.clone();
            }
            OrderEvent::PickShorted(shorted) => {
                let location = self.location(shorted.fulfillment_order_id);
                adding.one(Measure::PicksShorted, location, units(&shorted.lines));
            }
            OrderEvent::OrderCancelled(cancelled) => {
                adding.one(Measure::Cancellations, None, units(&cancelled.lines));
            }
            OrderEvent::ReturnReceived(returned) => {
                let units = returned.lines.iter().map(|line| line.quantity.number()).sum();
                adding.one(Measure::ReturnsReceived, Some(&returned.location), units);
            }
            OrderEvent::DeliveryConfirmed(delivered) => {
                let location = self.shipments.get(&ShipmentId::number(delivered.shipment_id));
                adding.one(Measure::Deliveries, location, delivered.packages.len() as u64);
            }
            work => self.learn_work(work, &mut adding),
        }
        adding.all
    }

    /// Learns what a location has done.
    fn learn_work(&mut self, event: &OrderEvent, adding: &mut Adding) {
        let at = adding.at;
        match event {
            OrderEvent::ItemPicked(picked) => {
                if let Some(part) = self.parts.get_mut(&picked.fulfillment_order_id.number()) {
                    part.picked_at.get_or_insert(at);
                }
            }
            OrderEvent::ItemPacked(packed) => {
                let Some(part) = self.parts.get_mut(&packed.fulfillment_order_id.number()) else { return };
                if part.packed_at.is_none() {
                    part.packed_at = Some(at);
                    let picked_at = part.picked_at.unwrap_or(at);
                    adding.one(Measure::PickToPack, Some(&part.location), seconds(picked_at, at));
                }
            }
            OrderEvent::ShipmentCreated(left) => {
                self.shipments.insert(ShipmentId::number(left.shipment_id), left.location.clone());
                let at_location = Some(&left.location);
                adding.one(Measure::ShipmentsCreated, at_location, packed_units(&left.packages));
                adding.one(Measure::CreatedToShipped, at_location, seconds(self.created_at, at));
                let part = self.part_at(left.fulfillment_order_id, &left.location);
                if !part.has_shipped {
                    part.has_shipped = true;
                    let packed_at = part.packed_at.unwrap_or(at);
                    adding.one(Measure::PackToShip, at_location, seconds(packed_at, at));
                }
            }
            _ => {}
        }
    }

    fn part_at(&mut self, id: FulfillmentOrderId, location: &LocationId) -> &mut PartFacts {
        self.parts.entry(id.number()).or_insert_with(|| PartFacts {
            location: location.clone(),
            picked_at: None,
            packed_at: None,
            has_shipped: false,
        })
    }

    fn location(&self, id: FulfillmentOrderId) -> Option<&LocationId> {
        self.parts.get(&id.number()).map(|part| &part.location)
    }
}

struct Adding {
    at: i64,
    channel: String,
    all: Vec<Addition>,
}

impl Adding {
    fn one(&mut self, measure: Measure, location: Option<&LocationId>, amount: u64) {
        let (at, channel, location) = (self.at, self.channel.clone(), location.cloned());
        self.all.push(Addition { at, channel, location, measure, amount });
    }
}

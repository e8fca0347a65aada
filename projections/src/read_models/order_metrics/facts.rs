//! What each event of an order adds to the metrics, and what must be known of the order for that.

use std::collections::BTreeMap;

use holdfast_domain::order::{LineUnits, OrderEvent, Package};
use holdfast_domain::values::{ChannelName, FulfillmentOrderId, LocationId, ShipmentId};
use serde::{Deserialize, Serialize};

use super::measure::Measure;

/// One occurrence of a measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Occurrence {
    /// The time of the event, in microseconds since 1970.
    pub(super) time: i64,
    pub(super) channel: String,
    /// `None` if it belongs to no location.
    pub(super) location: Option<LocationId>,
    pub(super) measure: Measure,
    /// Units or seconds.
    pub(super) amount: u64,
}

/// What the metrics need to know of an order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OrderFacts {
    channel: String,
    created_at: i64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    was_backordered: bool,
    /// By the number of the fulfillment order.
    fulfillment_orders: BTreeMap<u32, FulfillmentOrderFacts>,
    /// The origin of each shipment, by the number of the shipment.
    shipments: BTreeMap<u32, LocationId>,
}

/// What the metrics need to know of a fulfillment order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FulfillmentOrderFacts {
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

impl OrderFacts {
    /// Updates the facts with an event, and returns what the event adds to the metrics.
    pub(super) fn apply(&mut self, event: &OrderEvent, time: i64) -> Vec<Occurrence> {
        let mut added = Added { time, channel: self.channel.clone(), occurrences: Vec::new() };
        match event {
            OrderEvent::OrderCreated(created) => {
                self.created_at = time;
                self.channel = ChannelName::to_string(&created.channel);
                added.channel.clone_from(&self.channel);
                let units = created.lines.iter().map(|line| line.quantity.units().number()).sum();
                added.push(Measure::OrdersCreated, None, units);
            }
            OrderEvent::OrderSourced(sourced) => {
                added.push(Measure::ReservationAttempts, None, sourced.shortages.is_empty().into());
            }
            OrderEvent::InventoryReserved(reserved) => {
                for reserved in &reserved.fulfillment_orders {
                    self.fulfillment_order(reserved.fulfillment_order_id, &reserved.location);
                    added.push(Measure::UnitsReserved, Some(&reserved.location), units(&reserved.lines));
                }
            }
            OrderEvent::InventoryBackordered(backordered) if !self.was_backordered => {
                self.was_backordered = true;
                added.push(Measure::OrdersBackordered, None, units(&backordered.lines));
            }
            OrderEvent::FulfillmentOrderMoved(moved) => {
                self.fulfillment_order(moved.fulfillment_order_id, &moved.to).location = moved.to.clone();
            }
            OrderEvent::PickShorted(shorted) => {
                let location = self.location(shorted.fulfillment_order_id);
                added.push(Measure::PicksShorted, location, units(&shorted.lines));
            }
            OrderEvent::OrderCancelled(cancelled) => {
                added.push(Measure::Cancellations, None, units(&cancelled.lines));
            }
            OrderEvent::ReturnReceived(returned) => {
                let units = returned.lines.iter().map(|line| line.quantity.number()).sum();
                added.push(Measure::ReturnsReceived, Some(&returned.location), units);
            }
            OrderEvent::DeliveryConfirmed(delivered) => {
                let location = self.shipments.get(&ShipmentId::number(delivered.shipment_id));
                added.push(Measure::Deliveries, location, delivered.packages.len() as u64);
            }
            other => self.apply_work(other, &mut added),
        }
        added.occurrences
    }

    /// Applies an event of a location's work: pick, pack, ship.
    fn apply_work(&mut self, event: &OrderEvent, added: &mut Added) {
        let time = added.time;
        match event {
            OrderEvent::ItemPicked(picked) => {
                if let Some(own) = self.fulfillment_orders.get_mut(&picked.fulfillment_order_id.number()) {
                    own.picked_at.get_or_insert(time);
                }
            }
            OrderEvent::ItemPacked(packed) => {
                let number = packed.fulfillment_order_id.number();
                let Some(own) = self.fulfillment_orders.get_mut(&number) else { return };
                if own.packed_at.is_none() {
                    own.packed_at = Some(time);
                    let picked_at = own.picked_at.unwrap_or(time);
                    added.push(Measure::PickToPack, Some(&own.location), seconds(picked_at, time));
                }
            }
            OrderEvent::ShipmentCreated(shipped) => {
                self.shipments.insert(ShipmentId::number(shipped.shipment_id), shipped.location.clone());
                let location = Some(&shipped.location);
                added.push(Measure::ShipmentsCreated, location, packed_units(&shipped.packages));
                added.push(Measure::CreatedToShipped, location, seconds(self.created_at, time));
                let own = self.fulfillment_order(shipped.fulfillment_order_id, &shipped.location);
                if !own.has_shipped {
                    own.has_shipped = true;
                    let packed_at = own.packed_at.unwrap_or(time);
                    added.push(Measure::PackToShip, location, seconds(packed_at, time));
                }
            }
            _ => {}
        }
    }

    fn fulfillment_order(
        &mut self,
        id: FulfillmentOrderId,
        location: &LocationId,
    ) -> &mut FulfillmentOrderFacts {
        self.fulfillment_orders.entry(id.number()).or_insert_with(|| FulfillmentOrderFacts {
            location: location.clone(),
            picked_at: None,
            packed_at: None,
            has_shipped: false,
        })
    }

    fn location(&self, id: FulfillmentOrderId) -> Option<&LocationId> {
        self.fulfillment_orders.get(&id.number()).map(|own| &own.location)
    }
}

/// The occurrences that one event adds.
struct Added {
    time: i64,
    channel: String,
    occurrences: Vec<Occurrence>,
}

impl Added {
    fn push(&mut self, measure: Measure, location: Option<&LocationId>, amount: u64) {
        let (time, channel, location) = (self.time, self.channel.clone(), location.cloned());
        self.occurrences.push(Occurrence { time, channel, location, measure, amount });
    }
}

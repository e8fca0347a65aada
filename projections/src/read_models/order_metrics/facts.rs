//! What each event of an order adds to the metrics, and what must be known of the order for that.

use std::collections::BTreeMap;

use holdfast_domain::order::{LineUnits, OrderEvent, Package, ShipmentCancelled, ShipmentCreated};
use holdfast_domain::values::{ChannelName, FulfillmentOrderId, LineNumber, LocationId, Units};
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
    /// Whether it was reported by mistake: it is subtracted again.
    pub(super) is_withdrawn: bool,
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
    /// By the number of the shipment. Cancelled shipments are not among them.
    shipments: BTreeMap<u32, ShipmentFacts>,
}

/// What the metrics need to know of a fulfillment order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FulfillmentOrderFacts {
    location: LocationId,
    picked_at: Option<i64>,
    packed_at: Option<i64>,
    /// The last pack. `None` if nothing is packed.
    last_packed_at: Option<i64>,
    /// The number of the shipment whose time from the last pack is counted: the first that was not cancelled.
    first_shipment: Option<u32>,
    /// The reported units that are picked and packed, by line.
    lines: BTreeMap<LineNumber, (Units, Units)>,
    /// The time from the first pick to the first pack.
    pick_to_pack: Option<Counted>,
}

/// What the metrics need to know of a shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ShipmentFacts {
    location: LocationId,
    fulfillment_order: u32,
    counted: Vec<Counted>,
    /// The time from the last pack to the shipment. Only that of the first shipment of a fulfillment order is counted.
    pack_to_ship: Counted,
}

/// What an event has added to the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Counted {
    time: i64,
    measure: Measure,
    amount: u64,
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
                if let Some(shipment) = self.shipments.get_mut(&delivered.shipment_id.number()) {
                    let packages = delivered.packages.len() as u64;
                    let counted = added.push(Measure::Deliveries, Some(&shipment.location), packages);
                    shipment.counted.push(counted);
                }
            }
            other => self.apply_work(other, &mut added),
        }
        added.occurrences
    }

    /// Applies an event of a location's work: pick, pack, ship, and what is taken back.
    fn apply_work(&mut self, event: &OrderEvent, added: &mut Added) {
        let (id, lines) = match event {
            OrderEvent::ItemPicked(event) => (event.fulfillment_order_id, &event.lines),
            OrderEvent::ItemPacked(event) => (event.fulfillment_order_id, &event.lines),
            OrderEvent::ItemPutBack(event) => (event.fulfillment_order_id, &event.lines),
            OrderEvent::ItemUnpacked(event) => (event.fulfillment_order_id, &event.lines),
            OrderEvent::ShipmentCreated(shipped) => return self.ship(shipped, added),
            OrderEvent::ShipmentCancelled(cancelled) => return self.cancel(cancelled, added),
            _ => return,
        };
        let Some(own) = self.fulfillment_orders.get_mut(&id.number()) else { return };
        if matches!(event, OrderEvent::ItemPacked(_)) {
            own.last_packed_at = Some(added.time);
        }
        match event {
            OrderEvent::ItemPicked(_) => own.change(lines, |(picked, _), units| *picked += units),
            OrderEvent::ItemPacked(_) => own.change(lines, |(picked, packed), units| {
                *packed += units;
                *picked = (*picked).max(*packed);
            }),
            OrderEvent::ItemPutBack(_) => own.change(lines, |(picked, packed), units| {
                *picked -= units;
                *packed = (*packed).min(*picked);
            }),
            _ => own.change(lines, |(_, packed), units| *packed -= units),
        }
        own.count(added);
    }

    fn ship(&mut self, shipped: &ShipmentCreated, added: &mut Added) {
        let (time, location) = (added.time, Some(&shipped.location));
        let counted = vec![
            added.push(Measure::ShipmentsCreated, location, packed_units(&shipped.packages)),
            added.push(Measure::CreatedToShipped, location, seconds(self.created_at, time)),
        ];
        let own = self.fulfillment_order(shipped.fulfillment_order_id, &shipped.location);
        let amount = seconds(own.last_packed_at.unwrap_or(time), time);
        let pack_to_ship = Counted { time, measure: Measure::PackToShip, amount };
        let (fulfillment_order, location) = (shipped.fulfillment_order_id.number(), shipped.location.clone());
        let shipment = ShipmentFacts { location, fulfillment_order, counted, pack_to_ship };
        self.shipments.insert(shipped.shipment_id.number(), shipment);
        self.count_first_shipment(fulfillment_order, added);
    }

    /// Counts the time from the last pack to the first shipment of a fulfillment order, if none is counted yet.
    fn count_first_shipment(&mut self, fulfillment_order: u32, added: &mut Added) {
        let Some(own) = self.fulfillment_orders.get_mut(&fulfillment_order) else { return };
        let mut shipments = self.shipments.iter();
        let first = shipments.find(|(_, shipment)| shipment.fulfillment_order == fulfillment_order);
        if let (None, Some((number, shipment))) = (own.first_shipment, first) {
            own.first_shipment = Some(*number);
            added.add(shipment.pack_to_ship, Some(&shipment.location), false);
        }
    }

    /// Subtracts what a shipment has added. If it was the first of its fulfillment order, the next one takes its place.
    fn cancel(&mut self, cancelled: &ShipmentCancelled, added: &mut Added) {
        let Some(shipment) = self.shipments.remove(&cancelled.shipment_id.number()) else { return };
        for counted in &shipment.counted {
            added.withdraw(*counted, &shipment.location);
        }
        let number = Some(cancelled.shipment_id.number());
        let Some(own) = self.fulfillment_orders.get_mut(&shipment.fulfillment_order) else { return };
        if own.first_shipment == number {
            own.first_shipment = None;
            added.withdraw(shipment.pack_to_ship, &shipment.location);
            self.count_first_shipment(shipment.fulfillment_order, added);
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
            last_packed_at: None,
            first_shipment: None,
            lines: BTreeMap::new(),
            pick_to_pack: None,
        })
    }

    fn location(&self, id: FulfillmentOrderId) -> Option<&LocationId> {
        self.fulfillment_orders.get(&id.number()).map(|own| &own.location)
    }
}

impl FulfillmentOrderFacts {
    /// Applies a change to the picked and packed units of each line.
    fn change(&mut self, lines: &[LineUnits], change: impl Fn((&mut Units, &mut Units), Units)) {
        for units in lines {
            let (picked, packed) = self.lines.entry(units.line).or_default();
            change((picked, packed), units.quantity);
        }
    }

    /// Counts the time from the first pick to the first pack. If nothing is packed any more, it is subtracted again.
    fn count(&mut self, added: &mut Added) {
        let is_picked = self.lines.values().any(|(picked, _)| !picked.is_zero());
        let is_packed = self.lines.values().any(|(_, packed)| !packed.is_zero());
        let first = |known: Option<i64>, is_done: bool| is_done.then(|| known.unwrap_or(added.time));
        self.picked_at = first(self.picked_at, is_picked);
        self.packed_at = first(self.packed_at, is_packed);
        self.last_packed_at = self.last_packed_at.filter(|_| is_packed);
        match (self.picked_at.zip(self.packed_at), self.pick_to_pack) {
            (Some((picked_at, packed_at)), None) => {
                let seconds = seconds(picked_at, packed_at);
                self.pick_to_pack = Some(added.push(Measure::PickToPack, Some(&self.location), seconds));
            }
            (None, Some(counted)) => {
                added.withdraw(counted, &self.location);
                self.pick_to_pack = None;
            }
            _ => {}
        }
    }
}

/// The occurrences that one event adds.
struct Added {
    time: i64,
    channel: String,
    occurrences: Vec<Occurrence>,
}

impl Added {
    fn push(&mut self, measure: Measure, location: Option<&LocationId>, amount: u64) -> Counted {
        let counted = Counted { time: self.time, measure, amount };
        self.add(counted, location, false);
        counted
    }

    /// Subtracts what an earlier event has added.
    fn withdraw(&mut self, counted: Counted, location: &LocationId) {
        self.add(counted, Some(location), true);
    }

    fn add(&mut self, counted: Counted, location: Option<&LocationId>, is_withdrawn: bool) {
        let Counted { time, measure, amount } = counted;
        let (channel, location) = (self.channel.clone(), location.cloned());
        self.occurrences.push(Occurrence { time, channel, location, measure, amount, is_withdrawn });
    }
}

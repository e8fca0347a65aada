//! The aggregates of a unit of work, as the order process sees them.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_domain::capacity::{CapacityCommand, LocationCapacity};
use holdfast_domain::cart_reservation::{CartReservation, CartReservationCommand, CartReservationEvent};
use holdfast_domain::fulfillment::Aggregates;
use holdfast_domain::network::Network;
use holdfast_domain::order::{Order, OrderCommand, OrderEvent};
use holdfast_domain::policy::Policy;
use holdfast_domain::stock::{PastOnHand, StockCommand, StockItem};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{CartReservationId, LocationId, OrderId, Sku, Timestamp};

use super::{Stop, UnitOfWork};

impl Aggregates for UnitOfWork<'_> {
    type Error = Stop;

    fn now(&self) -> Timestamp {
        self.at
    }

    fn require(&mut self, streams: impl IntoIterator<Item = StreamId>) -> Result<(), Stop> {
        self.require_with_claims(streams, [])
    }

    fn order(&mut self, id: OrderId) -> Result<Arc<Order>, Stop> {
        self.state(&StreamId::Order(id))
    }

    fn cart_reservation(&mut self, id: CartReservationId) -> Result<Arc<CartReservation>, Stop> {
        self.state(&StreamId::CartReservation(id))
    }

    fn stock(&mut self, sku: &Sku) -> Result<Arc<StockItem>, Stop> {
        self.state(&StreamId::Stock(sku.clone()))
    }

    fn past_on_hand(&mut self, sku: &Sku, location: &LocationId, at: Timestamp) -> Result<PastOnHand, Stop> {
        let key = (sku.clone(), location.clone(), at);
        let found = self.layers.past_on_hand.get(&key).copied();
        found.ok_or_else(|| {
            let stream = StreamId::Stock(sku.clone());
            if self.layers.committed.peek(&stream).is_none() {
                self.needs.streams.insert(stream);
            }
            self.needs.past_on_hand.insert(key);
            Stop::NotLoaded
        })
    }

    fn changed_stock(&self) -> Vec<Sku> {
        let changed = self.layers.command.streams.keys().filter_map(|stream| match stream {
            StreamId::Stock(sku) => Some(sku.clone()),
            _ => None,
        });
        let mut skus: Vec<Sku> = changed.collect();
        skus.sort();
        skus
    }

    fn network(&mut self) -> Result<Arc<Network>, Stop> {
        self.state(&StreamId::Network)
    }

    fn policy(&mut self) -> Result<Arc<Policy>, Stop> {
        self.state(&StreamId::Policy)
    }

    fn capacity(&mut self, location: &LocationId) -> Result<Arc<LocationCapacity>, Stop> {
        self.state(&StreamId::Capacity(location.clone()))
    }

    /// The orders in the index, and those of uncommitted commands, this one included.
    fn reserving_orders(&mut self, sku: &Sku, location: &LocationId) -> Result<Vec<OrderId>, Stop> {
        let Some(known) = self.layers.reserving_orders.get(&(sku.clone(), location.clone())) else {
            self.needs.reserving_orders.insert((sku.clone(), location.clone()));
            return Err(Stop::NotLoaded);
        };
        let Some(orders) = known.clone() else { return Ok(Vec::new()) };
        let uncommitted = self.layers.uncommitted_streams().filter_map(|stream| match stream {
            StreamId::Order(id) => Some(*id),
            _ => None,
        });
        Ok(orders.into_iter().chain(uncommitted).collect::<BTreeSet<_>>().into_iter().collect())
    }

    /// The carts in the index, and those of uncommitted commands, this one included.
    fn reserving_carts(&mut self, sku: &Sku, location: &LocationId) -> Result<Vec<CartReservationId>, Stop> {
        let Some(known) = self.layers.reserving_carts.get(&(sku.clone(), location.clone())) else {
            self.needs.reserving_carts.insert((sku.clone(), location.clone()));
            return Err(Stop::NotLoaded);
        };
        let Some(carts) = known.clone() else { return Ok(Vec::new()) };
        let uncommitted = self.layers.uncommitted_streams().filter_map(|stream| match stream {
            StreamId::CartReservation(id) => Some(*id),
            _ => None,
        });
        Ok(carts.into_iter().chain(uncommitted).collect::<BTreeSet<_>>().into_iter().collect())
    }

    fn decide_order(
        &mut self,
        id: OrderId,
        command: &OrderCommand,
    ) -> Result<(Arc<Order>, Vec<OrderEvent>), Stop> {
        self.decide::<Order>(&StreamId::Order(id), command)
    }

    fn decide_cart_reservation(
        &mut self,
        id: CartReservationId,
        command: &CartReservationCommand,
    ) -> Result<(Arc<CartReservation>, Vec<CartReservationEvent>), Stop> {
        self.decide::<CartReservation>(&StreamId::CartReservation(id), command)
    }

    fn decide_stock(&mut self, sku: &Sku, command: &StockCommand) -> Result<bool, Stop> {
        let (_, events) = self.decide::<StockItem>(&StreamId::Stock(sku.clone()), command)?;
        Ok(!events.is_empty())
    }

    fn decide_capacity(&mut self, location: &LocationId, command: &CapacityCommand) -> Result<(), Stop> {
        self.decide::<LocationCapacity>(&StreamId::Capacity(location.clone()), command).map(drop)
    }
}

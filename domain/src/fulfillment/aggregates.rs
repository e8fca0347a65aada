//! The aggregates of one merchant, as a process sees them while it decides one command.

use std::sync::Arc;

use crate::capacity::{CapacityCommand, LocationCapacity};
use crate::cart_reservation::{CartReservation, CartReservationCommand, CartReservationEvent};
use crate::network::Network;
use crate::order::{Order, OrderCommand, OrderEvent, OrderRefusal};
use crate::policy::Policy;
use crate::stock::{PastOnHand, StockCommand, StockItem};
use crate::stream::StreamId;
use crate::values::{CartReservationId, LocationId, OrderId, Sku, Timestamp};

/// The aggregates of one merchant, with the changes that the current command has made so far.
///
/// Reading an aggregate that is not in memory is an error of the implementation's own kind: the write side loads it and
/// runs the command again. An aggregate without events is in its initial state.
pub trait Aggregates {
    /// Why a decision cannot be made: a refusal, or state that is not loaded.
    type Error: From<OrderRefusal>;

    /// The decision time of the command.
    fn now(&self) -> Timestamp;

    /// Announces streams that will be read, so that they are loaded together.
    fn require(&mut self, streams: impl IntoIterator<Item = StreamId>) -> Result<(), Self::Error>;

    /// An order, whether it exists or not.
    fn order(&mut self, id: OrderId) -> Result<Arc<Order>, Self::Error>;

    /// A cart reservation, whether it exists or not.
    fn cart_reservation(&mut self, id: CartReservationId) -> Result<Arc<CartReservation>, Self::Error>;

    /// The stock of a SKU.
    fn stock(&mut self, sku: &Sku) -> Result<Arc<StockItem>, Self::Error>;

    /// On hand of a SKU at a location and a past time, computed from the events of the journal.
    fn past_on_hand(
        &mut self,
        sku: &Sku,
        location: &LocationId,
        time: Timestamp,
    ) -> Result<PastOnHand, Self::Error>;

    /// SKUs whose stock the command has changed so far. The list may name others.
    fn changed_stock(&self) -> Vec<Sku>;

    /// The merchant's locations.
    fn network(&mut self) -> Result<Arc<Network>, Self::Error>;

    /// The merchant's rules.
    fn policy(&mut self) -> Result<Arc<Policy>, Self::Error>;

    /// The capacity that is booked at a location.
    fn capacity(&mut self, location: &LocationId) -> Result<Arc<LocationCapacity>, Self::Error>;

    /// Orders that may hold units of a SKU at a location. The list may name orders that hold none.
    fn reserving_orders(&mut self, sku: &Sku, location: &LocationId) -> Result<Vec<OrderId>, Self::Error>;

    /// Carts that may hold units of a SKU at a location, the youngest first. The list may name carts that hold none, and is
    /// limited to the youngest ones.
    fn reserving_carts(
        &mut self,
        sku: &Sku,
        location: &LocationId,
    ) -> Result<Vec<CartReservationId>, Self::Error>;

    /// Decides a command on an order and applies its events: the order after it, and the events.
    fn decide_order(
        &mut self,
        id: OrderId,
        command: &OrderCommand,
    ) -> Result<(Arc<Order>, Vec<OrderEvent>), Self::Error>;

    /// Decides a command on a cart reservation and applies its events: the reservation after it, and the events.
    fn decide_cart_reservation(
        &mut self,
        id: CartReservationId,
        command: &CartReservationCommand,
    ) -> Result<(Arc<CartReservation>, Vec<CartReservationEvent>), Self::Error>;

    /// Decides a command on the stock of a SKU and applies its events: whether there are any.
    fn decide_stock(&mut self, sku: &Sku, command: &StockCommand) -> Result<bool, Self::Error>;

    /// Decides a command on a location's capacity and applies its events.
    fn decide_capacity(
        &mut self,
        location: &LocationId,
        command: &CapacityCommand,
    ) -> Result<(), Self::Error>;
}

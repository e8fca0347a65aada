//! Changes of cart reservations and of the stock of their SKUs, decided together.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::aggregates::Aggregates;
use super::decision::{reallocate, record_availability_levels};
use crate::cart_reservation::{
    CancelCartReservation, CartReservation, CartReservationCommand, CartReservationEvent, CartUnitsLost,
};
use crate::stock::{Allocation, CartUnits, StockCommand};
use crate::stream::StreamId;
use crate::values::{CartReservationId, LocationId, OrderId, Sku, Timestamp};

/// Reserves the units of an open cart until a later time. An earlier time changes nothing.
pub fn extend_cart<A: Aggregates>(
    aggregates: &mut A,
    id: CartReservationId,
    until: Timestamp,
) -> Result<(), A::Error> {
    let at = aggregates.now();
    let before = load(aggregates, id)?;
    let extend = CartReservationCommand::Extend { id, until, at };
    if !aggregates.decide_cart_reservation(id, &extend)?.1.is_empty() {
        for (sku, units) in before.units() {
            aggregates.decide_stock(&sku, &StockCommand::ExtendCart(units, until))?;
        }
    }
    Ok(())
}

/// Frees the units of an open cart.
pub fn cancel_cart<A: Aggregates>(
    aggregates: &mut A,
    command: &CancelCartReservation,
) -> Result<(), A::Error> {
    let (id, reason, at) = (command.reservation_id, command.reason.clone(), aggregates.now());
    let freed = end_cart(aggregates, id, &CartReservationCommand::Cancel { id, reason, at })?;
    freed.keys().try_for_each(|sku| reallocate(aggregates, sku))?;
    record_availability_levels(aggregates)
}

/// Ends a cart whose time is over. Its units became free at that time: the stock of each SKU ends all such carts together.
pub fn expire_cart<A: Aggregates>(aggregates: &mut A, id: CartReservationId) -> Result<(), A::Error> {
    let at = aggregates.now();
    let cart = load(aggregates, id)?;
    aggregates.decide_cart_reservation(id, &CartReservationCommand::Expire { at })?;
    cart.units().keys().try_for_each(|sku| reallocate(aggregates, sku))?;
    record_availability_levels(aggregates)
}

/// Gives the units of an open cart to an order: they are free until the order is reserved. Returns them by SKU.
pub(super) fn convert_cart<A: Aggregates>(
    aggregates: &mut A,
    id: CartReservationId,
    order_id: OrderId,
) -> Result<BTreeMap<Sku, CartUnits>, A::Error> {
    let at = aggregates.now();
    end_cart(aggregates, id, &CartReservationCommand::Convert { id, order_id, at })
}

/// Ends an open cart and frees its units. Returns them by SKU.
fn end_cart<A: Aggregates>(
    aggregates: &mut A,
    id: CartReservationId,
    command: &CartReservationCommand,
) -> Result<BTreeMap<Sku, CartUnits>, A::Error> {
    let before = load(aggregates, id)?;
    if aggregates.decide_cart_reservation(id, command)?.1.is_empty() {
        return Ok(BTreeMap::new());
    }
    let units = before.units();
    for (sku, units) in &units {
        aggregates.decide_stock(sku, &StockCommand::ReleaseFromCart(units.clone()))?;
    }
    Ok(units)
}

/// A cart, with the stock of its SKUs and the other streams that a change of it needs.
fn load<A: Aggregates>(aggregates: &mut A, id: CartReservationId) -> Result<Arc<CartReservation>, A::Error> {
    let cart = aggregates.cart_reservation(id)?;
    let stock = cart.units().into_keys().map(StreamId::Stock);
    aggregates.require(stock.chain([StreamId::Network]))?;
    Ok(cart)
}

/// Takes missing units of a SKU at a location off the youngest carts.
pub(super) fn lose_cart_units<A: Aggregates>(
    aggregates: &mut A,
    sku: &Sku,
    location: &LocationId,
) -> Result<(), A::Error> {
    let item = aggregates.stock(sku)?;
    if item.overcommitted_at(location).is_zero() || item.reserved_for_carts_at(location).is_zero() {
        return Ok(());
    }
    let at = aggregates.now();
    let carts = aggregates.reserving_carts(sku, location)?;
    aggregates.require(carts.iter().copied().map(StreamId::CartReservation))?;
    let mut youngest = Vec::with_capacity(carts.len());
    for id in carts {
        youngest.extend(aggregates.cart_reservation(id)?.reserved.clone());
    }
    youngest.sort_by_key(|reserved| Reverse((reserved.at, reserved.reservation_id)));
    for reserved in youngest {
        let most = aggregates.stock(sku)?.overcommitted_at(location);
        if most.is_zero() {
            break;
        }
        let lose =
            CartReservationCommand::LoseUnits { sku: sku.clone(), location: location.clone(), most, at };
        for event in aggregates.decide_cart_reservation(reserved.reservation_id, &lose)?.1 {
            if let CartReservationEvent::CartUnitsLost(CartUnitsLost { location, quantity, .. }) = event {
                let lost = reserved.units(vec![Allocation { location, quantity }]);
                aggregates.decide_stock(sku, &StockCommand::ReleaseFromCart(lost))?;
            }
        }
    }
    Ok(())
}

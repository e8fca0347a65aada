//! Reserves units for a cart, at the locations that would supply an order.

use std::collections::BTreeSet;

use cqrs_es::Aggregate;

use super::aggregates::Aggregates;
use super::decision::record_availability_levels;
use super::line_defaults::complete_lines;
use super::reactions::SourcingRequest;
use super::sourcing::{CartUnitsBySku, choose_locations, reallocate_all};
use crate::Decide;
use crate::cart_reservation::{CartItem, CartLine, CartReservationCommand, CartReserved, ReserveCart};
use crate::order::{
    CreateOrder, CreationTerms, DeliveryIntent, DeliveryMethod, NewLine, Order, OrderCommand, OrderEvent,
    OrderedLine, ReservationTrigger, ShipTo,
};
use crate::policy::OnShortage;
use crate::stock::{Allocation, StockCommand};
use crate::values::{CartReservationId, LocationId, OrderId, Text, Timestamp};

/// Reserves units for a cart: all of them, at the locations that would supply an order, or none. The same reservation again
/// changes nothing.
pub fn reserve_cart<A: Aggregates>(
    aggregates: &mut A,
    id: CartReservationId,
    command: &ReserveCart,
    content: Text<64>,
    until: Timestamp,
) -> Result<(), A::Error> {
    let at = aggregates.now();
    let (reservation_id, channel) = (id, command.channel.clone());
    let mut reserved = CartReserved { reservation_id, channel, lines: Vec::new(), until, content, at };
    if aggregates.cart_reservation(id)?.reserved.is_none() {
        reserved.lines = source_lines(aggregates, id, command, reserved.content.clone())?;
    }
    let reserve = CartReservationCommand::Reserve(Box::new(reserved));
    let (cart, events) = aggregates.decide_cart_reservation(id, &reserve)?;
    if !events.is_empty() {
        for (sku, units) in cart.units() {
            aggregates.decide_stock(&sku, &StockCommand::ReserveForCart(units))?;
        }
    }
    record_availability_levels(aggregates)
}

/// The lines of a cart as those of an order.
pub fn cart_lines(command: &ReserveCart) -> Vec<NewLine> {
    let line = |item: &CartItem| NewLine {
        requires_stock: item.requires_stock,
        ..NewLine::new(item.sku.clone(), item.quantity)
    };
    command.lines.iter().map(line).collect()
}

/// The lines of a cart with the units of each location, chosen as for an order that is refused if units are missing.
fn source_lines<A: Aggregates>(
    aggregates: &mut A,
    id: CartReservationId,
    command: &ReserveCart,
    content: Text<64>,
) -> Result<Vec<CartLine>, A::Error> {
    let order = prospective_order(aggregates, id, command, content)?;
    let Some(created) = order.created.clone() else { return Ok(Vec::new()) };
    let line = |line: &OrderedLine| CartLine {
        sku: line.sku.clone(),
        quantity: line.quantity,
        allocations: Vec::new(),
        without_stock: !line.requires_stock,
    };
    let mut lines: Vec<CartLine> = created.lines.iter().map(line).collect();
    let demand = order.pending_demand();
    if demand.is_empty() {
        return Ok(lines);
    }
    reallocate_all(aggregates, demand.keys())?;
    let request = SourcingRequest {
        trigger: ReservationTrigger::Creation,
        excluded: BTreeSet::new(),
        destination: None,
        cart: None,
    };
    let chosen = choose_locations(aggregates, &order, &created, &demand, &request, &CartUnitsBySku::new())?;
    for event in order.decide(&OrderCommand::ReserveInventory(chosen))? {
        let OrderEvent::InventoryReserved(reserved) = event else { continue };
        for part in reserved.fulfillment_orders {
            for units in part.lines {
                if let Some(line) = lines.get_mut(units.line.index()) {
                    let (location, quantity) = (part.location.clone(), units.quantity);
                    line.allocations.push(Allocation { location, quantity });
                }
            }
        }
    }
    Ok(lines)
}

/// The order that the cart would become: it is decided in memory and not recorded, so that a cart is sourced and refused as an
/// order is.
fn prospective_order<A: Aggregates>(
    aggregates: &mut A,
    id: CartReservationId,
    command: &ReserveCart,
    content: Text<64>,
) -> Result<Order, A::Error> {
    let at = aggregates.now();
    let ship_to = command.destination.clone().map(|to| ShipTo {
        country: to.country,
        region: to.region,
        postal_code: to.postal_code,
        ..ShipTo::default()
    });
    let pickup = |location: LocationId| DeliveryIntent {
        location: Some(location),
        ..DeliveryIntent::new(DeliveryMethod::Pickup)
    };
    let lines = complete_lines(aggregates, cart_lines(command), None)?;
    let new = CreateOrder {
        ship_to,
        delivery: command.pickup_location.clone().map(pickup),
        on_shortage: Some(OnShortage::Reject),
        ..CreateOrder::new(command.channel.clone(), lines)
    };
    let rules = aggregates.policy()?.for_channel(&command.channel);
    let terms = CreationTerms { order_id: OrderId::new(id.uuid()), rules, content };
    let mut order = Order::default();
    for event in order.decide(&OrderCommand::CreateOrder(Box::new(new), terms, at))? {
        order.apply(event);
    }
    Ok(order)
}

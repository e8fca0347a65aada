//! Resolves overcommitment: a location has fewer units than are reserved, after a report about its stock or a shipment.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::aggregates::Aggregates;
use super::cart_reservations::lose_cart_units;
use super::decision::reallocate;
use super::process::{decide, up_to_date};
use super::ship_dates::capacity_streams;
use crate::order::{
    ItemPutBack, LineUnits, Order, OrderCommand, OrderEvent, ShipmentCancelled, ShipmentCreated,
};
use crate::stream::StreamId;
use crate::values::{LocationId, OrderId, Sku};

/// The most orders that lose units in one decision.
const MAX_ORDERS: usize = 200;

/// Releases missing units: first those of carts, then those of the orders that have reserved them. Sources these orders again:
/// the least urgent order first and, of equally urgent ones, the latest. Picked units stay reserved. Returns the orders that lost units.
pub fn resolve_overcommitment<A: Aggregates>(
    aggregates: &mut A,
    sku: &Sku,
    location: &LocationId,
) -> Result<Vec<OrderId>, A::Error> {
    reallocate(aggregates, sku)?;
    lose_cart_units(aggregates, sku, location)?;
    let item = aggregates.stock(sku)?;
    let mut missing = item.overcommitted_at(location);
    // Carts that still hold units there lose them in a later decision: an order loses none before.
    if missing.is_zero() || !item.reserved_for_carts_at(location).is_zero() {
        return Ok(Vec::new());
    }
    let orders = losing_orders(aggregates, sku, location)?;
    load_what_sourcing_needs(aggregates, &orders)?;
    let mut affected = Vec::new();
    for id in orders {
        if missing.is_zero() {
            break;
        }
        up_to_date(aggregates, id)?;
        let lose = OrderCommand::LoseUnits { location: location.clone(), sku: sku.clone(), most: missing };
        let (_, events) = decide(aggregates, id, &lose)?;
        if events.iter().any(|event| matches!(event, OrderEvent::InventoryReleased(_))) {
            affected.push(id);
            missing = aggregates.stock(sku)?.overcommitted_at(location);
        }
    }
    Ok(affected)
}

/// Resolves overcommitment that a report about an order has shown: units have shipped that were not reserved for it, units
/// that are missing are not picked any more, or units of a cancelled shipment are not there.
pub(super) fn resolve_reported<A: Aggregates>(
    aggregates: &mut A,
    id: OrderId,
    events: &[OrderEvent],
) -> Result<(), A::Error> {
    for event in events {
        let order = aggregates.order(id)?;
        let Some((location, lines)) = reported_units(&order, event) else { continue };
        for sku in order.demand_of(&lines).keys() {
            if !aggregates.stock(sku)?.overcommitted_at(&location).is_zero() {
                resolve_overcommitment(aggregates, sku, &location)?;
            }
        }
    }
    Ok(())
}

/// The units of a report after which a location may have fewer units than are reserved there.
fn reported_units(order: &Order, event: &OrderEvent) -> Option<(LocationId, Vec<LineUnits>)> {
    match event {
        OrderEvent::ShipmentCreated(ShipmentCreated { location, packages, .. }) => {
            Some((location.clone(), packages.iter().flat_map(|package| &package.lines).cloned().collect()))
        }
        OrderEvent::ItemPutBack(ItemPutBack { fulfillment_order_id, lines })
        | OrderEvent::ShipmentCancelled(ShipmentCancelled { fulfillment_order_id, lines, .. }) => {
            let fulfillment = order.fulfillment_order(*fulfillment_order_id)?;
            Some((fulfillment.location.clone(), lines.clone()))
        }
        _ => None,
    }
}

/// The orders that may lose units, the first to lose first.
fn losing_orders<A: Aggregates>(
    aggregates: &mut A,
    sku: &Sku,
    location: &LocationId,
) -> Result<Vec<OrderId>, A::Error> {
    let orders = aggregates.reserving_orders(sku, location)?;
    aggregates.require(orders.iter().copied().map(StreamId::Order))?;
    let mut by_urgency = Vec::with_capacity(orders.len());
    for id in orders {
        let order = aggregates.order(id)?;
        if let Some(created) = order.created.as_ref().filter(|_| order.may_lose(sku, location)) {
            by_urgency.push((created.priority, Reverse(created.at), id));
        }
    }
    by_urgency.sort();
    by_urgency.truncate(MAX_ORDERS);
    Ok(by_urgency.into_iter().map(|(.., id)| id).collect())
}

/// Announces all streams together: each announcement may load from the journal.
fn load_what_sourcing_needs<A: Aggregates>(aggregates: &mut A, orders: &[OrderId]) -> Result<(), A::Error> {
    let mut streams = BTreeSet::from([StreamId::Policy]);
    for id in orders {
        streams.extend(aggregates.order(*id)?.lines().iter().map(|line| StreamId::Stock(line.sku.clone())));
    }
    let network = aggregates.network()?;
    aggregates.require(streams.into_iter().chain(capacity_streams(&network.locations)))
}

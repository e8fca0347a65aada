//! How every command on an order is carried out: first what time has brought, then the decision, then what it asks of
//! stock items.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_domain::consequences::{consequences, waits_no_more};
use holdfast_domain::order::{Order, OrderCommand, OrderEvent};
use holdfast_domain::stock::{StockCommand, StockItem};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{OrderId, Sku, Timestamp};
use holdfast_journal::OutcomeKind;

use super::promising::keep_room;
use super::reserve_inventory::{Sourcing, reserve_inventory, wait_anew};
use super::{Grant, Stop, World};

/// Carries out a command that is about one order and its stock items alone.
pub(super) fn change(world: &mut World<'_>, id: OrderId, command: &OrderCommand) -> Result<Grant, Stop> {
    order_to_change(world, id)?;
    decide(world, id, command)?;
    world.grant_order(OutcomeKind::Done, id)
}

/// The order as it is by now: what was held for it may have expired, and holds may be over, without anybody having
/// written it.
pub(super) fn order_to_change(world: &mut World<'_>, id: OrderId) -> Result<Arc<Order>, Stop> {
    world.order_to_change(id)?;
    up_to_date(world, id)
}

/// The same of an order that nobody has named a version of.
pub(super) fn up_to_date(world: &mut World<'_>, id: OrderId) -> Result<Arc<Order>, Stop> {
    let order = world.order(id)?;
    if order.due_at().is_none_or(|due| world.at < due) {
        return Ok(order);
    }
    decide(world, id, &OrderCommand::ExpireReservation(world.at))?;
    let waited = world.order(id)?.is_out_of_stock();
    let (after, _) = decide(world, id, &OrderCommand::AttendOrder(world.at))?;
    if waited && !after.is_out_of_stock() && after.wants_units() {
        reserve_inventory(world, id, &Sourcing::later())?;
    }
    world.order(id)
}

/// Decides on an order, and on its stock items what follows from it.
pub(super) fn decide(
    world: &mut World<'_>,
    id: OrderId,
    command: &OrderCommand,
) -> Result<(Arc<Order>, Vec<OrderEvent>), Stop> {
    let before = world.order(id)?;
    let (after, events) = world.decide::<Order>(&StreamId::Order(id), command)?;
    follow(world, &before, &after, &events)?;
    if before.fulfillment_orders != after.fulfillment_orders {
        keep_room(world, &before, &after)?;
    }
    if after.amendment_is_settled() {
        return Ok((settle_amendment(world, id)?, events));
    }
    Ok((after, events))
}

/// Nobody is left who might object to another address or delivery: it counts from now on.
fn settle_amendment(world: &mut World<'_>, id: OrderId) -> Result<Arc<Order>, Stop> {
    world.decide::<Order>(&StreamId::Order(id), &OrderCommand::SettleAmendment(world.at))?;
    wait_anew(world, id)?;
    world.order(id)
}

/// Lets stock items follow what happened to an order.
fn follow(
    world: &mut World<'_>,
    before: &Arc<Order>,
    after: &Order,
    events: &[OrderEvent],
) -> Result<(), Stop> {
    let mut order = Arc::clone(before);
    let mut commands = Vec::new();
    for (index, event) in events.iter().enumerate() {
        commands.extend(consequences(&order, event, world.at));
        if index + 1 < events.len() {
            cqrs_es::Aggregate::apply(Arc::make_mut(&mut order), event.clone());
        }
    }
    let waits = after.backordered_demand();
    let less = |(sku, units): (Sku, _)| (waits.get(&sku).is_none_or(|left| *left < units)).then_some(sku);
    let waited: Vec<Sku> = before.backordered_demand().into_iter().filter_map(less).collect();
    let skus: BTreeSet<&Sku> = commands.iter().map(|(sku, _)| sku).chain(&waited).collect();
    if skus.is_empty() {
        return Ok(());
    }
    world.want(skus.into_iter().cloned().map(StreamId::Stock).chain([StreamId::Network]), [])?;
    let mut freed: BTreeSet<Sku> = waited.iter().cloned().collect();
    for (sku, command) in commands {
        if !matches!(command, StockCommand::ReserveInventory { .. }) {
            freed.insert(sku.clone());
        }
        world.decide::<StockItem>(&StreamId::Stock(sku), &command)?;
    }
    for sku in waited {
        if let Some(command) = waits_no_more(after, &*world.stock(&sku)?) {
            world.decide::<StockItem>(&StreamId::Stock(sku), &command)?;
        }
    }
    freed.iter().try_for_each(|sku| settle(world, sku))
}

/// Frees what was held until now, and sets aside for the queue what is free: after anything that may have freed or added
/// units.
pub(super) fn settle(world: &mut World<'_>, sku: &Sku) -> Result<(), Stop> {
    let stream = StreamId::Stock(sku.clone());
    world.decide::<StockItem>(&stream, &StockCommand::ExpireReservations(world.at))?;
    let item = world.stock(sku)?;
    if item.queue.is_empty() && item.bins.values().all(|bin| bin.earmarked.is_zero()) {
        return Ok(());
    }
    let closed = world.network()?.closed();
    world.decide::<StockItem>(&stream, &StockCommand::EarmarkInventory { closed })?;
    Ok(())
}

/// Tells an order that waits when its units are expected, where that is not what it was told.
pub(super) fn promise(world: &mut World<'_>, id: OrderId, sku: &Sku) -> Result<(), Stop> {
    let told = world.order(id)?.promised.get(sku).copied();
    match world.stock(sku)?.news_for(id, told) {
        Some(promised_at) => tell(world, id, sku, promised_at),
        None => Ok(()),
    }
}

/// Tells an order that waits when its units are expected.
pub(super) fn tell(
    world: &mut World<'_>,
    id: OrderId,
    sku: &Sku,
    promised_at: Option<Timestamp>,
) -> Result<(), Stop> {
    let command = OrderCommand::ChangePromise { sku: sku.clone(), promised_at };
    world.decide::<Order>(&StreamId::Order(id), &command)?;
    let command = StockCommand::PromiseBackorder { order_id: id, promised_at };
    world.decide::<StockItem>(&StreamId::Stock(sku.clone()), &command)?;
    Ok(())
}

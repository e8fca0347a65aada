//! `FillBackorders`: give what is set aside for a SKU's queue to those whose turn it is, tell the others when theirs is
//! expected, and repair what a count left promised that is not there.
//!
//! Not a command from outside. Whatever adds supply sets it aside for the queue in its own decision, so that nobody else
//! can have it; to whom it goes is decided here, some orders at a time, however long the queue is.

use std::collections::BTreeSet;

use holdfast_domain::order::OrderCommand;
use holdfast_domain::stock::{FillBackorders, Share, StockCommand, StockItem};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{OrderId, Sku};
use holdfast_journal::OutcomeKind;

use super::changing::{decide, settle, tell, up_to_date};
use super::overcommitted::{give_up, overcommitted};
use super::promising::promises;
use super::reserve_inventory::follow_the_rest;
use super::{Grant, Handle, Stop, World};
use crate::world::grant;

/// Orders served, or told, by one decision.
const AT_ONCE: usize = 50;

impl Handle for FillBackorders {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let stream = StreamId::Stock(self.sku.clone());
        world.want([StreamId::Network, stream.clone()], [])?;
        settle(world, &self.sku)?;
        for location in overcommitted(world, &self.sku)? {
            give_up(world, &self.sku, &location)?;
        }
        let item = world.stock(&self.sku)?;
        let due: BTreeSet<OrderId> = item.due().take(AT_ONCE).map(|share| share.order_id).collect();
        let untold = item.untold().into_iter().map(|(order_id, _)| order_id).take(AT_ONCE);
        let orders: BTreeSet<OrderId> = due.iter().copied().chain(untold).collect();
        world.want(orders.iter().copied().map(StreamId::Order), [])?;
        // All at once: what an order of which all must come from one location waits for beside it.
        let mut beside = Vec::new();
        for order_id in &due {
            let order = world.order(*order_id)?;
            if order.must_come_from_one() {
                beside.extend(order.backordered_demand().into_keys().map(StreamId::Stock));
            }
        }
        world.want(beside, [])?;
        // What has expired waits no more, though nobody has told it so yet; what it waited for is then another's.
        for order_id in &due {
            up_to_date(world, *order_id)?;
        }
        serve(world, &self.sku, &orders)?;
        let untold = world.stock(&self.sku)?.untold().into_iter().filter(|(id, _)| orders.contains(id));
        for (order_id, promised_at) in untold.collect::<Vec<_>>() {
            tell(world, order_id, &self.sku, promised_at)?;
        }
        grant(OutcomeKind::Done, &serde_json::json!({}))
    }
}

/// Gives those among some orders whose turn it is what they may have: every turn divides anew what is set aside, so each
/// is looked up after the one before it.
fn serve(world: &mut World<'_>, sku: &Sku, orders: &BTreeSet<OrderId>) -> Result<(), Stop> {
    let mut turns = 0;
    while let Some(Share { order_id, allocations, .. }) = world.stock(sku)?.due().next() {
        turns += 1;
        if turns > AT_ONCE || !orders.contains(&order_id) {
            break;
        }
        let order = up_to_date(world, order_id)?;
        let given = allocations.iter().map(|allocation| allocation.quantity).sum();
        if order.backordered_demand().get(sku).is_none_or(|waits| *waits < given) {
            // It does not wait for it, whatever the queue says: nobody else waits for that.
            tracing::warn!(%order_id, "an order is taken out of a queue");
            take_out(world, sku, order_id)?;
            continue;
        }
        let givers = allocations.iter().map(|allocation| allocation.location.clone()).collect();
        let promises = promises(world, &order, &givers)?;
        let (of, at) = (sku.clone(), world.at);
        decide(world, order_id, &OrderCommand::FillBackorder { sku: of, allocations, promises, at })?;
        follow_the_rest(world, order_id)?;
    }
    Ok(())
}

fn take_out(world: &mut World<'_>, sku: &Sku, order_id: OrderId) -> Result<(), Stop> {
    let Some(created) = world.order(order_id)?.created.clone() else {
        return Err(Stop::Failed(format!("{order_id} waits and does not exist")));
    };
    let quantity = world.stock(sku)?.waiting_for(order_id);
    let (channel, ordered_at) = (created.channel.clone(), created.at);
    let command = StockCommand::WithdrawBackorder { order_id, channel, ordered_at, quantity };
    world.decide::<StockItem>(&StreamId::Stock(sku.clone()), &command)?;
    settle(world, sku)
}

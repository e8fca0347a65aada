//! `FillBackorders`: give what is set aside for a SKU's queue to those whose turn it is, tell the others when theirs is
//! expected, and repair what a count left promised that is not there.
//!
//! Not a command from outside. Whatever adds supply sets it aside for the queue in its own decision, so that nobody else
//! can have it; to whom it goes is decided here, some orders at a time, however long the queue is.

use holdfast_domain::order::OrderCommand;
use holdfast_domain::stock::{FillBackorders, Share, StockCommand, StockItem};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::OrderId;
use holdfast_journal::OutcomeKind;

use super::changing::{decide, promise, settle};
use super::overcommitted::{give_up, overcommitted};
use super::promising::promises;
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
        let due: Vec<Share> = item.due().take(AT_ONCE).collect();
        let untold: Vec<OrderId> =
            item.untold().into_iter().map(|(order_id, _)| order_id).take(AT_ONCE).collect();
        let orders = due.iter().map(|share| share.order_id).chain(untold.iter().copied());
        world.want(orders.map(StreamId::Order), [])?;
        for Share { order_id, allocations, .. } in due {
            let (sku, at) = (self.sku.clone(), world.at);
            let order = world.order(order_id)?;
            let givers = allocations.iter().map(|allocation| allocation.location.clone()).collect();
            let promises = promises(world, &order, &givers)?;
            match decide(world, order_id, &OrderCommand::FillBackorder { sku, allocations, promises, at }) {
                Ok(_) => {}
                // It does not wait for it, whatever the queue says: nobody else waits for that.
                Err(Stop::Refused(refused)) => {
                    tracing::warn!(%order_id, code = refused.code, "an order is taken out of a queue");
                    take_out(world, &stream, order_id)?;
                }
                Err(stop) => return Err(stop),
            }
        }
        for order_id in untold {
            promise(world, order_id, &self.sku)?;
        }
        grant(OutcomeKind::Done, &serde_json::json!({}))
    }
}

fn take_out(world: &mut World<'_>, stream: &StreamId, order_id: OrderId) -> Result<(), Stop> {
    let Some(created) = world.order(order_id)?.created.clone() else {
        return Err(Stop::Failed(format!("{order_id} waits and does not exist")));
    };
    let StreamId::Stock(sku) = stream else { return Ok(()) };
    let quantity = world.stock(sku)?.waiting_for(order_id);
    let channel = created.channel.clone();
    let command = StockCommand::WithdrawBackorder { order_id, channel, quantity };
    world.decide::<StockItem>(stream, &command)?;
    Ok(())
}

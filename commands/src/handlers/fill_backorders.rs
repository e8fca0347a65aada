//! `FillBackorders`: give what is set aside for a SKU's queue to those whose turn it is.
//!
//! Not a command from outside. Whatever adds supply sets it aside for the queue in its own decision, so that nobody else
//! can have it; to whom it goes is decided here, some orders at a time, however long the queue is.

use holdfast_domain::order::{Order, OrderCommand};
use holdfast_domain::stock::{FillBackorders, Share, StockCommand, StockItem};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::Sku;
use holdfast_journal::OutcomeKind;

use super::{Grant, Handle, Stop, World};
use crate::world::grant;

/// Orders served by one decision.
const AT_ONCE: usize = 50;

impl Handle for FillBackorders {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let stream = StreamId::Stock(self.sku.clone());
        world.want([StreamId::Network, stream.clone()], [])?;
        earmark(world, &self.sku)?;
        let due: Vec<Share> = world.stock(&self.sku)?.due().take(AT_ONCE).collect();
        world.want(due.iter().map(|share| StreamId::Order(share.order_id)), [])?;
        for Share { order_id, allocations, .. } in due {
            let (sku, given) = (self.sku.clone(), allocations.clone());
            let fill = OrderCommand::FillBackorder { sku, allocations: given };
            let next = match world.decide::<Order>(&StreamId::Order(order_id), &fill) {
                Ok(_) => StockCommand::FillBackorder { order_id, allocations },
                // It does not wait for it, whatever the queue says: nobody else waits for that.
                Err(Stop::Refused(refused)) => {
                    tracing::warn!(%order_id, code = refused.code, "an order is taken out of a queue");
                    StockCommand::WithdrawBackorder { order_id }
                }
                Err(stop) => return Err(stop),
            };
            world.decide::<StockItem>(&stream, &next)?;
        }
        grant(OutcomeKind::Done, &serde_json::json!({}))
    }
}

/// Sets aside for the queue what is free, after anything that may have freed or added units.
pub(super) fn earmark(world: &mut World<'_>, sku: &Sku) -> Result<(), Stop> {
    let network = world.network()?;
    let paused = network.locations.iter().filter(|(_, location)| location.paused.is_some());
    let closed = paused.map(|(id, _)| id.clone()).collect();
    let command = StockCommand::EarmarkInventory { closed };
    world.decide::<StockItem>(&StreamId::Stock(sku.clone()), &command)?;
    Ok(())
}

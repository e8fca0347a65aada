//! `AcceptCancellation`: a location leaves its part, or units of it, to nobody or to another location.

use holdfast_domain::order::{AcceptCancellation, OrderCommand};
use holdfast_domain::stream::StreamId;
use holdfast_journal::OutcomeKind;

use super::changing::{decide, order_to_change};
use super::promising::promises;
use super::reserve_inventory::{follow_the_rest, make_room};
use super::{Grant, Handle, Stop, World};

impl Handle for AcceptCancellation {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.fulfillment_order_id.order();
        world.want([StreamId::Network, StreamId::Order(id)], [])?;
        let order = order_to_change(world, id)?;
        let part = order.fulfillment_order(self.fulfillment_order_id);
        let taker = part.and_then(|part| part.asked.as_ref()?.move_to.clone());
        if taker.is_some() {
            make_room(world, &order)?;
        }
        let promises = promises(world, &order, &taker.into_iter().collect())?;
        decide(world, id, &OrderCommand::AcceptCancellation(self.clone(), promises))?;
        follow_the_rest(world, id)?;
        world.grant_order(OutcomeKind::Done, id)
    }
}

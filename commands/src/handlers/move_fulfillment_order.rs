//! `MoveFulfillmentOrder`: let another location take a part of an order over.

use holdfast_domain::order::{MoveFulfillmentOrder, OrderCommand};
use holdfast_domain::stream::StreamId;
use holdfast_journal::OutcomeKind;

use super::changing::{decide, order_to_change};
use super::promising::promises;
use super::reserve_inventory::{follow_the_rest, make_room};
use super::{Grant, Handle, Stop, World};

impl Handle for MoveFulfillmentOrder {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.fulfillment_order_id.order();
        world.want([StreamId::Network, StreamId::Order(id)], [])?;
        world.network()?.location(&self.location, "/location")?;
        let order = order_to_change(world, id)?;
        make_room(world, &order)?;
        let promises = promises(world, &order, &[self.location.clone()].into())?;
        decide(world, id, &OrderCommand::MoveFulfillmentOrder(self.clone(), promises))?;
        follow_the_rest(world, id)?;
        world.grant_order(OutcomeKind::Done, id)
    }
}

//! `AcceptCancellation`: a location leaves its part, or units of it, to nobody or to another location.

use holdfast_domain::order::{AcceptCancellation, OrderCommand, Takeover};
use holdfast_domain::stream::StreamId;
use holdfast_journal::OutcomeKind;

use super::changing::{decide, order_to_change};
use super::promising::promises;
use super::reserve_inventory::{follow_the_rest, look_elsewhere, make_room};
use super::{Grant, Handle, Stop, World};

impl Handle for AcceptCancellation {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.fulfillment_order_id.order();
        world.want([StreamId::Network, StreamId::Order(id)], [])?;
        let order = order_to_change(world, id)?;
        let part = order.fulfillment_order(self.fulfillment_order_id);
        let from = part.map(|part| part.location.clone());
        let taker = order.takeover_of(self.fulfillment_order_id);
        let mut takeover = Takeover::Possible;
        if let Some((taker, demand)) = &taker {
            make_room(world, &order)?;
            for (sku, units) in demand {
                if world.stock(sku)?.available_at(taker) < *units {
                    takeover = Takeover::Impossible;
                }
            }
        }
        let promises = promises(world, &order, &taker.into_iter().map(|(taker, _)| taker.clone()).collect())?;
        decide(world, id, &OrderCommand::AcceptCancellation(self.clone(), promises, takeover))?;
        if takeover == Takeover::Impossible {
            look_elsewhere(world, id, from)?;
        }
        follow_the_rest(world, id)?;
        world.grant_order(OutcomeKind::Done, id)
    }
}

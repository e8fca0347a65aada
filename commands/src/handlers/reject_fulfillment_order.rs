//! `RejectFulfillmentOrder`: a location does not take its part on; its units are looked for elsewhere.

use holdfast_domain::order::{
    FulfillmentOrderLines, Order, OrderCommand, OrderEvent, RejectFulfillmentOrder,
};
use holdfast_domain::stream::StreamId;
use holdfast_journal::OutcomeKind;

use super::cancel_order::release;
use super::fill_backorders::earmark;
use super::reserve_inventory::{Sourcing, reserve_inventory, stock_of};
use super::{Grant, Handle, Stop, World};

impl Handle for RejectFulfillmentOrder {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.fulfillment_order_id.order();
        let before = world.order_to_change(id)?;
        world.want(stock_of(&before).chain([StreamId::Network, StreamId::Policy]), [])?;
        let command = OrderCommand::RejectFulfillmentOrder(self.clone());
        let (order, events) = world.decide::<Order>(&StreamId::Order(id), &command)?;
        let part = order.fulfillment_order(self.fulfillment_order_id);
        if let (Some(OrderEvent::FulfillmentOrderRejected(rejected)), Some(part)) = (events.first(), part) {
            let (fulfillment_order_id, location) = (part.id, part.location.clone());
            let lines = rejected.lines.clone();
            let given_back = FulfillmentOrderLines { fulfillment_order_id, location, lines };
            release(world, &order, &[given_back])?;
            for sku in order.lines().iter().map(|line| &line.sku) {
                earmark(world, sku)?;
            }
            if !order.pending_demand().is_empty() {
                reserve_inventory(world, id, &Sourcing::after_rejection_by(&part.location))?;
            }
        }
        world.grant_order(OutcomeKind::Done, id)
    }
}

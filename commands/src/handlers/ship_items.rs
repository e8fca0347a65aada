//! `ShipItems`: record that parcels left; their units are off the stock.

use holdfast_domain::order::{OrderCommand, OrderEvent, OrderView, ShipItems};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::ShipmentId;
use holdfast_journal::OutcomeKind;
use schemars::JsonSchema;
use serde::Serialize;

use super::changing::{decide, order_to_change};
use super::reserve_inventory::look_elsewhere;
use super::{Grant, Handle, Stop, World};
use crate::claims::tracking_number;
use crate::world::grant;

/// The order, and the shipment that was made.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shipped {
    /// The shipment.
    shipment_id: ShipmentId,
    /// The order.
    #[serde(flatten)]
    order: OrderView,
}

impl Handle for ShipItems {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.fulfillment_order_id.order();
        let numbers = self.packages.iter().filter_map(|package| {
            Some(tracking_number(package.carrier.as_ref()?, package.tracking_number.as_ref()?))
        });
        world.want([StreamId::Order(id), StreamId::Policy], numbers)?;
        let before = order_to_change(world, id)?;
        let part = before.fulfillment_order(self.fulfillment_order_id);
        let gave_back = part.map(|part| part.location.clone());
        let waited = before.pending_demand();
        let stuck_after = world.policy()?.rules.stuck_after;
        let command = OrderCommand::ShipItems(self.clone(), stuck_after, world.at);
        let (order, events) = decide(world, id, &command)?;
        let created = events.iter().find_map(|event| match event {
            OrderEvent::ShipmentCreated(created) => Some(created.shipment_id),
            _ => None,
        });
        let Some(shipment_id) = created else {
            return Err(Stop::Failed("shipping made no shipment".to_owned()));
        };
        if order.wants_more_than(&waited) {
            look_elsewhere(world, id, gave_back)?;
        }
        let order = world.order_view(id)?;
        grant(OutcomeKind::Created, &Shipped { shipment_id, order })
    }
}

//! `ShipItems`: record that parcels left, and take their units off the stock.

use std::collections::BTreeMap;

use holdfast_domain::order::{Order, OrderCommand, OrderEvent, OrderView, ShipItems, ShipmentCreated};
use holdfast_domain::stock::{StockCommand, StockItem};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{ShipmentId, Sku, Units};
use holdfast_journal::OutcomeKind;
use schemars::JsonSchema;
use serde::Serialize;

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
        let before = world.order_to_change(id)?;
        let numbers =
            self.packages.iter().map(|package| tracking_number(&package.carrier, &package.tracking_number));
        world.want(before.lines().iter().map(|line| StreamId::Stock(line.sku.clone())), numbers)?;
        let stream = StreamId::Order(id);
        let command = OrderCommand::ShipItems(self.clone(), world.at);
        let (order, events) = world.decide::<Order>(&stream, &command)?;
        let Some(OrderEvent::ShipmentCreated(created)) = events.first() else {
            return Err(Stop::Failed("shipping made no shipment".to_owned()));
        };
        for (sku, quantity) in units(&order, created) {
            let command = StockCommand::ShipInventory {
                order_id: id,
                shipment_id: created.shipment_id,
                location: created.location.clone(),
                quantity,
                at: world.at,
            };
            world.decide::<StockItem>(&StreamId::Stock(sku), &command)?;
        }
        let order = world.order_view(id)?;
        grant(OutcomeKind::Created, &Shipped { shipment_id: created.shipment_id, order })
    }
}

fn units(order: &Order, created: &ShipmentCreated) -> BTreeMap<Sku, Units> {
    let mut sums = BTreeMap::new();
    for units in created.packages.iter().flat_map(|package| &package.lines) {
        if let Some(line) = order.lines().get(units.line.index()) {
            *sums.entry(line.sku.clone()).or_default() += units.quantity;
        }
    }
    sums
}

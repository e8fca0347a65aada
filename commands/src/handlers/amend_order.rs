//! `AmendOrder`: change what was ordered, where it goes and how; what is more is reserved in the same decision.

use holdfast_domain::Class;
use holdfast_domain::order::{AmendOrder, Change, DeliveryIntent, OrderCommand, ShipTo};
use holdfast_domain::stream::StreamId;
use holdfast_journal::OutcomeKind;

use super::changing::{decide, order_to_change};
use super::reserve_inventory::{Sourcing, reserve_inventory, wait_anew};
use super::{Grant, Handle, Stop, World};
use crate::answer::Refused;

impl Handle for AmendOrder {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.order_id;
        let before = order_to_change(world, id)?;
        check_names(self, world)?;
        // What waits for a decision of somebody, or to be paid, waits on.
        let had_all = before.pending_demand().is_empty();
        let command = OrderCommand::AmendOrder(Box::new(self.clone()), world.at);
        let (order, _) = decide(world, id, &command)?;
        if had_all && order.wants_units() {
            // As long as locations are asked it goes where it was to go.
            let at_once = self.ship_to.as_ref().filter(|_| order.amendment.is_none());
            let place = at_once.and_then(ShipTo::coordinates);
            reserve_inventory(world, id, &Sourcing::of_new_units(place))?;
        }
        if self.delivery.is_some() {
            wait_anew(world, id)?;
        }
        world.grant_order(OutcomeKind::Done, id)
    }
}

/// Every new SKU must have been seen, and the location of a new delivery registered.
fn check_names(amend: &AmendOrder, world: &mut World<'_>) -> Result<(), Stop> {
    let changes = amend.changes.iter().flatten().enumerate();
    let added = changes.filter_map(|(index, change)| match change {
        Change::Add(line) => Some((index, &line.sku)),
        Change::SetQuantity(_) | Change::Remove(_) => None,
    });
    let added: Vec<_> = added.collect();
    let streams = added.iter().map(|(_, sku)| StreamId::Stock((*sku).clone()));
    world.want(streams.chain([StreamId::Network]), [])?;
    for (index, sku) in added {
        if !world.stock(sku)?.is_known() {
            let refused = Refused::new("unknown_sku", Class::Invalid, format!("the SKU {sku} is not known"));
            return Err(Stop::Refused(refused.at(format!("/changes/{index}/sku"))));
        }
    }
    if let Some(location) = amend.delivery.as_ref().and_then(DeliveryIntent::bound_to) {
        world.network()?.location(location, "/delivery/location")?;
    }
    Ok(())
}

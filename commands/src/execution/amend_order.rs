//! `AmendOrder`: changes lines, address, delivery or terms of an order.

use holdfast_domain::fulfillment::{self, Aggregates};
use holdfast_domain::order::{AmendOrder, Change, DeliveryIntent, OrderCommand};
use holdfast_domain::stream::StreamId;
use holdfast_journal::OutcomeKind;

use super::create_order::{check_location, check_sku};
use super::unit_of_work::{Accepted, Stop, UnitOfWork};

pub(super) fn amend(unit: &mut UnitOfWork<'_>, command: &AmendOrder) -> Result<Accepted, Stop> {
    let id = command.order_id;
    unit.check_version(id)?;
    let changes = command.changes.iter().flatten().enumerate();
    let added: Vec<_> = changes
        .filter_map(|(index, change)| match change {
            Change::Add(line) => Some((index, &line.sku)),
            Change::SetQuantity(_) | Change::Remove(_) => None,
        })
        .collect();
    let stock = added.iter().map(|(_, sku)| StreamId::Stock((*sku).clone()));
    unit.require(stock.chain([StreamId::Network]))?;
    for (index, sku) in added {
        check_sku(unit, sku, format!("/changes/{index}/sku"))?;
    }
    check_location(unit, command.delivery.as_ref().and_then(DeliveryIntent::pinned_location))?;
    let amend = OrderCommand::AmendOrder(Box::new(command.clone()), unit.at);
    fulfillment::amend(unit, id, &amend)?;
    unit.accept_order(OutcomeKind::Done, id)
}

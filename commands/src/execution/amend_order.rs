//! `AmendOrder`: changes lines, address, delivery or terms of an order.

use holdfast_domain::fulfillment::{self, Aggregates};
use holdfast_domain::order::{AmendOrder, Change, DeliveryIntent, OrderCommand, sent_indexes};
use holdfast_domain::stream::StreamId;
use holdfast_journal::OutcomeKind;

use super::create_order::{check_line, check_location};
use super::unit_of_work::{Accepted, Stop, UnitOfWork};

pub(super) fn amend(unit: &mut UnitOfWork<'_>, command: &AmendOrder) -> Result<Accepted, Stop> {
    let id = command.order_id;
    let order = unit.check_version(id)?;
    let mut command = Box::new(command.clone());
    let added = command.changes.iter().flatten().filter_map(Change::added);
    let stock: Vec<_> = added.map(|line| StreamId::Stock(line.sku.clone())).collect();
    unit.require(stock.into_iter().chain([StreamId::Network]))?;
    if let Some(changes) = command.changes.take() {
        let changes = fulfillment::complete_changes(unit, changes, order.digits())?;
        for (index, change) in sent_indexes(changes.iter().map(Change::bundle)).zip(&changes) {
            if let Some(line) = change.added() {
                check_line(unit, line, format!("/changes/{index}/sku"))?;
            }
        }
        command.changes = Some(changes);
    }
    check_location(unit, command.delivery.as_ref().and_then(DeliveryIntent::pinned_location))?;
    let amend = OrderCommand::AmendOrder(command, unit.at);
    fulfillment::amend(unit, id, &amend)?;
    unit.accept_order(OutcomeKind::Done, id)
}

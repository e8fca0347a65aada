//! `AmendOrder`: changes lines, address, delivery or terms of an order.

use holdfast_domain::fulfillment::{self, Aggregates};
use holdfast_domain::order::{AmendOrder, DeliveryIntent, OrderCommand};
use holdfast_domain::stream::StreamId;
use holdfast_journal::OutcomeKind;

use super::create_order::{check_line, check_location};
use super::unit_of_work::{Accepted, Stop, UnitOfWork};

pub(super) fn amend(unit: &mut UnitOfWork<'_>, command: &AmendOrder) -> Result<Accepted, Stop> {
    let id = command.order_id;
    unit.check_version(id)?;
    let mut command = Box::new(command.clone());
    let added: Vec<_> =
        fulfillment::added_lines(command.changes.as_deref_mut().unwrap_or_default()).collect();
    let stock = added.iter().map(|(_, line)| StreamId::Stock(line.sku.clone()));
    unit.require(stock.chain([StreamId::Network]))?;
    for (index, line) in added {
        fulfillment::complete_lines(unit, [&mut *line])?;
        check_line(unit, line, format!("/changes/{index}/sku"))?;
    }
    check_location(unit, command.delivery.as_ref().and_then(DeliveryIntent::pinned_location))?;
    let amend = OrderCommand::AmendOrder(command, unit.at);
    fulfillment::amend(unit, id, &amend)?;
    unit.accept_order(OutcomeKind::Done, id)
}

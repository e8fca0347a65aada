//! `CreateOrder`: creates an order and, depending on its policy, reserves its units in the same decision.

use std::collections::BTreeSet;

use holdfast_domain::Class;
use holdfast_domain::fulfillment::{self, Aggregates};
use holdfast_domain::order::{CreateOrder, CreationTerms, NewLine, OrderCommand, sent_indexes};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{Currency, LocationId, OrderId, Sku, Text};
use holdfast_journal::{ClaimKey, OutcomeKind};

use super::unit_of_work::{Accepted, Stop, UnitOfWork};
use crate::answer::Refused;
use crate::claims::channel_reference;
use crate::privacy::to_hex;

pub(super) fn create(unit: &mut UnitOfWork<'_>, order: &CreateOrder) -> Result<Accepted, Stop> {
    let reference = order.channel_ref.as_ref().map(|name| channel_reference(&order.channel, name));
    let new_id = order.order_id.unwrap_or(unit.context().order_id);
    let skus: BTreeSet<&Sku> = order.lines.iter().map(|line| &line.sku).collect();
    let streams = [StreamId::Policy, StreamId::Network, StreamId::Order(new_id)];
    let stock = skus.into_iter().cloned().map(StreamId::Stock);
    let cart = order.reservation.map(StreamId::CartReservation);
    unit.require_with_claims(streams.into_iter().chain(stock).chain(cart), reference.clone())?;

    let id = existing_order(unit, reference.as_ref())?.unwrap_or(new_id);
    let is_new = unit.check_version(id)?.created.is_none();
    let rules = unit.policy()?.for_channel(&order.channel);
    let content = content(unit)?;
    let terms = CreationTerms { order_id: id, rules, content };
    let mut new = Box::new(order.clone());
    if is_new {
        let digits = order.currency.as_ref().map(Currency::digits);
        new.lines = fulfillment::complete_lines(unit, std::mem::take(&mut new.lines), digits)?;
        check_lines(unit, &new.lines)?;
        check_location(unit, order.delivery.as_ref().and_then(|delivery| delivery.location.as_ref()))?;
    }
    let command = OrderCommand::CreateOrder(new, terms, unit.at);
    // If the order exists: the same content is answered with the order, other content is refused.
    let pointer = if order.channel_ref.is_some() { "/channelRef" } else { "/orderId" };
    fulfillment::create(unit, id, &command)
        .map_err(|stop| stop.about("order_exists", pointer).about_field("/reservationId", "/reservation"))?;
    unit.accept_order(if is_new { OutcomeKind::Created } else { OutcomeKind::Done }, id)
}

/// A keyed digest of the request.
pub(super) fn content(unit: &UnitOfWork<'_>) -> Result<Text<64>, Stop> {
    Text::new(&to_hex(&unit.context().fingerprint)).map_err(|error| Stop::Failed(error.to_string()))
}

/// The existing order with the same channel reference.
fn existing_order(unit: &mut UnitOfWork<'_>, reference: Option<&ClaimKey>) -> Result<Option<OrderId>, Stop> {
    let Some(reference) = reference else { return Ok(None) };
    Ok(match unit.claim(reference)? {
        Some(StreamId::Order(known)) => Some(known),
        _ => None,
    })
}

/// The SKUs of lines that require stock must have stock records.
pub(super) fn check_lines(unit: &mut UnitOfWork<'_>, lines: &[NewLine]) -> Result<(), Stop> {
    let indexes = sent_indexes(lines.iter().map(|line| line.bundle.as_ref()));
    indexes.zip(lines).try_for_each(|(index, line)| check_line(unit, line, format!("/lines/{index}/sku")))
}

/// The SKU of a line that requires stock must have stock records.
pub(super) fn check_line(unit: &mut UnitOfWork<'_>, line: &NewLine, pointer: String) -> Result<(), Stop> {
    if line.requires_stock == Some(false) { Ok(()) } else { check_sku(unit, &line.sku, pointer) }
}

/// A SKU must have stock records.
pub(super) fn check_sku(unit: &mut UnitOfWork<'_>, sku: &Sku, pointer: String) -> Result<(), Stop> {
    if unit.stock(sku)?.has_stock_records {
        return Ok(());
    }
    let message = format!("SKU {sku} has no stock records; receive or expect stock of it first");
    Err(Stop::Refused(Refused::new("unknown_sku", Class::Invalid, message).at(pointer)))
}

/// The location of a delivery must be registered.
pub(super) fn check_location(unit: &mut UnitOfWork<'_>, location: Option<&LocationId>) -> Result<(), Stop> {
    if let Some(location) = location {
        unit.network()?.location(location, "/delivery/location")?;
    }
    Ok(())
}

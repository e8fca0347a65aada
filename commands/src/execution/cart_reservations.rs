//! Commands on cart reservations.

use std::collections::BTreeSet;

use holdfast_domain::cart_reservation::{
    CancelCartReservation, ExpireCartReservation, ExtendCartReservation, ReserveCart, ends_at,
};
use holdfast_domain::fulfillment::{self, Aggregates};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{CartReservationId, Sku};
use holdfast_journal::OutcomeKind;
use holdfast_views::CartReservationView;

use super::create_order::{check_lines, content};
use super::unit_of_work::{Accepted, Stop, UnitOfWork, accepted};

pub(super) fn reserve(unit: &mut UnitOfWork<'_>, command: &ReserveCart) -> Result<Accepted, Stop> {
    let id = command.reservation_id.unwrap_or_else(|| CartReservationId::new(unit.context().order_id.uuid()));
    let skus: BTreeSet<&Sku> = command.lines.iter().map(|line| &line.sku).collect();
    let streams = [StreamId::Policy, StreamId::Network, StreamId::CartReservation(id)];
    unit.require(streams.into_iter().chain(skus.into_iter().cloned().map(StreamId::Stock)))?;
    let is_new = unit.cart_reservation(id)?.reserved.is_none();
    if is_new {
        let lines = fulfillment::complete_lines(unit, fulfillment::cart_lines(command), None)?;
        check_lines(unit, &lines)?;
        if let Some(location) = &command.pickup_location {
            unit.network()?.location(location, "/pickupLocation")?;
        }
    }
    let period = command.expires_after.unwrap_or(unit.policy()?.rules.cart_reservation_for);
    let (content, until) = (content(unit)?, ends_at(unit.at, period)?);
    fulfillment::reserve_cart(unit, id, command, content, until)
        .map_err(|stop| stop.about_field("/shipTo/country", "/destination/country"))?;
    answer(unit, if is_new { OutcomeKind::Created } else { OutcomeKind::Done }, id)
}

pub(super) fn extend(unit: &mut UnitOfWork<'_>, command: &ExtendCartReservation) -> Result<Accepted, Stop> {
    let id = command.reservation_id;
    unit.require([StreamId::Policy, StreamId::CartReservation(id)])?;
    let period = command.expires_after.unwrap_or(unit.policy()?.rules.cart_reservation_for);
    fulfillment::extend_cart(unit, id, ends_at(unit.at, period)?)?;
    answer(unit, OutcomeKind::Done, id)
}

pub(super) fn cancel(unit: &mut UnitOfWork<'_>, command: &CancelCartReservation) -> Result<Accepted, Stop> {
    fulfillment::cancel_cart(unit, command)?;
    answer(unit, OutcomeKind::Done, command.reservation_id)
}

pub(super) fn expire(unit: &mut UnitOfWork<'_>, command: &ExpireCartReservation) -> Result<Accepted, Stop> {
    fulfillment::expire_cart(unit, command.reservation_id)?;
    answer(unit, OutcomeKind::Done, command.reservation_id)
}

/// The answer of an accepted command with the reservation as its body.
fn answer(unit: &mut UnitOfWork<'_>, kind: OutcomeKind, id: CartReservationId) -> Result<Accepted, Stop> {
    let cart = unit.cart_reservation(id)?;
    let view = CartReservationView::of(&cart, unit.at);
    accepted(kind, &view.ok_or_else(|| Stop::Failed(format!("reservation {id} does not exist")))?)
}

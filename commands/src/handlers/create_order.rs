//! `CreateOrder`: take an order and, where its policy says so, reserve its units in the same decision.

use std::collections::BTreeSet;

use holdfast_domain::Class;
use holdfast_domain::order::{
    CreateOrder, CreationTerms, Order, OrderCommand, OrderRefusal, PaymentTerms, ShipTo,
};
use holdfast_domain::policy::ReserveAt;
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{OrderId, Text};
use holdfast_journal::{ClaimKey, OutcomeKind};

use super::reserve_inventory::{Sourcing, reserve_inventory};
use super::{Grant, Handle, Stop, World};
use crate::answer::Refused;
use crate::claims::channel_reference;
use crate::privacy::to_hex;

impl Handle for CreateOrder {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let id = self.order_id.unwrap_or(world.request().order_id);
        let reference = claim(self);
        world.want(
            [StreamId::Policy, StreamId::Network, StreamId::Order(id)].into_iter().chain(stock_items(self)),
            reference.clone(),
        )?;
        if let Some(known) = known_order(world, id, reference.as_ref())? {
            return same_again(self, world, known);
        }

        let rules = world.policy()?.for_channel(&self.channel);
        let terms = CreationTerms {
            order_id: id,
            reserve_at: reserve_at(self, rules.reserve_at),
            on_shortage: rules.on_shortage,
            allow_split: rules.allow_split,
            reserve_for: rules.reserve_for,
            content: content(world)?,
        };
        let stream = StreamId::Order(id);
        let command = OrderCommand::CreateOrder(Box::new(self.clone()), terms, world.at);
        world.decide::<Order>(&stream, &command)?;
        check_names(self, world)?;
        if reserve_at(self, rules.reserve_at) == ReserveAt::Creation {
            let place = self.ship_to.as_ref().and_then(ShipTo::coordinates);
            reserve_inventory(world, id, &Sourcing::of_new_units(place))?;
        }
        world.grant_order(OutcomeKind::Created, id)
    }
}

/// An order that needs no payment waits for none, whatever the policy says.
fn reserve_at(order: &CreateOrder, policy: ReserveAt) -> ReserveAt {
    match order.payment {
        Some(PaymentTerms::NotRequired) => ReserveAt::Creation,
        _ => policy,
    }
}

/// The keyed digest of the request, as it is kept in the event.
fn content(world: &World<'_>) -> Result<Text<64>, Stop> {
    Text::new(&to_hex(&world.request().fingerprint)).map_err(|e| Stop::Failed(e.to_string()))
}

/// The channel's name for the order, which no other order may have.
fn claim(order: &CreateOrder) -> Option<ClaimKey> {
    let reference = order.channel_ref.as_ref()?;
    Some(channel_reference(&order.channel, reference))
}

fn stock_items(order: &CreateOrder) -> impl Iterator<Item = StreamId> {
    let skus: BTreeSet<_> = order.lines.iter().map(|line| line.sku.clone()).collect();
    skus.into_iter().map(StreamId::Stock)
}

/// The order that this one is already, by its channel's name or its own id.
fn known_order(
    world: &mut World<'_>,
    id: OrderId,
    claim: Option<&ClaimKey>,
) -> Result<Option<OrderId>, Stop> {
    if let Some(claim) = claim
        && let Some(StreamId::Order(known)) = world.claim(claim)?
    {
        return Ok(Some(known));
    }
    Ok(world.order(id)?.id())
}

/// The same order sent again under another key is granted as it is; a different one is refused.
fn same_again(order: &CreateOrder, world: &mut World<'_>, known: OrderId) -> Result<Grant, Stop> {
    let content = content(world)?;
    let existing = world.order_to_change(known)?;
    if existing.created.as_ref().is_some_and(|created| created.content == content) {
        return world.grant_order(OutcomeKind::Done, known);
    }
    let pointer = if order.channel_ref.is_some() { "/channelRef" } else { "/orderId" };
    Err(Stop::Refused(Refused::from(OrderRefusal::OrderExists(known)).at(pointer)))
}

/// Every SKU must have been seen, and the location of its delivery registered.
fn check_names(order: &CreateOrder, world: &mut World<'_>) -> Result<(), Stop> {
    for (index, line) in order.lines.iter().enumerate() {
        if !world.stock(&line.sku)?.is_known() {
            let refused =
                Refused::new("unknown_sku", Class::Invalid, format!("the SKU {} is not known", line.sku));
            return Err(Stop::Refused(refused.at(format!("/lines/{index}/sku"))));
        }
    }
    if let Some(location) = order.delivery.as_ref().and_then(|delivery| delivery.location.as_ref()) {
        world.network()?.location(location, "/delivery/location")?;
    }
    Ok(())
}

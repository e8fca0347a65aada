//! The location of a fulfillment order: it accepts the work, rejects it, or another location takes the work over.

use super::cancellation_request::cancel_returned;
use super::pick_pack::{actionable, can_work};
use super::{FulfillmentLine, FulfillmentOrder};
use crate::command::commands;
use crate::order::decision::{Decision, confirm_reservation, find_fulfillment_order};
use crate::order::events::{
    CancellationRequested, FulfillmentOrderAccepted, FulfillmentOrderMoved, FulfillmentOrderRejected,
    InventoryReleased, OrderEvent,
};
use crate::order::hold::widen;
use crate::order::lines::has_open;
use crate::order::refusals::OrderRefusal;
use crate::order::reserve::Promises;
use crate::order::state::Order;
use crate::values::{FulfillmentOrderId, Literal, LocationId, Reference, Text};

/// The reason of a request to release units to another location, where the command has none.
const MOVED: Literal = Literal::new("moved");

commands! {
    /// Reports that a location accepts a fulfillment order. From then on the location must agree before units are cancelled
    /// or moved.
    AcceptFulfillmentOrder {
        fulfillment_order_id: FulfillmentOrderId,
        /// Its name in the warehouse's own system.
        wms_ref: Option<Reference>,
        /// The wave that it is picked in.
        wave_ref: Option<Reference>,
    }
    /// Reports that a location rejects a fulfillment order. Its units are sourced elsewhere.
    RejectFulfillmentOrder {
        fulfillment_order_id: FulfillmentOrderId,
        reason: Text<500>,
    }
    /// Moves a fulfillment order to another location. A location that has acknowledged it must agree.
    MoveFulfillmentOrder {
        fulfillment_order_id: FulfillmentOrderId,
        /// The target location.
        location: LocationId,
        /// Whether the target may be paused, or may have rejected the order. Default: false.
        force: Option<bool>,
        reason: Option<Text<500>>,
    }
}

/// The target location of a move.
#[derive(Debug, Clone, Default, PartialEq)]
#[allow(missing_docs, reason = "documented where the name does not say it")]
pub struct MoveTarget {
    pub is_paused: bool,
    pub promises: Promises,
}

/// The location can accept the fulfillment order.
pub(in crate::order) fn can_accept(
    order: &Order,
    fulfillment: &FulfillmentOrder,
) -> Result<(), OrderRefusal> {
    can_work(order, fulfillment)?;
    has_open(fulfillment, FulfillmentLine::outstanding)?;
    if fulfillment.accepted { Err(OrderRefusal::AlreadyAccepted) } else { Ok(()) }
}

pub(in crate::order) fn accept(order: &Order, command: &AcceptFulfillmentOrder) -> Decision {
    let fulfillment = actionable(order, command.fulfillment_order_id)?;
    can_accept(order, fulfillment)?;
    let accepted = FulfillmentOrderAccepted {
        fulfillment_order_id: fulfillment.id,
        wms_ref: command.wms_ref.clone(),
        wave_ref: command.wave_ref.clone(),
    };
    Ok(std::iter::once(accepted.into()).chain(confirm_reservation(order)).collect())
}

/// The location can reject the fulfillment order. On hold it cannot: the units would leave from another location, where the
/// hold does not apply.
pub(in crate::order) fn can_reject(
    order: &Order,
    fulfillment: &FulfillmentOrder,
) -> Result<(), OrderRefusal> {
    has_open(fulfillment, FulfillmentLine::outstanding)?;
    if !fulfillment.total(|line| line.picked).is_zero() {
        return Err(OrderRefusal::PickingStarted);
    }
    if order.is_held(fulfillment.id) { Err(OrderRefusal::OrderOnHold) } else { Ok(()) }
}

pub(in crate::order) fn reject(order: &Order, command: &RejectFulfillmentOrder) -> Decision {
    let id = command.fulfillment_order_id;
    let fulfillment = find_fulfillment_order(order, id)?;
    can_reject(order, fulfillment)?;
    let lines = fulfillment.outstanding_lines().lines;
    let cancelled = cancel_returned(order, [(fulfillment, &lines[..])]);
    let reason = command.reason.clone();
    let rejected = FulfillmentOrderRejected { fulfillment_order_id: id, lines, reason };
    Ok(std::iter::once(rejected.into()).chain(cancelled).collect())
}

/// Another location can take the fulfillment order over.
pub(in crate::order) fn can_move(order: &Order, fulfillment: &FulfillmentOrder) -> Result<(), OrderRefusal> {
    moves_together(order, fulfillment, None).map(drop)
}

/// The fulfillment orders that move with one to a location; `None` stands for any location.
fn moves_together<'a>(
    order: &'a Order,
    fulfillment: &'a FulfillmentOrder,
    to: Option<&LocationId>,
) -> Result<Vec<&'a FulfillmentOrder>, OrderRefusal> {
    has_open(fulfillment, FulfillmentLine::outstanding)?;
    if fulfillment.has_shipped() {
        return Err(OrderRefusal::ShippingStarted);
    }
    if order.pinned_location().is_some() {
        return Err(OrderRefusal::DeliveryLocationFixed);
    }
    if fulfillment.has_pending_cancellation() {
        return Err(OrderRefusal::CancellationPending);
    }
    if !order.must_not_split() {
        return Ok(vec![fulfillment]);
    }
    // All that are not at the target move together. None of the others may have been started.
    let is_elsewhere = |other: &&FulfillmentOrder| other.supplies() && Some(&other.location) != to;
    let elsewhere = order.fulfillment_orders.iter().filter(is_elsewhere);
    let (others, own): (Vec<_>, Vec<_>) = elsewhere.partition(|other| other.id != fulfillment.id);
    let stays = |other: &&FulfillmentOrder| other.is_acknowledged() || other.has_shipped();
    if others.iter().any(stays) || (fulfillment.is_acknowledged() && !others.is_empty()) {
        return Err(OrderRefusal::WouldSplit);
    }
    Ok(own.into_iter().chain(others).collect())
}

pub(in crate::order) fn relocate(
    order: &Order,
    command: &MoveFulfillmentOrder,
    target: &MoveTarget,
) -> Decision {
    let id = command.fulfillment_order_id;
    let fulfillment = find_fulfillment_order(order, id)?;
    let to = &command.location;
    let together = moves_together(order, fulfillment, Some(to))?;
    if fulfillment.location == *to {
        return Err(OrderRefusal::AlreadyThere);
    }
    let forced = command.force == Some(true);
    if !forced {
        order.check_target(to, target.is_paused)?;
    }
    if !fulfillment.is_acknowledged() {
        return Ok(together.into_iter().map(|one| moved(one, to, target)).collect());
    }
    let requested = CancellationRequested {
        fulfillment_order_id: id,
        lines: Some(fulfillment.outstanding_lines().lines),
        move_to: Some(to.clone()),
        forced,
        reason: command.reason.clone().unwrap_or_else(|| MOVED.into()),
    };
    Ok(vec![requested.into()])
}

fn moved(fulfillment: &FulfillmentOrder, to: &LocationId, target: &MoveTarget) -> OrderEvent {
    let (fulfillment_order_id, lines) = (fulfillment.id, fulfillment.outstanding_lines().lines);
    let (from, promise) = (fulfillment.location.clone(), target.promises.get(to).cloned());
    FulfillmentOrderMoved { fulfillment_order_id, from, to: to.clone(), lines, promise }.into()
}

/// Releases units that are reserved at locations that the order must not ship from, unless the location has acknowledged
/// them.
pub(in crate::order) fn consolidate(order: &Order) -> Vec<OrderEvent> {
    let stray = order.stray_fulfillment_orders().filter(|one| !one.is_acknowledged());
    let fulfillment_orders: Vec<_> = stray.map(FulfillmentOrder::outstanding_lines).collect();
    let lost: Vec<_> = fulfillment_orders.iter().map(|one| one.fulfillment_order_id).collect();
    let released = (!fulfillment_orders.is_empty()).then(|| InventoryReleased { fulfillment_orders }.into());
    released.into_iter().chain(widen(order, &lost)).collect()
}

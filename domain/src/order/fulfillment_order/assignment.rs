//! What a location says of its part before it picks: that it takes it on, that it does not, or that goods are missing.

use crate::order::cancel::{cancelled, held};
use crate::order::commands::{
    AcceptFulfillmentOrder, MoveFulfillmentOrder, RejectFulfillmentOrder, ShortPick,
};
use crate::order::contents::LineUnits;
use crate::order::decision::{Decision, discrepancy, exists, firm};
use crate::order::events::{
    CancellationRequested, FulfillmentOrderAccepted, FulfillmentOrderMoved, FulfillmentOrderRejected,
    InventoryReleased, OrderEvent, PickShorted,
};
use crate::order::fulfillment_order::pick_pack::{Reported, reported, workable};
use crate::order::order_command::MoveTarget;
use crate::order::refusals::OrderRefusal;
use crate::order::state::{FulfillmentLine, FulfillmentOrder, Order};
use crate::order::totals::{total, units_of};
use crate::text;
use crate::values::{LocationId, Sku, Text, Units};

pub(in crate::order) fn accept(order: &Order, command: &AcceptFulfillmentOrder) -> Decision {
    let part = workable(order, command.fulfillment_order_id)?;
    if !part.is_open() {
        return Err(OrderRefusal::NothingLeft);
    }
    if part.accepted {
        return Err(OrderRefusal::AlreadyAccepted);
    }
    let accepted = FulfillmentOrderAccepted {
        fulfillment_order_id: part.id,
        wms_ref: command.wms_ref.clone(),
        wave_ref: command.wave_ref.clone(),
    };
    Ok(std::iter::once(accepted.into()).chain(firm(order)).collect())
}

pub(in crate::order) fn reject(order: &Order, command: &RejectFulfillmentOrder) -> Decision {
    exists(order, command.fulfillment_order_id.order())?;
    let id = command.fulfillment_order_id;
    let part = order.fulfillment_order(id).ok_or(OrderRefusal::UnknownFulfillmentOrder(id))?;
    if !part.is_open() {
        return Err(OrderRefusal::NothingLeft);
    }
    if !part.total(|line| line.picked).is_zero() {
        return Err(OrderRefusal::PickingHasBegun);
    }
    if order.is_held(id) {
        // Its units would leave from elsewhere, where the hold does not stand.
        return Err(OrderRefusal::OrderOnHold);
    }
    let lines = held(part).lines;
    let end = ended(order, answered(part, &lines));
    let reason = command.reason.clone();
    let rejected = FulfillmentOrderRejected { fulfillment_order_id: id, lines, reason };
    Ok(std::iter::once(rejected.into()).chain(end).collect())
}

/// Units that a part gives back and that its location was asked to leave to nobody.
fn answered(part: &FulfillmentOrder, lines: &[LineUnits]) -> Vec<LineUnits> {
    if part.asked.as_ref().is_none_or(|asked| asked.move_to.is_some()) {
        return Vec::new();
    }
    let ends = |line: &FulfillmentLine| part.asked_of(line).min(total(lines, line.line));
    crate::order::fulfillment_order::pick_pack::everything(part, ends)
}

/// Who was asked to leave units and gives them back has answered: they are not looked for elsewhere.
fn ended(order: &Order, answered: Vec<LineUnits>) -> Option<OrderEvent> {
    let reason = text!("given back after the order was cancelled");
    (!answered.is_empty()).then(|| cancelled(order, answered, reason))
}

pub(in crate::order) fn short(order: &Order, command: &ShortPick) -> Decision {
    let part = workable(order, command.fulfillment_order_id)?;
    let left = |line: &FulfillmentLine| line.kept().saturating_sub(line.picked);
    let Reported { lines, more } = reported(order, part, command.all, command.lines.as_deref(), left)?;
    let mut events = Vec::new();
    if !lines.is_empty() {
        events.extend(shorted(order, part, lines, command.reason.clone()));
    }
    if !more.is_zero() {
        let detail = format!("{more} more units were reported missing than the order holds there");
        events.extend(discrepancy("shorted_more_than_reserved", &detail));
    }
    Ok(events)
}

/// Units of a part are not there.
pub(in crate::order) fn shorted(
    order: &Order,
    part: &FulfillmentOrder,
    lines: Vec<LineUnits>,
    reason: Text<500>,
) -> Vec<OrderEvent> {
    let end = ended(order, answered(part, &lines));
    let shorted = PickShorted { fulfillment_order_id: part.id, lines, reason };
    std::iter::once(shorted.into()).chain(end).collect()
}

/// Whether another location may take a part over.
pub(in crate::order) fn may_be_moved(order: &Order, part: &FulfillmentOrder) -> Result<(), OrderRefusal> {
    moves_with(order, part, None).map(drop)
}

/// The parts that move to a location, any where none is named, when one moves there: nothing of it has left, it may be
/// delivered from elsewhere, and an order that must not be split stays together.
fn moves_with<'a>(
    order: &'a Order,
    part: &'a FulfillmentOrder,
    to: Option<&LocationId>,
) -> Result<Vec<&'a FulfillmentOrder>, OrderRefusal> {
    if !part.is_open() {
        return Err(OrderRefusal::NothingLeft);
    }
    if part.has_shipped() {
        return Err(OrderRefusal::ShippingHasBegun);
    }
    if order.pinned_location().is_some() {
        return Err(OrderRefusal::DeliveryLocationFixed);
    }
    if part.is_asked() {
        return Err(OrderRefusal::CancellationPending);
    }
    moved_together(order, part, to)
}

pub(in crate::order) fn relocate(
    order: &Order,
    command: &MoveFulfillmentOrder,
    target: &MoveTarget,
) -> Decision {
    let id = command.fulfillment_order_id;
    let part = order.fulfillment_order(id).ok_or(OrderRefusal::UnknownFulfillmentOrder(id))?;
    let to = &command.location;
    let together = moves_with(order, part, Some(to))?;
    if part.location == *to {
        return Err(OrderRefusal::AlreadyThere);
    }
    let forced = command.force == Some(true);
    if !forced {
        order.check_target(to, target.is_paused)?;
    }
    if !part.is_taken_on() {
        return Ok(together.into_iter().map(|part| moved(part, to, target)).collect());
    }
    let lines = held(part).lines;
    let reason = command.reason.clone().unwrap_or_else(|| text!("another location is to take it over"));
    let (lines, move_to) = (Some(lines), Some(to.clone()));
    Ok(vec![CancellationRequested { fulfillment_order_id: id, lines, move_to, forced, reason }.into()])
}

/// The fulfillment orders that move with one: all that are not at the target, where the order must not be split. None of
/// the others may have begun.
fn moved_together<'a>(
    order: &'a Order,
    part: &'a FulfillmentOrder,
    to: Option<&LocationId>,
) -> Result<Vec<&'a FulfillmentOrder>, OrderRefusal> {
    if !order.must_come_from_one() {
        return Ok(vec![part]);
    }
    let is_elsewhere = |other: &&FulfillmentOrder| other.supplies() && Some(&other.location) != to;
    let elsewhere = order.fulfillment_orders.iter().filter(is_elsewhere);
    let (others, own): (Vec<_>, Vec<_>) = elsewhere.partition(|other| other.id != part.id);
    let stays = |other: &&FulfillmentOrder| other.is_taken_on() || other.has_shipped();
    if others.iter().any(stays) || (part.is_taken_on() && !others.is_empty()) {
        return Err(OrderRefusal::WouldSplit);
    }
    Ok(own.into_iter().chain(others).collect())
}

fn moved(part: &FulfillmentOrder, to: &LocationId, target: &MoveTarget) -> OrderEvent {
    let (fulfillment_order_id, lines) = (part.id, held(part).lines);
    let (from, promise) = (part.location.clone(), target.promises.get(to).cloned());
    FulfillmentOrderMoved { fulfillment_order_id, from, to: to.clone(), lines, promise }.into()
}

/// Units that are reserved at a location that the order must not ship from are released, unless work on them has begun.
pub(in crate::order) fn consolidate(order: &Order) -> Vec<OrderEvent> {
    let stray = order.stray_fulfillment_orders().filter(|part| !part.is_taken_on());
    let fulfillment_orders: Vec<_> = stray.map(held).collect();
    let released = (!fulfillment_orders.is_empty()).then(|| InventoryReleased { fulfillment_orders }.into());
    released.into_iter().collect()
}

/// Units that a location held for the order are not there after all: what is not picked is given up, the latest part
/// first.
pub(in crate::order) fn lose_units(
    order: &Order,
    location: &LocationId,
    sku: &Sku,
    most: Units,
) -> Vec<OrderEvent> {
    let mut left = most;
    let mut fulfillment_orders = Vec::new();
    let there = order.fulfillment_orders.iter().rev().filter(|part| part.location == *location);
    for part in there {
        let mut lost = held(part);
        lost.lines.clear();
        for line in &part.lines {
            let is_meant = order.lines().get(line.line.index()).is_some_and(|ordered| ordered.sku == *sku);
            let taken = line.kept().saturating_sub(line.picked).min(left);
            if is_meant && !taken.is_zero() {
                left -= taken;
                lost.lines.push(units_of(line.line, taken));
            }
        }
        if !lost.lines.is_empty() {
            fulfillment_orders.push(lost);
        }
    }
    if fulfillment_orders.is_empty() {
        return Vec::new();
    }
    // Together, so that no unit's price is counted for two of them.
    let answered = fulfillment_orders.iter().filter_map(|lost| {
        let part = order.fulfillment_order(lost.fulfillment_order_id)?;
        Some(answered(part, &lost.lines))
    });
    let ended = ended(order, answered.flatten().collect());
    let lost = InventoryReleased { fulfillment_orders }.into();
    std::iter::once(lost).chain(ended).collect()
}

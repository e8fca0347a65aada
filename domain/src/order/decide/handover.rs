//! What a location says of its part before it picks: that it takes it on, that it does not, or that goods are missing.

use super::cancellation::held;
use super::warehouse::{reported, workable};
use super::{Decision, exists};
use crate::order::commands::{AcceptFulfillmentOrder, RejectFulfillmentOrder, ShortPick};
use crate::order::events::{FulfillmentOrderAccepted, FulfillmentOrderRejected, PickShorted};
use crate::order::refusals::OrderRefusal;
use crate::order::state::{FulfillmentLine, Order};

pub(super) fn accept(order: &Order, command: &AcceptFulfillmentOrder) -> Decision {
    let part = workable(order, command.fulfillment_order_id)?;
    if part.total(FulfillmentLine::open).is_zero() {
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
    Ok(vec![accepted.into()])
}

pub(super) fn reject(order: &Order, command: &RejectFulfillmentOrder) -> Decision {
    exists(order, command.fulfillment_order_id.order())?;
    let id = command.fulfillment_order_id;
    let part = order.fulfillment_order(id).ok_or(OrderRefusal::UnknownFulfillmentOrder(id))?;
    if part.total(FulfillmentLine::open).is_zero() {
        return Err(OrderRefusal::NothingLeft);
    }
    if !part.total(|line| line.picked).is_zero() {
        return Err(OrderRefusal::PickingHasBegun);
    }
    let lines = held(part).lines;
    let rejected =
        FulfillmentOrderRejected { fulfillment_order_id: id, lines, reason: command.reason.clone() };
    Ok(vec![rejected.into()])
}

pub(super) fn short(order: &Order, command: &ShortPick) -> Decision {
    let part = workable(order, command.fulfillment_order_id)?;
    let left = |line: &FulfillmentLine| line.kept().saturating_sub(line.picked);
    let lines = reported(order, part, command.all, command.lines.as_deref(), left)?;
    let (fulfillment_order_id, reason) = (part.id, command.reason.clone());
    Ok(vec![PickShorted { fulfillment_order_id, lines, reason }.into()])
}

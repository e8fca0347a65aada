//! What a location says of its part before it picks: that it takes it on, that it does not, or that goods are missing.

use super::cancellation::held;
use super::warehouse::{reported, workable};
use super::{Decision, exists};
use crate::order::commands::{AcceptFulfillmentOrder, RejectFulfillmentOrder, ShortPick};
use crate::order::events::{
    FulfillmentOrderAccepted, FulfillmentOrderRejected, LineUnits, OrderCancelled, OrderEvent, PickShorted,
};
use crate::order::refusals::OrderRefusal;
use crate::order::state::{FulfillmentLine, FulfillmentOrder, Order};
use crate::values::Text;

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
    if order.is_held(id) {
        // Its units would leave from elsewhere, where the hold does not stand.
        return Err(OrderRefusal::OrderOnHold);
    }
    let lines = held(part).lines;
    let end = ended(part, &lines);
    let reason = command.reason.clone();
    let rejected = FulfillmentOrderRejected { fulfillment_order_id: id, lines, reason };
    Ok(std::iter::once(rejected.into()).chain(end).collect())
}

/// Who was asked to leave a part and gives units of it back has answered: they are not looked for elsewhere.
fn ended(part: &FulfillmentOrder, lines: &[LineUnits]) -> Option<OrderEvent> {
    let reason = Text::new("given back after the order was cancelled").ok()?;
    part.cancellation_requested.then(|| OrderCancelled { lines: lines.to_vec(), reason }.into())
}

pub(super) fn short(order: &Order, command: &ShortPick) -> Decision {
    let part = workable(order, command.fulfillment_order_id)?;
    let left = |line: &FulfillmentLine| line.kept().saturating_sub(line.picked);
    let lines = reported(order, part, command.all, command.lines.as_deref(), left)?;
    let end = ended(part, &lines);
    let (fulfillment_order_id, reason) = (part.id, command.reason.clone());
    let shorted = PickShorted { fulfillment_order_id, lines, reason };
    Ok(std::iter::once(shorted.into()).chain(end).collect())
}

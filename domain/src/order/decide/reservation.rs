//! Holding what sourcing found.

use super::{Decision, units_of};
use crate::order::commands::{ReservationTrigger, ReserveInventory};
use crate::order::events::{
    FulfillmentOrderLines, HoldReason, InventoryReserved, LineUnits, OrderCancelled, OrderEvent, OrderHeld,
    OrderSourced,
};
use crate::order::refusals::OrderRefusal;
use crate::order::state::Order;
use crate::policy::OnShortage;
use crate::sourcing::Sourced;
use crate::values::{FulfillmentOrderId, LineNumber, OrderId, Reference, Text, Units};

/// Why a remainder was cancelled.
const REMAINDER: &str = "insufficient stock";

pub(super) fn reserve(order: &Order, command: &ReserveInventory) -> Decision {
    let Some(created) = &order.created else {
        return Err(OrderRefusal::NothingToReserve);
    };
    if order.pending_demand().is_empty() {
        return Err(OrderRefusal::NothingToReserve);
    }
    let sourced = &command.sourced;
    let filled = !sourced.allocations.is_empty();
    let complete = sourced.shortages.is_empty();
    let acceptable = complete || (created.on_shortage == OnShortage::CancelRemainder && filled);
    if !acceptable && command.trigger == ReservationTrigger::Creation {
        return Err(OrderRefusal::InsufficientStock(sourced.shortages.clone()));
    }

    let mut events: Vec<OrderEvent> = vec![how_it_was_sourced(command, acceptable).into()];
    if !acceptable {
        // Its payment is a fact: the order stays and waits for somebody's decision.
        let hold_id = Reference::new(&format!("h{}", order.holds.len() + 1)).ok();
        events.extend(
            hold_id.map(|hold_id| {
                OrderEvent::from(OrderHeld { hold_id, reason: HoldReason::InventoryOutOfStock })
            }),
        );
        return Ok(events);
    }
    let (fulfillment_orders, remainder) = divide(order, created.order_id, sourced);
    events.push(InventoryReserved { fulfillment_orders }.into());
    if !remainder.is_empty()
        && let Ok(reason) = Text::new(REMAINDER)
    {
        events.push(OrderCancelled { lines: remainder, reason }.into());
    }
    Ok(events)
}

fn how_it_was_sourced(command: &ReserveInventory, acceptable: bool) -> OrderSourced {
    let sourced = command.sourced.clone();
    let chosen = sourced.allocations.into_iter().map(|(location, _)| location);
    OrderSourced {
        criteria: command.criteria.clone(),
        basis: command.basis,
        chosen: chosen.filter(|_| acceptable).collect(),
        candidates: sourced.candidates,
        shortages: sourced.shortages,
    }
}

/// Divides what each location gives among the order's lines, the first line first, and tells what is left over.
fn divide(order: &Order, id: OrderId, sourced: &Sourced) -> (Vec<FulfillmentOrderLines>, Vec<LineUnits>) {
    let mut wanted: Vec<Units> =
        order.line_totals().iter().map(super::super::state::LineTotals::pending).collect();
    let first = order.fulfillment_orders.len() + 1;
    let mut fulfillment_orders = Vec::with_capacity(sourced.allocations.len());
    for (index, (location, given)) in sourced.allocations.iter().enumerate() {
        let mut given = given.clone();
        let mut lines = Vec::new();
        for (line, wanted) in order.lines().iter().zip(&mut wanted) {
            if let Some(left) = given.get_mut(&line.sku) {
                let taken = (*left).min(*wanted);
                if !taken.is_zero() {
                    *left -= taken;
                    *wanted -= taken;
                    lines.push(units_of(line.line, taken));
                }
            }
        }
        let number = u32::try_from(first + index).unwrap_or(u32::MAX);
        let fulfillment_order_id = FulfillmentOrderId::new(id, number);
        fulfillment_orders.push(FulfillmentOrderLines {
            fulfillment_order_id,
            location: location.clone(),
            lines,
        });
    }
    let remainder = wanted
        .into_iter()
        .enumerate()
        .filter(|(_, left)| !left.is_zero())
        .map(|(index, left)| units_of(LineNumber::at(index), left))
        .collect();
    (fulfillment_orders, remainder)
}

//! Units of a fulfillment order that are missing at its location.

use super::cancellation_request::cancel_returned;
use super::pick_pack::actionable;
use super::{FulfillmentLine, FulfillmentOrder};
use crate::command::commands;
use crate::order::choices::DiscrepancyCode;
use crate::order::contents::LineUnits;
use crate::order::decision::{Decision, clamp_stated_time, excess};
use crate::order::events::{InventoryReleased, OrderEvent, PickShorted};
use crate::order::hold::widen;
use crate::order::lines::{LineQuantity, Reported, reported};
use crate::order::state::Order;
use crate::values::{FulfillmentOrderId, LocationId, Sku, Text, Timestamp, Units};

commands! {
    /// Reports missing units: all that are not picked, or units of lines. The stock is corrected, and the units are sourced
    /// elsewhere.
    ShortPick {
        fulfillment_order_id: FulfillmentOrderId,
        /// Whether all unpicked units are missing. Specify either `all: true` or `lines`.
        all: Option<bool>,
        /// The missing units.
        lines: Option<Vec<LineQuantity>>,
        reason: Text<500>,
    }
}

pub(in crate::order) fn short(order: &Order, command: &ShortPick, at: Timestamp) -> Decision {
    let ShortPick { fulfillment_order_id, all, lines, .. } = command;
    let fulfillment = actionable(order, *fulfillment_order_id)?;
    let Reported { lines, excess: units } =
        reported(order, fulfillment, *all, lines.as_deref(), FulfillmentLine::unpicked)?;
    let (happened_at, ahead) = clamp_stated_time(command.occurred_at, at);
    let mut events = Vec::new();
    if !lines.is_empty() {
        events.extend(shorted(order, fulfillment, lines, command.reason.clone(), happened_at));
    }
    events.extend(excess(DiscrepancyCode::ShortedMoreThanReserved, units));
    events.extend(ahead);
    Ok(events)
}

/// The events of missing units.
pub(in crate::order) fn shorted(
    order: &Order,
    fulfillment: &FulfillmentOrder,
    lines: Vec<LineUnits>,
    reason: Text<500>,
    happened_at: Option<Timestamp>,
) -> Vec<OrderEvent> {
    let cancelled = cancel_returned(order, [(fulfillment, &lines[..])]);
    let shorted = PickShorted { fulfillment_order_id: fulfillment.id, lines, reason, happened_at };
    std::iter::once(shorted.into()).chain(cancelled).chain(widen(order, &[fulfillment.id])).collect()
}

/// Releases unpicked units that were reserved at a location and are missing there, from the latest fulfillment order first.
pub(in crate::order) fn lose_units(
    order: &Order,
    location: &LocationId,
    sku: &Sku,
    most: Units,
) -> Vec<OrderEvent> {
    let mut left = most;
    let mut fulfillment_orders = Vec::new();
    let there = order.fulfillment_orders.iter().rev().filter(|one| one.location == *location);
    for one in there {
        let lost = one.all_units(|line| {
            let taken = line.unpicked().min(left);
            let taken = if order.is_line_of(line.line, sku) { taken } else { Units::ZERO };
            left -= taken;
            taken
        });
        if !lost.is_empty() {
            fulfillment_orders.push(one.lines_of(lost));
        }
    }
    if fulfillment_orders.is_empty() {
        return Vec::new();
    }
    let returned = fulfillment_orders
        .iter()
        .filter_map(|lost| Some((order.fulfillment_order(lost.fulfillment_order_id)?, &lost.lines[..])));
    let cancelled = cancel_returned(order, returned);
    let lost: Vec<_> = fulfillment_orders.iter().map(|one| one.fulfillment_order_id).collect();
    let released = InventoryReleased { fulfillment_orders }.into();
    std::iter::once(released).chain(cancelled).chain(widen(order, &lost)).collect()
}

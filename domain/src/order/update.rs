//! Changes of the state of an order that several events have in common.

use super::contents::LineUnits;
use super::fulfillment_order::{CancellationRequest, FulfillmentLine, FulfillmentOrder};
use super::state::{Order, PersonalDataState};
use crate::values::{FulfillmentOrderId, Units};

pub(super) fn update(order: &mut Order, id: FulfillmentOrderId, change: impl FnOnce(&mut FulfillmentOrder)) {
    if let Some(fulfillment) = order.fulfillment_orders.iter_mut().find(|fulfillment| fulfillment.id == id) {
        change(fulfillment);
    }
}

pub(super) fn each_line(
    order: &mut Order,
    id: FulfillmentOrderId,
    lines: &[LineUnits],
    change: impl Fn(&mut FulfillmentLine, Units),
) {
    update(order, id, |fulfillment| {
        for units in lines {
            if let Some(line) = fulfillment.lines.iter_mut().find(|line| line.line == units.line) {
                change(line, units.quantity);
            }
        }
    });
}

/// Adds units of lines to a count by line, or subtracts them.
pub(super) fn count<'a>(
    by_line: &mut [Units],
    lines: impl IntoIterator<Item = &'a LineUnits>,
    change: fn(&mut Units, Units),
) {
    for units in lines {
        if let Some(count) = by_line.get_mut(units.line.index()) {
            change(count, units.quantity);
        }
    }
}

/// Personal data came with an event. Erased data stays erased.
pub(super) fn seal(order: &mut Order) {
    if order.personal_data == PersonalDataState::None {
        order.personal_data = PersonalDataState::Sealed;
    }
}

/// Limits backordered units to those that are neither reserved, shipped nor cancelled.
pub(super) fn limit_backordered(order: &mut Order) {
    let totals = order.line_totals();
    for (backordered, totals) in order.backordered.iter_mut().zip(totals) {
        let decided = totals.reserved + totals.shipped + totals.cancelled;
        *backordered = (*backordered).min(totals.ordered.saturating_sub(decided));
    }
}

/// A request is answered when its location has released all requested units. Requested units that have shipped are not released:
/// they are requested again if the shipment is cancelled.
pub(super) fn drop_answered_request(fulfillment: &mut FulfillmentOrder) {
    let is_released =
        |request: &mut CancellationRequest| request.lines.iter().all(|units| units.quantity.is_zero());
    fulfillment.cancellation_request.take_if(is_released);
}

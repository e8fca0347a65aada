//! What a warehouse reports before goods leave.

use super::Decision;
use crate::order::commands::{LineQuantity, PackItems, PickItems};
use crate::order::events::{ItemPacked, ItemPicked, LineUnits};
use crate::order::refusals::OrderRefusal;
use crate::order::state::{FulfillmentLine, FulfillmentOrder, Order};
use crate::values::{FulfillmentOrderId, LineNumber, Reference, Units};

/// The most entries a report's lists of lines may have together: a line may be named once for each of its lots.
pub(super) const MOST_NAMED: usize = 5_000;

pub(super) fn pick(order: &Order, command: &PickItems) -> Decision {
    let fulfillment = workable(order, command.fulfillment_order_id)?;
    let left = |line: &FulfillmentLine| line.kept().saturating_sub(line.picked);
    let lines = reported(order, fulfillment, command.all, command.lines.as_deref(), left)?;
    Ok(vec![ItemPicked { fulfillment_order_id: fulfillment.id, lines }.into()])
}

pub(super) fn pack(order: &Order, command: &PackItems) -> Decision {
    let fulfillment = workable(order, command.fulfillment_order_id)?;
    let left = |line: &FulfillmentLine| line.kept().saturating_sub(line.packed);
    let lines = reported(order, fulfillment, command.all, command.lines.as_deref(), left)?;
    Ok(vec![ItemPacked { fulfillment_order_id: fulfillment.id, lines }.into()])
}

/// The fulfillment order, where its location may work on it.
pub(super) fn workable(order: &Order, id: FulfillmentOrderId) -> Result<&FulfillmentOrder, OrderRefusal> {
    let fulfillment = order.fulfillment_order(id).ok_or(OrderRefusal::UnknownFulfillmentOrder(id))?;
    if fulfillment.total(FulfillmentLine::kept).is_zero() {
        return Err(OrderRefusal::FulfillmentOrderCancelled);
    }
    if order.is_held(id) {
        return Err(OrderRefusal::OrderOnHold);
    }
    if !order.is_paid() {
        return Err(OrderRefusal::PaymentNotConfirmed);
    }
    Ok(fulfillment)
}

/// The units that a report is about, none of them more than is left.
pub(super) fn reported(
    order: &Order,
    fulfillment: &FulfillmentOrder,
    all: Option<bool>,
    lines: Option<&[LineQuantity]>,
    left: fn(&FulfillmentLine) -> Units,
) -> Result<Vec<LineUnits>, OrderRefusal> {
    match (all, lines) {
        (Some(true), None) => {
            let units = everything(fulfillment, left);
            if units.is_empty() { Err(OrderRefusal::NothingLeft) } else { Ok(units) }
        }
        (None | Some(false), Some(lines)) if lines.len() > MOST_NAMED => {
            Err(OrderRefusal::TooMany { most: MOST_NAMED, pointer: "/lines" })
        }
        (None | Some(false), Some(lines)) if !lines.is_empty() => {
            let units = named(order, fulfillment, lines)?;
            within(fulfillment, &units, left)?;
            Ok(units)
        }
        _ => Err(OrderRefusal::LinesMissing),
    }
}

pub(super) fn everything(
    fulfillment: &FulfillmentOrder,
    left: fn(&FulfillmentLine) -> Units,
) -> Vec<LineUnits> {
    let open = fulfillment.lines.iter().filter(|line| !left(line).is_zero());
    open.map(|line| super::units_of(line.line, left(line))).collect()
}

/// The line that is named by one of its two names.
pub(super) fn line_named(
    order: &Order,
    number: Option<LineNumber>,
    name: Option<&Reference>,
) -> Option<LineNumber> {
    let found = match (number, name) {
        (Some(number), None) => order.lines().iter().find(|line| line.line == number),
        (None, Some(name)) => order.lines().iter().find(|line| line.line_ref.as_ref() == Some(name)),
        _ => None,
    };
    found.map(|line| line.line)
}

/// Finds the lines that a report names.
pub(super) fn named(
    order: &Order,
    fulfillment: &FulfillmentOrder,
    lines: &[LineQuantity],
) -> Result<Vec<LineUnits>, OrderRefusal> {
    let find = |(index, given): (usize, &LineQuantity)| {
        let line = line_named(order, given.line, given.line_ref.as_ref());
        let line = line.filter(|line| fulfillment.line(*line).is_some());
        Ok(LineUnits {
            line: line.ok_or(OrderRefusal::UnknownLine(index))?,
            quantity: given.quantity.units(),
            lots: given.lots.clone(),
            serials: given.serials.clone(),
        })
    };
    lines.iter().enumerate().map(find).collect()
}

/// Checks the sum over each line, so that a line named twice is no way around its limit.
pub(super) fn within(
    fulfillment: &FulfillmentOrder,
    units: &[LineUnits],
    left: fn(&FulfillmentLine) -> Units,
) -> Result<(), OrderRefusal> {
    for part in &fulfillment.lines {
        let requested = total(units, part.line);
        if requested > left(part) {
            return Err(OrderRefusal::QuantityExceedsOpen { line: part.line, requested, open: left(part) });
        }
    }
    Ok(())
}

pub(super) fn total(units: &[LineUnits], line: LineNumber) -> Units {
    units.iter().filter(|units| units.line == line).map(|units| units.quantity).sum()
}

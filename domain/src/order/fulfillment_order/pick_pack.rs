//! What a warehouse reports before goods leave.

use crate::order::choices::DeliveryMethod;
use crate::order::commands::{LineQuantity, MarkReadyForPickup, PackItems, PickItems};
use crate::order::contents::LineUnits;
use crate::order::decision::{Decision, discrepancy, firm};
use crate::order::events::{ItemPacked, ItemPicked, OrderEvent, ReadyForPickup};
use crate::order::refusals::OrderRefusal;
use crate::order::state::{FulfillmentLine, FulfillmentOrder, Order};
use crate::order::totals::{total, units_of};
use crate::values::{FulfillmentOrderId, LineNumber, Reference, Timestamp, Units};

/// The most entries a report's lists of lines may have together: a line may be named once for each of its lots.
pub(in crate::order) const MOST_NAMED: usize = 5_000;

pub(in crate::order) fn pick(order: &Order, command: &PickItems) -> Decision {
    let part = workable(order, command.fulfillment_order_id)?;
    let left = |line: &FulfillmentLine| line.kept().saturating_sub(line.picked);
    let Reported { lines, more } = reported(order, part, command.all, command.lines.as_deref(), left)?;
    let fulfillment_order_id = part.id;
    let picked = (!lines.is_empty()).then(|| ItemPicked { fulfillment_order_id, lines }.into());
    Ok(with_what_is_more(order, picked, more, "picked_more_than_reserved"))
}

pub(in crate::order) fn pack(order: &Order, command: &PackItems) -> Decision {
    let part = workable(order, command.fulfillment_order_id)?;
    let left = |line: &FulfillmentLine| line.kept().saturating_sub(line.packed);
    let Reported { lines, more } = reported(order, part, command.all, command.lines.as_deref(), left)?;
    let fulfillment_order_id = part.id;
    let packed = (!lines.is_empty()).then(|| ItemPacked { fulfillment_order_id, lines }.into());
    Ok(with_what_is_more(order, packed, more, "packed_more_than_reserved"))
}

/// A report that says more than can be is taken for what can be, and that it said more is recorded: the rest is nobody's
/// and goes back into its place.
fn with_what_is_more(order: &Order, report: Option<OrderEvent>, more: Units, code: &str) -> Vec<OrderEvent> {
    let firm = firm(order).filter(|_| report.is_some());
    let mut events: Vec<OrderEvent> = report.into_iter().chain(firm).collect();
    if !more.is_zero() {
        let detail =
            format!("{more} more units were reported than the order holds there: they are to be put back");
        events.extend(discrepancy(code, &detail));
    }
    events
}

pub(in crate::order) fn ready_for_pickup(
    order: &Order,
    command: &MarkReadyForPickup,
    at: Timestamp,
) -> Decision {
    let part = workable(order, command.fulfillment_order_id)?;
    if order.delivery_method() != DeliveryMethod::Pickup {
        return Err(OrderRefusal::NotToBePickedUp);
    }
    if !part.is_open() {
        return Err(OrderRefusal::NothingLeft);
    }
    if part.ready_since.is_some() {
        return Ok(Vec::new());
    }
    let lines = everything(part, |line| line.kept().saturating_sub(line.packed));
    let packed = (!lines.is_empty()).then(|| ItemPacked { fulfillment_order_id: part.id, lines }.into());
    let ready = ReadyForPickup { fulfillment_order_id: part.id, at };
    Ok(packed.into_iter().chain(firm(order)).chain([ready.into()]).collect())
}

/// The fulfillment order, where its location may work on it.
pub(in crate::order) fn workable(
    order: &Order,
    id: FulfillmentOrderId,
) -> Result<&FulfillmentOrder, OrderRefusal> {
    let fulfillment = order.fulfillment_order(id).ok_or(OrderRefusal::UnknownFulfillmentOrder(id))?;
    if !fulfillment.supplies() {
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

/// The units that a report is about.
pub(in crate::order) struct Reported {
    /// What of each line, none of them more than is left.
    pub(in crate::order) lines: Vec<LineUnits>,
    /// How many units more it says.
    pub(in crate::order) more: Units,
}

/// The units that a report is about, as far as they are left.
pub(in crate::order) fn reported(
    order: &Order,
    part: &FulfillmentOrder,
    all: Option<bool>,
    lines: Option<&[LineQuantity]>,
    left: fn(&FulfillmentLine) -> Units,
) -> Result<Reported, OrderRefusal> {
    match (all, lines) {
        (Some(true), None) => {
            let lines = everything(part, left);
            if lines.is_empty() {
                Err(OrderRefusal::NothingLeft)
            } else {
                Ok(Reported { lines, more: Units::ZERO })
            }
        }
        (None | Some(false), Some(lines)) if lines.len() > MOST_NAMED => {
            Err(OrderRefusal::TooMany { most: MOST_NAMED, pointer: "/lines" })
        }
        (None | Some(false), Some(lines)) if !lines.is_empty() => {
            Ok(within(part, named(order, part, lines)?, left))
        }
        _ => Err(OrderRefusal::LinesMissing),
    }
}

/// As many of the units as are left: the sum over each line counts, so that a line named twice is no way around it.
fn within(part: &FulfillmentOrder, units: Vec<LineUnits>, left: fn(&FulfillmentLine) -> Units) -> Reported {
    let mut reported = Reported { lines: Vec::with_capacity(units.len()), more: Units::ZERO };
    for mut units in units {
        let known = total(&reported.lines, units.line);
        let room = part.line(units.line).map_or(Units::ZERO, left).saturating_sub(known);
        reported.more += units.quantity.saturating_sub(room);
        units.quantity = units.quantity.min(room);
        if !units.quantity.is_zero() {
            reported.lines.push(units);
        }
    }
    reported
}

pub(in crate::order) fn everything(
    part: &FulfillmentOrder,
    left: impl Fn(&FulfillmentLine) -> Units,
) -> Vec<LineUnits> {
    let of_line = |line: &FulfillmentLine| units_of(line.line, left(line));
    part.lines.iter().map(of_line).filter(|units| !units.quantity.is_zero()).collect()
}

/// The line that is named by one of its two names.
pub(in crate::order) fn line_named(
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

/// Finds the lines that a list names.
pub(in crate::order) fn named_lines(
    order: &Order,
    lines: &[LineQuantity],
) -> Result<Vec<LineUnits>, OrderRefusal> {
    let find = |(index, given): (usize, &LineQuantity)| {
        let line = line_named(order, given.line, given.line_ref.as_ref());
        Ok(LineUnits {
            quantity: given.quantity.units(),
            lots: given.lots.clone(),
            serials: given.serials.clone(),
            ..units_of(line.ok_or(OrderRefusal::UnknownLine(index))?, Units::ZERO)
        })
    };
    lines.iter().enumerate().map(find).collect()
}

/// Finds the lines that a list names, all of which must be a fulfillment order's.
pub(in crate::order) fn named(
    order: &Order,
    part: &FulfillmentOrder,
    lines: &[LineQuantity],
) -> Result<Vec<LineUnits>, OrderRefusal> {
    let units = named_lines(order, lines)?;
    match units.iter().position(|units| part.line(units.line).is_none()) {
        Some(index) => Err(OrderRefusal::UnknownLine(index)),
        None => Ok(units),
    }
}

//! Finds the order lines that a command names.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::contents::{LineUnits, total};
use super::decision::{MAX_ENTRIES, check_serials};
use super::fulfillment_order::{FulfillmentLine, FulfillmentOrder};
use super::refusals::OrderRefusal;
use super::state::Order;
use crate::values::{LineNumber, Quantity, Reference, Units};

/// Units of one line. Identify the line by `line` or by `lineRef`.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LineQuantity {
    /// The line's number, from 1.
    pub line: Option<LineNumber>,
    /// The sender's name for the line.
    pub line_ref: Option<Reference>,
    /// The number of units.
    pub quantity: Quantity,
    /// The lots of the units.
    pub lots: Option<Vec<Reference>>,
    /// The serial numbers of the units.
    pub serials: Option<Vec<Reference>>,
}

impl LineQuantity {
    fn units_of(&self, line: LineNumber) -> LineUnits {
        let (lots, serials) = (self.lots.clone(), self.serials.clone());
        LineUnits { line, quantity: self.quantity.units(), lots, serials, value: None }
    }
}

/// The line with a number or a name. None when both or neither are given, or the order has no such line.
pub(super) fn resolve_line(
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

/// Resolves a list of lines of the order.
pub(super) fn resolve_order_lines(
    order: &Order,
    lines: &[LineQuantity],
) -> Result<Vec<LineUnits>, OrderRefusal> {
    check_serials(lines.iter().map(|given| (given.quantity, &given.serials)))?;
    let find = |(index, given): (usize, &LineQuantity)| {
        let line = resolve_line(order, given.line, given.line_ref.as_ref());
        line.map(|line| given.units_of(line)).ok_or_else(|| unknown_line(format!("/lines/{index}")))
    };
    lines.iter().enumerate().map(find).collect()
}

/// Resolves a list of lines of a fulfillment order. `pointer` is the JSON pointer of the list.
pub(super) fn resolve_lines(
    order: &Order,
    fulfillment: &FulfillmentOrder,
    lines: &[LineQuantity],
    pointer: &str,
) -> Result<Vec<LineUnits>, OrderRefusal> {
    let find = |(index, given): (usize, &LineQuantity)| {
        let line = resolve_line(order, given.line, given.line_ref.as_ref());
        let line = line.filter(|line| fulfillment.line(*line).is_some());
        let pointer = format!("{pointer}/{index}");
        let unknown = OrderRefusal::UnknownLine { pointer, owner: "fulfillment order" };
        line.map(|line| given.units_of(line)).ok_or(unknown)
    };
    lines.iter().enumerate().map(find).collect()
}

/// The refusal of a JSON pointer that identifies no line of the order.
pub(super) fn unknown_line(pointer: String) -> OrderRefusal {
    OrderRefusal::UnknownLine { pointer, owner: "order" }
}

/// The units of a warehouse report.
pub(super) struct Reported {
    /// The reported units, reduced to those that are open.
    pub(super) lines: Vec<LineUnits>,
    /// The number of units that were reported in excess.
    pub(super) excess: Units,
}

/// The units of a report: all that are open, or those of a list. `open` gives the open units of a line.
pub(super) fn reported(
    order: &Order,
    fulfillment: &FulfillmentOrder,
    all: Option<bool>,
    lines: Option<&[LineQuantity]>,
    open: fn(&FulfillmentLine) -> Units,
) -> Result<Reported, OrderRefusal> {
    match (all, lines) {
        (Some(true), None) => {
            has_open(fulfillment, open)?;
            Ok(Reported { lines: fulfillment.all_units(open), excess: Units::ZERO })
        }
        (None | Some(false), Some(lines)) if !lines.is_empty() => {
            check_entries(lines.len())?;
            check_serials(lines.iter().map(|given| (given.quantity, &given.serials)))?;
            Ok(clamp(fulfillment, resolve_lines(order, fulfillment, lines, "/lines")?, open))
        }
        _ => Err(OrderRefusal::LinesMissing),
    }
}

/// The fulfillment order has open units. `open` gives the open units of a line.
pub(super) fn has_open(
    fulfillment: &FulfillmentOrder,
    open: fn(&FulfillmentLine) -> Units,
) -> Result<(), OrderRefusal> {
    if fulfillment.total(open).is_zero() { Err(OrderRefusal::NothingLeft) } else { Ok(()) }
}

/// Refuses a list of lines that is empty or too long.
pub(super) fn check_entries(entries: usize) -> Result<(), OrderRefusal> {
    match entries {
        0 => Err(OrderRefusal::LinesEmpty),
        1..=MAX_ENTRIES => Ok(()),
        _ => Err(OrderRefusal::TooMany { most: MAX_ENTRIES, pointer: "/lines" }),
    }
}

/// Reduces units to those that are open. The entries of a line count together.
fn clamp(
    fulfillment: &FulfillmentOrder,
    units: Vec<LineUnits>,
    open: fn(&FulfillmentLine) -> Units,
) -> Reported {
    let mut reported = Reported { lines: Vec::with_capacity(units.len()), excess: Units::ZERO };
    for mut units in units {
        let counted = total(&reported.lines, units.line);
        let room = fulfillment.line(units.line).map_or(Units::ZERO, open).saturating_sub(counted);
        reported.excess += units.quantity.saturating_sub(room);
        units.quantity = units.quantity.min(room);
        if !units.quantity.is_zero() {
            reported.lines.push(units);
        }
    }
    reported
}

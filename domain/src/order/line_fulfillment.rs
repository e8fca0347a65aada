//! Lines without stock, such as gift cards and services: their units are fulfilled by a report, without picking and shipping.

use super::contents::{LineUnits, OrderedLine, total};
use super::decision::{Decision, clamp_reported_time, confirm_reservation, exists};
use super::events::{LinesFulfilled, LinesUnfulfilled};
use super::lines::{LineQuantity, check_entries, resolve_order_lines};
use super::refusals::OrderRefusal;
use super::state::{Order, PersonalDataState};
use super::totals::LineTotals;
use super::update::seal;
use crate::command::commands;
use crate::values::{Amount, LineNumber, OrderId, Text, Timestamp, Units};

commands! {
    /// Reports that units of lines without stock are fulfilled: the gift card was sent, the service was rendered.
    FulfillLines {
        order_id: OrderId,
        /// Whether all open units of lines without stock are fulfilled. Specify either `all: true` or `lines`.
        all: Option<bool>,
        /// The fulfilled units.
        lines: Option<Vec<LineQuantity>>,
        /// What the customer received, such as the code of a gift card. Stored encrypted, and erased with the order's personal
        /// data.
        reference: Option<Text<500>> = sealed,
    }
    /// Takes back that units of lines without stock are fulfilled: that was reported by mistake.
    UnfulfillLines {
        order_id: OrderId,
        /// The units that are not fulfilled.
        lines: Vec<LineQuantity>,
        reason: Text<500>,
    }
}

impl Order {
    /// Fulfilled units of a line without stock.
    pub(super) fn fulfilled_units(&self, line: LineNumber) -> Units {
        self.fulfilled.get(&line).map(|units| units.quantity).unwrap_or_default()
    }

    /// Whether units of lines without stock are fulfilled.
    pub(super) fn has_fulfilled_lines(&self) -> bool {
        !self.fulfilled.is_empty()
    }

    /// Its lines that require stock.
    pub fn stock_lines(&self) -> impl Iterator<Item = &OrderedLine> {
        self.lines().iter().filter(|line| line.requires_stock)
    }

    /// Whether a line requires stock. Lines that the order does not have count as such.
    fn requires_stock(&self, line: LineNumber) -> bool {
        self.lines().get(line.index()).is_none_or(|line| line.requires_stock)
    }

    /// Refuses the number of a line that requires no stock.
    pub(super) fn require_stock_line(&self, line: LineNumber) -> Result<(), OrderRefusal> {
        if self.requires_stock(line) { Ok(()) } else { Err(OrderRefusal::LineWithoutStock(line)) }
    }
}

/// Units of lines without stock can be fulfilled, by the rule for all work on the order.
pub(super) fn can_fulfill(order: &Order) -> Result<(), OrderRefusal> {
    if order.is_cancelled() {
        return Err(OrderRefusal::OrderCancelled);
    }
    if let Some(reason) = order.lines_wait_for() {
        return Err(reason.into());
    }
    let has_open = order.line_totals().iter().any(|line| !line.unfulfilled.is_zero());
    if has_open { Ok(()) } else { Err(OrderRefusal::NothingLeft) }
}

/// Units of lines without stock are fulfilled, so that this can be taken back.
pub(super) fn can_unfulfill(order: &Order) -> Result<(), OrderRefusal> {
    if order.has_fulfilled_lines() { Ok(()) } else { Err(OrderRefusal::NothingLeft) }
}

pub(super) fn fulfill(order: &Order, command: &FulfillLines, at: Timestamp) -> Decision {
    exists(order, command.order_id)?;
    let lines = match (command.all, command.lines.as_deref()) {
        (Some(true), None) => None,
        (None | Some(false), Some(lines)) => Some(resolve_without_stock(order, lines)?),
        _ => return Err(OrderRefusal::LinesMissing),
    };
    can_fulfill(order)?;
    let lines = lines.map_or_else(|| Ok(all_open(order)), |lines| check_open(order, lines))?;
    let (fulfilled_at, ahead) = clamp_reported_time(command.occurred_at, at);
    // Personal data is not stored again after it was erased.
    let reference = command.reference.clone().filter(|_| order.personal_data != PersonalDataState::Erased);
    let fulfilled = LinesFulfilled {
        lines: order.value_fulfilled(lines),
        fulfilled_at,
        has_personal_data: reference.is_some(),
        reference,
    };
    Ok(std::iter::once(fulfilled.into()).chain(confirm_reservation(order)).chain(ahead).collect())
}

/// Resolves a list of lines that must not require stock.
fn resolve_without_stock(order: &Order, lines: &[LineQuantity]) -> Result<Vec<LineUnits>, OrderRefusal> {
    check_entries(lines.len())?;
    let lines = resolve_order_lines(order, lines)?;
    let of_stock = lines.iter().find(|units| order.requires_stock(units.line));
    of_stock.map_or(Ok(()), |units| Err(OrderRefusal::LineRequiresStock(units.line)))?;
    Ok(lines)
}

/// All units of lines without stock that are neither fulfilled nor cancelled.
fn all_open(order: &Order) -> Vec<LineUnits> {
    let units = |(index, totals): (usize, &LineTotals)| {
        let units = LineUnits::new(LineNumber::at(index), totals.unfulfilled);
        (!units.quantity.is_zero()).then_some(units)
    };
    order.line_totals().iter().enumerate().filter_map(units).collect()
}

fn check_open(order: &Order, lines: Vec<LineUnits>) -> Result<Vec<LineUnits>, OrderRefusal> {
    for (index, totals) in order.line_totals().iter().enumerate() {
        let line = LineNumber::at(index);
        let (requested, open) = (total(&lines, line), totals.unfulfilled);
        if requested > open {
            return Err(OrderRefusal::QuantityExceedsOpen { line, requested, open });
        }
    }
    Ok(lines)
}

pub(super) fn unfulfill(order: &Order, command: &UnfulfillLines) -> Decision {
    exists(order, command.order_id)?;
    let lines = resolve_without_stock(order, &command.lines)?;
    can_unfulfill(order)?;
    for line in order.lines().iter().map(|line| line.line) {
        let (requested, fulfilled) = (total(&lines, line), order.fulfilled_units(line));
        if requested > fulfilled {
            return Err(OrderRefusal::QuantityExceedsFulfilled { line, requested, fulfilled });
        }
    }
    let lines = order.value_unfulfilled(lines);
    Ok(vec![LinesUnfulfilled { lines, reason: command.reason.clone() }.into()])
}

pub(super) fn fulfilled(order: &mut Order, fulfilled: &LinesFulfilled) {
    for units in &fulfilled.lines {
        let own =
            order.fulfilled.entry(units.line).or_insert_with(|| LineUnits::new(units.line, Units::ZERO));
        own.quantity += units.quantity;
        own.value = units.value.and_then(|value| value.plus(own.value.unwrap_or(Amount::ZERO)));
    }
    if fulfilled.has_personal_data {
        seal(order);
    }
}

pub(super) fn unfulfilled(order: &mut Order, unfulfilled: &LinesUnfulfilled) {
    for units in &unfulfilled.lines {
        let Some(own) = order.fulfilled.get_mut(&units.line) else { continue };
        own.quantity -= units.quantity;
        own.value = own.value.zip(units.value).and_then(|(known, value)| known.minus(value));
    }
    order.fulfilled.retain(|_, units| !units.quantity.is_zero());
}

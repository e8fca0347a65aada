//! Receives units that came back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::OrderReturn;
use crate::command::commands;
use crate::order::choices::{DiscrepancyCode, Disposition};
use crate::order::contents::ReturnedUnits;
use crate::order::decision::{Decision, check_serials, clamp_stated_time, discrepancy};
use crate::order::events::ReturnReceived;
use crate::order::lines::{check_entries, resolve_line, unknown_line};
use crate::order::refusals::OrderRefusal;
use crate::order::state::Order;
use crate::values::{LineNumber, LocationId, Quantity, Reference, ReturnId, Timestamp, Units};

/// Units of one line that came back. Identify the line by `line` or by `lineRef`.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReturnedLine {
    /// The line's number, from 1.
    pub line: Option<LineNumber>,
    /// The sender's name for the line.
    pub line_ref: Option<Reference>,
    /// The number of units.
    pub quantity: Quantity,
    /// What happens to the units.
    pub disposition: Disposition,
    /// The lots of the units.
    pub lots: Option<Vec<Reference>>,
    /// The serial numbers of the units.
    pub serials: Option<Vec<Reference>>,
}

commands! {
    /// Reports units that came back.
    ReceiveReturn {
        return_id: ReturnId,
        /// The location that received them.
        location: LocationId,
        lines: Vec<ReturnedLine>,
    }
}

/// Units in excess of those announced are recorded too, with a discrepancy.
pub(in crate::order) fn receive(order: &Order, command: &ReceiveReturn, at: Timestamp) -> Decision {
    let announced =
        order.find_return(command.return_id).ok_or(OrderRefusal::UnknownReturn(command.return_id))?;
    check_entries(command.lines.len())?;
    check_serials(command.lines.iter().map(|given| (given.quantity, &given.serials)))?;
    let mut lines = Vec::with_capacity(command.lines.len());
    for (index, given) in command.lines.iter().enumerate() {
        let line = resolve_line(order, given.line, given.line_ref.as_ref());
        let line = line.ok_or_else(|| unknown_line(format!("/lines/{index}")))?;
        order.require_stock_line(line)?;
        lines.push(ReturnedUnits {
            line,
            quantity: given.quantity.units(),
            disposition: given.disposition,
            lots: given.lots.clone(),
            serials: given.serials.clone(),
            value: None,
        });
    }
    order.value_returned(&mut lines);
    let exceeds = order.lines().iter().any(|ordered| exceeds_announced(announced, &lines, ordered.line));
    let (return_id, location) = (announced.id, command.location.clone());
    let (received_at, ahead) = clamp_stated_time(command.occurred_at, at);
    let received = ReturnReceived { return_id, location, lines, received_at };
    let excess = exceeds.then(|| discrepancy(DiscrepancyCode::ReturnedMoreThanRequested));
    Ok(std::iter::once(received.into()).chain(excess).chain(ahead).collect())
}

fn exceeds_announced(announced: &OrderReturn, lines: &[ReturnedUnits], line: LineNumber) -> bool {
    let own = announced.lines.iter().find(|own| own.line == line);
    let open = own.map_or(Units::ZERO, |own| announced.expected(own));
    lines.iter().filter(|units| units.line == line).map(|units| units.quantity).sum::<Units>() > open
}

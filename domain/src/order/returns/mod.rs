//! Units that come back.

pub(super) mod close;
pub(super) mod receive;
pub(super) mod request;

use serde::{Deserialize, Serialize};

use crate::values::{Amount, LineNumber, ReturnId, Text, Timestamp, Units};

/// Units that are announced to come back together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "documented where the name does not say it")]
pub struct OrderReturn {
    pub id: ReturnId,
    pub reason: Text<500>,
    /// When it is closed if units are still missing then. Absent: never.
    pub lapses_at: Option<Timestamp>,
    /// Why no more units are expected; `lapsed` if they did not come in time. Absent: it was not closed.
    pub closed_reason: Option<Text<500>>,
    pub lines: Vec<ReturnLine>,
}

impl OrderReturn {
    /// Whether units are still expected.
    pub fn is_open(&self) -> bool {
        self.lines.iter().any(|line| !self.expected(line).is_zero())
    }

    /// Units of a line that are still expected.
    pub(super) fn expected(&self, line: &ReturnLine) -> Units {
        let is_closed = self.closed_reason.is_some();
        if is_closed { Units::ZERO } else { line.requested.saturating_sub(line.received) }
    }

    /// When it lapses, if units are still expected.
    pub(super) fn due_at(&self) -> Option<Timestamp> {
        self.lapses_at.filter(|_| self.is_open())
    }
}

/// A return's part of an order line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "documented where the name does not say it")]
pub struct ReturnLine {
    pub line: LineNumber,
    /// Units announced.
    pub requested: Units,
    /// Units that came back. May exceed the units announced.
    pub received: Units,
    /// Of those, units that were scrapped.
    pub scrapped: Units,
    /// The values of the units that came back, where they are known.
    pub value: Option<Amount>,
}

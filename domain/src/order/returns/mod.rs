//! Units that come back.

pub(super) mod receive;
pub(super) mod request;

use serde::{Deserialize, Serialize};

use crate::values::{LineNumber, ReturnId, Text, Units};

/// Units that are announced to come back together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "documented where the name does not say it")]
pub struct OrderReturn {
    pub id: ReturnId,
    pub reason: Text<500>,
    pub lines: Vec<ReturnLine>,
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
}

//! What verification finds.

use std::fmt::Display;

/// A record that differs from what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The position of the event, or the last position of the batch or command.
    pub position: u64,
    /// The damage, in a sentence that names the record.
    pub problem: String,
}

impl Finding {
    pub(crate) fn new(position: u64, problem: impl Into<String>) -> Self {
        Self { position, problem: problem.into() }
    }

    pub(crate) fn before_first_position() -> Self {
        Self::new(0, "an event is stored before the first position")
    }

    pub(crate) fn unreadable(position: u64, record: &str, error: &dyn Display) -> Self {
        Self::new(position, format!("{record} cannot be read: {error}"))
    }
}

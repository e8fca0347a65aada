//! Past states: everything that was committed by a position or a time.

use std::str::FromStr;

use holdfast_domain::values::Timestamp;
use holdfast_journal::{Journal, JournalError};

/// A past state of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// The state after the event at a position.
    Position(u64),
    /// The state after the last event that was committed by a time.
    Time(Timestamp),
}

/// The text is neither a position nor a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a position (a whole number) or a time (RFC 3339), such as 2026-03-01T12:00:00Z")]
pub struct InvalidAsOf;

impl FromStr for AsOf {
    type Err = InvalidAsOf;
    fn from_str(text: &str) -> Result<Self, InvalidAsOf> {
        let position = text.parse::<i64>().ok().and_then(|position| u64::try_from(position).ok());
        position.map(Self::Position).or_else(|| text.parse().map(Self::Time).ok()).ok_or(InvalidAsOf)
    }
}

impl AsOf {
    /// The current state.
    pub const NOW: Self = Self::Position(u64::MAX);

    /// The position of the last event that the state includes.
    pub async fn position(self, journal: &dyn Journal, merchant: &str) -> Result<u64, JournalError> {
        match self {
            Self::Position(position) => Ok(position),
            Self::Time(time) => journal.position_at(merchant, time.microseconds()).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_of_is_a_position_or_a_time() {
        assert_eq!("12".parse(), Ok(AsOf::Position(12)));
        assert!(matches!("2026-03-01T12:00:00Z".parse(), Ok(AsOf::Time(_))));
        for invalid in ["yesterday", "-1", "", "9223372036854775808"] {
            assert_eq!(invalid.parse::<AsOf>(), Err(InvalidAsOf), "{invalid}");
        }
    }
}

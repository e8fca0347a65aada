//! What may be concluded from what the server says, or from its silence.

use sqlx::postgres::{PgDatabaseError, PgSeverity};

use crate::error::{AppendError, JournalError};

/// Why something could not be read, or a side record not written.
pub(super) fn unavailable(error: &sqlx::Error) -> JournalError {
    match error {
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => JournalError::Corrupt(error.to_string()),
        sqlx::Error::Database(said) if said.code().is_some_and(|code| code.starts_with("XX")) => {
            JournalError::Corrupt(said.message().to_owned())
        }
        sqlx::Error::Database(said) => JournalError::Unavailable(said.message().to_owned()),
        other => JournalError::Unavailable(other.to_string()),
    }
}

/// Why an append was not executed that had to wait too long for a head.
const LOCKED: &str = "a head is locked by somebody else";

/// Whether one batch may be why several failed together.
pub(super) fn may_be_of_one(error: &AppendError) -> bool {
    match error {
        AppendError::Refused(_) => true,
        AppendError::Unavailable(reason) => reason == LOCKED,
        _ => false,
    }
}

/// What became of an append: of one statement, or of a transaction that ends with its commit.
///
/// An answer of severity ERROR means that the statement was rolled back. A session that the server ends (FATAL) may
/// have committed before: a shutdown that waits for a synchronous standby does so. Silence proves nothing.
pub(super) fn appended(error: &sqlx::Error) -> AppendError {
    match error {
        sqlx::Error::Encode(why) => AppendError::Refused(why.to_string()),
        sqlx::Error::Database(said) => {
            let severity = said.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::severity);
            let code = said.code().unwrap_or_default();
            let message = said.message().to_owned();
            match code.get(..2) {
                _ if severity != Some(PgSeverity::Error) || code == "40003" => AppendError::Unknown(message),
                // A connection that is failing says so, and what it did before is not certain.
                Some("08") => AppendError::Unknown(message),
                _ if ["55P03", "40P01"].contains(&&*code) => AppendError::Unavailable(LOCKED.to_owned()),
                // Something that is there twice, that the type does not take, or that is too large.
                Some("22" | "23" | "54") => AppendError::Refused(message),
                _ => AppendError::Unavailable(message),
            }
        }
        other => AppendError::Unknown(other.to_string()),
    }
}

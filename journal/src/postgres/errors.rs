//! Conclusions from the server's errors, or from a connection that is lost.

use sqlx::postgres::{PgDatabaseError, PgSeverity};

use crate::error::{AppendError, JournalError};

/// Converts the error of any statement other than an append.
pub(super) fn unavailable(error: &sqlx::Error) -> JournalError {
    match error {
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => JournalError::Corrupt(error.to_string()),
        sqlx::Error::Database(reported) if reported.code().is_some_and(|code| code.starts_with("XX")) => {
            JournalError::Corrupt(reported.message().to_owned())
        }
        sqlx::Error::Database(reported) => JournalError::Unavailable(reported.message().to_owned()),
        other => JournalError::Unavailable(other.to_string()),
    }
}

/// The reason of an append that was not executed because it waited too long for a head.
const LOCKED: &str = "another transaction keeps a head locked";

/// True if a single batch of several may have caused the failure of all.
pub(super) fn may_concern_one_batch(error: &AppendError) -> bool {
    match error {
        AppendError::Refused(_) => true,
        AppendError::Unavailable(reason) => reason == LOCKED,
        _ => false,
    }
}

/// Converts the error of an append: of one statement, or of a transaction including its commit.
///
/// An error of severity ERROR means that the append was rolled back. Before the server ends a session (FATAL), it may have
/// committed: a shutdown does so if the commit waits for a synchronous standby. A lost connection proves nothing.
pub(super) fn append_error(error: &sqlx::Error) -> AppendError {
    match error {
        sqlx::Error::Encode(reason) => AppendError::Refused(reason.to_string()),
        sqlx::Error::Database(reported) => {
            let severity = reported.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::severity);
            let code = reported.code().unwrap_or_default();
            let message = reported.message().to_owned();
            match code.get(..2) {
                _ if severity != Some(PgSeverity::Error) || code == "40003" => AppendError::Unknown(message),
                // The connection fails: the outcome is uncertain.
                Some("08") => AppendError::Unknown(message),
                _ if ["55P03", "40P01"].contains(&&*code) => AppendError::Unavailable(LOCKED.to_owned()),
                // A duplicate, a value outside of its type, or a value that is too large.
                Some("22" | "23" | "54") => AppendError::Refused(message),
                _ => AppendError::Unavailable(message),
            }
        }
        other => AppendError::Unknown(other.to_string()),
    }
}

//! Errors of the read side.

use holdfast_journal::JournalError;

/// The result of reading or writing a read model.
pub type Result<T, E = ViewError> = std::result::Result<T, E>;

/// Why a read model could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The database of the read models has failed, or cannot be reached.
    #[error("the database of the read models failed: {0}")]
    Store(#[from] sqlx::Error),
    /// A migration of the schema has failed.
    #[error("failed to migrate the schema of the read models: {0}")]
    Schema(#[from] sqlx::migrate::MigrateError),
    /// A newer program has migrated the schema.
    #[error(
        "the read models have schema version {found}, but this program supports only version {known}; use a newer program"
    )]
    SchemaTooNew {
        /// The schema's version.
        found: i64,
        /// The version that this program supports.
        known: i64,
    },
    /// An older program has created the schema, and no newer server has migrated it.
    #[error(
        "the read models have schema version {found}, but this program needs version {known}; start a server of this \
         version to migrate them"
    )]
    SchemaTooOld {
        /// The schema's version.
        found: i64,
        /// The version that this program needs.
        known: i64,
    },
    /// The read models do not exist.
    #[error("the read models do not exist yet; start a server to create them")]
    NotInitialized,
    /// The journal has failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A row cannot be decoded.
    #[error("failed to decode a row of {projection}: {reason}")]
    Row {
        /// The projection or table.
        projection: &'static str,
        /// What is wrong with the row.
        reason: String,
    },
    /// Another node has moved the checkpoint, so that the events must not be applied again.
    #[error("another node has moved the checkpoint of {0}")]
    CheckpointMoved(&'static str),
    /// The projection cannot continue for a merchant.
    #[error("projection {projection} has halted for merchant {merchant} at position {position}: {reason}")]
    Halted {
        /// The name of the projection.
        projection: &'static str,
        /// The merchant's name.
        merchant: String,
        /// The last position that was applied, or that could not be.
        position: u64,
        /// Why it has halted.
        reason: String,
    },
    /// This program's version of the projection has no complete generation.
    #[error("projection {0} is being built for this version of the program; retry later")]
    Building(&'static str),
    /// The generation does not exist, or its state does not allow the operation.
    #[error("{0}")]
    InvalidGeneration(String),
    /// The query would read too many metrics.
    #[error("the query exceeds {0} metrics; choose a shorter time, or one channel or location")]
    TooManyMetrics(usize),
    /// The position is beyond the end of the journal.
    #[error("position {wanted} is beyond the end of the journal at {head}")]
    BeyondHead {
        /// The last position of the journal.
        head: u64,
        /// The requested position.
        wanted: u64,
    },
    /// The read model has not reached the position in time.
    #[error("the read model has reached position {reached}, not {wanted}; retry later")]
    Behind {
        /// The position that it has reached.
        reached: u64,
        /// The requested position.
        wanted: u64,
    },
}

impl ViewError {
    /// The error of a row that cannot be decoded.
    #[allow(clippy::needless_pass_by_value, reason = "an error handler")]
    pub(crate) fn row(projection: &'static str, error: impl ToString) -> Self {
        Self::Row { projection, reason: error.to_string() }
    }
}

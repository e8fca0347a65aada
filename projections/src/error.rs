//! What can go wrong on the read side.

use holdfast_journal::JournalError;

/// Why a read model could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The store of the read models.
    #[error("the read models are not available: {0}")]
    Store(#[from] sqlx::Error),
    /// The store's schema.
    #[error("the read models' schema cannot be brought up to date: {0}")]
    Schema(#[from] sqlx::migrate::MigrateError),
    /// A newer program has changed the store's schema.
    #[error("the read models have schema version {found}; this program knows {known} at most")]
    SchemaTooNew {
        /// The first version that is not known.
        found: i64,
        /// The last one that is.
        known: i64,
    },
    /// An older program has made the store's schema, and it was not brought up to date since.
    #[error(
        "the read models have schema version {found}, this program reads version {known}: a server of this \
         version brings them up to date"
    )]
    SchemaTooOld {
        /// The last version that is there.
        found: i64,
        /// The one that this program reads.
        known: i64,
    },
    /// There are no read models where some were expected.
    #[error("there are no read models yet: a server makes them when it starts")]
    NotInitialized,
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A row that was not written so.
    #[error("a row of {projection} cannot be read: {reason}")]
    Row {
        /// Which projection.
        projection: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Somebody else has moved the checkpoint: what was folded from where it was is not wanted any more.
    #[error("the checkpoint of {0} was moved by another node")]
    CheckpointMoved(&'static str),
    /// The projection is not complete or not of this journal, and has stopped.
    #[error("projection {projection} of merchant {merchant} has halted at position {position}: {reason}")]
    Halted {
        /// Which projection.
        projection: &'static str,
        /// Whose.
        merchant: String,
        /// Where.
        position: u64,
        /// Why.
        reason: String,
    },
    /// The first build of this program's version of the projection is not complete yet.
    #[error("{0} is being built: this program has another version of it than the one that served before")]
    Building(&'static str),
    /// There is no such build, or it is not in the state that it would have to be in.
    #[error("{0}")]
    InvalidGeneration(String),
    /// More figures than are told at once.
    #[error(
        "there are more than {0} figures in this time: ask for a shorter one, or for one channel or location"
    )]
    TooManyMetrics(usize),
    /// Nothing was written at the position that was asked for.
    #[error("the journal ends at position {head}, {wanted} was asked for")]
    BeyondHead {
        /// Where the journal ends.
        head: u64,
        /// What was asked for.
        wanted: u64,
    },
    /// The read model has not reached the position in time.
    #[error("the read model is at position {reached}, {wanted} was asked for")]
    Behind {
        /// Where it is.
        reached: u64,
        /// What was asked for.
        wanted: u64,
    },
}

impl ViewError {
    /// A row of a projection that was not written so.
    #[allow(clippy::needless_pass_by_value, reason = "an error handler")]
    pub(crate) fn row(projection: &'static str, error: impl ToString) -> Self {
        Self::Row { projection, reason: error.to_string() }
    }
}

//! An append-only event log with one total order of events per merchant, secured by hash chains.
//!
//! A [`Journal`] stores [`Batch`]es. A batch holds the events, outcomes and claims of one or more commands of one
//! merchant. It is appended entirely or not at all, and only if the merchant's [`Head`] is still the one that the batch
//! was decided on. The journal knows no aggregates: names and payloads are opaque to it.
//!
//! [`SqliteJournal`] serves one process, [`PostgresJournal`] several nodes. The feature `test-support` adds a journal in
//! memory, for tests and simulations. All of them pass the same contract tests.

mod batch;
mod chain;
mod commit_signal;
mod error;
mod finding;
mod hash;
mod lease;
mod paging;
mod postgres;
mod recent_events;
mod record;
mod sqlite;
mod traits;
mod verify;

#[cfg(any(test, feature = "test-support"))]
pub mod test_support;
#[cfg(test)]
mod tests;

pub use batch::{Batch, CommandRecord, NewEvent, SubjectKey};
pub use error::{AppendError, JournalError};
pub use finding::Finding;
pub use hash::Hash;
pub use lease::{LeaseStatus, Node};
pub use postgres::PostgresJournal;
pub use record::{
    BatchSummary, Claim, ClaimKey, Event, FORMAT, Head, LoadRequest, Loaded, LoadedStream, Outcome,
    OutcomeKey, OutcomeKind, Snapshot,
};
pub use sqlite::SqliteJournal;
pub use traits::{BatchStore, EventLog, Journal, JournalAdmin, LeaseStore, SubjectKeys, VerificationSource};
pub use verify::{Verification, verify};

#[cfg(feature = "test-support")]
pub use traits::{
    ambassador_impl_BatchStore, ambassador_impl_EventLog, ambassador_impl_JournalAdmin,
    ambassador_impl_LeaseStore, ambassador_impl_SubjectKeys, ambassador_impl_VerificationSource,
};

//! The append-only log: opaque named payloads, one order of events a merchant, chained by hash.
//!
//! A [`Journal`] stores [`Batch`]es. A batch holds the events, outcomes and claims of one or more commands of one
//! merchant; it is appended whole or not at all, and only if the merchant's [`Head`] is still the one that the
//! batch was decided on. The journal knows no aggregate: names and payloads mean nothing to it.
//!
//! [`MemoryJournal`] is for tests and simulations, [`SqliteJournal`] for one machine, [`PostgresJournal`] for several
//! nodes. Each passes the same contract suite.

mod batch;
mod breaker;
mod chain;
mod commits;
mod error;
mod lease;
mod memory;
mod postgres;
mod record;
mod sqlite;
mod tail;
mod unfenced;
mod verify;

#[cfg(test)]
mod contract;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod testing;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

pub use batch::{Batch, BatchSummary, CommandRecord, NewEvent, SubjectKey};
pub use breaker::CircuitBreaker;
pub use chain::Hash;
pub use error::{AppendError, JournalError};
pub use lease::{Node, Tenure};
pub use memory::MemoryJournal;
pub use postgres::{PostgresJournal, analyze_grown, answers_still, has_grown};
pub use record::{
    Claim, ClaimKey, Event, Head, LoadRequest, Loaded, LoadedStream, Outcome, OutcomeKey, OutcomeKind,
    Snapshot,
};
pub use sqlite::SqliteJournal;
pub use verify::{Finding, Verification, verify};

/// What this program writes. A journal of a newer format is not written to.
pub const FORMAT: u32 = 1;

/// An append-only log of every merchant's events.
#[async_trait]
pub trait Journal: Send + Sync + 'static {
    /// How many appends are worth having under way at once, each of other merchants.
    fn writers(&self) -> usize {
        1
    }

    /// Appends batches of different merchants in one transaction. Each has a result of its own: one merchant's
    /// failure leaves the others alone. `Ok` means durable.
    ///
    /// The future must be driven to its end: dropping it leaves the outcome unknown.
    async fn append(&self, batches: &Arc<[Batch]>) -> Vec<Result<(), AppendError>>;

    /// Changes when something may have been appended, by this node or, as far as it hears of it, by another.
    fn commits(&self) -> watch::Receiver<u64>;

    /// Whether a merchant's events after a position are in memory: of several nodes, the one that has written them.
    fn has_at_hand(&self, _merchant: &str, _after: u64) -> bool {
        true
    }

    /// Closes all connections, once what they do is done.
    async fn close(&self) {}

    /// Takes, for a term, the leases of merchants that are free or the node's own, and tells who has the others, in
    /// the order asked for. A store that only one process writes to has none to share.
    async fn claim_leases(
        &self,
        node: &Node,
        merchants: &[String],
        term: Duration,
    ) -> Result<Vec<Tenure>, JournalError> {
        let _ = (node, term);
        Ok(vec![Tenure::Mine; merchants.len()])
    }

    /// Ends leases of a node.
    async fn release_leases(&self, node: &Node, merchants: &[String]) -> Result<(), JournalError> {
        let _ = (node, merchants);
        Ok(())
    }

    /// The store's time, in microseconds since 1970, where it has a clock of its own.
    async fn time(&self) -> Result<Option<i64>, JournalError> {
        Ok(None)
    }

    /// Where a merchant's journal ends; [`Head::default`] for one that has none.
    async fn head(&self, merchant: &str) -> Result<Head, JournalError>;

    /// Where every merchant's journal ends, by merchant.
    async fn heads(&self) -> Result<Vec<(String, Head)>, JournalError>;

    /// Every merchant that has left anything, in order: what is to be verified. Also one whose head was removed.
    async fn merchants(&self) -> Result<Vec<String>, JournalError> {
        Ok(self.heads().await?.into_iter().map(|(merchant, _)| merchant).collect())
    }

    /// Lets a format be written to a merchant's journal, and no program write that only knows older ones. What is so
    /// already stays so. Nothing for a merchant that has no journal.
    async fn raise_format(&self, merchant: &str, to: u32) -> Result<(), JournalError>;

    /// Raises the epoch, which fences every batch that was sealed before, and gives the new head.
    async fn raise_epoch(&self, merchant: &str) -> Result<Head, JournalError>;

    /// Whether the batch with this number and id was committed.
    async fn has_batch(&self, merchant: &str, number: u64, id: [u8; 16]) -> Result<bool, JournalError>;

    /// Streams, claims and outcomes needed for a decision, none older than the call. Where others write meanwhile they
    /// may be of different moments; the condition of the append that follows finds that out.
    async fn load(&self, merchant: &str, request: &LoadRequest) -> Result<Loaded, JournalError>;

    /// Events after a position in order: about `limit`, fewer where they are large, ending at a command's end.
    /// None means that there are none: a gap, which only a damaged journal has, is passed over.
    async fn read(&self, merchant: &str, after: u64, limit: usize) -> Result<Vec<Event>, JournalError>;

    /// Like [`Journal::read`], but an event that cannot be read does not hide the others. To verify with: pages
    /// end anywhere.
    async fn examine(
        &self,
        merchant: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Result<Event, Finding>>, JournalError> {
        Ok(self.read(merchant, after, limit).await?.into_iter().map(Ok).collect())
    }

    /// A stream's events in order, those of whole commands up to a position only.
    async fn read_stream(&self, merchant: &str, name: &str, up_to: u64) -> Result<Vec<Event>, JournalError>;

    /// A stream's events behind a version in order, those of whole commands up to a position only: `most` of them, fewer
    /// where they are large. None means that there are none. For streams that may be longer than what is kept in memory.
    async fn read_stream_page(
        &self,
        merchant: &str,
        name: &str,
        after_version: u64,
        up_to: u64,
        most: usize,
    ) -> Result<Vec<Event>, JournalError>;

    /// The position of the last command that was recorded at or before a time.
    async fn position_at(&self, merchant: &str, time: i64) -> Result<u64, JournalError>;

    /// The wrapped key of a subject's personal data, where it was not deleted.
    async fn subject_key(&self, merchant: &str, subject: &str) -> Result<Option<Vec<u8>>, JournalError>;

    /// By what the master key is known that personal data in here is sealed under, where that was kept.
    async fn master_key_check(&self) -> Result<Option<Vec<u8>>, JournalError>;

    /// Keeps by what the master key is known. What was kept first stays.
    async fn keep_master_key_check(&self, digest: Vec<u8>) -> Result<(), JournalError>;

    /// Keeps states to start from. Older ones of the same stream are replaced; newer ones stay.
    async fn save_snapshots(&self, merchant: &str, snapshots: Vec<Snapshot>) -> Result<(), JournalError>;

    /// Deletes the refusals of batches that were sealed before a time, and gives their number. Their digests stay
    /// with their batches.
    async fn prune_refusals(&self, before: i64) -> Result<u64, JournalError>;

    /// Batches after a number, in order.
    async fn batches(
        &self,
        merchant: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<BatchSummary>, JournalError>;

    /// The outcomes of batches from one number to another, both included, by batch and ordinal.
    async fn outcomes(&self, merchant: &str, from: u64, to: u64) -> Result<Vec<Outcome>, JournalError>;
}

//! The capabilities of a journal, one trait for each kind of caller.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

use crate::batch::Batch;
use crate::error::{AppendError, JournalError};
use crate::finding::Finding;
use crate::lease::{LeaseStatus, Node};
use crate::record::{BatchSummary, Event, Head, LoadRequest, Loaded, Outcome, Snapshot};

/// An append-only log of every merchant's events, with every capability.
pub trait Journal:
    EventLog + BatchStore + SubjectKeys + LeaseStore + VerificationSource + JournalAdmin
{
}

impl<J> Journal for J where
    J: EventLog + BatchStore + SubjectKeys + LeaseStore + VerificationSource + JournalAdmin
{
}

/// Reads events: for projections, queries, exports and audits.
#[async_trait]
#[cfg_attr(feature = "test-support", ambassador::delegatable_trait)]
pub trait EventLog: Send + Sync + 'static {
    /// A counter that changes when this node has appended events, or has learnt that another node may have.
    fn commits(&self) -> watch::Receiver<u64>;

    /// True if reading a merchant's next events after a position does not access the store.
    fn is_cached(&self, _merchant: &str, _after: u64) -> bool {
        true
    }

    /// The head of a merchant's journal; [`Head::default`] if the merchant has none.
    async fn head(&self, merchant: &str) -> Result<Head, JournalError>;

    /// The heads of all merchants, ordered by merchant.
    async fn heads(&self) -> Result<Vec<(String, Head)>, JournalError>;

    /// Reads a merchant's next events after a position, in order. A page has about `limit` events: fewer if they are
    /// large, and more if a command's events would otherwise be split.
    ///
    /// An empty page means that no events follow. A gap, which only a damaged journal has, is skipped.
    async fn read(&self, merchant: &str, after: u64, limit: usize) -> Result<Vec<Event>, JournalError>;

    /// Reads all events of a stream, in order, of the commands that end at or before the position `up_to`.
    async fn read_stream(&self, merchant: &str, name: &str, up_to: u64) -> Result<Vec<Event>, JournalError>;

    /// Reads a stream's next events after a version, in order, of the commands that end at or before the position
    /// `up_to`. A page has at most `limit` events, fewer if they are large. An empty page means that no events follow.
    async fn read_stream_page(
        &self,
        merchant: &str,
        name: &str,
        after_version: u64,
        up_to: u64,
        limit: usize,
    ) -> Result<Vec<Event>, JournalError>;

    /// The position of the last event of the last command that was decided at or before a time, in microseconds since
    /// 1970; 0 if there is none.
    async fn position_at(&self, merchant: &str, time: i64) -> Result<u64, JournalError>;
}

/// Loads the state for decisions and appends the decisions: for the writer.
#[async_trait]
#[cfg_attr(feature = "test-support", ambassador::delegatable_trait)]
pub trait BatchStore: Send + Sync + 'static {
    /// The number of appends, each of different merchants, that the store can execute at the same time.
    fn concurrent_appends(&self) -> usize {
        1
    }

    /// Appends batches of different merchants in one transaction. Each batch has its own result: the failure of one
    /// does not affect the others. `Ok` means that the batch is durable.
    ///
    /// Do not drop the future before it is done: the outcome would be unknown.
    async fn append(&self, batches: &Arc<[Batch]>) -> Vec<Result<(), AppendError>>;

    /// Loads the streams, claims and outcomes that a decision needs. None of them is older than the call. If another
    /// node writes at the same time, some may be newer than others; the append of the decision then fails, because it
    /// is conditional on the head.
    async fn load(&self, merchant: &str, request: &LoadRequest) -> Result<Loaded, JournalError>;

    /// True if the batch with this number and id was committed.
    async fn has_batch(&self, merchant: &str, number: u64, id: [u8; 16]) -> Result<bool, JournalError>;

    /// Raises a merchant's epoch and returns the new head. Batches that were sealed before can no longer be appended.
    async fn raise_epoch(&self, merchant: &str) -> Result<Head, JournalError>;

    /// Saves snapshots. A snapshot of a newer version or another encoding replaces the stream's snapshot; an older one
    /// is ignored.
    async fn save_snapshots(&self, merchant: &str, snapshots: Vec<Snapshot>) -> Result<(), JournalError>;
}

/// Reads the keys to personal data. They are written and destroyed by batches.
#[async_trait]
#[cfg_attr(feature = "test-support", ambassador::delegatable_trait)]
pub trait SubjectKeys: Send + Sync + 'static {
    /// The wrapped key to a subject's personal data; `None` if there never was one or it was destroyed.
    async fn subject_key(&self, merchant: &str, subject: &str) -> Result<Option<Vec<u8>>, JournalError>;

    /// The digest of the master key that wraps all keys of this store, if it was saved.
    async fn master_key_check(&self) -> Result<Option<Vec<u8>>, JournalError>;

    /// Saves the digest of the master key, unless one is saved already.
    async fn save_master_key_check(&self, digest: Vec<u8>) -> Result<(), JournalError>;
}

/// Assigns merchants to nodes. The default methods are for a store that only one process writes to.
#[async_trait]
#[cfg_attr(feature = "test-support", ambassador::delegatable_trait)]
pub trait LeaseStore: Send + Sync + 'static {
    /// Claims merchants' leases for a node and a duration, and renews those that the node holds. Returns one status for
    /// each merchant, in the order of `merchants`.
    async fn claim_leases(
        &self,
        node: &Node,
        merchants: &[String],
        duration: Duration,
    ) -> Result<Vec<LeaseStatus>, JournalError> {
        let _ = (node, duration);
        Ok(vec![LeaseStatus::Own; merchants.len()])
    }

    /// Ends a node's leases of merchants. Leases of other nodes stay.
    async fn release_leases(&self, node: &Node, merchants: &[String]) -> Result<(), JournalError> {
        let _ = (node, merchants);
        Ok(())
    }

    /// The time of the store's clock, in microseconds since 1970; `None` if it has no clock of its own.
    async fn time(&self) -> Result<Option<i64>, JournalError> {
        Ok(None)
    }
}

/// Reads everything that the hash chains cover, however damaged: for [`verify`](crate::verify).
#[async_trait]
#[cfg_attr(feature = "test-support", ambassador::delegatable_trait)]
pub trait VerificationSource: Send + Sync + 'static {
    /// Every merchant that has a record of any kind, in order, even if its head was deleted.
    async fn merchants(&self) -> Result<Vec<String>, JournalError>;

    /// Reads a merchant's next events after a position, like [`EventLog::read`]. An event that cannot be read is
    /// returned as a finding, and pages may end within a command.
    async fn examine(
        &self,
        merchant: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Result<Event, Finding>>, JournalError>;

    /// Reads a merchant's next batches after a number, in order, at most `limit`.
    async fn batches(
        &self,
        merchant: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<BatchSummary>, JournalError>;

    /// Reads the outcomes of the batches `from` to `to`, both included, ordered by batch and ordinal.
    async fn outcomes(&self, merchant: &str, from: u64, to: u64) -> Result<Vec<Outcome>, JournalError>;
}

/// Maintains the store: for the command line, the server's shutdown and the pruning task.
#[async_trait]
#[cfg_attr(feature = "test-support", ambassador::delegatable_trait)]
pub trait JournalAdmin: Send + Sync + 'static {
    /// Raises the format of a merchant's journal to `format`, so that events of this format may be written and older
    /// programs no longer write. Never lowers it. Does nothing for a merchant without a journal.
    async fn raise_format(&self, merchant: &str, format: u32) -> Result<(), JournalError>;

    /// Deletes all merchants' rejections of batches sealed before a time, in microseconds since 1970, and returns their
    /// number. Their digests stay in the rows of their batches.
    async fn prune_refusals(&self, before: i64) -> Result<u64, JournalError>;

    /// Closes all connections when their current work is done.
    async fn close(&self) {}
}

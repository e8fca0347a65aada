//! A journal that fails as a script or a seed says, and otherwise keeps every promise.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use holdfast_journal::{
    AppendError, Batch, BatchSummary, Event, Finding, Head, Journal, JournalError, LoadRequest, Loaded,
    MemoryJournal, Node, Outcome, Snapshot, Tenure,
};

/// What happens to one append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing.
    None,
    /// It is not executed.
    Unavailable,
    /// It is executed, and nobody hears of it.
    AnswerLost,
    /// It is not executed, and nobody hears of it.
    RequestLost,
    /// It is not executed yet, and nobody hears of it: it arrives just before the epoch is raised.
    ArrivesLate,
    /// It is not executed yet, and nobody hears of it: it arrives after the epoch was raised.
    ArrivesTooLate,
    /// The store does not take what it carries.
    Refused,
    /// History is another one.
    Forked,
    /// Somebody else has raised the epoch before it.
    Overtaken,
    /// It takes so many milliseconds.
    Slow(u64),
}

type Script = Box<dyn FnMut(&Batch) -> Fault + Send>;

/// A journal in memory with faults.
pub(super) struct FaultyJournal {
    inner: MemoryJournal,
    script: Mutex<Script>,
    early: Mutex<VecDeque<Batch>>,
    late: Mutex<VecDeque<Batch>>,
    /// How many raises of the epoch still fail.
    unreachable: Mutex<usize>,
    /// A stream that cannot be read.
    unreadable: Mutex<Option<String>>,
    /// The format that it says it has, until it is raised.
    format: Mutex<Option<u32>>,
}

impl FaultyJournal {
    pub(super) fn new(script: impl FnMut(&Batch) -> Fault + Send + 'static) -> Self {
        Self {
            inner: MemoryJournal::new(),
            script: Mutex::new(Box::new(script)),
            early: Mutex::default(),
            late: Mutex::default(),
            unreachable: Mutex::default(),
            unreadable: Mutex::default(),
            format: Mutex::default(),
        }
    }

    /// The same over a journal without its fence.
    pub(super) fn unfenced(script: impl FnMut(&Batch) -> Fault + Send + 'static) -> Self {
        Self { inner: MemoryJournal::unfenced(), ..Self::new(script) }
    }

    pub(super) fn unreachable_for(&self, times: usize) {
        *self.unreachable.lock().unwrap() = times;
    }

    pub(super) fn make_unreadable(&self, stream: &str) {
        *self.unreadable.lock().unwrap() = Some(stream.to_owned());
    }

    pub(super) fn make_older(&self, format: u32) {
        *self.format.lock().unwrap() = Some(format);
    }

    async fn append_one(&self, batch: &Batch) -> Result<(), AppendError> {
        let fault = (self.script.lock().unwrap())(batch);
        let unknown = || Err(AppendError::Unknown("scripted".to_owned()));
        match fault {
            Fault::None => self.inner.append(&[batch.clone()].into()).await.remove(0),
            Fault::Unavailable => Err(AppendError::Unavailable("scripted".to_owned())),
            Fault::AnswerLost => {
                let _ = self.inner.append(&[batch.clone()].into()).await;
                unknown()
            }
            Fault::RequestLost => unknown(),
            Fault::ArrivesLate => {
                self.early.lock().unwrap().push_back(batch.clone());
                unknown()
            }
            Fault::ArrivesTooLate => {
                self.late.lock().unwrap().push_back(batch.clone());
                unknown()
            }
            Fault::Refused => Err(AppendError::Refused("scripted".to_owned())),
            Fault::Forked => Err(AppendError::Forked),
            Fault::Slow(milliseconds) => {
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                self.inner.append(&[batch.clone()].into()).await.remove(0)
            }
            Fault::Overtaken => {
                let _ = self.inner.raise_epoch(batch.merchant()).await;
                self.inner.append(&[batch.clone()].into()).await.remove(0)
            }
        }
    }
}

#[async_trait]
impl Journal for FaultyJournal {
    async fn append(&self, batches: &Arc<[Batch]>) -> Vec<Result<(), AppendError>> {
        let mut results = Vec::new();
        for batch in batches.iter() {
            results.push(self.append_one(batch).await);
        }
        results
    }

    async fn raise_epoch(&self, merchant: &str) -> Result<Head, JournalError> {
        {
            let mut times = self.unreachable.lock().unwrap();
            if *times > 0 {
                *times -= 1;
                return Err(JournalError::Unavailable("scripted".to_owned()));
            }
        }
        let early: Arc<[Batch]> = self.early.lock().unwrap().drain(..).collect();
        self.inner.append(&early).await;
        let head = self.inner.raise_epoch(merchant).await;
        let late: Arc<[Batch]> = self.late.lock().unwrap().drain(..).collect();
        for result in self.inner.append(&late).await {
            assert!(result.is_err(), "P3: a batch of an old epoch was taken");
        }
        head
    }

    fn commits(&self) -> tokio::sync::watch::Receiver<u64> {
        self.inner.commits()
    }

    async fn claim_leases(
        &self,
        node: &Node,
        merchants: &[String],
        term: Duration,
    ) -> Result<Vec<Tenure>, JournalError> {
        self.inner.claim_leases(node, merchants, term).await
    }

    async fn release_leases(&self, node: &Node, merchants: &[String]) -> Result<(), JournalError> {
        self.inner.release_leases(node, merchants).await
    }

    async fn head(&self, merchant: &str) -> Result<Head, JournalError> {
        let head = self.inner.head(merchant).await?;
        Ok(Head { format: self.format.lock().unwrap().unwrap_or(head.format), ..head })
    }

    async fn raise_format(&self, merchant: &str, to: u32) -> Result<(), JournalError> {
        *self.format.lock().unwrap() = None;
        self.inner.raise_format(merchant, to).await
    }

    async fn heads(&self) -> Result<Vec<(String, Head)>, JournalError> {
        self.inner.heads().await
    }

    async fn merchants(&self) -> Result<Vec<String>, JournalError> {
        self.inner.merchants().await
    }

    async fn examine(
        &self,
        merchant: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Result<Event, Finding>>, JournalError> {
        self.inner.examine(merchant, after, limit).await
    }

    async fn has_batch(&self, merchant: &str, number: u64, id: [u8; 16]) -> Result<bool, JournalError> {
        self.inner.has_batch(merchant, number, id).await
    }

    async fn load(&self, merchant: &str, request: &LoadRequest) -> Result<Loaded, JournalError> {
        if let Some(unreadable) = self.unreadable.lock().unwrap().as_deref()
            && request.streams.iter().any(|stream| &**stream == unreadable)
        {
            return Err(JournalError::Corrupt("scripted".to_owned()));
        }
        self.inner.load(merchant, request).await
    }

    async fn read(&self, merchant: &str, after: u64, limit: usize) -> Result<Vec<Event>, JournalError> {
        self.inner.read(merchant, after, limit).await
    }

    async fn read_stream(&self, merchant: &str, name: &str, up_to: u64) -> Result<Vec<Event>, JournalError> {
        self.inner.read_stream(merchant, name, up_to).await
    }

    async fn read_stream_page(
        &self,
        merchant: &str,
        name: &str,
        after_version: u64,
        up_to: u64,
        most: usize,
    ) -> Result<Vec<Event>, JournalError> {
        self.inner.read_stream_page(merchant, name, after_version, up_to, most).await
    }

    async fn position_at(&self, merchant: &str, time: i64) -> Result<u64, JournalError> {
        self.inner.position_at(merchant, time).await
    }

    async fn subject_key(&self, merchant: &str, subject: &str) -> Result<Option<Vec<u8>>, JournalError> {
        self.inner.subject_key(merchant, subject).await
    }

    async fn master_key_check(&self) -> Result<Option<Vec<u8>>, JournalError> {
        self.inner.master_key_check().await
    }

    async fn keep_master_key_check(&self, digest: Vec<u8>) -> Result<(), JournalError> {
        self.inner.keep_master_key_check(digest).await
    }

    async fn save_snapshots(&self, merchant: &str, snapshots: Vec<Snapshot>) -> Result<(), JournalError> {
        self.inner.save_snapshots(merchant, snapshots).await
    }

    async fn prune_refusals(&self, before: i64) -> Result<u64, JournalError> {
        self.inner.prune_refusals(before).await
    }

    async fn batches(
        &self,
        merchant: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<BatchSummary>, JournalError> {
        self.inner.batches(merchant, after, limit).await
    }

    async fn outcomes(&self, merchant: &str, from: u64, to: u64) -> Result<Vec<Outcome>, JournalError> {
        self.inner.outcomes(merchant, from, to).await
    }
}

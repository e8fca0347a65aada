//! A journal in memory whose appends and loads fail according to a script.

#![allow(clippy::duplicated_attributes, reason = "one delegation for each trait")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ambassador::Delegate;
use async_trait::async_trait;
use holdfast_journal::test_support::{MemoryJournal, without_fence};
use holdfast_journal::{
    AppendError, Batch, BatchStore, BatchSummary, Event, EventLog, Finding, Head, JournalAdmin, JournalError,
    LeaseStatus, LeaseStore, LoadRequest, Loaded, Node, Outcome, Snapshot, SubjectKeys, VerificationSource,
    ambassador_impl_EventLog, ambassador_impl_JournalAdmin, ambassador_impl_LeaseStore,
    ambassador_impl_SubjectKeys, ambassador_impl_VerificationSource,
};
use tokio::sync::watch;

/// The fault of one append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It succeeds.
    None,
    /// It is not executed.
    Unavailable,
    /// It is executed, and its answer is lost.
    AnswerLost,
    /// It is not executed, and the writer does not learn it.
    RequestLost,
    /// It is executed later, just before the epoch is raised, and its answer is lost.
    ArrivesLate,
    /// It is executed later, after the epoch was raised, and its answer is lost.
    ArrivesTooLate,
    /// The store rejects its content.
    Refused,
    /// History has forked.
    Forked,
    /// Another node raises the epoch before it.
    Overtaken,
    /// It succeeds after this number of milliseconds.
    Slow(u64),
}

type Script = Box<dyn FnMut(&Batch) -> Fault + Send>;

/// A journal in memory with faults.
#[derive(Delegate)]
#[delegate(EventLog, target = "inner")]
#[delegate(SubjectKeys, target = "inner")]
#[delegate(LeaseStore, target = "inner")]
#[delegate(VerificationSource, target = "inner")]
#[delegate(JournalAdmin, target = "inner")]
pub(super) struct FaultyJournal {
    inner: MemoryJournal,
    script: Mutex<Script>,
    early: Mutex<VecDeque<Batch>>,
    late: Mutex<VecDeque<Batch>>,
    /// How many of the next calls of `raise_epoch` fail.
    unreachable: Mutex<usize>,
    /// The name of a stream that cannot be loaded.
    unreadable: Mutex<Option<String>>,
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
        }
    }

    /// Like [`new`](Self::new), over a journal that does not check the head.
    pub(super) fn without_fence(script: impl FnMut(&Batch) -> Fault + Send + 'static) -> Self {
        Self { inner: without_fence(), ..Self::new(script) }
    }

    pub(super) fn unreachable_for(&self, times: usize) {
        *self.unreachable.lock().unwrap() = times;
    }

    pub(super) fn make_unreadable(&self, stream: &str) {
        *self.unreadable.lock().unwrap() = Some(stream.to_owned());
    }

    pub(super) fn set_format(&self, merchant: &str, format: u32) {
        self.inner.set_format(merchant, format);
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
impl BatchStore for FaultyJournal {
    async fn append(&self, batches: &Arc<[Batch]>) -> Vec<Result<(), AppendError>> {
        let mut results = Vec::new();
        for batch in batches.iter() {
            results.push(self.append_one(batch).await);
        }
        results
    }

    async fn load(&self, merchant: &str, request: &LoadRequest) -> Result<Loaded, JournalError> {
        if let Some(unreadable) = self.unreadable.lock().unwrap().as_deref()
            && request.streams.iter().any(|stream| &**stream == unreadable)
        {
            return Err(JournalError::Corrupt("scripted".to_owned()));
        }
        self.inner.load(merchant, request).await
    }

    async fn has_batch(&self, merchant: &str, number: u64, id: [u8; 16]) -> Result<bool, JournalError> {
        self.inner.has_batch(merchant, number, id).await
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
            assert!(result.is_err(), "P3: a batch of an old epoch was appended");
        }
        head
    }

    async fn save_snapshots(&self, merchant: &str, snapshots: Vec<Snapshot>) -> Result<(), JournalError> {
        self.inner.save_snapshots(merchant, snapshots).await
    }
}

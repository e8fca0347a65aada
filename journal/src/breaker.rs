//! A circuit breaker: a store that does not answer is left alone for a while, and whoever asks is told so at once.
//!
//! After the pattern of that name (Nygard, "Release It!", 2007). Callers would otherwise all wait for their turn to
//! find out, and a store that comes back would be met by all of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::batch::{Batch, BatchSummary};
use crate::error::{AppendError, JournalError};
use crate::lease::{Node, Tenure};
use crate::record::{Event, Head, LoadRequest, Loaded, Outcome, Snapshot};
use crate::{Finding, Journal};

/// Failures in a row after which the store is left alone.
const MOST_FAILURES: u32 = 5;
/// How long a call may take: more than any statement may by the store's own clock, which a store that has gone without a
/// word does not keep. An append has its own.
const PATIENCE: Duration = Duration::from_secs(15);
/// For how long, until one call tries again.
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
struct Circuit {
    failures: u32,
    /// Until when nothing is asked, where the store has failed too often.
    open_until: Option<Instant>,
}

impl Circuit {
    /// Whether the store is not to be asked now. One call in a while is let through to try.
    fn refuses(&mut self, now: Instant) -> bool {
        match self.open_until {
            Some(until) if now < until => true,
            Some(_) => {
                self.open_until = Some(now + PAUSE);
                false
            }
            None => false,
        }
    }

    fn note(&mut self, failed: bool, now: Instant) {
        if !failed {
            if self.open_until.is_some() {
                tracing::info!("the store answers again");
            }
            *self = Self::default();
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures == MOST_FAILURES {
            tracing::error!("the store does not answer: it is left alone, and commands are not executed");
        }
        if self.failures >= MOST_FAILURES {
            self.open_until = Some(now + PAUSE);
        }
    }
}

/// A journal behind a circuit breaker.
pub struct CircuitBreaker {
    inner: Arc<dyn Journal>,
    circuit: Mutex<Circuit>,
}

impl CircuitBreaker {
    /// Puts a journal behind a circuit breaker.
    pub fn new(inner: Arc<dyn Journal>) -> Self {
        Self { inner, circuit: Mutex::default() }
    }

    fn circuit(&self) -> MutexGuard<'_, Circuit> {
        // Nothing that can panic happens under the lock.
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the store is not to be asked now, if so.
    fn refusal(&self) -> Option<String> {
        let refuses = self.circuit().refuses(Instant::now());
        refuses.then(|| "it has not answered lately and is asked again in a moment".to_owned())
    }

    fn note(&self, failed: bool) {
        self.circuit().note(failed, Instant::now());
    }

    async fn guarded<T>(
        &self,
        call: impl Future<Output = Result<T, JournalError>> + Send,
    ) -> Result<T, JournalError> {
        match self.refusal() {
            Some(why) => Err(JournalError::Unavailable(why)),
            None => self.watched(call).await,
        }
    }

    async fn watched<T>(
        &self,
        call: impl Future<Output = Result<T, JournalError>> + Send,
    ) -> Result<T, JournalError> {
        let silent = || Err(JournalError::Unavailable("the store does not answer".to_owned()));
        let result = tokio::time::timeout(PATIENCE, call).await.unwrap_or_else(|_| silent());
        self.note(matches!(result, Err(JournalError::Unavailable(_))));
        result
    }
}

fn failed(result: &Result<(), AppendError>) -> bool {
    matches!(result, Err(AppendError::Unavailable(_) | AppendError::Unknown(_)))
}

#[async_trait]
impl Journal for CircuitBreaker {
    fn writers(&self) -> usize {
        self.inner.writers()
    }

    async fn append(&self, batches: &Arc<[Batch]>) -> Vec<Result<(), AppendError>> {
        if let Some(why) = self.refusal() {
            return vec![Err(AppendError::Unavailable(why)); batches.len()];
        }
        let results = self.inner.append(batches).await;
        self.note(!results.is_empty() && results.iter().all(failed));
        results
    }

    fn commits(&self) -> watch::Receiver<u64> {
        self.inner.commits()
    }

    fn has_at_hand(&self, merchant: &str, after: u64) -> bool {
        self.inner.has_at_hand(merchant, after)
    }

    async fn close(&self) {
        self.inner.close().await;
    }

    async fn claim_leases(
        &self,
        node: &Node,
        merchants: &[String],
        term: Duration,
    ) -> Result<Vec<Tenure>, JournalError> {
        self.guarded(self.inner.claim_leases(node, merchants, term)).await
    }

    async fn release_leases(&self, node: &Node, merchants: &[String]) -> Result<(), JournalError> {
        self.guarded(self.inner.release_leases(node, merchants)).await
    }

    async fn time(&self) -> Result<Option<i64>, JournalError> {
        self.guarded(self.inner.time()).await
    }

    async fn head(&self, merchant: &str) -> Result<Head, JournalError> {
        self.guarded(self.inner.head(merchant)).await
    }

    async fn heads(&self) -> Result<Vec<(String, Head)>, JournalError> {
        self.guarded(self.inner.heads()).await
    }

    async fn merchants(&self) -> Result<Vec<String>, JournalError> {
        self.guarded(self.inner.merchants()).await
    }

    async fn raise_format(&self, merchant: &str, to: u32) -> Result<(), JournalError> {
        self.guarded(self.inner.raise_format(merchant, to)).await
    }

    /// Always asked: whoever does not know what became of an append has to find out, and paces itself.
    async fn raise_epoch(&self, merchant: &str) -> Result<Head, JournalError> {
        self.watched(self.inner.raise_epoch(merchant)).await
    }

    /// Always asked, like [`Journal::raise_epoch`].
    async fn has_batch(&self, merchant: &str, number: u64, id: [u8; 16]) -> Result<bool, JournalError> {
        self.watched(self.inner.has_batch(merchant, number, id)).await
    }

    async fn load(&self, merchant: &str, request: &LoadRequest) -> Result<Loaded, JournalError> {
        self.guarded(self.inner.load(merchant, request)).await
    }

    async fn read(&self, merchant: &str, after: u64, limit: usize) -> Result<Vec<Event>, JournalError> {
        self.guarded(self.inner.read(merchant, after, limit)).await
    }

    async fn examine(
        &self,
        merchant: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Result<Event, Finding>>, JournalError> {
        self.guarded(self.inner.examine(merchant, after, limit)).await
    }

    async fn read_stream(&self, merchant: &str, name: &str, up_to: u64) -> Result<Vec<Event>, JournalError> {
        self.guarded(self.inner.read_stream(merchant, name, up_to)).await
    }

    async fn read_stream_page(
        &self,
        merchant: &str,
        name: &str,
        after_version: u64,
        up_to: u64,
        most: usize,
    ) -> Result<Vec<Event>, JournalError> {
        self.guarded(self.inner.read_stream_page(merchant, name, after_version, up_to, most)).await
    }

    async fn position_at(&self, merchant: &str, time: i64) -> Result<u64, JournalError> {
        self.guarded(self.inner.position_at(merchant, time)).await
    }

    async fn subject_key(&self, merchant: &str, subject: &str) -> Result<Option<Vec<u8>>, JournalError> {
        self.guarded(self.inner.subject_key(merchant, subject)).await
    }

    async fn master_key_check(&self) -> Result<Option<Vec<u8>>, JournalError> {
        self.guarded(self.inner.master_key_check()).await
    }

    async fn keep_master_key_check(&self, digest: Vec<u8>) -> Result<(), JournalError> {
        self.guarded(self.inner.keep_master_key_check(digest)).await
    }

    async fn save_snapshots(&self, merchant: &str, snapshots: Vec<Snapshot>) -> Result<(), JournalError> {
        self.guarded(self.inner.save_snapshots(merchant, snapshots)).await
    }

    async fn prune_refusals(&self, before: i64) -> Result<u64, JournalError> {
        // It takes as long as there is much, a little at a time.
        match self.refusal() {
            Some(why) => Err(JournalError::Unavailable(why)),
            None => self.inner.prune_refusals(before).await,
        }
    }

    async fn batches(
        &self,
        merchant: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<BatchSummary>, JournalError> {
        self.guarded(self.inner.batches(merchant, after, limit)).await
    }

    async fn outcomes(&self, merchant: &str, from: u64, to: u64) -> Result<Vec<Outcome>, JournalError> {
        self.guarded(self.inner.outcomes(merchant, from, to)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_fails_is_left_alone_tried_now_and_then_and_asked_again_when_it_answers() {
        let begun = Instant::now();
        let mut circuit = Circuit::default();
        for _ in 1..MOST_FAILURES {
            circuit.note(true, begun);
        }
        assert!(!circuit.refuses(begun), "not yet");
        circuit.note(true, begun);
        assert!(circuit.refuses(begun));

        let later = begun + PAUSE;
        assert!(!circuit.refuses(later), "one is let through");
        assert!(circuit.refuses(later), "one alone");
        circuit.note(true, later);
        assert!(circuit.refuses(later + PAUSE / 2));
        assert!(!circuit.refuses(later + PAUSE));
        circuit.note(false, later + PAUSE);
        assert!(!circuit.refuses(later + PAUSE));
    }

    #[test]
    fn failures_with_a_success_between_them_do_not_add_up() {
        let mut circuit = Circuit::default();
        for _ in 0..MOST_FAILURES {
            circuit.note(true, Instant::now());
            circuit.note(false, Instant::now());
        }
        assert!(!circuit.refuses(Instant::now()));
    }

    #[tokio::test]
    async fn what_stands_behind_it_is_the_journal() {
        let breaker = CircuitBreaker::new(Arc::new(crate::MemoryJournal::new()));
        let mut scribe = crate::testing::Scribe::of("m");
        scribe.write(&breaker, vec![crate::testing::Command::events("a", 2)]).await;
        crate::testing::assert_clean(&breaker, "m", 2).await;
        assert_eq!(breaker.merchants().await.unwrap(), ["m"]);
    }
}

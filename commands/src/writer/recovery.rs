//! Recovery: following a head that another node moved, and finding the outcome of an unknown commit.

use std::time::Duration;

use holdfast_domain::stream::StreamId;
use holdfast_journal::{Head, JournalError};
use tokio::time::Instant;

use super::Writer;
use super::batch::InFlight;
use super::submission::answer_all;
use crate::answer::{NotExecuted, Reply};
use crate::execution::change_set::ChangeSet;

const EVENTS_PER_PAGE: usize = 1_000;
/// If more events than this were missed, dropping the whole cache is cheaper than reading them.
const MAX_MISSED_EVENTS: u64 = 20_000;
const FIRST_RETRY_DELAY: Duration = Duration::from_millis(20);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(2);

impl Writer {
    /// Drops the cached state that other nodes have changed, and continues from the current head.
    pub(crate) async fn catch_up(&mut self) {
        match self.read_missed_events().await {
            Ok(Some(head)) => {
                self.head = head;
                self.time = self.time.max(head.time);
            }
            Ok(None) => self.fork(),
            Err(error) => {
                tracing::warn!(merchant = %self.merchant, %error, "failed to read the events of other nodes");
                // The head stays as it was: the next batch finds again that it has moved.
                let withdrawn = self.withdraw();
                answer_all(withdrawn, &Reply::NotExecuted(NotExecuted::StoreUnavailable));
            }
        }
    }

    /// Drops every stream that was changed since the known head. Returns the current head, or `None` if the history is not
    /// the known one.
    async fn read_missed_events(&mut self) -> Result<Option<Head>, JournalError> {
        let journal = std::sync::Arc::clone(&self.shared.journal);
        let merchant = self.merchant.as_str();
        let head = journal.head(merchant).await?;
        if !self.is_continued_by(&head).await? {
            return Ok(None);
        }
        self.layers.committed.forget_claims();
        if head.position > self.head.position + MAX_MISSED_EVENTS || self.layers.committed.is_empty() {
            self.layers.committed.forget_everything();
            return Ok(Some(head));
        }
        let mut position = self.head.position;
        while position < head.position {
            let page = journal.read(merchant, position, EVENTS_PER_PAGE).await?;
            let Some(last) = page.last() else { break };
            position = last.position;
            for event in &page {
                if let Ok(stream) = event.stream_name.parse::<StreamId>() {
                    self.layers.committed.forget(&stream);
                }
            }
        }
        Ok(Some(head))
    }

    /// Whether the journal still contains the batch of the known head.
    async fn is_continued_by(&self, head: &Head) -> Result<bool, JournalError> {
        let known = &self.head;
        if known.batch == 0 {
            return Ok(true);
        }
        if head.batch < known.batch || head.position < known.position {
            return Ok(false);
        }
        let batches = self.shared.journal.batches(self.merchant.as_str(), known.batch - 1, 1).await?;
        Ok(batches.first().is_some_and(|batch| batch.number == known.batch && batch.hash == known.hash))
    }

    /// Finds out whether the batch was committed. Raising the epoch rejects the batch if it still arrives; after that the
    /// journal contains the batch's id, or never will.
    pub(super) async fn recover(&mut self, reason: &str) {
        tracing::warn!(merchant = %self.merchant, reason, "the outcome of a commit is unknown");
        let identity = self.in_flight.as_ref().and_then(|batch| batch.identity);
        let deadline = Instant::now() + self.shared.settings.unknown_for;
        let mut callers_answered = false;
        let mut delay = FIRST_RETRY_DELAY;
        let (head, was_committed) = loop {
            tokio::select! {
                fenced = self.fence(identity) => match fenced {
                    Ok(found) => break found,
                    Err(error) => tracing::warn!(merchant = %self.merchant, %error, "recovery continues"),
                },
                // Callers do not wait longer for a store that does not answer.
                () = tokio::time::sleep_until(deadline), if !callers_answered => {}
            }
            if !callers_answered && Instant::now() >= deadline {
                self.answer_unknown();
                callers_answered = true;
            }
            tokio::time::sleep(delay).await;
            delay = (delay * 2).min(MAX_RETRY_DELAY);
        };
        if was_committed {
            self.committed_after_all(head).await;
        } else {
            // After a failover, the store that says so may not be the one that took the batch.
            for decided in self.in_flight.iter_mut().flat_map(|batch| &mut batch.decided) {
                decided.submission.doubtful = true;
                decided.attached.iter_mut().for_each(|submission| submission.doubtful = true);
            }
            self.backlog = self.withdraw();
            self.catch_up().await;
        }
    }

    async fn fence(&self, identity: Option<(u64, [u8; 16])>) -> Result<(Head, bool), JournalError> {
        let merchant = self.merchant.as_str();
        let head = self.shared.journal.raise_epoch(merchant).await?;
        let was_committed = match identity {
            Some((number, id)) => self.shared.journal.has_batch(merchant, number, id).await?,
            // A batch without content only checks the head; deciding its commands again checks the head again.
            None => false,
        };
        Ok((head, was_committed))
    }

    /// Answers all callers after the time limit: `outcome_unknown` to those of the batch, `not_executed` to the others.
    fn answer_unknown(&mut self) {
        let decided =
            self.in_flight.as_mut().map(|batch| std::mem::take(&mut batch.decided)).unwrap_or_default();
        for decided in decided {
            answer_all(decided.attached, &Reply::OutcomeUnknown);
            decided.submission.answer(Reply::OutcomeUnknown);
        }
        let open = std::mem::take(&mut self.open);
        self.layers.open = ChangeSet::default();
        for decided in open.decided {
            answer_all(decided.attached, &Reply::NotExecuted(NotExecuted::StoreUnavailable));
            decided.submission.answer(Reply::NotExecuted(NotExecuted::StoreUnavailable));
        }
        let in_flight = self.in_flight.as_ref().map(|batch| &batch.keys);
        let queued = self.queue.take(usize::MAX);
        for submission in std::mem::take(&mut self.backlog).into_iter().chain(queued) {
            let key = submission.request.identity.as_ref();
            let doubtful = key.zip(in_flight).is_some_and(|(key, keys)| keys.contains_key(key));
            submission.answer(if doubtful {
                Reply::OutcomeUnknown
            } else {
                Reply::NotExecuted(NotExecuted::StoreUnavailable)
            });
        }
    }

    async fn committed_after_all(&mut self, head: Head) {
        let next = self.in_flight.as_ref().map(|InFlight { next, .. }| *next);
        self.committed();
        // The open batch is not sealed yet and can follow the new epoch, unless another node has written since.
        if next.is_some_and(|next| (next.position, next.hash) == (head.position, head.hash)) {
            self.head = head;
        } else {
            self.backlog = self.withdraw();
            self.catch_up().await;
        }
    }
}

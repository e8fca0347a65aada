//! What a writer does when it no longer knows where the journal ends.

use std::time::Duration;

use holdfast_domain::stream::StreamId;
use holdfast_journal::{Head, JournalError};
use tokio::time::Instant;

use super::deciding::answer_all;
use super::{InFlight, Writer};
use crate::answer::{NotExecuted, Reply};

/// Events read at once.
const PAGE: usize = 1_000;
/// When this many events were missed, forgetting everything is cheaper than reading them.
const MOST_EVENTS: u64 = 20_000;
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

impl Writer {
    /// Somebody else wrote: forgets what they changed and goes on from where they are. The backlog is decided anew.
    pub(crate) async fn catch_up(&mut self) {
        match self.read_tail().await {
            Ok(Some(head)) => {
                self.head = head;
                self.time = self.time.max(head.time);
            }
            Ok(None) => self.fork(),
            Err(error) => {
                tracing::warn!(merchant = %self.merchant, %error, "the journal's tail cannot be read");
                // The head stays where it was: the next batch finds out again that it has moved.
                let withdrawn = self.withdraw();
                answer_all(withdrawn, &Reply::NotExecuted(NotExecuted::StoreUnavailable));
            }
        }
    }

    /// Forgets every stream that was changed since the known head; gives the head now, or nothing where history is
    /// not the one that is known.
    async fn read_tail(&mut self) -> Result<Option<Head>, JournalError> {
        let journal = std::sync::Arc::clone(&self.shared.journal);
        let merchant = self.merchant.as_str();
        let head = journal.head(merchant).await?;
        if !self.is_continued(&head).await? {
            return Ok(None);
        }
        self.layers.committed.forget_claims();
        if head.position > self.head.position + MOST_EVENTS || self.layers.committed.is_empty() {
            self.layers.committed.forget_everything();
            return Ok(Some(head));
        }
        let mut position = self.head.position;
        while position < head.position {
            let page = journal.read(merchant, position, PAGE).await?;
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

    /// Whether the journal still holds, at the place of the known head, what was there.
    async fn is_continued(&self, head: &Head) -> Result<bool, JournalError> {
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

    /// It is not known whether the batch under way was committed, or still will be. Raising the epoch keeps it from
    /// arriving late; after that its number tells.
    pub(super) async fn recover(&mut self, reason: &str) {
        tracing::warn!(merchant = %self.merchant, reason, "the outcome of a commit is not known");
        let identity = self.in_flight.as_ref().and_then(|batch| batch.identity);
        let told_at = Instant::now() + self.shared.settings.unknown_for;
        let mut told = false;
        let mut pause = FIRST_PAUSE;
        let (head, was_committed) = loop {
            tokio::select! {
                fenced = self.fence(identity) => match fenced {
                    Ok(found) => break found,
                    Err(error) => tracing::warn!(merchant = %self.merchant, %error, "recovery goes on"),
                },
                // A store that says nothing keeps nobody waiting.
                () = tokio::time::sleep_until(told_at), if !told => {}
            }
            if !told && Instant::now() >= told_at {
                self.tell_unknown();
                told = true;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        };
        if was_committed {
            self.committed_after_all(head).await;
        } else {
            // The store that says so may be another one, after a failover.
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
            // A batch that writes nothing was only to prove the head; it proves it when it is sent again.
            None => false,
        };
        Ok((head, was_committed))
    }

    /// Callers are not kept waiting for ever: those of the batch are told that nobody knows, the others that theirs
    /// was not executed.
    fn tell_unknown(&mut self) {
        let decided =
            self.in_flight.as_mut().map(|batch| std::mem::take(&mut batch.decided)).unwrap_or_default();
        for decided in decided {
            answer_all(decided.attached, &Reply::OutcomeUnknown);
            decided.submission.answer(Reply::OutcomeUnknown);
        }
        let open = std::mem::take(&mut self.open);
        self.layers.open = crate::execution::change_set::ChangeSet::default();
        for decided in open.decided {
            answer_all(decided.attached, &Reply::NotExecuted(NotExecuted::StoreUnavailable));
            decided.submission.answer(Reply::NotExecuted(NotExecuted::StoreUnavailable));
        }
        let in_flight = self.in_flight.as_ref().map(|batch| &batch.keys);
        let waiting = self.lanes.take(usize::MAX);
        for submission in std::mem::take(&mut self.backlog).into_iter().chain(waiting) {
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
        // What was decided on top of it was sealed in no epoch yet, but others may have written since.
        if next.is_some_and(|next| (next.position, next.hash) == (head.position, head.hash)) {
            self.head = head;
        } else {
            self.backlog = self.withdraw();
            self.catch_up().await;
        }
    }
}

//! Handling the result of a commit.

use std::time::Duration;

use holdfast_journal::AppendError;

use super::Writer;
use super::batch::{Decided, InFlight};
use super::submission::answer_all;
use crate::answer::{NotExecuted, Reply};
use crate::privacy::random;

/// How often in a row another node may write first before commands are answered `contended`.
const MAX_CONFLICTS: u32 = 10;
/// The unit of the random delay after a conflict, which doubles with each further conflict.
const CONFLICT_DELAY: Duration = Duration::from_millis(2);

/// A random factor from 0 to 1, so that competing nodes wait for different times.
fn jitter() -> f64 {
    let [byte] = random::<1>().unwrap_or([128]);
    f64::from(byte) / 256.0
}

impl Writer {
    /// Acts on the result of the batch that was being committed.
    pub(super) async fn handle_commit_result(&mut self, result: Result<(), AppendError>) {
        match result {
            Ok(()) => self.committed(),
            Err(AppendError::HeadMoved(_)) => self.head_moved().await,
            Err(AppendError::Forked) => self.fork(),
            Err(AppendError::Refused(reason)) => self.rejected(&reason),
            Err(AppendError::Unavailable(reason)) => {
                tracing::warn!(merchant = %self.merchant, reason, "journal unavailable; a batch was not executed");
                answer_all(self.withdraw(), &Reply::NotExecuted(NotExecuted::StoreUnavailable));
            }
            Err(AppendError::Unknown(reason)) => self.recover(&reason).await,
        }
    }

    /// Another node wrote first: the writer decides everything again on the new head, after a growing random delay.
    async fn head_moved(&mut self) {
        self.conflicts += 1;
        if self.conflicts > MAX_CONFLICTS {
            self.conflicts = 0;
            answer_all(self.withdraw(), &Reply::NotExecuted(NotExecuted::Contended));
        } else {
            self.backlog = self.withdraw();
            if self.conflicts > 1 {
                let longest = CONFLICT_DELAY * (1 << self.conflicts.min(6));
                tokio::time::sleep(longest.mul_f64(jitter())).await;
            }
        }
        self.catch_up().await;
    }

    /// The batch is durable: the writer sends its answers.
    pub(super) fn committed(&mut self) {
        let Some(InFlight { decided, next, .. }) = self.in_flight.take() else {
            return;
        };
        self.head = next;
        let changes = std::mem::take(&mut self.layers.in_flight);
        self.snapshots.note_changes(&changes, self.shared.settings.snapshot_every);
        self.layers.committed.absorb(changes);
        if self.snapshots.is_time() {
            tokio::spawn(self.save_snapshots());
        }
        self.conflicts = 0;
        self.batch_limit = (self.batch_limit * 2).min(self.shared.settings.batch);
        for Decided { submission, answer, attached, .. } in decided {
            for repetition in attached {
                repetition.replay(&submission.request.context.fingerprint, answer.clone());
            }
            submission.answer(Reply::Answered { answer, replayed: false });
        }
    }

    /// The journal's history is not the one that this writer knows: it stops.
    pub(super) fn fork(&mut self) {
        tracing::error!(merchant = %self.merchant, head = ?self.head, "history has forked; the writer has stopped");
        self.forked = true;
        let withdrawn = self.withdraw();
        self.layers.committed.forget_everything();
        answer_all(withdrawn, &Reply::NotExecuted(NotExecuted::HistoryForked));
    }

    /// The store rejects the content of a command: smaller batches find the command.
    fn rejected(&mut self, reason: &str) {
        let count = self.in_flight.as_ref().map_or(0, |batch| batch.decided.len());
        let mut withdrawn = self.withdraw();
        if count <= 1 {
            tracing::error!(merchant = %self.merchant, reason, "the store rejects a command");
            if let Some(submission) = withdrawn.pop_front() {
                submission.answer(Reply::Failed);
            }
        }
        self.batch_limit = (count / 2).max(1);
        self.backlog = withdrawn;
    }
}

//! What becomes of a batch once the store has said something about it.

use std::time::Duration;

use holdfast_journal::AppendError;

use super::deciding::answer_all;
use super::{Decided, InFlight, Writer};
use crate::answer::{NotExecuted, Reply};
use crate::privacy::random;

/// How often in a row somebody else may write first before callers are told.
const MOST_MOVES: u32 = 10;
/// The unit of giving way.
const PAUSE: Duration = Duration::from_millis(2);

/// Some part of 1, another one on every node.
fn jitter() -> f64 {
    let [drawn] = random::<1>().unwrap_or([128]);
    f64::from(drawn) / 256.0
}

impl Writer {
    /// Acts on the result of the batch under way.
    pub(super) async fn settle(&mut self, result: Result<(), AppendError>) {
        match result {
            Ok(()) => self.committed(),
            Err(AppendError::HeadMoved(_)) => self.head_moved().await,
            Err(AppendError::Forked) => self.fork(),
            Err(AppendError::Refused(reason)) => self.refused(&reason),
            Err(AppendError::Unavailable(reason)) => {
                tracing::warn!(merchant = %self.merchant, reason, "a batch was not executed");
                answer_all(self.withdraw(), &Reply::NotExecuted(NotExecuted::StoreUnavailable));
            }
            Err(AppendError::Unknown(reason)) => self.recover(&reason).await,
        }
    }

    /// Somebody else wrote first: all is decided again on top of that. Who loses again and again gives way, longer each
    /// time and never as long as another, and in the end gives up.
    async fn head_moved(&mut self) {
        self.moved += 1;
        if self.moved > MOST_MOVES {
            self.moved = 0;
            answer_all(self.withdraw(), &Reply::NotExecuted(NotExecuted::Contended));
        } else {
            self.backlog = self.withdraw();
            if self.moved > 1 {
                let longest = PAUSE * (1 << self.moved.min(6));
                tokio::time::sleep(longest.mul_f64(jitter())).await;
            }
        }
        self.catch_up().await;
    }

    /// The batch under way is durable: its answers leave.
    pub(super) fn committed(&mut self) {
        let Some(InFlight { decided, next, .. }) = self.in_flight.take() else {
            return;
        };
        self.head = next;
        let overlay = std::mem::take(&mut self.layers.in_flight);
        self.snapshots.note(&overlay, self.shared.settings.snapshot_every);
        self.layers.committed.absorb(overlay);
        self.snapshots.keep_now_and_then(&self.shared, &self.merchant, &mut self.layers.committed, self.head);
        self.moved = 0;
        self.batch_limit = (self.batch_limit * 2).min(self.shared.settings.batch);
        for Decided { submission, answer, attached, .. } in decided {
            for again in attached {
                let same = again.request.context.fingerprint == submission.request.context.fingerprint;
                again.answer(if same {
                    Reply::Answered { answer: answer.clone(), replayed: true }
                } else {
                    Reply::KeyReused
                });
            }
            submission.answer(Reply::Answered { answer, replayed: false });
        }
    }

    /// History is not the one that was decided on: this writer stops, and says so to everyone.
    pub(super) fn fork(&mut self) {
        tracing::error!(merchant = %self.merchant, head = ?self.head, "history has forked: the writer has stopped");
        self.forked = true;
        let withdrawn = self.withdraw();
        self.layers.committed.forget_everything();
        answer_all(withdrawn, &Reply::NotExecuted(NotExecuted::HistoryForked));
    }

    /// The store refuses what some command carries: smaller batches find out which.
    fn refused(&mut self, reason: &str) {
        let count = self.in_flight.as_ref().map_or(0, |batch| batch.decided.len());
        let mut withdrawn = self.withdraw();
        if count <= 1 {
            tracing::error!(merchant = %self.merchant, reason, "the store refuses a command");
            if let Some(submission) = withdrawn.pop_front() {
                submission.answer(Reply::Failed);
            }
        }
        self.batch_limit = (count / 2).max(1);
        self.backlog = withdrawn;
    }
}

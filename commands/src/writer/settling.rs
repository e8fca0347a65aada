//! What becomes of a batch once the store has said something about it.

use holdfast_journal::AppendError;

use super::deciding::answer_all;
use super::{Decided, InFlight, Shared, Writer};
use crate::answer::{NotExecuted, Reply};

impl Writer {
    /// Acts on the result of the batch under way.
    pub(super) async fn settle(&mut self, result: Result<(), AppendError>) {
        match result {
            Ok(()) => self.committed(),
            Err(AppendError::HeadMoved(_)) => {
                self.backlog = self.withdraw();
                self.catch_up().await;
            }
            Err(AppendError::Forked) => self.fork(),
            Err(AppendError::Refused(reason)) => self.refused(&reason),
            Err(AppendError::Unavailable(reason)) => {
                tracing::warn!(merchant = %self.merchant, reason, "a batch was not executed");
                answer_all(self.withdraw(), &Reply::NotExecuted(NotExecuted::StoreUnavailable));
            }
            Err(AppendError::Unknown(reason)) => self.recover(&reason).await,
        }
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
        let Shared { journal, vault, .. } = &self.shared;
        self.snapshots.keep_now_and_then(journal, vault, &self.merchant, &mut self.layers.committed);
        self.shared.commits.send_modify(|count| *count += 1);
        self.batch_limit = (self.batch_limit * 2).min(self.shared.settings.batch);
        for Decided { submission, answer, attached, .. } in decided {
            for again in attached {
                let same = again.request.fingerprint == submission.request.fingerprint;
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

//! The batch that a writer collects, and the batch that it commits.

use std::collections::HashMap;

use holdfast_journal::{AppendError, CommandRecord, Head, NewEvent, OutcomeKey};
use tokio::sync::oneshot;

use super::submission::Submission;
use crate::answer::Answer;

/// A command that is decided and not yet committed.
#[derive(Debug)]
pub(super) struct Decided {
    pub(super) submission: Submission,
    pub(super) answer: Answer,
    /// One record; for a group, one for each of its commands.
    pub(super) records: Vec<CommandRecord>,
    /// Later submissions with the same key.
    pub(super) attached: Vec<Submission>,
}

/// The batch that is being collected.
#[derive(Debug, Default)]
pub(super) struct OpenBatch {
    pub(super) decided: Vec<Decided>,
    /// The index of each decided command that has a key.
    pub(super) keys: HashMap<OutcomeKey, usize>,
    pub(super) bytes: usize,
    pub(super) events: u64,
}

impl OpenBatch {
    /// Adds a decided command, whose answer has the position before its events.
    pub(super) fn push(&mut self, submission: Submission, mut answer: Answer, records: Vec<CommandRecord>) {
        let request = &submission.request;
        if let Some(key) = &request.identity {
            self.keys.insert(key.clone(), self.decided.len());
        }
        let events = records.iter().map(|record| record.events.len()).sum::<usize>();
        self.events += events as u64;
        answer.position += events as u64;
        self.bytes += request.bytes + answer.body.len();
        self.bytes += records.iter().flat_map(|record| &record.events).map(NewEvent::bytes).sum::<usize>();
        self.bytes += events * (request.context.metadata.len() + 256);
        self.decided.push(Decided { submission, answer, records, attached: Vec::new() });
    }
}

/// The batch that is being committed.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) decided: Vec<Decided>,
    pub(super) keys: HashMap<OutcomeKey, usize>,
    /// The head after the batch.
    pub(super) next: Head,
    /// The number and id of the batch; `None` if it writes nothing.
    pub(super) identity: Option<(u64, [u8; 16])>,
    pub(super) result: oneshot::Receiver<Result<(), AppendError>>,
}

/// The result of the batch that is being committed. The committer owns the append, so that this future may be dropped.
pub(super) async fn commit_result(in_flight: &mut Option<InFlight>) -> Result<(), AppendError> {
    match in_flight {
        Some(batch) => (&mut batch.result)
            .await
            .unwrap_or_else(|_| Err(AppendError::Unknown("the committer has stopped".to_owned()))),
        None => Ok(()),
    }
}

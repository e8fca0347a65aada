//! The check of a command's idempotency key, before the command is decided.

use std::collections::HashMap;

use holdfast_journal::{LoadRequest, Outcome, OutcomeKey};

use super::Writer;
use super::batch::Decided;
use super::submission::Submission;
use crate::answer::{Answer, CommandState, NotExecuted, Reply};

/// The stored outcomes of keys that were looked up; `None` for a key without an outcome.
pub(super) type Outcomes = HashMap<OutcomeKey, Option<Outcome>>;

impl Writer {
    /// Answers a command whose key was used before: with the stored outcome of the key, or together with the command that
    /// is decided and not committed yet. Returns a command whose key is new.
    pub(super) fn answer_known_key(
        &mut self,
        submission: Submission,
        outcomes: &Outcomes,
    ) -> Option<Submission> {
        let Some(key) = &submission.request.identity else { return Some(submission) };
        if let Some(decided) = self.decided_with(key) {
            decided.attached.push(submission);
            return None;
        }
        let Some(Some(outcome)) = outcomes.get(key) else { return Some(submission) };
        submission.replay(&outcome.fingerprint, answer_of(outcome));
        None
    }

    /// The decided command with this key, if it is not yet committed.
    pub(super) fn decided_with(&mut self, key: &OutcomeKey) -> Option<&mut Decided> {
        if let Some(index) = self.open.keys.get(key) {
            return self.open.decided.get_mut(*index);
        }
        let in_flight = self.in_flight.as_mut()?;
        let index = in_flight.keys.get(key)?;
        in_flight.decided.get_mut(*index)
    }

    /// The state of a key: queued or decided, committed, or not found.
    pub(super) async fn state_of(&mut self, key: OutcomeKey) -> Result<CommandState, NotExecuted> {
        let is_queued = |submission: &Submission| submission.request.identity.as_ref() == Some(&key);
        if self.backlog.iter().chain(self.queue.iter()).any(is_queued) || self.decided_with(&key).is_some() {
            return Ok(CommandState::InFlight);
        }
        let request = LoadRequest { outcomes: vec![key], ..LoadRequest::default() };
        let loaded = self.shared.journal.load(self.merchant.as_str(), &request).await;
        let mut found = loaded.map_err(|_| NotExecuted::StoreUnavailable)?.outcomes;
        let answer = found.pop().flatten().map(|outcome| answer_of(&outcome));
        Ok(answer.map_or(CommandState::NotFound, CommandState::Answered))
    }
}

impl Submission {
    /// Replies to a command whose key was used before. `original` is the fingerprint of the first command with the key.
    pub(super) fn replay(self, original: &[u8; 32], answer: Answer) {
        let is_same = self.request.context.fingerprint == *original;
        self.answer(if is_same { Reply::Answered { answer, replayed: true } } else { Reply::KeyReused });
    }
}

fn answer_of(outcome: &Outcome) -> Answer {
    Answer { kind: outcome.kind, position: outcome.last_position, body: outcome.answer.clone() }
}

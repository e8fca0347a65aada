//! Deciding a batch: outcomes of idempotency keys first, then one load of the missing state, then one decision after the
//! other.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use holdfast_domain::Class;
use holdfast_domain::format;
use holdfast_domain::values::Timestamp;
use holdfast_journal::{CommandRecord, JournalError, NewEvent, OutcomeKind};

use super::Writer;
use super::idempotency_key::Outcomes;
use super::submission::{Submission, answer_all};
use crate::answer::{Answer, NotExecuted, Refused, Reply};
use crate::execution::change_set::ChangeSet;
use crate::execution::{Accepted, Needs, Stop, UnitOfWork, execute};
use crate::request::Request;

/// How often in a row a command may need more state before it fails as defective; for a group, each of its commands.
const MAX_LOADS: usize = 16;

/// The result of deciding a command.
#[allow(clippy::large_enum_variant, reason = "short-lived")]
enum Decision {
    Answered(Answer, ChangeSet, Vec<CommandRecord>),
    /// A refusal that is not stored as the outcome of the key, because a retry may succeed: the object of the command does not
    /// exist, or the reason is transient.
    NotStored(Answer, CommandRecord),
    NotLoaded,
    /// The journal's format does not allow its events.
    FormatTooOld,
    Failed(String),
}

impl Writer {
    /// Decides as many commands as the batch takes: first those of failed batches, then the queue.
    pub(super) async fn decide_backlog(&mut self) {
        let count = self.room().min(self.backlog.len());
        let mut submissions: VecDeque<Submission> = self.backlog.drain(..count).collect();
        submissions.extend(self.queue.take(self.room().saturating_sub(count)));
        self.decide_all(submissions).await;
    }

    async fn decide_all(&mut self, mut waiting: VecDeque<Submission>) {
        if self.forked {
            return answer_all(waiting, &Reply::NotExecuted(NotExecuted::HistoryForked));
        }
        self.layers.committed.shrink();
        self.layers.reserving_orders.clear();
        self.layers.reserving_carts.clear();
        self.layers.past_on_hand.clear();
        let mut outcomes = Outcomes::new();
        let mut loads = 0;
        self.format_is_fresh = false;
        // The number of commands whose state is loaded together.
        let mut load_size = usize::MAX;
        loop {
            while let Some(submission) = waiting.pop_front() {
                if let Some(submission) = self.decide_one(submission, &outcomes) {
                    waiting.push_front(submission);
                    break;
                }
                loads = 0;
                if self.room() == 0 {
                    // The batch is limited by bytes as well as by commands: the rest goes into the next batch.
                    waiting.append(&mut self.backlog);
                    self.backlog = waiting;
                    return;
                }
            }
            if waiting.is_empty() {
                return;
            }
            loads += 1;
            let first = waiting.front().map_or(1, |first| first.request.command.members().len());
            match self.load_for(waiting.iter().take(load_size), &mut outcomes).await {
                Ok(()) if loads <= MAX_LOADS * first => {}
                Err(JournalError::Unavailable(reason)) => {
                    tracing::warn!(merchant = %self.merchant, reason, "journal unavailable; commands are not executed");
                    return self.not_executed(waiting, &outcomes);
                }
                // The state of one of them cannot be read: from here on each command loads its own.
                Err(_) if load_size > 1 && waiting.len() > 1 => load_size = 1,
                // The state of the first command cannot be read, or its needs do not end.
                result => {
                    tracing::error!(merchant = %self.merchant, ?result, "failed to load the state of a command");
                    waiting.pop_front().into_iter().for_each(|submission| submission.answer(Reply::Failed));
                    loads = 0;
                }
            }
        }
    }

    /// Replies `not_executed`, except to commands whose key is already decided.
    fn not_executed(&mut self, submissions: VecDeque<Submission>, outcomes: &Outcomes) {
        for submission in submissions {
            if let Some(submission) = self.answer_known_key(submission, outcomes) {
                submission.answer(Reply::NotExecuted(NotExecuted::StoreUnavailable));
            }
        }
    }

    /// Decides a command or answers it from its key. Returns the submission if something is not loaded.
    fn decide_one(&mut self, submission: Submission, outcomes: &Outcomes) -> Option<Submission> {
        let submission = self.answer_known_key(submission, outcomes)?;
        if submission.request.identity.as_ref().is_some_and(|key| !outcomes.contains_key(key)) {
            return Some(submission);
        }
        match self.decide(&submission.request, &mut Needs::default()) {
            Decision::NotLoaded => return Some(submission),
            Decision::FormatTooOld => submission.answer(Reply::NotExecuted(NotExecuted::FormatTooOld)),
            Decision::Failed(reason) => {
                let command = submission.request.command.name();
                tracing::error!(merchant = %self.merchant, command, reason, "failed to execute a command");
                submission.answer(Reply::Failed);
            }
            Decision::Answered(answer, changes, records) => self.add(submission, answer, changes, records),
            Decision::NotStored(answer, record) => self.open.push(submission, answer, vec![record]),
        }
        None
    }

    /// The journal's position after all decided commands.
    fn position(&self) -> u64 {
        let base = self.in_flight.as_ref().map_or(self.head.position, |batch| batch.next.position);
        base + self.open.events
    }

    /// The state that a command lacks. Its decision is dropped.
    pub(super) fn needs_of(&mut self, request: &Request) -> Needs {
        let mut needs = Needs::default();
        self.decide(request, &mut needs);
        needs
    }

    fn decide(&mut self, request: &Request, needs: &mut Needs) -> Decision {
        self.time = self.time.max(self.shared.clock.now().microseconds());
        let at = Timestamp::from_microseconds(self.time);
        let position = self.position();
        let mut unit =
            UnitOfWork::new(&mut self.layers, needs, &self.shared.vault, &request.context, at, position);
        let executed = catch_unwind(AssertUnwindSafe(|| {
            #[cfg(test)]
            super::tests::panic_if_requested(request);
            execute(&request.command, &mut unit)
        }));
        match executed {
            Ok(Ok(Accepted { kind, body })) => {
                let (changes, records) = unit.finish();
                let mut events = records.iter().flat_map(|record| &record.events);
                if events.any(|event| self.needs_newer_format(event)) {
                    if self.format_is_fresh {
                        return Decision::FormatTooOld;
                    }
                    needs.format = true;
                    return Decision::NotLoaded;
                }
                Decision::Answered(Answer { kind, position, body }, changes, records)
            }
            Ok(Err(Stop::NotLoaded)) => Decision::NotLoaded,
            Ok(Err(Stop::Refused(refused))) => refusal(&refused, at, position),
            Ok(Err(Stop::Failed(reason))) => Decision::Failed(reason),
            Err(_) => Decision::Failed("the handler panicked".to_owned()),
        }
    }

    fn needs_newer_format(&self, event: &NewEvent) -> bool {
        format::needed_for(event.kind, event.type_version) > self.head.format
    }

    fn add(
        &mut self,
        submission: Submission,
        answer: Answer,
        changes: ChangeSet,
        mut records: Vec<CommandRecord>,
    ) {
        let request = &submission.request;
        if request.dry_run {
            // Nothing is written, and the answer is conditional on the head like that of a refusal.
            for record in &mut records {
                *record = CommandRecord { at: record.at, ..CommandRecord::default() };
            }
        } else {
            if let (Some(key), Some(last)) = (&request.identity, records.last_mut()) {
                last.outcome =
                    Some((key.clone(), request.context.fingerprint, answer.kind, answer.body.clone()));
            }
            self.layers.open.absorb(changes);
        }
        self.open.push(submission, answer, records);
    }
}

/// The decision of a refused command, which writes nothing but its outcome.
fn refusal(refused: &Refused, at: Timestamp, position: u64) -> Decision {
    let record = CommandRecord { at: at.microseconds(), ..CommandRecord::default() };
    match serde_json::to_vec(refused) {
        Ok(body) => {
            let answer = Answer { kind: OutcomeKind::Refused, position, body };
            match refused.class {
                Class::NotFound | Class::Transient => Decision::NotStored(answer, record),
                _ => Decision::Answered(answer, ChangeSet::default(), vec![record]),
            }
        }
        Err(error) => Decision::Failed(error.to_string()),
    }
}

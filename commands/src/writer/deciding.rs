//! Taking what waits: keys first, then one load of all that is missing, then one decision after the other.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use holdfast_domain::Class;
use holdfast_domain::format;
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::Timestamp;
use holdfast_journal::{
    CommandRecord, JournalError, LoadRequest, LoadedStream, NewEvent, Outcome, OutcomeKey, OutcomeKind,
};

use super::{Decided, Message, Submission, Writer};
use crate::answer::{Answer, CommandState, NotExecuted, Refused, Reply};
use crate::execution::cached_stream::CachedStream;
use crate::execution::change_set::ChangeSet;
use crate::execution::{Needs, Stop, UnitOfWork, execute};
use crate::request::Request;

/// Outcomes that were looked up for the submissions at hand: nothing for a key that has none.
type Answered = HashMap<OutcomeKey, Option<Outcome>>;

/// How often in a row a command may ask for more before that is a defect.
const MOST_LOADS: usize = 16;

/// Streams loaded by one read: each may have some hundred events since its snapshot.
const STREAMS_AT_ONCE: usize = 256;

/// What a command came to.
#[allow(clippy::large_enum_variant, reason = "taken apart where it is made")]
enum Decision {
    Answered {
        kind: OutcomeKind,
        body: Vec<u8>,
        overlay: ChangeSet,
        record: CommandRecord,
    },
    Missing,
    /// Its events are of a format that the journal does not have.
    Ahead,
    Failed(String),
}

impl Writer {
    pub(super) async fn take(&mut self, messages: &mut Vec<Message>) {
        self.let_in(messages).await;
        self.decide_backlog().await;
    }

    /// Lets commands wait for their turn, and answers questions.
    pub(super) async fn let_in(&mut self, messages: &mut Vec<Message>) {
        let mut lookups = Vec::new();
        for message in messages.drain(..) {
            match message {
                Message::Command(submission) => self.lanes.push(*submission),
                Message::Lookup(key, reply) => lookups.push((key, reply)),
            }
        }
        for (key, reply) in lookups {
            // Whoever asked and went away needs no answer.
            let _ = reply.send(self.state_of(key).await);
        }
    }

    /// Decides what fits: first what was decided before and came to nothing, then whose turn it is.
    pub(super) async fn decide_backlog(&mut self) {
        let count = self.room().min(self.backlog.len());
        let mut submissions: VecDeque<Submission> = self.backlog.drain(..count).collect();
        submissions.extend(self.lanes.take(self.room().saturating_sub(count)));
        self.decide_all(submissions).await;
    }

    async fn decide_all(&mut self, mut waiting: VecDeque<Submission>) {
        if self.forked {
            return answer_all(waiting, &Reply::NotExecuted(NotExecuted::HistoryForked));
        }
        self.layers.committed.shrink();
        self.layers.holders.clear();
        let mut answered = Answered::new();
        let mut loads = 0;
        self.format_is_fresh = false;
        // For how many of those that wait to load at once.
        let mut together = usize::MAX;
        loop {
            while let Some(submission) = waiting.pop_front() {
                if let Some(submission) = self.decide_one(submission, &answered) {
                    waiting.push_front(submission);
                    break;
                }
                loads = 0;
                if self.room() == 0 {
                    // Answers and events are bounded, not only commands: the rest is for the next batch.
                    waiting.append(&mut self.backlog);
                    self.backlog = waiting;
                    return;
                }
            }
            if waiting.is_empty() {
                return;
            }
            loads += 1;
            match self.load_for(waiting.iter().take(together), &mut answered).await {
                Ok(()) if loads <= MOST_LOADS => {}
                Err(JournalError::Unavailable(reason)) => {
                    tracing::warn!(merchant = %self.merchant, reason, "commands are not executed");
                    return self.not_executed(waiting, &answered);
                }
                // One of them needs what cannot be read: each is on its own from here.
                Err(_) if together > 1 && waiting.len() > 1 => together = 1,
                // What the first one needs cannot be read, or there is no end to what it asks for.
                result => {
                    tracing::error!(merchant = %self.merchant, ?result, "a command cannot be carried out");
                    waiting.pop_front().into_iter().for_each(|submission| submission.answer(Reply::Failed));
                    loads = 0;
                }
            }
        }
    }

    /// Tells that nothing was done, but for those whose key is under way or was answered before.
    fn not_executed(&mut self, submissions: VecDeque<Submission>, answered: &Answered) {
        for submission in submissions {
            if let Some(submission) = self.known_key(submission, answered) {
                submission.answer(Reply::NotExecuted(NotExecuted::StoreUnavailable));
            }
        }
    }

    /// Answers, attaches or decides a submission; gives it back where something is missing.
    fn decide_one(&mut self, submission: Submission, answered: &Answered) -> Option<Submission> {
        let submission = self.known_key(submission, answered)?;
        if submission.request.identity.as_ref().is_some_and(|key| !answered.contains_key(key)) {
            return Some(submission);
        }
        let mut needs = Needs::default();
        match self.decide(&submission.request, &mut needs) {
            Decision::Missing => return Some(submission),
            Decision::Ahead => submission.answer(Reply::NotExecuted(NotExecuted::FormatTooOld)),
            Decision::Failed(reason) => {
                let command = submission.request.command.name();
                tracing::error!(merchant = %self.merchant, command, reason, "a command cannot be carried out");
                submission.answer(Reply::Failed);
            }
            Decision::Answered { kind, body, overlay, record } => {
                self.add(submission, kind, body, overlay, record);
            }
        }
        None
    }

    /// Attaches a submission whose key is under way, replays one whose key was answered, and gives back any other.
    fn known_key(&mut self, submission: Submission, answered: &Answered) -> Option<Submission> {
        let Some(key) = &submission.request.identity else { return Some(submission) };
        if let Some(decided) = self.under_way(key) {
            decided.attached.push(submission);
            return None;
        }
        match answered.get(key) {
            Some(Some(outcome)) => {
                replay(submission, outcome);
                None
            }
            _ => Some(submission),
        }
    }

    /// A command that has this key and is not durable yet.
    fn under_way(&mut self, key: &OutcomeKey) -> Option<&mut Decided> {
        if let Some(index) = self.open.keys.get(key) {
            return self.open.decided.get_mut(*index);
        }
        let in_flight = self.in_flight.as_mut()?;
        let index = in_flight.keys.get(key)?;
        in_flight.decided.get_mut(*index)
    }

    /// The position after everything that was decided so far.
    fn position(&self) -> u64 {
        let below = self.in_flight.as_ref().map_or(self.head.position, |batch| batch.next.position);
        below + self.open.events
    }

    fn decide(&mut self, request: &Request, needs: &mut Needs) -> Decision {
        self.time = self.time.max(self.shared.clock.now().microseconds());
        let at = Timestamp::from_microseconds(self.time);
        let base = self.position();
        let mut unit =
            UnitOfWork::new(&mut self.layers, needs, &self.shared.vault, &request.context, at, base);
        let handled = catch_unwind(AssertUnwindSafe(|| {
            #[cfg(test)]
            super::tests::panic_if_asked(request);
            in_time(request, at)?;
            execute(&request.command, &mut unit)
        }));
        match handled {
            Ok(Ok(grant)) => {
                let (overlay, record) = unit.finish();
                if record.events.iter().any(|event| self.is_ahead(event)) {
                    if self.format_is_fresh {
                        return Decision::Ahead;
                    }
                    needs.format = true;
                    return Decision::Missing;
                }
                Decision::Answered { kind: grant.kind, body: grant.body, overlay, record }
            }
            Ok(Err(Stop::NotLoaded)) => Decision::Missing,
            Ok(Err(Stop::Refused(refused))) => refusal(&refused, at),
            Ok(Err(Stop::Failed(reason))) => Decision::Failed(reason),
            Err(_) => Decision::Failed("the handler panicked".to_owned()),
        }
    }

    /// Whether the journal may not hold such an event yet.
    fn is_ahead(&self, event: &NewEvent) -> bool {
        format::needed_for(event.kind, event.type_version) > self.head.format
    }

    fn add(
        &mut self,
        submission: Submission,
        kind: OutcomeKind,
        body: Vec<u8>,
        overlay: ChangeSet,
        mut record: CommandRecord,
    ) {
        let request = &submission.request;
        if request.dry_run {
            // What would happen does not happen. The answer is fenced as that of a refusal is.
            let answer = Answer { kind, position: self.position(), body };
            let record = CommandRecord { at: record.at, ..CommandRecord::default() };
            self.open.decided.push(Decided { submission, answer, record, attached: Vec::new() });
            return;
        }
        if let Some(key) = &request.identity {
            self.open.keys.insert(key.clone(), self.open.decided.len());
            record.outcome = Some((key.clone(), request.context.fingerprint, kind, body.clone()));
        }
        self.layers.open.absorb(overlay);
        self.open.events += record.events.len() as u64;
        self.open.bytes += request.bytes + body.len();
        self.open.bytes += record.events.iter().map(NewEvent::bytes).sum::<usize>();
        self.open.bytes += record.events.len() * (request.context.metadata.len() + 256);
        let answer = Answer { kind, position: self.position(), body };
        self.open.decided.push(Decided { submission, answer, record, attached: Vec::new() });
    }

    /// Loads what submissions need, all of it at once.
    async fn load_for(
        &mut self,
        waiting: impl Iterator<Item = &Submission>,
        answered: &mut Answered,
    ) -> Result<(), JournalError> {
        let mut needs = Needs::default();
        let mut outcomes = Vec::new();
        for submission in waiting {
            let request = &submission.request;
            if let Some(key) = &request.identity {
                match answered.get(key) {
                    Some(Some(_)) => continue,
                    Some(None) => {}
                    None if self.under_way(key).is_some() => continue,
                    None => outcomes.push(key.clone()),
                }
            }
            // Only to find out what it asks for: whatever it decides is dropped.
            let mut own = Needs::default();
            self.decide(request, &mut own);
            needs.streams.extend(own.streams);
            needs.claims.extend(own.claims);
            needs.subject_keys.extend(own.subject_keys);
            needs.holders.extend(own.holders);
            needs.format |= own.format;
        }
        self.load(needs, outcomes, answered).await
    }

    async fn load(
        &mut self,
        needs: Needs,
        outcomes: Vec<OutcomeKey>,
        answered: &mut Answered,
    ) -> Result<(), JournalError> {
        let journal = Arc::clone(&self.shared.journal);
        let mut streams: Vec<StreamId> = needs.streams.into_iter().collect();
        let rest = streams.split_off(streams.len().min(STREAMS_AT_ONCE));
        let merchant = self.merchant.to_string();
        if needs.format {
            self.head.format = journal.head(&merchant).await?.format;
            self.format_is_fresh = true;
        }
        let request = LoadRequest {
            streams: streams.iter().map(|stream| stream.to_string().into()).collect(),
            claims: needs.claims.into_iter().collect(),
            outcomes,
        };
        let loaded = journal.load(&merchant, &request).await?;
        self.keep(streams, loaded.streams).await?;
        for streams in rest.chunks(STREAMS_AT_ONCE) {
            let names = streams.iter().map(|stream| stream.to_string().into()).collect();
            let request = LoadRequest { streams: names, ..LoadRequest::default() };
            let loaded = journal.load(&merchant, &request).await?;
            self.keep(streams.to_vec(), loaded.streams).await?;
        }
        for (claim, name) in request.claims.into_iter().zip(loaded.claims) {
            let stream = name.map(|name| name.parse()).transpose();
            let stream = stream.map_err(|e: holdfast_domain::stream::UnknownStream| {
                JournalError::Corrupt(format!("claim {}: {e}", claim.kind))
            })?;
            self.layers.committed.insert_claim(claim, stream);
        }
        answered.extend(request.outcomes.into_iter().zip(loaded.outcomes));
        for (sku, location) in needs.holders {
            let found = match self.shared.holders.get() {
                Some(holders) => holders.of(&self.merchant, &sku, &location, self.head.position).await,
                None => None,
            };
            self.layers.holders.insert((sku, location), found);
        }
        for subject in needs.subject_keys {
            let key = journal.subject_key(&merchant, &subject).await?;
            self.layers.committed.insert_subject_key(subject, key);
        }
        Ok(())
    }

    /// Takes streams as they were loaded: what is kept need not be loaded again, also where something fails later.
    async fn keep(
        &mut self,
        streams: Vec<StreamId>,
        loaded: Vec<Option<LoadedStream>>,
    ) -> Result<(), JournalError> {
        for (stream, found) in streams.into_iter().zip(loaded) {
            let kept = match found {
                None => CachedStream::nothing(&stream),
                Some(found) => match CachedStream::load(&stream, &found, &self.shared.vault)? {
                    Some(kept) => kept,
                    None => {
                        let (merchant, name) = (self.merchant.as_str(), stream.to_string());
                        let all = self.shared.journal.read_stream(merchant, &name, u64::MAX).await?;
                        CachedStream::replay(&stream, &all)?
                    }
                },
            };
            self.layers.committed.insert(stream, kept);
        }
        Ok(())
    }

    async fn state_of(&mut self, key: OutcomeKey) -> Result<CommandState, NotExecuted> {
        let waits = |submission: &Submission| submission.request.identity.as_ref() == Some(&key);
        if self.backlog.iter().chain(self.lanes.waiting()).any(waits) || self.under_way(&key).is_some() {
            return Ok(CommandState::InFlight);
        }
        let request = LoadRequest { outcomes: vec![key], ..LoadRequest::default() };
        let loaded = self.shared.journal.load(self.merchant.as_str(), &request).await;
        let mut found = loaded.map_err(|_| NotExecuted::StoreUnavailable)?.outcomes;
        let answer = found.pop().flatten().map(|outcome| answer_of(&outcome));
        Ok(answer.map_or(CommandState::NotFound, CommandState::Answered))
    }
}

/// Refuses a command that would be carried out too late.
fn in_time(request: &Request, at: Timestamp) -> Result<(), Stop> {
    match request.command.not_after().filter(|last| at > *last) {
        Some(last) => {
            let message = format!("it was to be carried out by {last}, it is {at}");
            Err(Stop::Refused(Refused::new("command_expired", Class::Conflict, message).at("/notAfter")))
        }
        None => Ok(()),
    }
}

/// A refusal leaves nothing but its outcome.
fn refusal(refused: &Refused, at: Timestamp) -> Decision {
    let record = CommandRecord { at: at.microseconds(), ..CommandRecord::default() };
    match serde_json::to_vec(refused) {
        Ok(body) => {
            Decision::Answered { kind: OutcomeKind::Refused, body, overlay: ChangeSet::default(), record }
        }
        Err(e) => Decision::Failed(e.to_string()),
    }
}

fn answer_of(outcome: &Outcome) -> Answer {
    Answer { kind: outcome.kind, position: outcome.last_position, body: outcome.answer.clone() }
}

/// The same key again: the same answer, unless it asks for something else.
fn replay(submission: Submission, outcome: &Outcome) {
    let reply = if submission.request.context.fingerprint == outcome.fingerprint {
        Reply::Answered { answer: answer_of(outcome), replayed: true }
    } else {
        Reply::KeyReused
    };
    submission.answer(reply);
}

pub(super) fn answer_all(submissions: impl IntoIterator<Item = Submission>, reply: &Reply) {
    for submission in submissions {
        submission.answer(reply.clone());
    }
}

//! Batches: the events, outcomes and claims of one or more commands of one merchant, ready to be appended.

use std::sync::Arc;

use crate::chain::{batch_hash, event_hash, outcome_digest};
use crate::error::AppendError;
use crate::hash::Hash;
use crate::paging::PageItem;
use crate::record::{BatchSummary, Claim, Event, Head, Outcome, OutcomeKey, OutcomeKind};

/// The approximate size in bytes of an event's or outcome's columns of fixed length.
const ROW_OVERHEAD: usize = 256;

/// An event to be appended.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// The name of the event's stream.
    pub stream_name: Arc<str>,
    /// The number of the event's stream: the position of the stream's first event, which may be this one.
    pub stream: u64,
    /// The event's place in its stream, from 1 without a gap.
    pub version: u64,
    /// The name of the event's type.
    pub kind: &'static str,
    /// The version of the event's type, which tells how to read the payload.
    pub type_version: u32,
    /// The payload. The journal never reads it.
    pub payload: Vec<u8>,
    /// Personal data, encrypted under its subject's key; absent if the event has none.
    pub sealed: Option<Vec<u8>>,
}

impl NewEvent {
    /// The size in bytes of the fields that have no fixed limit.
    pub fn bytes(&self) -> usize {
        self.payload.len() + self.sealed.as_ref().map_or(0, Vec::len)
    }
}

/// A new key to a subject's personal data.
#[derive(Clone)]
pub struct SubjectKey {
    /// The subject, such as the name of an order's stream.
    pub subject: Arc<str>,
    /// The key, wrapped by the master key.
    pub key: Vec<u8>,
}

impl std::fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SubjectKey({})", self.subject)
    }
}

/// Everything that one command writes to the journal.
#[derive(Debug, Clone, Default)]
pub struct CommandRecord {
    /// The command's events, in order; none for a refusal.
    pub events: Vec<NewEvent>,
    /// Who sent the command, why, and through which interface. The journal never reads it.
    pub metadata: Option<Arc<[u8]>>,
    /// The time of the decision, in microseconds since 1970.
    pub at: i64,
    /// The idempotency key, the command's fingerprint, the kind of answer and the answer; absent for a command without
    /// an idempotency key.
    pub outcome: Option<(OutcomeKey, [u8; 32], OutcomeKind, Vec<u8>)>,
    /// The unique names that the command takes.
    pub claims: Vec<Claim>,
    /// New keys to personal data.
    pub subject_keys: Vec<SubjectKey>,
    /// The subjects whose keys the command destroys.
    pub erased_subjects: Vec<Arc<str>>,
}

impl CommandRecord {
    /// True if the command writes nothing.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
            && self.outcome.is_none()
            && self.claims.is_empty()
            && self.subject_keys.is_empty()
            && self.erased_subjects.is_empty()
    }
}

/// A change of the key to a subject's personal data. Changes are applied in the order of their commands: a key that is
/// created after an erasure stays.
#[derive(Debug, Clone)]
pub(crate) enum KeyChange {
    Create(SubjectKey),
    Destroy(Arc<str>),
}

/// A numbered and hashed batch. Its commands were decided on the head `expected`; appending it makes `next` the head. A batch whose commands write nothing is empty; appending it
/// only proves that the head is still the one that it was decided on.
#[derive(Debug, Clone)]
pub struct Batch {
    pub(crate) merchant: Arc<str>,
    pub(crate) expected: Head,
    pub(crate) next: Head,
    /// `None` for an empty batch.
    pub(crate) summary: Option<BatchSummary>,
    pub(crate) events: Vec<Event>,
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) claims: Vec<Claim>,
    pub(crate) key_changes: Vec<KeyChange>,
}

impl Batch {
    /// Numbers and hashes what the commands write, following the head that they were decided on.
    pub fn seal(merchant: Arc<str>, id: [u8; 16], head: Head, commands: Vec<CommandRecord>) -> Self {
        let mut batch = Self {
            merchant,
            expected: head,
            next: head,
            summary: None,
            events: Vec::new(),
            outcomes: Vec::new(),
            claims: Vec::new(),
            key_changes: Vec::new(),
        };
        let mut commands = commands.into_iter().filter(|command| !command.is_empty()).peekable();
        let writes = commands.peek().is_some();
        for command in commands {
            batch.add(id, command);
        }
        if writes {
            batch.close(id);
        }
        batch
    }

    fn add(&mut self, id: [u8; 16], command: CommandRecord) {
        let number = self.expected.batch + 1;
        let first_position = self.next.position + 1;
        let command_end = self.next.position + command.events.len() as u64;
        let metadata = command.metadata.unwrap_or_default();
        for new in command.events {
            let mut event = Event {
                position: self.next.position + 1,
                event_id: event_id(id, self.events.len()),
                stream: new.stream,
                stream_name: new.stream_name,
                version: new.version,
                command_end,
                kind: new.kind.into(),
                type_version: new.type_version,
                payload: new.payload,
                sealed: new.sealed,
                metadata: Arc::clone(&metadata),
                recorded_at: command.at,
                batch: number,
                hash: Hash::default(),
            };
            event.hash = event_hash(&self.merchant, self.next.event_hash, &event);
            self.next.position = event.position;
            self.next.event_hash = event.hash;
            self.events.push(event);
        }
        if let Some((key, fingerprint, kind, answer)) = command.outcome {
            self.outcomes.push(Outcome {
                key,
                fingerprint,
                kind,
                first_position,
                last_position: command_end,
                answer,
                batch: number,
                ordinal: u32::try_from(self.outcomes.len()).unwrap_or(u32::MAX),
                at: command.at,
            });
        }
        self.next.time = self.next.time.max(command.at);
        self.claims.extend(command.claims);
        self.key_changes.extend(command.subject_keys.into_iter().map(KeyChange::Create));
        self.key_changes.extend(command.erased_subjects.into_iter().map(KeyChange::Destroy));
    }

    pub(crate) fn close(&mut self, id: [u8; 16]) {
        let mut outcomes = Vec::with_capacity(self.outcomes.len() * 33);
        for outcome in &self.outcomes {
            outcomes.push(outcome.kind as u8);
            outcomes.extend(outcome_digest(&self.merchant, outcome).0);
        }
        let mut summary = BatchSummary {
            number: self.expected.batch + 1,
            id,
            epoch: self.expected.epoch,
            first_position: self.expected.position + 1,
            last_position: self.next.position,
            outcomes,
            at: self.next.time,
            hash: Hash::default(),
        };
        summary.hash = batch_hash(&self.merchant, self.expected.hash, self.next.event_hash, &summary);
        self.next.batch = summary.number;
        self.next.hash = summary.hash;
        self.summary = Some(summary);
    }

    /// The merchant whose journal the batch belongs to.
    pub fn merchant(&self) -> &str {
        &self.merchant
    }

    /// The head that the batch was decided on.
    pub fn expected(&self) -> &Head {
        &self.expected
    }

    /// The head after the batch is appended.
    pub fn next(&self) -> &Head {
        &self.next
    }

    /// The batch's events, in order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The approximate number of bytes that the batch writes.
    pub fn bytes(&self) -> usize {
        let event = |event: &Event| event.size() + ROW_OVERHEAD;
        let outcome = |outcome: &Outcome| outcome.answer.len() + ROW_OVERHEAD;
        self.events.iter().map(event).sum::<usize>() + self.outcomes.iter().map(outcome).sum::<usize>()
    }

    /// True if the batch destroys a key.
    pub(crate) fn erases(&self) -> bool {
        self.key_changes.iter().any(|change| matches!(change, KeyChange::Destroy(_)))
    }

    /// Why the batch was not appended to a journal with another head. `expected` is the hash of the journal's batch with
    /// the number of the expected head; `None` if there is no such batch.
    pub(crate) fn conflict(&self, head: Head, expected: Option<Hash>) -> AppendError {
        if expected == Some(self.expected.hash) {
            AppendError::HeadMoved(Box::new(head))
        } else {
            AppendError::Forked
        }
    }

    /// Why the batch cannot be appended, if its events are numbered wrongly: the number of a stream must be the position
    /// of its first event.
    pub(crate) fn numbering_error(&self) -> Option<String> {
        let is_first = |event: &Event| event.stream == event.position;
        let wrong =
            |event: &&Event| (event.version == 1) != is_first(event) || event.version > event.position;
        let event = self.events.iter().find(wrong)?;
        Some(format!(
            "version {} of stream {} cannot be at position {}",
            event.version, event.stream, event.position
        ))
    }

    /// The batch's number and id; `None` for an empty batch.
    pub fn identity(&self) -> Option<(u64, [u8; 16])> {
        self.summary.as_ref().map(|summary| (summary.number, summary.id))
    }
}

/// Derives an event's id from the batch's id, a UUID of version 7: the event's index is added to its random bits. This is
/// unique, and cheaper than a new UUID for every event.
fn event_id(batch: [u8; 16], index: usize) -> [u8; 16] {
    let tail_bits = (1u128 << 62) - 1;
    let id = u128::from_be_bytes(batch);
    let tail = (id & tail_bits).wrapping_add(index as u128) & tail_bits;
    ((id & !tail_bits) | tail).to_be_bytes()
}

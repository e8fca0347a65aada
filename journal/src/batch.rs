//! What is appended: the events, outcomes and claims of one or more commands of one merchant.

use std::sync::Arc;

use crate::chain::{Hash, batch_hash, event_hash, outcome_digest};
use crate::record::{Claim, Event, Head, Outcome, OutcomeKey, OutcomeKind};

/// An event to be appended.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Its stream's name.
    pub stream_name: Arc<str>,
    /// Its stream's number; that of the event's own position where it begins the stream.
    pub stream: u64,
    /// Its place in the stream, from 1.
    pub version: u64,
    /// Its type's name.
    pub kind: &'static str,
    /// Its type's version.
    pub type_version: u32,
    /// The payload.
    pub payload: Vec<u8>,
    /// Personal data, encrypted.
    pub sealed: Option<Vec<u8>>,
}

impl NewEvent {
    /// How many bytes of it have no limit of their own.
    pub fn bytes(&self) -> usize {
        self.payload.len() + self.sealed.as_ref().map_or(0, Vec::len)
    }
}

/// The key to a subject's personal data, wrapped.
#[derive(Clone)]
pub struct SubjectKey {
    /// Whose data it opens.
    pub subject: Arc<str>,
    /// The wrapped key.
    pub key: Vec<u8>,
}

impl std::fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SubjectKey({})", self.subject)
    }
}

/// What one command leaves in the journal.
#[derive(Debug, Clone, Default)]
pub struct CommandRecord {
    /// Its events, in order; none for a refusal.
    pub events: Vec<NewEvent>,
    /// Who, why, through what.
    pub metadata: Option<Arc<[u8]>>,
    /// When it was decided.
    pub at: i64,
    /// What is answered to its key, where it has one.
    pub outcome: Option<(OutcomeKey, [u8; 32], OutcomeKind, Vec<u8>)>,
    /// Names that are taken from now on.
    pub claims: Vec<Claim>,
    /// Keys to personal data.
    pub subject_keys: Vec<SubjectKey>,
    /// Subjects whose keys are destroyed.
    pub erased_subjects: Vec<Arc<str>>,
}

impl CommandRecord {
    /// Whether it leaves nothing.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
            && self.outcome.is_none()
            && self.claims.is_empty()
            && self.subject_keys.is_empty()
            && self.erased_subjects.is_empty()
    }
}

/// What becomes of the key to a subject's personal data. Kept in the order of the commands: a key that is made
/// after an erasure stays.
#[derive(Debug, Clone)]
pub(crate) enum KeyChange {
    Keep(SubjectKey),
    Erase(Arc<str>),
}

/// A batch's row: what ties it into the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchSummary {
    /// Its number, from 1 without a gap.
    pub number: u64,
    /// Its id, by which it is found after a commit of unknown outcome.
    pub id: [u8; 16],
    /// The epoch that it was sealed in.
    pub epoch: u64,
    /// Its first event's position; one after `last_position` where it has none.
    pub first_position: u64,
    /// Its last event's position, or the one before it.
    pub last_position: u64,
    /// For each outcome a byte of its kind and 32 of its digest.
    pub outcomes: Vec<u8>,
    /// When it was sealed.
    pub at: i64,
    /// Its hash.
    pub hash: Hash,
}

/// A sealed batch: decided on one head, leading to another. Without commands that leave anything it has nothing
/// to write, and appending it only proves that the head is still the one it was decided on.
#[derive(Debug, Clone)]
pub struct Batch {
    pub(crate) merchant: Arc<str>,
    pub(crate) expected: Head,
    pub(crate) next: Head,
    /// Nothing where the batch writes nothing.
    pub(crate) summary: Option<BatchSummary>,
    pub(crate) events: Vec<Event>,
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) claims: Vec<Claim>,
    pub(crate) key_changes: Vec<KeyChange>,
}

impl Batch {
    /// Gives positions to what commands leave, and ties it to the head that it was decided on.
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
        self.key_changes.extend(command.subject_keys.into_iter().map(KeyChange::Keep));
        self.key_changes.extend(command.erased_subjects.into_iter().map(KeyChange::Erase));
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

    /// Whose batch it is.
    pub fn merchant(&self) -> &str {
        &self.merchant
    }

    /// The head that it was decided on.
    pub fn expected(&self) -> &Head {
        &self.expected
    }

    /// The head once it is appended.
    pub fn next(&self) -> &Head {
        &self.next
    }

    /// Its events, in order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// About how many bytes it writes.
    pub fn bytes(&self) -> usize {
        let event = |event: &Event| event.bytes() + 256;
        let outcome = |outcome: &Outcome| outcome.answer.len() + 256;
        self.events.iter().map(event).sum::<usize>() + self.outcomes.iter().map(outcome).sum::<usize>()
    }

    /// Whether it destroys a key.
    pub(crate) fn erases(&self) -> bool {
        self.key_changes.iter().any(|change| matches!(change, KeyChange::Erase(_)))
    }

    /// Why its events cannot be what was meant: a stream is numbered by its first event's position, for ever.
    pub(crate) fn misnumbered(&self) -> Option<String> {
        let begins = |event: &Event| event.stream == event.position;
        let wrong = |event: &&Event| (event.version == 1) != begins(event) || event.version > event.position;
        let event = self.events.iter().find(wrong)?;
        Some(format!(
            "version {} of stream {} cannot be at position {}",
            event.version, event.stream, event.position
        ))
    }

    /// Its number and id, where it writes anything.
    pub fn identity(&self) -> Option<(u64, [u8; 16])> {
        self.summary.as_ref().map(|summary| (summary.number, summary.id))
    }
}

/// An event's id: the batch's, which is a random UUID of version 7, with the event's index added to its tail.
/// Unique without being drawn anew for every event.
fn event_id(batch: [u8; 16], index: usize) -> [u8; 16] {
    let tail_bits = (1u128 << 62) - 1;
    let id = u128::from_be_bytes(batch);
    let tail = (id & tail_bits).wrapping_add(index as u128) & tail_bits;
    ((id & !tail_bits) | tail).to_be_bytes()
}

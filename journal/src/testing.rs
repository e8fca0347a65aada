//! What the tests of this crate speak with: commands by the names of their streams, and a scribe that numbers them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{
    AppendError, Batch, Claim, ClaimKey, CommandRecord, Event, Head, Journal, NewEvent, OutcomeKey,
    OutcomeKind, SubjectKey, Verification, verify,
};

/// The sender of every keyed command that names no other.
pub(crate) const SENDER: &str = "shop";
/// Later than anything that a test records: every refusal may have been pruned.
pub(crate) const KEEP_NO_REFUSALS: i64 = i64::MAX;
/// Earlier than anything that a test records: no refusal may be missing.
pub(crate) const KEEP_ALL_REFUSALS: i64 = i64::MIN;

type Said = (Arc<str>, Vec<u8>, Option<Vec<u8>>);

/// A command as a test says it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Command {
    /// Of which stream, the payload, and what is sealed.
    events: Vec<Said>,
    claims: Vec<(&'static str, Arc<str>, Arc<str>)>,
    record: CommandRecord,
}

impl Command {
    /// One that records a payload for each stream that is named.
    pub(crate) fn recording(events: &[(&str, &str)]) -> Self {
        events.iter().fold(Self::default(), |command, (stream, payload)| command.event(stream, payload))
    }

    /// One that records so many events of a stream.
    pub(crate) fn events(stream: &str, count: usize) -> Self {
        (0..count).fold(Self::default(), |command, index| command.event(stream, format!("{index}")))
    }

    /// One that is refused, with its key.
    pub(crate) fn refused(key: &str) -> Self {
        Self::default().outcome(SENDER, key, OutcomeKind::Refused, "no")
    }

    pub(crate) fn event(mut self, stream: &str, payload: impl AsRef<[u8]>) -> Self {
        self.events.push((stream.into(), payload.as_ref().to_vec(), None));
        self
    }

    pub(crate) fn sealed_event(mut self, stream: &str, payload: &str, sealed: &[u8]) -> Self {
        self.events.push((stream.into(), payload.into(), Some(sealed.to_vec())));
        self
    }

    pub(crate) fn granted(self, key: &str) -> Self {
        self.outcome(SENDER, key, OutcomeKind::Done, "yes")
    }

    pub(crate) fn outcome(mut self, sender: &str, key: &str, kind: OutcomeKind, answer: &str) -> Self {
        let fingerprint = std::array::from_fn(|index| key.len().wrapping_add(index) as u8);
        self.record.outcome = Some((outcome_key(sender, key), fingerprint, kind, answer.into()));
        self
    }

    pub(crate) fn claiming(mut self, kind: &'static str, value: &str, stream: &str) -> Self {
        self.claims.push((kind, value.into(), stream.into()));
        self
    }

    pub(crate) fn keeping(mut self, subject: &str, key: &[u8]) -> Self {
        self.record.subject_keys.push(SubjectKey { subject: subject.into(), key: key.to_vec() });
        self
    }

    pub(crate) fn erasing(mut self, subject: &str) -> Self {
        self.record.erased_subjects.push(subject.into());
        self
    }

    pub(crate) fn metadata(mut self, metadata: &str) -> Self {
        self.record.metadata = Some(metadata.as_bytes().into());
        self
    }

    pub(crate) fn at(mut self, time: i64) -> Self {
        self.record.at = time;
        self
    }
}

/// Writes for one merchant, and knows where its journal ends as long as nobody else does.
#[derive(Debug, Clone)]
pub(crate) struct Scribe {
    merchant: Arc<str>,
    pub(crate) head: Head,
    /// Number and last version of each stream.
    streams: BTreeMap<Arc<str>, (u64, u64)>,
    last_id: u128,
}

impl Scribe {
    pub(crate) fn of(merchant: &str) -> Self {
        let head = Head::default();
        Self { merchant: merchant.into(), head, streams: BTreeMap::new(), last_id: 1 << 100 }
    }

    /// Seals commands on the head that is known, without moving on.
    pub(crate) fn seal(&mut self, commands: Vec<Command>) -> Batch {
        self.seal_on(self.head, commands)
    }

    /// Seals commands on another head, without moving on.
    pub(crate) fn seal_on(&mut self, head: Head, commands: Vec<Command>) -> Batch {
        let id = self.new_id();
        self.clone().number(id, head, commands)
    }

    /// Seals commands and moves on, as if they had been appended.
    pub(crate) fn prepare(&mut self, commands: Vec<Command>) -> Batch {
        let id = self.new_id();
        let batch = self.number(id, self.head, commands);
        self.head = *batch.next();
        batch
    }

    /// Appends commands, which must succeed, and moves on.
    pub(crate) async fn write(&mut self, journal: &dyn Journal, commands: Vec<Command>) -> Batch {
        let batch = self.prepare(commands);
        append(journal, &batch).await.expect("the batch is appended");
        batch
    }

    /// Far from the last one: an event's id is its batch's with a number added.
    fn new_id(&mut self) -> [u8; 16] {
        self.last_id += 1 << 80;
        self.last_id.to_be_bytes()
    }

    fn number(&mut self, id: [u8; 16], head: Head, commands: Vec<Command>) -> Batch {
        let mut position = head.position;
        let records = commands.into_iter().map(|command| self.record(command, &mut position)).collect();
        Batch::seal(Arc::clone(&self.merchant), id, head, records)
    }

    fn record(&mut self, command: Command, position: &mut u64) -> CommandRecord {
        let mut record = command.record;
        for (stream_name, payload, sealed) in command.events {
            *position += 1;
            let stream = self.streams.entry(Arc::clone(&stream_name)).or_insert((*position, 0));
            stream.1 += 1;
            let (stream, version) = *stream;
            let (kind, type_version) = ("Noted", 1);
            record.events.push(NewEvent {
                stream_name,
                stream,
                version,
                kind,
                type_version,
                payload,
                sealed,
            });
        }
        for (kind, value, stream) in command.claims {
            let stream = self.streams.get(&stream).map_or(0, |(number, _)| *number);
            record.claims.push(Claim { key: ClaimKey { kind, value }, stream });
        }
        record
    }
}

pub(crate) fn outcome_key(sender: &str, key: &str) -> OutcomeKey {
    OutcomeKey { sender: sender.into(), key: key.into() }
}

pub(crate) async fn append(journal: &dyn Journal, batch: &Batch) -> Result<(), AppendError> {
    let mut results = journal.append(&[batch.clone()].into()).await;
    assert_eq!(results.len(), 1, "one result for one batch");
    results.remove(0)
}

/// Every event of a merchant, in one page.
pub(crate) async fn all_events(journal: &dyn Journal, merchant: &str) -> Vec<Event> {
    journal.read(merchant, 0, usize::MAX).await.unwrap()
}

pub(crate) fn payloads(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| std::str::from_utf8(&event.payload).unwrap()).collect()
}

pub(crate) fn positions(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.position).collect()
}

/// Verifies a merchant of whom nothing was pruned.
pub(crate) async fn verified(journal: &dyn Journal, merchant: &str) -> Verification {
    verify(journal, merchant, KEEP_ALL_REFUSALS, |_| {}).await.unwrap()
}

/// Fails unless a merchant's journal is what was written, with so many events.
pub(crate) async fn assert_clean(journal: &dyn Journal, merchant: &str, events: u64) {
    let verification = verified(journal, merchant).await;
    assert_eq!(verification.findings, []);
    assert_eq!(verification.events, events, "every event was looked at");
}

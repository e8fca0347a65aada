//! Test fixtures: commands that name their streams, and a writer that numbers and appends them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{
    AppendError, Batch, Claim, ClaimKey, CommandRecord, Event, Head, Journal, NewEvent, OutcomeKey,
    OutcomeKind, SubjectKey, Verification, verify,
};

/// The sender of commands, unless a test names another.
pub(crate) const SENDER: &str = "shop";
/// Later than everything that a test records: every rejection may have been pruned.
pub(crate) const ALL_REFUSALS_PRUNABLE: i64 = i64::MAX;
/// Earlier than everything that a test records: no rejection may be missing.
pub(crate) const ALL_REFUSALS_KEPT: i64 = i64::MIN;

/// The stream's name, the payload, and the sealed data of an event.
type CommandEvent = (Arc<str>, Vec<u8>, Option<Vec<u8>>);

/// A command, as a test describes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Command {
    events: Vec<CommandEvent>,
    /// The kind and the value of each claim, and the name of the stream that owns the claim.
    claims: Vec<(&'static str, Arc<str>, Arc<str>)>,
    record: CommandRecord,
}

impl Command {
    /// A command with one event for each pair of a stream's name and a payload.
    pub(crate) fn with_events(events: &[(&str, &str)]) -> Self {
        events.iter().fold(Self::default(), |command, (stream, payload)| command.event(stream, payload))
    }

    /// A command with `count` events of one stream.
    pub(crate) fn events(stream: &str, count: usize) -> Self {
        (0..count).fold(Self::default(), |command, index| command.event(stream, format!("{index}")))
    }

    /// A rejected command with this idempotency key.
    pub(crate) fn rejected(key: &str) -> Self {
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

    pub(crate) fn accepted(self, key: &str) -> Self {
        self.outcome(SENDER, key, OutcomeKind::Done, "yes")
    }

    pub(crate) fn outcome(mut self, sender: &str, key: &str, kind: OutcomeKind, answer: &str) -> Self {
        let fingerprint = std::array::from_fn(|index| key.len().wrapping_add(index) as u8);
        self.record.outcome = Some((outcome_key(sender, key), fingerprint, kind, answer.into()));
        self
    }

    pub(crate) fn claim(mut self, kind: &'static str, value: &str, stream: &str) -> Self {
        self.claims.push((kind, value.into(), stream.into()));
        self
    }

    pub(crate) fn create_key(mut self, subject: &str, key: &[u8]) -> Self {
        self.record.subject_keys.push(SubjectKey { subject: subject.into(), key: key.to_vec() });
        self
    }

    pub(crate) fn destroy_key(mut self, subject: &str) -> Self {
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

/// A writer of one merchant's journal. Its head is current while no other writer appends.
#[derive(Debug, Clone)]
pub(crate) struct TestWriter {
    merchant: Arc<str>,
    pub(crate) head: Head,
    /// The number and the last version of each stream.
    streams: BTreeMap<Arc<str>, (u64, u64)>,
    last_id: u128,
}

impl TestWriter {
    pub(crate) fn new(merchant: &str) -> Self {
        let head = Head::default();
        Self { merchant: merchant.into(), head, streams: BTreeMap::new(), last_id: 1 << 100 }
    }

    /// Seals commands on the current head, without advancing the head.
    pub(crate) fn seal(&mut self, commands: Vec<Command>) -> Batch {
        self.seal_on(self.head, commands)
    }

    /// Seals commands on another head, without advancing the current head.
    pub(crate) fn seal_on(&mut self, head: Head, commands: Vec<Command>) -> Batch {
        let id = self.new_id();
        self.clone().number(id, head, commands)
    }

    /// Seals commands and advances the head, as if the commands had been appended.
    pub(crate) fn prepare(&mut self, commands: Vec<Command>) -> Batch {
        let id = self.new_id();
        let batch = self.number(id, self.head, commands);
        self.head = *batch.next();
        batch
    }

    /// Appends commands and advances the head. Panics if the append fails.
    pub(crate) async fn write(&mut self, journal: &dyn Journal, commands: Vec<Command>) -> Batch {
        let batch = self.prepare(commands);
        append(journal, &batch).await.expect("the batch is appended");
        batch
    }

    /// Leaves a gap after each id: the id of an event is the id of its batch plus a number.
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

/// Reads all events of a merchant.
pub(crate) async fn all_events(journal: &dyn Journal, merchant: &str) -> Vec<Event> {
    journal.read(merchant, 0, usize::MAX).await.unwrap()
}

pub(crate) fn payloads(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| std::str::from_utf8(&event.payload).unwrap()).collect()
}

pub(crate) fn positions(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.position).collect()
}

/// Verifies a merchant's journal from which nothing was pruned.
pub(crate) async fn verified(journal: &dyn Journal, merchant: &str) -> Verification {
    verify(journal, merchant, ALL_REFUSALS_KEPT, |_| {}).await.unwrap()
}

/// Fails unless a merchant's journal is undamaged and has this number of events.
pub(crate) async fn assert_clean(journal: &dyn Journal, merchant: &str, events: u64) {
    let verification = verified(journal, merchant).await;
    assert_eq!(verification.findings, []);
    assert_eq!(verification.events, events, "every event was checked");
}

//! Stored records, as they are read back.

use std::sync::Arc;

use crate::hash::Hash;

/// The newest journal format that this program writes. The program does not write to a journal of a newer format.
pub const FORMAT: u32 = 1;

/// The end of a merchant's journal. Every append is conditional on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The position of the last event; 0 before the first event.
    pub position: u64,
    /// The hash of the last event.
    pub event_hash: Hash,
    /// The number of the last batch; 0 before the first batch.
    pub batch: u64,
    /// The hash of the last batch, which covers everything before it.
    pub hash: Hash,
    /// The current epoch. A batch that was sealed in another epoch is not appended.
    pub epoch: u64,
    /// The time of the last decision, in microseconds since 1970.
    pub time: i64,
    /// The journal's format. A program whose [`FORMAT`] is older does not write to this journal.
    pub format: u32,
}

impl Head {
    /// True if nothing was ever written: no batch, and no raised epoch.
    pub(crate) fn is_beginning(&self) -> bool {
        (self.position, self.batch, self.epoch, self.hash) == (0, 0, 0, Hash::default())
    }

    /// True if a batch that was decided on `expected` may be appended to a journal that ends here.
    pub(crate) fn accepts(&self, expected: &Self) -> bool {
        (self.position, self.hash, self.epoch) == (expected.position, expected.hash, expected.epoch)
    }
}

impl Default for Head {
    fn default() -> Self {
        Self {
            position: 0,
            event_hash: Hash::default(),
            batch: 0,
            hash: Hash::default(),
            epoch: 0,
            time: 0,
            format: FORMAT,
        }
    }
}

/// A stored event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The event's place in the merchant's journal, from 1 without a gap.
    pub position: u64,
    /// The event's id: a UUID of version 7.
    pub event_id: [u8; 16],
    /// The number of the event's stream: the position of the stream's first event.
    pub stream: u64,
    /// The name of the event's stream.
    pub stream_name: Arc<str>,
    /// The event's place in its stream, from 1 without a gap.
    pub version: u64,
    /// The position of the last event of the same command.
    pub command_end: u64,
    /// The name of the event's type.
    pub kind: Box<str>,
    /// The version of the event's type, which tells how to read the payload.
    pub type_version: u32,
    /// The payload. The journal never reads it.
    pub payload: Vec<u8>,
    /// Personal data, encrypted under its subject's key; absent if the event has none.
    pub sealed: Option<Vec<u8>>,
    /// Who caused the event, why, and through which interface. The journal never reads it.
    pub metadata: Arc<[u8]>,
    /// The time of the decision, in microseconds since 1970.
    pub recorded_at: i64,
    /// The number of the batch that the event was appended with.
    pub batch: u64,
    /// The hash of all fields above and of the hash of the event before.
    pub hash: Hash,
}

/// The row of one batch, which links it into the hash chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchSummary {
    /// The batch's number, from 1 without a gap.
    pub number: u64,
    /// The batch's id: a UUID of version 7. After a commit of unknown outcome, the batch is looked up by it.
    pub id: [u8; 16],
    /// The epoch in which the batch was sealed.
    pub epoch: u64,
    /// The position of the batch's first event; one more than `last_position` if the batch has no events.
    pub first_position: u64,
    /// The position of the batch's last event; if it has none, that of the last event before the batch.
    pub last_position: u64,
    /// 33 bytes per outcome, in order: the outcome's kind, then its digest.
    pub outcomes: Vec<u8>,
    /// The time of the batch's last decision, in microseconds since 1970.
    pub at: i64,
    /// The batch's hash.
    pub hash: Hash,
}

/// The kind of answer to a command. The number is the stored one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeKind {
    /// The command was accepted and created something.
    Created = 1,
    /// The command was accepted.
    Done = 2,
    /// The command was rejected. Only outcomes of this kind are ever pruned.
    Refused = 3,
}

impl OutcomeKind {
    /// The kind with this stored number, if there is one.
    pub const fn of(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Created),
            2 => Some(Self::Done),
            3 => Some(Self::Refused),
            _ => None,
        }
    }
}

/// The identity of a command that was sent with an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutcomeKey {
    /// The credential of the sender.
    pub sender: Arc<str>,
    /// The sender's idempotency key for the command.
    pub key: Arc<str>,
}

/// The stored answer to a command that was sent with an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The command's sender and idempotency key.
    pub key: OutcomeKey,
    /// A keyed digest of the command, which tells a repeated command from a reused key.
    pub fingerprint: [u8; 32],
    /// The kind of answer.
    pub kind: OutcomeKind,
    /// The position of the command's first event; one more than `last_position` if the command has no events.
    pub first_position: u64,
    /// The position of the command's last event; if it has none, that of the state that the command was decided on.
    pub last_position: u64,
    /// The answer. The journal never reads it.
    pub answer: Vec<u8>,
    /// The number of the batch that the outcome was appended with.
    pub batch: u64,
    /// The outcome's place in its batch, from 0.
    pub ordinal: u32,
    /// The time of the decision, in microseconds since 1970.
    pub at: i64,
}

/// A unique name within a merchant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClaimKey {
    /// The kind of name, such as `channel_ref`.
    pub kind: &'static str,
    /// The name.
    pub value: Arc<str>,
}

/// A unique name and the stream that owns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The name.
    pub key: ClaimKey,
    /// The number of the stream.
    pub stream: u64,
}

/// The state of a stream at a version, so that loading need not read all events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The number of the stream.
    pub stream: u64,
    /// The version of the state's encoding.
    pub type_version: u32,
    /// The version of the stream at which this is the state.
    pub version: u64,
    /// The encoded state. The journal never reads it.
    pub state: Vec<u8>,
}

/// The streams, claims and outcomes that a decision needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadRequest {
    /// Streams, by name.
    pub streams: Vec<Arc<str>>,
    /// Claims, by kind and name.
    pub claims: Vec<ClaimKey>,
    /// Outcomes, by sender and idempotency key.
    pub outcomes: Vec<OutcomeKey>,
}

/// The answer to a [`LoadRequest`]. Every list has the order and the length of the request's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The streams; `None` for a stream without events.
    pub streams: Vec<Option<LoadedStream>>,
    /// The names of the streams that own the claims; `None` for a claim that is free.
    pub claims: Vec<Option<Arc<str>>>,
    /// The outcomes; `None` for a key that has none.
    pub outcomes: Vec<Option<Outcome>>,
}

/// A loaded stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedStream {
    /// The number of the stream.
    pub stream: u64,
    /// The latest snapshot, if there is one.
    pub snapshot: Option<Snapshot>,
    /// The events after the snapshot, or all events if there is none, in order.
    pub events: Vec<Event>,
}

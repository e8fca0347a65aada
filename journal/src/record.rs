//! What is stored, as it is read back.

use std::sync::Arc;

use crate::chain::Hash;

/// Where a merchant's journal ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The last event's position; 0 before the first.
    pub position: u64,
    /// The last event's hash.
    pub event_hash: Hash,
    /// The last batch's number; 0 before the first.
    pub batch: u64,
    /// The last batch's hash, which covers everything before it.
    pub hash: Hash,
    /// The epoch that a batch must have been sealed in.
    pub epoch: u64,
    /// The last decision's time, in microseconds since 1970.
    pub time: i64,
    /// What may be written.
    pub format: u32,
}

impl Head {
    /// Whether nothing was ever written, not even an epoch.
    pub(crate) fn is_beginning(&self) -> bool {
        (self.position, self.batch, self.epoch, self.hash) == (0, 0, 0, Hash::default())
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
            format: crate::FORMAT,
        }
    }
}

/// A stored event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place in the merchant's journal, from 1.
    pub position: u64,
    /// Its id.
    pub event_id: [u8; 16],
    /// Its stream's number: the position of the stream's first event.
    pub stream: u64,
    /// Its stream's name.
    pub stream_name: Arc<str>,
    /// Its place in the stream, from 1.
    pub version: u64,
    /// The position of the last event of the same command.
    pub command_end: u64,
    /// Its type's name.
    pub kind: Box<str>,
    /// Its type's version.
    pub type_version: u32,
    /// The payload.
    pub payload: Vec<u8>,
    /// Personal data, encrypted.
    pub sealed: Option<Vec<u8>>,
    /// Who, why, through what.
    pub metadata: Arc<[u8]>,
    /// When it was decided, in microseconds since 1970.
    pub recorded_at: i64,
    /// The batch that it was written with.
    pub batch: u64,
    /// The hash over everything above and the hash before it.
    pub hash: Hash,
}

impl Event {
    /// How many bytes of it have no limit of their own.
    pub(crate) fn bytes(&self) -> usize {
        self.payload.len() + self.sealed.as_ref().map_or(0, Vec::len) + self.metadata.len()
    }
}

/// What kind of answer a command got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeKind {
    /// Granted; something new exists.
    Created = 1,
    /// Granted.
    Done = 2,
    /// Refused. Only these are ever pruned.
    Refused = 3,
}

impl OutcomeKind {
    /// The kind of a stored number.
    pub const fn of(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Created),
            2 => Some(Self::Done),
            3 => Some(Self::Refused),
            _ => None,
        }
    }
}

/// The identity of a keyed command: who sent it, and that sender's name for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutcomeKey {
    /// The credential that it came by.
    pub sender: Arc<str>,
    /// The sender's name for it.
    pub key: Arc<str>,
}

/// What was answered to a keyed command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Whose command it was.
    pub key: OutcomeKey,
    /// A digest of what was asked.
    pub fingerprint: [u8; 32],
    /// What kind of answer it got.
    pub kind: OutcomeKind,
    /// Its first event's position; one after `last_position` where it has none.
    pub first_position: u64,
    /// Its last event's position, or that of the state that it was decided on.
    pub last_position: u64,
    /// The answer.
    pub answer: Vec<u8>,
    /// The batch that it was written with.
    pub batch: u64,
    /// Its place among the batch's outcomes, from 0.
    pub ordinal: u32,
    /// When it was decided, in microseconds since 1970.
    pub at: i64,
}

/// A unique name: its kind and value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClaimKey {
    /// What it names, such as `channel_ref`.
    pub kind: &'static str,
    /// The name.
    pub value: Arc<str>,
}

/// A unique name and the stream that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The name.
    pub key: ClaimKey,
    /// The stream's number.
    pub stream: u64,
}

/// A state to start from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The stream's number.
    pub stream: u64,
    /// The version of the state's form.
    pub type_version: u32,
    /// The stream's version that it is the state at.
    pub version: u64,
    /// The state.
    pub state: Vec<u8>,
}

/// What a decision needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadRequest {
    /// Streams by name.
    pub streams: Vec<Arc<str>>,
    /// Claims.
    pub claims: Vec<ClaimKey>,
    /// Outcomes.
    pub outcomes: Vec<OutcomeKey>,
}

/// What was found, in the order of the request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Streams; nothing for one that has no events.
    pub streams: Vec<Option<LoadedStream>>,
    /// The names of the streams that have the claims.
    pub claims: Vec<Option<Arc<str>>>,
    /// Outcomes.
    pub outcomes: Vec<Option<Outcome>>,
}

/// A stream: the latest snapshot, where there is one, and the events after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedStream {
    /// The stream's number.
    pub stream: u64,
    /// The latest snapshot.
    pub snapshot: Option<Snapshot>,
    /// The events after it, in order.
    pub events: Vec<Event>,
}

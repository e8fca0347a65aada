//! The hash chains that prove that nothing was changed.
//!
//! Every event's hash covers the hash of the event before it and every column of its own. Every batch's hash
//! covers the hash of the batch before it, its last event's hash, and the digests of its outcomes, so that an
//! answer cannot be changed unseen either. Payload, metadata and sealed data enter by their digests: history can
//! be proven to somebody who may not read it, and after a key is destroyed. SHA-256 throughout (FIPS 180-4).

use std::fmt;

use sha2::{Digest, Sha256};

use crate::batch::BatchSummary;
use crate::record::{Event, Outcome};

/// A SHA-256 hash.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A hash over length-prefixed fields, so that no two sequences of fields are the same bytes.
struct Fields(Sha256);

impl Fields {
    fn new(domain: &str) -> Self {
        Self(Sha256::new()).bytes(domain.as_bytes())
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
        self
    }

    fn number(self, number: u64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    fn time(self, time: i64) -> Self {
        self.bytes(&time.to_be_bytes())
    }

    fn hash(self, hash: Hash) -> Self {
        self.bytes(&hash.0)
    }

    fn finish(self) -> Hash {
        Hash(self.0.finalize().into())
    }
}

fn digest(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}

impl Event {
    /// Whether it follows the event that has this hash, in this merchant's journal, and is what was appended there. The
    /// first follows 32 zeros.
    pub fn follows(&self, merchant: &str, previous: &[u8]) -> bool {
        previous.try_into().is_ok_and(|previous| event_hash(merchant, Hash(previous), self) == self.hash)
    }
}

/// The hash of an event that follows one with the hash `previous`.
pub(crate) fn event_hash(merchant: &str, previous: Hash, event: &Event) -> Hash {
    let fields = Fields::new("holdfast event 1")
        .hash(previous)
        .bytes(merchant.as_bytes())
        .number(event.position)
        .bytes(&event.event_id)
        .number(event.stream)
        .bytes(event.stream_name.as_bytes())
        .number(event.version)
        .number(event.command_end)
        .bytes(event.kind.as_bytes())
        .number(u64::from(event.type_version))
        .hash(digest(&event.payload))
        .hash(digest(&event.metadata))
        .time(event.recorded_at)
        .number(event.batch);
    match &event.sealed {
        Some(sealed) => fields.hash(digest(sealed)),
        None => fields,
    }
    .finish()
}

/// The digest of an outcome.
pub(crate) fn outcome_digest(merchant: &str, outcome: &Outcome) -> Hash {
    Fields::new("holdfast outcome 1")
        .bytes(merchant.as_bytes())
        .bytes(outcome.key.sender.as_bytes())
        .bytes(outcome.key.key.as_bytes())
        .bytes(&outcome.fingerprint)
        .number(outcome.kind as u64)
        .number(outcome.first_position)
        .number(outcome.last_position)
        .hash(digest(&outcome.answer))
        .number(outcome.batch)
        .number(u64::from(outcome.ordinal))
        .time(outcome.at)
        .finish()
}

/// The hash of a batch that follows one with the hash `previous` and ends with an event of hash `last_event`.
pub(crate) fn batch_hash(merchant: &str, previous: Hash, last_event: Hash, batch: &BatchSummary) -> Hash {
    Fields::new("holdfast batch 1")
        .hash(previous)
        .bytes(merchant.as_bytes())
        .number(batch.number)
        .bytes(&batch.id)
        .number(batch.epoch)
        .number(batch.first_position)
        .number(batch.last_position)
        .hash(last_event)
        .bytes(&batch.outcomes)
        .time(batch.at)
        .finish()
}

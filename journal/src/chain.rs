//! The hash chains that make any change to a stored journal detectable.
//!
//! An event's hash covers every column of the event and the hash of the event before it. A batch's hash covers the
//! hash of the batch before it, the hash of the batch's last event, and the digests of its outcomes, so that a changed
//! answer is detected too. Payload, metadata and sealed data are covered by their digests: the chain can be verified
//! without reading them, and after the key to sealed data was destroyed. Every hash is SHA-256
//! (FIPS 180-4).

use sha2::{Digest, Sha256};

use crate::hash::Hash;
use crate::record::{BatchSummary, Event, Outcome};

/// Hashes fields, each prefixed with its length, so that different sequences of fields never hash the same bytes.
struct FieldHasher(Sha256);

impl FieldHasher {
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
    /// True if the event is unchanged and follows the event whose hash is `previous` in the merchant's journal. For a
    /// merchant's first event, `previous` is 32 zero bytes.
    pub fn follows(&self, merchant: &str, previous: &[u8]) -> bool {
        previous.try_into().is_ok_and(|previous| event_hash(merchant, Hash(previous), self) == self.hash)
    }
}

/// Computes the hash of an event that follows an event with the hash `previous`.
pub(crate) fn event_hash(merchant: &str, previous: Hash, event: &Event) -> Hash {
    let fields = FieldHasher::new("holdfast event 1")
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

/// Computes the digest of an outcome.
pub(crate) fn outcome_digest(merchant: &str, outcome: &Outcome) -> Hash {
    FieldHasher::new("holdfast outcome 1")
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

/// Computes the hash of a batch that follows a batch with the hash `previous` and whose last event has the hash
/// `last_event`.
pub(crate) fn batch_hash(merchant: &str, previous: Hash, last_event: Hash, batch: &BatchSummary) -> Hash {
    FieldHasher::new("holdfast batch 1")
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

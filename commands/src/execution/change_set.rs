//! The state in a writer's memory: the committed state, and change sets of uncommitted batches above it.

use std::collections::HashMap;
use std::sync::Arc;

use holdfast_domain::stock::PastOnHand;
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{CartReservationId, LocationId, OrderId, Sku, Timestamp};
use holdfast_journal::ClaimKey;
use lru::LruCache;

use crate::budget::{Budget, Share};
use crate::execution::cached_stream::CachedStream;
use crate::privacy::WrappedKey;

/// State that differs from the layer below: the changes of one command or of one batch.
#[derive(Debug, Default)]
pub(crate) struct ChangeSet {
    pub(crate) streams: HashMap<StreamId, CachedStream>,
    pub(crate) claims: HashMap<ClaimKey, StreamId>,
    pub(crate) subject_keys: HashMap<Arc<str>, WrappedKey>,
}

impl ChangeSet {
    /// Adds the changes of a later command.
    pub(crate) fn absorb(&mut self, upper: Self) {
        self.streams.extend(upper.streams);
        self.claims.extend(upper.claims);
        self.subject_keys.extend(upper.subject_keys);
    }
}

/// A cache of committed state that drops the least recently used entries when the budget is exceeded.
#[derive(Debug)]
pub(crate) struct Committed {
    streams: LruCache<StreamId, CachedStream>,
    share: Share,
    /// Claims that were looked up, including names without a claim.
    claims: LruCache<ClaimKey, Option<StreamId>>,
    /// Keys to personal data that were looked up for the current batch.
    subject_keys: HashMap<Arc<str>, Option<WrappedKey>>,
}

/// The approximate size of a claim.
const CLAIM_BYTES: usize = 256;

impl Committed {
    pub(crate) fn new(budget: &Arc<Budget>) -> Self {
        Self {
            streams: LruCache::unbounded(),
            share: Share::of(budget),
            claims: LruCache::unbounded(),
            subject_keys: HashMap::new(),
        }
    }

    pub(crate) fn insert(&mut self, stream: StreamId, cached: CachedStream) {
        self.share.add(cached.weight());
        if let Some(replaced) = self.streams.put(stream, cached) {
            self.share.subtract(replaced.weight());
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    /// A stream, without marking it as recently used.
    pub(crate) fn peek(&self, stream: &StreamId) -> Option<&CachedStream> {
        self.streams.peek(stream)
    }

    /// Notes that the current state of a stream has a snapshot.
    pub(crate) fn note_snapshot(&mut self, stream: &StreamId) {
        if let Some(cached) = self.streams.peek_mut(stream) {
            cached.snapshot = cached.version;
        }
    }

    pub(crate) fn insert_claim(&mut self, key: ClaimKey, stream: Option<StreamId>) {
        if self.claims.put(key, stream).is_none() {
            self.share.add(CLAIM_BYTES);
        }
    }

    pub(crate) fn insert_subject_key(&mut self, subject: Arc<str>, key: Option<WrappedKey>) {
        self.subject_keys.insert(subject, key);
    }

    pub(crate) fn forget(&mut self, stream: &StreamId) {
        if let Some(forgotten) = self.streams.pop(stream) {
            self.share.subtract(forgotten.weight());
        }
    }

    /// Drops claims and keys, which other nodes may have changed.
    pub(crate) fn forget_claims(&mut self) {
        self.share.subtract(CLAIM_BYTES * self.claims.len());
        self.claims.clear();
        self.subject_keys.clear();
    }

    pub(crate) fn forget_everything(&mut self) {
        self.streams.clear();
        self.forget_claims();
        self.share.release();
    }

    /// Adds the changes of a committed batch.
    pub(crate) fn absorb(&mut self, committed: ChangeSet) {
        for (stream, cached) in committed.streams {
            self.insert(stream, cached);
        }
        for (key, stream) in committed.claims {
            self.insert_claim(key, Some(stream));
        }
    }

    /// Drops the least recently used entries until the budget holds. It runs between batches only, so that state that was
    /// loaded for a decision stays until the decision.
    pub(crate) fn shrink(&mut self) {
        while self.share.is_exceeded() {
            let (stream, claim) = (self.streams.pop_lru(), self.claims.pop_lru());
            if stream.is_none() && claim.is_none() {
                break;
            }
            self.share.subtract(stream.map_or(0, |(_, forgotten)| forgotten.weight()));
            self.share.subtract(claim.map_or(0, |_| CLAIM_BYTES));
        }
        self.subject_keys.clear();
    }
}

/// The committed state, and above it the changes of the batch that is being committed, of the open batch, and of the command
/// that is being decided.
#[derive(Debug)]
pub(crate) struct StateLayers {
    pub(crate) committed: Committed,
    pub(crate) in_flight: ChangeSet,
    pub(crate) open: ChangeSet,
    pub(crate) command: ChangeSet,
    /// Reserving orders that were looked up for the current batch; `None` if the index could not answer.
    pub(crate) reserving_orders: HashMap<(Sku, LocationId), Option<Vec<OrderId>>>,
    /// Carts with reserved units that were looked up for the current batch; `None` if the index could not answer.
    pub(crate) reserving_carts: HashMap<(Sku, LocationId), Option<Vec<CartReservationId>>>,
    /// On hand at past times, computed from the journal for the current batch.
    pub(crate) past_on_hand: HashMap<(Sku, LocationId, Timestamp), PastOnHand>,
}

impl StateLayers {
    pub(crate) fn new(budget: &Arc<Budget>) -> Self {
        Self {
            committed: Committed::new(budget),
            in_flight: ChangeSet::default(),
            open: ChangeSet::default(),
            command: ChangeSet::default(),
            reserving_orders: HashMap::new(),
            reserving_carts: HashMap::new(),
            past_on_hand: HashMap::new(),
        }
    }

    pub(crate) fn stream(&mut self, stream: &StreamId) -> Option<&CachedStream> {
        let mut uncommitted = [&self.command, &self.open, &self.in_flight].into_iter();
        let changed = uncommitted.find_map(|changes| changes.streams.get(stream));
        changed.or_else(|| self.committed.streams.get(stream))
    }

    /// The streams that uncommitted commands have changed.
    pub(crate) fn uncommitted_streams(&self) -> impl Iterator<Item = &StreamId> {
        [&self.in_flight, &self.open, &self.command].into_iter().flat_map(|changes| changes.streams.keys())
    }

    /// The stream with a claim: `None` if the claim is not loaded, `Some(None)` if no stream has it.
    pub(crate) fn claim(&mut self, key: &ClaimKey) -> Option<Option<&StreamId>> {
        let mut uncommitted = [&self.command, &self.open, &self.in_flight].into_iter();
        let claimed = uncommitted.find_map(|changes| changes.claims.get(key));
        claimed.map(Some).or_else(|| self.committed.claims.get(key).map(Option::as_ref))
    }

    /// A subject's wrapped key: `None` if the key is not loaded, `Some(None)` if there is none.
    pub(crate) fn subject_key(&self, subject: &str) -> Option<Option<&WrappedKey>> {
        let mut uncommitted = [&self.command, &self.open, &self.in_flight].into_iter();
        let created = uncommitted.find_map(|changes| changes.subject_keys.get(subject));
        created.map(Some).or_else(|| self.committed.subject_keys.get(subject).map(Option::as_ref))
    }
}

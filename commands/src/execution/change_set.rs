//! What the writer knows: committed state below, what is not committed yet above it.

use std::collections::HashMap;
use std::sync::Arc;

use holdfast_domain::stream::StreamId;
use holdfast_domain::values::{LocationId, OrderId, Sku};
use holdfast_journal::ClaimKey;
use lru::LruCache;

use crate::budget::{Budget, Share};
use crate::execution::cached_stream::CachedStream;
use crate::privacy::WrappedKey;

/// State that differs from what lies below: of one command, or of one batch.
#[derive(Debug, Default)]
pub(crate) struct ChangeSet {
    pub(crate) streams: HashMap<StreamId, CachedStream>,
    pub(crate) claims: HashMap<ClaimKey, StreamId>,
    pub(crate) subject_keys: HashMap<Arc<str>, WrappedKey>,
}

impl ChangeSet {
    /// Lays another one on top of this one.
    pub(crate) fn absorb(&mut self, upper: Self) {
        self.streams.extend(upper.streams);
        self.claims.extend(upper.claims);
        self.subject_keys.extend(upper.subject_keys);
    }
}

/// Committed state in memory, the least recently used forgotten first when it takes too many bytes.
#[derive(Debug)]
pub(crate) struct Committed {
    streams: LruCache<StreamId, CachedStream>,
    share: Share,
    /// Claims that were looked up, those nobody has included.
    claims: LruCache<ClaimKey, Option<StreamId>>,
    /// Keys to personal data that were looked up for the commands at hand.
    subject_keys: HashMap<Arc<str>, Option<WrappedKey>>,
}

/// About how many bytes a claim takes.
const CLAIM: usize = 256;

impl Committed {
    pub(crate) fn new(budget: &Arc<Budget>) -> Self {
        Self {
            streams: LruCache::unbounded(),
            share: Share::of(budget),
            claims: LruCache::unbounded(),
            subject_keys: HashMap::new(),
        }
    }

    pub(crate) fn insert(&mut self, stream: StreamId, kept: CachedStream) {
        self.share.add(kept.weight());
        if let Some(replaced) = self.streams.put(stream, kept) {
            self.share.subtract(replaced.weight());
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    /// A stream without counting that as a use of it.
    pub(crate) fn peek(&self, stream: &StreamId) -> Option<&CachedStream> {
        self.streams.peek(stream)
    }

    /// Notes that a stream's state was kept as it is.
    pub(crate) fn note_snapshot(&mut self, stream: &StreamId) {
        if let Some(kept) = self.streams.peek_mut(stream) {
            kept.snapshot = kept.version;
        }
    }

    pub(crate) fn insert_claim(&mut self, key: ClaimKey, stream: Option<StreamId>) {
        if self.claims.put(key, stream).is_none() {
            self.share.add(CLAIM);
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

    /// Forgets what others may have taken since it was looked up.
    pub(crate) fn forget_claims(&mut self) {
        self.share.subtract(CLAIM * self.claims.len());
        self.claims.clear();
        self.subject_keys.clear();
    }

    pub(crate) fn forget_everything(&mut self) {
        self.streams.clear();
        self.forget_claims();
        self.share.give_back();
    }

    /// Takes over what was committed.
    pub(crate) fn absorb(&mut self, committed: ChangeSet) {
        for (stream, kept) in committed.streams {
            self.insert(stream, kept);
        }
        for (key, stream) in committed.claims {
            self.insert_claim(key, Some(stream));
        }
    }

    /// Forgets the least recently used until the limits hold. Between batches only, so that what a decision has
    /// just loaded is still there when it is made.
    pub(crate) fn shrink(&mut self) {
        while self.share.is_exceeded() {
            let (stream, claim) = (self.streams.pop_lru(), self.claims.pop_lru());
            if stream.is_none() && claim.is_none() {
                break;
            }
            self.share.subtract(stream.map_or(0, |(_, forgotten)| forgotten.weight()));
            self.share.subtract(claim.map_or(0, |_| CLAIM));
        }
        self.subject_keys.clear();
    }
}

/// Committed state and the batches above it that are not committed yet, lowest first.
#[derive(Debug)]
pub(crate) struct StateLayers {
    pub(crate) committed: Committed,
    pub(crate) in_flight: ChangeSet,
    pub(crate) open: ChangeSet,
    /// Who holds units, as it was looked up for the commands at hand; nothing where that could not be told.
    pub(crate) holders: HashMap<(Sku, LocationId), Option<Vec<OrderId>>>,
}

impl StateLayers {
    pub(crate) fn new(budget: &Arc<Budget>) -> Self {
        Self {
            committed: Committed::new(budget),
            in_flight: ChangeSet::default(),
            open: ChangeSet::default(),
            holders: HashMap::new(),
        }
    }

    pub(crate) fn stream(&mut self, stream: &StreamId) -> Option<&CachedStream> {
        if let Some(kept) = self.open.streams.get(stream).or_else(|| self.in_flight.streams.get(stream)) {
            return Some(kept);
        }
        self.committed.streams.get(stream)
    }

    /// Who has a claim: nothing where it is not known, `Some(None)` where nobody has.
    pub(crate) fn claim(&mut self, key: &ClaimKey) -> Option<Option<&StreamId>> {
        if let Some(stream) = self.open.claims.get(key).or_else(|| self.in_flight.claims.get(key)) {
            return Some(Some(stream));
        }
        self.committed.claims.get(key).map(Option::as_ref)
    }

    /// A subject's wrapped key: nothing where it is not known, `Some(None)` where there is none.
    pub(crate) fn subject_key(&self, subject: &str) -> Option<Option<&WrappedKey>> {
        if let Some(key) =
            self.open.subject_keys.get(subject).or_else(|| self.in_flight.subject_keys.get(subject))
        {
            return Some(Some(key));
        }
        self.committed.subject_keys.get(subject).map(Option::as_ref)
    }
}

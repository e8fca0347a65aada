//! A journal in memory, for tests and simulations. It has every property of a journal except durability.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::batch::{Batch, KeyChange};
use crate::commit_signal::CommitSignal;
use crate::error::{AppendError, JournalError};
use crate::finding::Finding;
use crate::hash::Hash;
use crate::lease::{LeaseStatus, Node};
use crate::record::{
    BatchSummary, ClaimKey, Event, FORMAT, Head, LoadRequest, Loaded, LoadedStream, Outcome, OutcomeKey,
    OutcomeKind, Snapshot,
};
use crate::traits::{BatchStore, EventLog, JournalAdmin, LeaseStore, SubjectKeys, VerificationSource};

/// One merchant's journal.
#[derive(Debug, Default)]
pub(super) struct MerchantJournal {
    head: Head,
    events: Vec<Event>,
    batches: Vec<BatchSummary>,
    /// The number of each stream, by name.
    streams: BTreeMap<Arc<str>, u64>,
    /// The positions of each stream's events, by the number of the stream.
    positions: BTreeMap<u64, Vec<u64>>,
    outcomes: BTreeMap<OutcomeKey, Outcome>,
    claims: BTreeMap<ClaimKey, u64>,
    subject_keys: BTreeMap<Arc<str>, Vec<u8>>,
    snapshots: BTreeMap<u64, Snapshot>,
}

/// How a batch is appended.
type Append = fn(&mut MerchantJournal, &Batch) -> Result<(), AppendError>;

/// A journal in memory.
#[derive(Debug)]
pub struct MemoryJournal {
    merchants: Mutex<BTreeMap<String, MerchantJournal>>,
    master_key_check: Mutex<Option<Vec<u8>>>,
    commit_signal: CommitSignal,
    /// The holder and the end of each lease, by merchant.
    leases: Mutex<BTreeMap<String, (Node, Instant)>>,
    append: Append,
}

impl Default for MemoryJournal {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryJournal {
    /// An empty journal.
    pub fn new() -> Self {
        Self::with_append(MerchantJournal::append)
    }

    pub(super) fn with_append(append: Append) -> Self {
        Self {
            merchants: Mutex::default(),
            master_key_check: Mutex::default(),
            commit_signal: CommitSignal::default(),
            leases: Mutex::default(),
            append,
        }
    }

    /// Sets the format of a merchant's journal, which may be lower than before: as if an older program had created it.
    pub fn set_format(&self, merchant: &str, format: u32) {
        self.lock().entry(merchant.to_owned()).or_default().head.format = format;
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, MerchantJournal>> {
        // Every change is made entirely or not at all: a panic leaves nothing half done.
        self.merchants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_merchant<T>(&self, merchant: &str, read: impl FnOnce(&MerchantJournal) -> T) -> T {
        match self.lock().get(merchant) {
            Some(found) => read(found),
            None => read(&MerchantJournal::default()),
        }
    }
}

impl MerchantJournal {
    pub(super) fn head(&self) -> Head {
        self.head
    }

    /// The number and the last version of a stream.
    pub(super) fn stream(&self, name: &str) -> Option<(u64, u64)> {
        let stream = *self.streams.get(name)?;
        Some((stream, self.positions.get(&stream)?.len() as u64))
    }

    fn append(&mut self, batch: &Batch) -> Result<(), AppendError> {
        let expected = batch.expected();
        if !self.head.accepts(expected) {
            let stored = match expected.batch.checked_sub(1) {
                None => Some(Hash::default()),
                Some(index) => self.batches.get(index as usize).map(|batch| batch.hash),
            };
            return Err(batch.conflict(self.head, stored));
        }
        if self.head.format > FORMAT {
            return Err(AppendError::newer_format(self.head.format));
        }
        match self.refusal(batch) {
            Some(reason) if batch.summary.is_some() => return Err(AppendError::Refused(reason)),
            _ => self.write(batch),
        }
        Ok(())
    }

    /// Writes a batch, unless it is empty.
    pub(super) fn write(&mut self, batch: &Batch) {
        let Some(summary) = &batch.summary else { return };
        self.batches.push(summary.clone());
        for event in &batch.events {
            self.streams.entry(Arc::clone(&event.stream_name)).or_insert(event.stream);
            self.positions.entry(event.stream).or_default().push(event.position);
            self.events.push(event.clone());
        }
        self.outcomes.extend(batch.outcomes.iter().map(|outcome| (outcome.key.clone(), outcome.clone())));
        self.claims.extend(batch.claims.iter().map(|claim| (claim.key.clone(), claim.stream)));
        for change in &batch.key_changes {
            match change {
                KeyChange::Create(key) => {
                    self.subject_keys.insert(Arc::clone(&key.subject), key.key.clone());
                }
                KeyChange::Destroy(subject) => {
                    self.subject_keys.remove(subject);
                }
            }
        }
        self.head = Head { format: self.head.format, ..batch.next };
    }

    /// Why the batch is rejected: a number, name or key that is wrong, or is in the journal or the batch already.
    fn refusal(&self, batch: &Batch) -> Option<String> {
        if let Some(reason) = batch.numbering_error() {
            return Some(reason);
        }
        let mut versions = BTreeSet::new();
        for event in &batch.events {
            let known = self.positions.get(&event.stream).map_or(0, |positions| positions.len() as u64);
            if event.version <= known || !versions.insert((event.stream, event.version)) {
                return Some(format!("stream {} already has version {}", event.stream, event.version));
            }
            if event.version == 1 && self.streams.contains_key(&event.stream_name) {
                return Some("a stream with this name exists already".to_owned());
            }
        }
        let mut new_names = BTreeSet::new();
        let is_first = |event: &&Event| event.version == 1;
        if !batch.events.iter().filter(is_first).all(|event| new_names.insert(&event.stream_name)) {
            return Some("two new streams have the same name".to_owned());
        }
        let mut claims = BTreeSet::new();
        let taken = |key: &ClaimKey| self.claims.contains_key(key);
        if let Some(claim) = batch.claims.iter().find(|c| taken(&c.key) || !claims.insert(&c.key)) {
            return Some(format!("a {} claim is taken", claim.key.kind));
        }
        let mut keys = BTreeSet::new();
        let taken = |key: &OutcomeKey| self.outcomes.contains_key(key);
        if let Some(outcome) = batch.outcomes.iter().find(|o| taken(&o.key) || !keys.insert(&o.key)) {
            return Some(format!("an idempotency key of sender {} is used already", outcome.key.sender));
        }
        self.duplicate_subject_key(batch)
    }

    fn duplicate_subject_key(&self, batch: &Batch) -> Option<String> {
        let mut has_key: BTreeMap<&str, bool> = BTreeMap::new();
        for change in &batch.key_changes {
            match change {
                KeyChange::Create(key) => {
                    let known = || self.subject_keys.contains_key(&key.subject);
                    if has_key.insert(&key.subject, true).unwrap_or_else(known) {
                        return Some("the subject has a key already".to_owned());
                    }
                }
                KeyChange::Destroy(subject) => {
                    has_key.insert(subject, false);
                }
            }
        }
        None
    }

    fn event(&self, position: u64) -> Option<&Event> {
        self.events.get(position.checked_sub(1)? as usize)
    }

    fn stream_events(&self, name: &str) -> impl Iterator<Item = &Event> {
        let positions = self.streams.get(name).and_then(|stream| self.positions.get(stream));
        positions.into_iter().flatten().filter_map(|position| self.event(*position))
    }

    fn load(&self, request: &LoadRequest) -> Loaded {
        let stream = |name: &Arc<str>| {
            let stream = *self.streams.get(name)?;
            let snapshot = self.snapshots.get(&stream).cloned();
            let after = snapshot.as_ref().map_or(0, |snapshot| snapshot.version);
            let later = self.stream_events(name).filter(|event| event.version > after);
            Some(LoadedStream { stream, snapshot, events: later.cloned().collect() })
        };
        // A stream's number is the position of its first event, which knows the name.
        let claim = |key: &ClaimKey| {
            let first = self.event(*self.claims.get(key)?)?;
            Some(Arc::clone(&first.stream_name))
        };
        Loaded {
            streams: request.streams.iter().map(stream).collect(),
            claims: request.claims.iter().map(claim).collect(),
            outcomes: request.outcomes.iter().map(|key| self.outcomes.get(key).cloned()).collect(),
        }
    }

    fn read(&self, after: u64, limit: usize) -> Vec<Event> {
        let start = usize::try_from(after).unwrap_or(usize::MAX).min(self.events.len());
        let rest = &self.events[start..];
        let last = rest.iter().take(limit).next_back();
        let count = last.map_or(0, |last| (last.command_end - after) as usize);
        rest[..count].to_vec()
    }
}

#[async_trait]
impl EventLog for MemoryJournal {
    fn commits(&self) -> watch::Receiver<u64> {
        self.commit_signal.subscribe()
    }

    async fn head(&self, merchant: &str) -> Result<Head, JournalError> {
        Ok(self.read_merchant(merchant, |merchant| merchant.head))
    }

    async fn heads(&self) -> Result<Vec<(String, Head)>, JournalError> {
        let written = |(_, merchant): &(&String, &MerchantJournal)| merchant.head != Head::default();
        Ok(self.lock().iter().filter(written).map(|(name, merchant)| (name.clone(), merchant.head)).collect())
    }

    async fn read(&self, merchant: &str, after: u64, limit: usize) -> Result<Vec<Event>, JournalError> {
        Ok(self.read_merchant(merchant, |merchant| merchant.read(after, limit)))
    }

    async fn read_stream(&self, merchant: &str, name: &str, up_to: u64) -> Result<Vec<Event>, JournalError> {
        let wanted = |event: &&Event| event.command_end <= up_to;
        Ok(self.read_merchant(merchant, |merchant| {
            merchant.stream_events(name).filter(wanted).cloned().collect()
        }))
    }

    async fn read_stream_page(
        &self,
        merchant: &str,
        name: &str,
        after_version: u64,
        up_to: u64,
        limit: usize,
    ) -> Result<Vec<Event>, JournalError> {
        let skipped = usize::try_from(after_version).unwrap_or(usize::MAX);
        Ok(self.read_merchant(merchant, |merchant| {
            let behind = merchant.stream_events(name).skip(skipped).take(limit);
            behind.take_while(|event| event.command_end <= up_to).cloned().collect()
        }))
    }

    async fn position_at(&self, merchant: &str, time: i64) -> Result<u64, JournalError> {
        // Decision times never decrease with the position.
        let last = |merchant: &MerchantJournal| {
            let count = merchant.events.partition_point(|event| event.recorded_at <= time);
            merchant.event(count as u64).map_or(0, |event| event.command_end)
        };
        Ok(self.read_merchant(merchant, last))
    }
}

#[async_trait]
impl BatchStore for MemoryJournal {
    async fn append(&self, batches: &Arc<[Batch]>) -> Vec<Result<(), AppendError>> {
        let append =
            |batch: &Batch| (self.append)(self.lock().entry(batch.merchant().to_owned()).or_default(), batch);
        let results = batches.iter().map(append).collect();
        self.commit_signal.notify();
        results
    }

    async fn load(&self, merchant: &str, request: &LoadRequest) -> Result<Loaded, JournalError> {
        Ok(self.read_merchant(merchant, |merchant| merchant.load(request)))
    }

    async fn has_batch(&self, merchant: &str, number: u64, id: [u8; 16]) -> Result<bool, JournalError> {
        let found = |batch: &BatchSummary| batch.number == number && batch.id == id;
        Ok(self.read_merchant(merchant, |merchant| merchant.batches.iter().any(found)))
    }

    async fn raise_epoch(&self, merchant: &str) -> Result<Head, JournalError> {
        let mut merchants = self.lock();
        let found = merchants.entry(merchant.to_owned()).or_default();
        found.head.epoch += 1;
        Ok(found.head)
    }

    async fn save_snapshots(&self, merchant: &str, snapshots: Vec<Snapshot>) -> Result<(), JournalError> {
        let mut merchants = self.lock();
        let found = merchants.entry(merchant.to_owned()).or_default();
        for snapshot in snapshots {
            let saved = found.snapshots.entry(snapshot.stream).or_insert_with(|| snapshot.clone());
            if saved.version < snapshot.version || saved.type_version != snapshot.type_version {
                *saved = snapshot;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl SubjectKeys for MemoryJournal {
    async fn subject_key(&self, merchant: &str, subject: &str) -> Result<Option<Vec<u8>>, JournalError> {
        Ok(self.read_merchant(merchant, |merchant| merchant.subject_keys.get(subject).cloned()))
    }

    async fn master_key_check(&self) -> Result<Option<Vec<u8>>, JournalError> {
        Ok(self.master_key_check.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    async fn save_master_key_check(&self, digest: Vec<u8>) -> Result<(), JournalError> {
        self.master_key_check.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(digest);
        Ok(())
    }
}

#[async_trait]
impl LeaseStore for MemoryJournal {
    async fn claim_leases(
        &self,
        node: &Node,
        merchants: &[String],
        duration: Duration,
    ) -> Result<Vec<LeaseStatus>, JournalError> {
        let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let mut claim = |merchant: &String| {
            match leases.get(merchant) {
                Some((holder, until)) if holder.id != node.id && *until > now => {
                    return LeaseStatus::HeldBy {
                        address: Arc::clone(&holder.address),
                        remaining: *until - now,
                    };
                }
                Some((holder, _)) if holder.id != node.id => {
                    self.lock().entry(merchant.clone()).or_default().head.epoch += 1;
                }
                _ => {}
            }
            leases.insert(merchant.clone(), (node.clone(), now + duration));
            LeaseStatus::Own
        };
        Ok(merchants.iter().map(&mut claim).collect())
    }

    async fn release_leases(&self, node: &Node, merchants: &[String]) -> Result<(), JournalError> {
        let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        leases.retain(|merchant, (holder, _)| holder.id != node.id || !merchants.contains(merchant));
        Ok(())
    }
}

#[async_trait]
impl VerificationSource for MemoryJournal {
    async fn merchants(&self) -> Result<Vec<String>, JournalError> {
        Ok(self.heads().await?.into_iter().map(|(merchant, _)| merchant).collect())
    }

    async fn examine(
        &self,
        merchant: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Result<Event, Finding>>, JournalError> {
        Ok(self.read(merchant, after, limit).await?.into_iter().map(Ok).collect())
    }

    async fn batches(
        &self,
        merchant: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<BatchSummary>, JournalError> {
        let page = |merchant: &MerchantJournal| {
            merchant.batches.iter().filter(|batch| batch.number > after).take(limit).cloned().collect()
        };
        Ok(self.read_merchant(merchant, page))
    }

    async fn outcomes(&self, merchant: &str, from: u64, to: u64) -> Result<Vec<Outcome>, JournalError> {
        let wanted = |outcome: &&Outcome| (from..=to).contains(&outcome.batch);
        let mut found: Vec<Outcome> = self
            .read_merchant(merchant, |merchant| merchant.outcomes.values().filter(wanted).cloned().collect());
        found.sort_by_key(|outcome| (outcome.batch, outcome.ordinal));
        Ok(found)
    }
}

#[async_trait]
impl JournalAdmin for MemoryJournal {
    async fn raise_format(&self, merchant: &str, format: u32) -> Result<(), JournalError> {
        if let Some(found) = self.lock().get_mut(merchant) {
            found.head.format = found.head.format.max(format);
        }
        Ok(())
    }

    async fn prune_refusals(&self, before: i64) -> Result<u64, JournalError> {
        let mut pruned = 0;
        for merchant in self.lock().values_mut() {
            let MerchantJournal { outcomes, batches, .. } = merchant;
            let count = outcomes.len();
            let sealed_before =
                |number: u64| number.checked_sub(1).is_some_and(|index| batches[index as usize].at < before);
            outcomes
                .retain(|_, outcome| outcome.kind != OutcomeKind::Refused || !sealed_before(outcome.batch));
            pruned += (count - outcomes.len()) as u64;
        }
        Ok(pruned)
    }
}

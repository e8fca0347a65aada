//! A journal in memory, for tests and simulations: it keeps every promise but durability.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::Journal;
use crate::batch::{Batch, BatchSummary};
use crate::error::{AppendError, JournalError};
use crate::record::{
    ClaimKey, Event, Head, LoadRequest, Loaded, LoadedStream, Outcome, OutcomeKey, OutcomeKind, Snapshot,
};

#[derive(Debug, Default, Clone)]
struct Merchant {
    head: Head,
    events: Vec<Event>,
    batches: Vec<BatchSummary>,
    streams: BTreeMap<Arc<str>, u64>,
    outcomes: BTreeMap<OutcomeKey, Outcome>,
    claims: BTreeMap<ClaimKey, u64>,
    subject_keys: BTreeMap<Arc<str>, Vec<u8>>,
    snapshots: BTreeMap<u64, Snapshot>,
}

/// A journal in memory.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    merchants: Mutex<BTreeMap<String, Merchant>>,
}

impl MemoryJournal {
    /// An empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Merchant>> {
        // Every change below is made whole or not at all, so a panic elsewhere leaves nothing half done.
        self.merchants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_merchant<T>(&self, merchant: &str, read: impl FnOnce(&Merchant) -> T) -> T {
        match self.lock().get(merchant) {
            Some(found) => read(found),
            None => read(&Merchant::default()),
        }
    }
}

impl Merchant {
    fn append(&mut self, batch: &Batch) -> Result<(), AppendError> {
        let expected = batch.expected();
        if (self.head.position, self.head.hash, self.head.epoch)
            != (expected.position, expected.hash, expected.epoch)
        {
            return Err(self.why_not(expected));
        }
        let Some(summary) = &batch.summary else {
            return Ok(());
        };
        if let Some(claim) = batch.claims.iter().find(|claim| self.claims.contains_key(&claim.key)) {
            return Err(AppendError::Refused(format!("claim {} is taken", claim.key.kind)));
        }
        if let Some(outcome) = batch.outcomes.iter().find(|outcome| self.outcomes.contains_key(&outcome.key))
        {
            return Err(AppendError::Refused(format!("key of sender {} is taken", outcome.key.sender)));
        }
        self.batches.push(summary.clone());
        for event in &batch.events {
            self.streams.entry(Arc::clone(&event.stream_name)).or_insert(event.stream);
            self.events.push(event.clone());
        }
        self.outcomes.extend(batch.outcomes.iter().map(|outcome| (outcome.key.clone(), outcome.clone())));
        self.claims.extend(batch.claims.iter().map(|claim| (claim.key.clone(), claim.stream)));
        self.subject_keys
            .extend(batch.subject_keys.iter().map(|key| (Arc::clone(&key.subject), key.key.clone())));
        for subject in &batch.erased_subjects {
            self.subject_keys.remove(subject);
        }
        self.head = batch.next;
        Ok(())
    }

    fn why_not(&self, expected: &Head) -> AppendError {
        let known = expected.batch == 0
            || self.batches.get(expected.batch as usize - 1).is_some_and(|batch| batch.hash == expected.hash);
        if known { AppendError::HeadMoved(Box::new(self.head)) } else { AppendError::Forked }
    }

    fn load(&self, request: &LoadRequest) -> Loaded {
        let stream = |name: &Arc<str>| {
            let stream = *self.streams.get(name)?;
            let snapshot = self.snapshots.get(&stream).cloned();
            let after = snapshot.as_ref().map_or(0, |snapshot| snapshot.version);
            let later = |event: &&Event| event.stream == stream && event.version > after;
            Some(LoadedStream {
                stream,
                snapshot,
                events: self.events.iter().filter(later).cloned().collect(),
            })
        };
        let claim = |key: &ClaimKey| {
            let stream = self.claims.get(key)?;
            self.streams.iter().find(|(_, number)| *number == stream).map(|(name, _)| Arc::clone(name))
        };
        Loaded {
            streams: request.streams.iter().map(stream).collect(),
            claims: request.claims.iter().map(claim).collect(),
            outcomes: request.outcomes.iter().map(|key| self.outcomes.get(key).cloned()).collect(),
        }
    }

    fn read(&self, after: u64, limit: usize) -> Vec<Event> {
        let start = (after as usize).min(self.events.len());
        let rest = &self.events[start..];
        let last = rest.iter().take(limit).next_back();
        let count = last.map_or(0, |last| (last.command_end - after) as usize);
        rest[..count].to_vec()
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn append(&self, batches: &[Batch]) -> Vec<Result<(), AppendError>> {
        let mut merchants = self.lock();
        batches
            .iter()
            .map(|batch| merchants.entry(batch.merchant().to_owned()).or_default().append(batch))
            .collect()
    }

    async fn head(&self, merchant: &str) -> Result<Head, JournalError> {
        Ok(self.read_merchant(merchant, |merchant| merchant.head))
    }

    async fn heads(&self) -> Result<Vec<(String, Head)>, JournalError> {
        Ok(self.lock().iter().map(|(name, merchant)| (name.clone(), merchant.head)).collect())
    }

    async fn raise_epoch(&self, merchant: &str) -> Result<Head, JournalError> {
        let mut merchants = self.lock();
        let found = merchants.entry(merchant.to_owned()).or_default();
        found.head.epoch += 1;
        Ok(found.head)
    }

    async fn has_batch(&self, merchant: &str, number: u64, id: [u8; 16]) -> Result<bool, JournalError> {
        let found = |batch: &BatchSummary| batch.number == number && batch.id == id;
        Ok(self.read_merchant(merchant, |merchant| merchant.batches.iter().any(found)))
    }

    async fn load(&self, merchant: &str, request: &LoadRequest) -> Result<Loaded, JournalError> {
        Ok(self.read_merchant(merchant, |merchant| merchant.load(request)))
    }

    async fn read(&self, merchant: &str, after: u64, limit: usize) -> Result<Vec<Event>, JournalError> {
        Ok(self.read_merchant(merchant, |merchant| merchant.read(after, limit)))
    }

    async fn read_stream(&self, merchant: &str, name: &str, up_to: u64) -> Result<Vec<Event>, JournalError> {
        let wanted = |event: &&Event| &*event.stream_name == name && event.command_end <= up_to;
        Ok(self.read_merchant(merchant, |merchant| merchant.events.iter().filter(wanted).cloned().collect()))
    }

    async fn position_at(&self, merchant: &str, time: i64) -> Result<u64, JournalError> {
        let before = |event: &&Event| event.recorded_at <= time;
        let last = |merchant: &Merchant| merchant.events.iter().filter(before).map(|e| e.command_end).max();
        Ok(self.read_merchant(merchant, last).unwrap_or(0))
    }

    async fn subject_key(&self, merchant: &str, subject: &str) -> Result<Option<Vec<u8>>, JournalError> {
        Ok(self.read_merchant(merchant, |merchant| merchant.subject_keys.get(subject).cloned()))
    }

    async fn save_snapshots(&self, merchant: &str, snapshots: Vec<Snapshot>) -> Result<(), JournalError> {
        if let Some(found) = self.lock().get_mut(merchant) {
            for snapshot in snapshots {
                let kept = found.snapshots.entry(snapshot.stream).or_insert_with(|| snapshot.clone());
                if kept.version < snapshot.version || kept.type_version != snapshot.type_version {
                    *kept = snapshot;
                }
            }
        }
        Ok(())
    }

    async fn prune_refusals(&self, before: i64) -> Result<u64, JournalError> {
        let mut pruned = 0;
        for merchant in self.lock().values_mut() {
            let count = merchant.outcomes.len();
            merchant
                .outcomes
                .retain(|_, outcome| outcome.kind != OutcomeKind::Refused || outcome.at >= before);
            pruned += (count - merchant.outcomes.len()) as u64;
        }
        Ok(pruned)
    }

    async fn batches(
        &self,
        merchant: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<BatchSummary>, JournalError> {
        let page = |merchant: &Merchant| {
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

//! A journal in memory, for tests and simulations: it keeps every promise but durability.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::Journal;
use crate::batch::{Batch, BatchSummary, KeyChange};
use crate::chain::Hash;
use crate::commits::Commits;
use crate::error::{AppendError, JournalError};
use crate::lease::{Node, Tenure};
use crate::record::{
    ClaimKey, Event, Head, LoadRequest, Loaded, LoadedStream, Outcome, OutcomeKey, OutcomeKind, Snapshot,
};
use crate::unfenced::rebased;

#[derive(Debug, Default)]
struct Merchant {
    head: Head,
    events: Vec<Event>,
    batches: Vec<BatchSummary>,
    /// The number of each stream by its name, and its events' positions by its number.
    streams: BTreeMap<Arc<str>, u64>,
    positions: BTreeMap<u64, Vec<u64>>,
    outcomes: BTreeMap<OutcomeKey, Outcome>,
    claims: BTreeMap<ClaimKey, u64>,
    subject_keys: BTreeMap<Arc<str>, Vec<u8>>,
    snapshots: BTreeMap<u64, Snapshot>,
}

/// A journal in memory.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    merchants: Mutex<BTreeMap<String, Merchant>>,
    master_key_check: Mutex<Option<Vec<u8>>>,
    commits: Commits,
    /// Who has them, and until when.
    leases: Mutex<BTreeMap<String, (Node, Instant)>>,
    /// Whether appends are taken whatever they were decided on.
    unfenced: bool,
}

impl MemoryJournal {
    /// An empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    /// A journal that keeps no promise: what it is given it takes, whatever it was decided on. Tests that check the
    /// promises are tested with it: they must fail.
    pub fn unfenced() -> Self {
        Self { unfenced: true, ..Self::default() }
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
        if self.head.format > crate::FORMAT {
            return Err(AppendError::Unavailable(format!(
                "the journal's format {} is newer",
                self.head.format
            )));
        }
        let Some(summary) = &batch.summary else {
            return Ok(());
        };
        if let Some(reason) = self.refusal(batch) {
            return Err(AppendError::Refused(reason));
        }
        self.write(batch, summary);
        Ok(())
    }

    /// Takes a batch whatever it was decided on.
    fn take(&mut self, batch: &Batch) {
        let known = |name: &str| {
            let stream = *self.streams.get(name)?;
            Some((stream, self.positions.get(&stream)?.len() as u64))
        };
        let rebased = rebased(batch, self.head, known);
        if let Some(summary) = &rebased.summary {
            self.write(&rebased, summary);
        }
    }

    fn write(&mut self, batch: &Batch, summary: &BatchSummary) {
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
                KeyChange::Keep(key) => {
                    self.subject_keys.insert(Arc::clone(&key.subject), key.key.clone());
                }
                KeyChange::Erase(subject) => {
                    self.subject_keys.remove(subject);
                }
            }
        }
        self.head = Head { format: self.head.format, ..batch.next };
    }

    /// What would be there twice, in the journal or within the batch.
    fn refusal(&self, batch: &Batch) -> Option<String> {
        if let Some(reason) = batch.misnumbered() {
            return Some(reason);
        }
        let mut versions = BTreeSet::new();
        for event in &batch.events {
            let known = self.positions.get(&event.stream).map_or(0, |positions| positions.len() as u64);
            if event.version <= known || !versions.insert((event.stream, event.version)) {
                return Some(format!("stream {} has version {} already", event.stream, event.version));
            }
            if event.version == 1 && self.streams.contains_key(&event.stream_name) {
                return Some("a stream has the name already".to_owned());
            }
        }
        let mut begun = BTreeSet::new();
        let first = |event: &&Event| event.version == 1;
        if !batch.events.iter().filter(first).all(|event| begun.insert(&event.stream_name)) {
            return Some("two streams have one name".to_owned());
        }
        let mut claims = BTreeSet::new();
        let taken = |key: &ClaimKey| self.claims.contains_key(key);
        if let Some(claim) = batch.claims.iter().find(|c| taken(&c.key) || !claims.insert(&c.key)) {
            return Some(format!("claim {} is taken", claim.key.kind));
        }
        let mut keys = BTreeSet::new();
        let taken = |key: &OutcomeKey| self.outcomes.contains_key(key);
        if let Some(outcome) = batch.outcomes.iter().find(|o| taken(&o.key) || !keys.insert(&o.key)) {
            return Some(format!("key of sender {} is taken", outcome.key.sender));
        }
        self.key_twice(batch)
    }

    fn key_twice(&self, batch: &Batch) -> Option<String> {
        let mut there: BTreeMap<&str, bool> = BTreeMap::new();
        for change in &batch.key_changes {
            match change {
                KeyChange::Keep(key) => {
                    let known = || self.subject_keys.contains_key(&key.subject);
                    if there.insert(&key.subject, true).unwrap_or_else(known) {
                        return Some("a subject has a key already".to_owned());
                    }
                }
                KeyChange::Erase(subject) => {
                    there.insert(subject, false);
                }
            }
        }
        None
    }

    fn why_not(&self, expected: &Head) -> AppendError {
        let known = match expected.batch.checked_sub(1) {
            None => expected.hash == Hash::default(),
            Some(index) => self.batches.get(index as usize).is_some_and(|batch| batch.hash == expected.hash),
        };
        if known { AppendError::HeadMoved(Box::new(self.head)) } else { AppendError::Forked }
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
impl Journal for MemoryJournal {
    async fn append(&self, batches: &Arc<[Batch]>) -> Vec<Result<(), AppendError>> {
        let mut append = |batch: &Batch| {
            let mut merchants = self.lock();
            let merchant = merchants.entry(batch.merchant().to_owned()).or_default();
            if self.unfenced {
                merchant.take(batch);
                return Ok(());
            }
            merchant.append(batch)
        };
        let results = batches.iter().map(&mut append).collect();
        self.commits.note();
        results
    }

    fn commits(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }

    async fn claim_leases(
        &self,
        node: &Node,
        merchants: &[String],
        term: Duration,
    ) -> Result<Vec<Tenure>, JournalError> {
        let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let mut claim = |merchant: &String| {
            match leases.get(merchant) {
                Some((holder, until)) if holder.id != node.id && *until > now => {
                    return Tenure::Theirs { address: Arc::clone(&holder.address), left: *until - now };
                }
                Some((holder, _)) if holder.id != node.id => {
                    self.lock().entry(merchant.clone()).or_default().head.epoch += 1;
                }
                _ => {}
            }
            leases.insert(merchant.clone(), (node.clone(), now + term));
            Tenure::Mine
        };
        Ok(merchants.iter().map(&mut claim).collect())
    }

    async fn release_leases(&self, node: &Node, merchants: &[String]) -> Result<(), JournalError> {
        let mut leases = self.leases.lock().unwrap_or_else(PoisonError::into_inner);
        leases.retain(|merchant, (holder, _)| holder.id != node.id || !merchants.contains(merchant));
        Ok(())
    }

    async fn head(&self, merchant: &str) -> Result<Head, JournalError> {
        Ok(self.read_merchant(merchant, |merchant| merchant.head))
    }

    async fn heads(&self) -> Result<Vec<(String, Head)>, JournalError> {
        let written = |(_, merchant): &(&String, &Merchant)| merchant.head != Head::default();
        Ok(self.lock().iter().filter(written).map(|(name, merchant)| (name.clone(), merchant.head)).collect())
    }

    async fn raise_format(&self, merchant: &str, to: u32) -> Result<(), JournalError> {
        if let Some(found) = self.lock().get_mut(merchant) {
            found.head.format = found.head.format.max(to);
        }
        Ok(())
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
        most: usize,
    ) -> Result<Vec<Event>, JournalError> {
        let skipped = usize::try_from(after_version).unwrap_or(usize::MAX);
        Ok(self.read_merchant(merchant, |merchant| {
            let behind = merchant.stream_events(name).skip(skipped).take(most);
            behind.take_while(|event| event.command_end <= up_to).cloned().collect()
        }))
    }

    async fn position_at(&self, merchant: &str, time: i64) -> Result<u64, JournalError> {
        // Decision time never runs backwards along positions.
        let last = |merchant: &Merchant| {
            let count = merchant.events.partition_point(|event| event.recorded_at <= time);
            merchant.event(count as u64).map_or(0, |event| event.command_end)
        };
        Ok(self.read_merchant(merchant, last))
    }

    async fn subject_key(&self, merchant: &str, subject: &str) -> Result<Option<Vec<u8>>, JournalError> {
        Ok(self.read_merchant(merchant, |merchant| merchant.subject_keys.get(subject).cloned()))
    }

    async fn master_key_check(&self) -> Result<Option<Vec<u8>>, JournalError> {
        Ok(self.master_key_check.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    async fn keep_master_key_check(&self, digest: Vec<u8>) -> Result<(), JournalError> {
        self.master_key_check.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(digest);
        Ok(())
    }

    async fn save_snapshots(&self, merchant: &str, snapshots: Vec<Snapshot>) -> Result<(), JournalError> {
        let mut merchants = self.lock();
        let found = merchants.entry(merchant.to_owned()).or_default();
        for snapshot in snapshots {
            let kept = found.snapshots.entry(snapshot.stream).or_insert_with(|| snapshot.clone());
            if kept.version < snapshot.version || kept.type_version != snapshot.type_version {
                *kept = snapshot;
            }
        }
        Ok(())
    }

    async fn prune_refusals(&self, before: i64) -> Result<u64, JournalError> {
        let mut pruned = 0;
        for merchant in self.lock().values_mut() {
            let Merchant { outcomes, batches, .. } = merchant;
            let count = outcomes.len();
            let sealed_before =
                |number: u64| number.checked_sub(1).is_some_and(|index| batches[index as usize].at < before);
            outcomes
                .retain(|_, outcome| outcome.kind != OutcomeKind::Refused || !sealed_before(outcome.batch));
            pruned += (count - outcomes.len()) as u64;
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

//! A cache of the events that this process has appended last. Readers that keep up with the journal do not access the
//! store for them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::batch::Batch;
use crate::error::AppendError;
use crate::record::Event;

/// The approximate maximum size in bytes of all cached batches.
const MAX_BYTES: usize = 64 << 20;

/// The maximum number of cached batches of all merchants.
const MAX_BATCHES: usize = 65_536;

/// A batch of one append, by the append's batches and its index in them: nothing is copied.
#[derive(Debug)]
struct CachedBatch(Arc<[Batch]>, usize);

impl CachedBatch {
    fn batch(&self) -> &Batch {
        &self.0[self.1]
    }
}

/// One merchant's last batches, without a gap.
#[derive(Debug, Default)]
struct MerchantBatches {
    batches: VecDeque<CachedBatch>,
    bytes: usize,
}

impl MerchantBatches {
    /// The position before the first cached event, and the position of the last one.
    fn range(&self) -> Option<(u64, u64)> {
        let (first, last) = (self.batches.front()?, self.batches.back()?);
        Some((first.batch().expected().position, last.batch().next().position))
    }

    fn push(&mut self, cached: CachedBatch) {
        let batch = cached.batch();
        if self.range().is_some_and(|(_, last)| last != batch.expected().position) {
            *self = Self::default();
        }
        self.bytes += batch.bytes();
        self.batches.push_back(cached);
    }

    /// Removes the oldest batch and returns its size.
    fn pop(&mut self) -> usize {
        let freed = self.batches.pop_front().map_or(0, |first| first.batch().bytes());
        self.bytes -= freed;
        freed
    }
}

#[derive(Debug, Default)]
struct Cache {
    merchants: HashMap<Arc<str>, MerchantBatches>,
    bytes: usize,
    /// The merchant of each added batch, in order, so that the oldest batches are evicted first. If batches of a merchant
    /// were removed in between, younger ones of this merchant are evicted instead, which only costs a read of the store.
    order: VecDeque<Arc<str>>,
}

impl Cache {
    fn add(&mut self, cached: CachedBatch) {
        let merchant = Arc::clone(&cached.batch().merchant);
        let batches = self.merchants.entry(Arc::clone(&merchant)).or_default();
        let before = batches.bytes;
        batches.push(cached);
        self.bytes = self.bytes + batches.bytes - before;
        self.order.push_back(merchant);
        while self.bytes > MAX_BYTES || self.order.len() > MAX_BATCHES {
            let Some(oldest) = self.order.pop_front() else { break };
            let Some(batches) = self.merchants.get_mut(&oldest) else { continue };
            self.bytes -= batches.pop();
            if batches.batches.is_empty() {
                self.merchants.remove(&oldest);
            }
        }
    }

    fn remove(&mut self, merchant: &str) {
        self.bytes -= self.merchants.remove(merchant).map_or(0, |batches| batches.bytes);
    }
}

/// The last events that this process has appended, of all merchants.
#[derive(Debug, Default)]
pub(crate) struct RecentEvents(Mutex<Cache>);

impl RecentEvents {
    fn lock(&self) -> MutexGuard<'_, Cache> {
        // After a panic the content may be inconsistent: it is discarded.
        self.0.lock().unwrap_or_else(|poisoned| {
            let mut cache = poisoned.into_inner();
            *cache = Cache::default();
            cache
        })
    }

    /// Adds the batches that were appended, and removes everything of a merchant whose append did not succeed.
    pub(crate) fn record(&self, batches: &Arc<[Batch]>, results: &[Result<(), AppendError>]) {
        let mut cache = self.lock();
        for (index, result) in results.iter().enumerate() {
            match result {
                Ok(()) if batches[index].events().is_empty() => {}
                Ok(()) => cache.add(CachedBatch(Arc::clone(batches), index)),
                Err(_) => cache.remove(batches[index].merchant()),
            }
        }
    }

    /// True if the event after this position exists and is cached.
    pub(crate) fn contains_next(&self, merchant: &str, after: u64) -> bool {
        let range = self.lock().merchants.get(merchant).and_then(MerchantBatches::range);
        range.is_some_and(|(before, last)| (before..last).contains(&after))
    }

    /// Reads about `limit` events after a position, up to the end of a command. `None` if the first of them is not
    /// cached.
    pub(crate) fn read(&self, merchant: &str, after: u64, limit: usize) -> Option<Vec<Event>> {
        let cache = self.lock();
        let cached = cache.merchants.get(merchant)?;
        let (before, last) = cached.range()?;
        if after < before || after >= last || limit == 0 {
            return None;
        }
        let mut events = Vec::with_capacity(limit.min((last - after) as usize));
        let first = cached.batches.partition_point(|cached| cached.batch().next().position <= after);
        let following = cached.batches.iter().skip(first).flat_map(|cached| cached.batch().events());
        for event in following.filter(|event| event.position > after) {
            if events.len() >= limit
                && events.last().is_some_and(|last: &Event| last.command_end < event.position)
            {
                break;
            }
            events.push(event.clone());
        }
        Some(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::support::{Command, TestWriter, positions};

    fn appended(recent: &RecentEvents, writer: &mut TestWriter, commands: Vec<Command>) -> Batch {
        let batch = writer.prepare(commands);
        recent.record(&[batch.clone()].into(), &[Ok(())]);
        batch
    }

    fn read(recent: &RecentEvents, after: u64, limit: usize) -> Option<Vec<u64>> {
        recent.read("m", after, limit).map(|events| positions(&events))
    }

    #[test]
    fn appended_events_are_read_up_to_the_end_of_a_command() {
        let (recent, mut writer) = (RecentEvents::default(), TestWriter::new("m"));
        assert_eq!(read(&recent, 0, 10), None);
        appended(&recent, &mut writer, vec![Command::events("a", 3), Command::events("b", 1)]);
        let second = appended(&recent, &mut writer, vec![Command::events("a", 2)]);
        assert_eq!(read(&recent, 0, 10), Some(vec![1, 2, 3, 4, 5, 6]));
        assert_eq!(read(&recent, 0, 1), Some(vec![1, 2, 3]), "a command is never split");
        assert_eq!(read(&recent, 3, 2), Some(vec![4, 5, 6]));
        assert_eq!(recent.read("m", 4, 10).unwrap(), second.events());
        assert_eq!(read(&recent, 6, 10), None, "only the store knows whether more events follow");
        assert!(recent.contains_next("m", 0) && recent.contains_next("m", 5));
        assert!(!recent.contains_next("m", 6) && !recent.contains_next("other", 0));
        assert_eq!(recent.read("other", 0, 10), None);
    }

    #[test]
    fn events_of_another_node_in_between_are_not_skipped() {
        let (recent, mut writer) = (RecentEvents::default(), TestWriter::new("m"));
        appended(&recent, &mut writer, vec![Command::events("a", 2)]);
        writer.prepare(vec![Command::events("a", 2)]);
        appended(&recent, &mut writer, vec![Command::events("a", 1)]);
        assert_eq!(read(&recent, 0, 10), None);
        assert_eq!(read(&recent, 3, 10), None);
        assert_eq!(read(&recent, 4, 10), Some(vec![5]));
    }

    #[test]
    fn a_failed_append_removes_the_merchant() {
        let (recent, mut writer) = (RecentEvents::default(), TestWriter::new("m"));
        appended(&recent, &mut writer, vec![Command::events("a", 2)]);
        let batch = writer.prepare(vec![Command::events("a", 1)]);
        recent.record(&[batch].into(), &[Err(AppendError::Forked)]);
        assert_eq!(read(&recent, 0, 10), None);
    }

    #[test]
    fn the_oldest_batches_are_evicted_when_the_cache_is_too_large() {
        let (recent, mut writer) = (RecentEvents::default(), TestWriter::new("m"));
        let large = "x".repeat(MAX_BYTES / 3);
        for _ in 0..5 {
            appended(&recent, &mut writer, vec![Command::with_events(&[("a", &large)])]);
        }
        assert_eq!(read(&recent, 0, 10), None);
        assert_eq!(read(&recent, 3, 10), Some(vec![4, 5]));
        assert!(recent.lock().bytes <= MAX_BYTES);
    }
}

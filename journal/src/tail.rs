//! The latest events, kept in memory as they were appended: whoever follows the journal closely need not read the
//! store for what this process has just written.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::batch::Batch;
use crate::error::AppendError;
use crate::record::Event;

/// Bytes of events kept at most, about, over all merchants.
const MOST_BYTES: usize = 64 << 20;

/// Batches kept at most, over all merchants.
const MOST_BATCHES: usize = 65_536;

/// One merchant's latest batches, without a gap between them.
#[derive(Debug, Default)]
struct Latest {
    batches: VecDeque<(Arc<[Batch]>, usize)>,
    bytes: usize,
}

impl Latest {
    fn batch((batches, place): &(Arc<[Batch]>, usize)) -> &Batch {
        &batches[*place]
    }

    /// The position before the first event that is kept, and the last one's.
    fn span(&self) -> Option<(u64, u64)> {
        let (first, last) = (self.batches.front()?, self.batches.back()?);
        Some((Self::batch(first).expected().position, Self::batch(last).next().position))
    }

    fn push(&mut self, batches: &Arc<[Batch]>, place: usize) {
        let batch = &batches[place];
        if self.span().is_some_and(|(_, last)| last != batch.expected().position) {
            *self = Self::default();
        }
        self.bytes += batch.bytes();
        self.batches.push_back((Arc::clone(batches), place));
    }

    fn pop(&mut self) -> usize {
        let freed = self.batches.pop_front().map_or(0, |first| Self::batch(&first).bytes());
        self.bytes -= freed;
        freed
    }
}

#[derive(Debug, Default)]
struct Kept {
    merchants: HashMap<Arc<str>, Latest>,
    bytes: usize,
    /// Whose batches came in which order, so that the oldest go first. Where some were forgotten since, younger ones go
    /// in their place: they are only read from the store then.
    order: VecDeque<Arc<str>>,
}

impl Kept {
    fn keep(&mut self, batches: &Arc<[Batch]>, place: usize) {
        let merchant = Arc::clone(&batches[place].merchant);
        let latest = self.merchants.entry(Arc::clone(&merchant)).or_default();
        let before = latest.bytes;
        latest.push(batches, place);
        self.bytes = self.bytes + latest.bytes - before;
        self.order.push_back(merchant);
        while self.bytes > MOST_BYTES || self.order.len() > MOST_BATCHES {
            let Some(oldest) = self.order.pop_front() else { break };
            let Some(latest) = self.merchants.get_mut(&oldest) else { continue };
            self.bytes -= latest.pop();
            if latest.batches.is_empty() {
                self.merchants.remove(&oldest);
            }
        }
    }

    fn forget(&mut self, merchant: &str) {
        self.bytes -= self.merchants.remove(merchant).map_or(0, |latest| latest.bytes);
    }
}

/// The latest events of all merchants that this process writes for.
#[derive(Debug, Default)]
pub(crate) struct Tail(Mutex<Kept>);

impl Tail {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        // What a panic left half done is only worth less: it is thrown away.
        self.0.lock().unwrap_or_else(|poisoned: PoisonError<MutexGuard<'_, Kept>>| {
            let mut kept = poisoned.into_inner();
            *kept = Kept::default();
            kept
        })
    }

    /// Takes note of what was appended. Where anything else came out, a merchant's events are read from the store.
    pub(crate) fn note(&self, batches: &Arc<[Batch]>, results: &[Result<(), AppendError>]) {
        let mut kept = self.lock();
        for (place, result) in results.iter().enumerate() {
            match result {
                Ok(()) if batches[place].events().is_empty() => {}
                Ok(()) => kept.keep(batches, place),
                Err(_) => kept.forget(batches[place].merchant()),
            }
        }
    }

    /// Whether there are events after a position, and the first of them is kept.
    pub(crate) fn holds(&self, merchant: &str, after: u64) -> bool {
        let span = self.lock().merchants.get(merchant).and_then(Latest::span);
        span.is_some_and(|(before, last)| (before..last).contains(&after))
    }

    /// Events after a position: about `limit`, ending at a command's end. Nothing where the first of them is not kept,
    /// or none is.
    pub(crate) fn read(&self, merchant: &str, after: u64, limit: usize) -> Option<Vec<Event>> {
        let kept = self.lock();
        let latest = kept.merchants.get(merchant)?;
        let (before, last) = latest.span()?;
        if after < before || after >= last || limit == 0 {
            return None;
        }
        let mut events = Vec::with_capacity(limit.min((last - after) as usize));
        let skipped = latest.batches.partition_point(|batch| Latest::batch(batch).next().position <= after);
        for event in latest.batches.iter().skip(skipped).flat_map(|batch| Latest::batch(batch).events()) {
            if event.position <= after {
                continue;
            }
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
    use crate::testing::{Command, Scribe, positions};

    fn appended(tail: &Tail, scribe: &mut Scribe, commands: Vec<Command>) -> Batch {
        let batch = scribe.prepare(commands);
        tail.note(&[batch.clone()].into(), &[Ok(())]);
        batch
    }

    fn read(tail: &Tail, after: u64, limit: usize) -> Option<Vec<u64>> {
        tail.read("m", after, limit).map(|events| positions(&events))
    }

    #[test]
    fn what_was_appended_is_read_up_to_a_commands_end() {
        let (tail, mut scribe) = (Tail::default(), Scribe::of("m"));
        assert_eq!(read(&tail, 0, 10), None);
        appended(&tail, &mut scribe, vec![Command::events("a", 3), Command::events("b", 1)]);
        let second = appended(&tail, &mut scribe, vec![Command::events("a", 2)]);
        assert_eq!(read(&tail, 0, 10), Some(vec![1, 2, 3, 4, 5, 6]));
        assert_eq!(read(&tail, 0, 1), Some(vec![1, 2, 3]), "a command is never cut");
        assert_eq!(read(&tail, 3, 2), Some(vec![4, 5, 6]));
        assert_eq!(tail.read("m", 4, 10).unwrap(), second.events());
        assert_eq!(read(&tail, 6, 10), None, "the store knows whether there is more");
        assert!(tail.holds("m", 0) && tail.holds("m", 5) && !tail.holds("m", 6) && !tail.holds("other", 0));
        assert_eq!(tail.read("other", 0, 10), None);
    }

    #[test]
    fn what_somebody_else_wrote_between_is_not_passed_over() {
        let (tail, mut scribe) = (Tail::default(), Scribe::of("m"));
        appended(&tail, &mut scribe, vec![Command::events("a", 2)]);
        scribe.prepare(vec![Command::events("a", 2)]);
        appended(&tail, &mut scribe, vec![Command::events("a", 1)]);
        assert_eq!(read(&tail, 0, 10), None);
        assert_eq!(read(&tail, 3, 10), None);
        assert_eq!(read(&tail, 4, 10), Some(vec![5]));
    }

    #[test]
    fn after_any_failure_the_store_is_asked() {
        let (tail, mut scribe) = (Tail::default(), Scribe::of("m"));
        appended(&tail, &mut scribe, vec![Command::events("a", 2)]);
        let batch = scribe.prepare(vec![Command::events("a", 1)]);
        tail.note(&[batch].into(), &[Err(AppendError::Forked)]);
        assert_eq!(read(&tail, 0, 10), None);
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many_bytes() {
        let (tail, mut scribe) = (Tail::default(), Scribe::of("m"));
        let large = "x".repeat(MOST_BYTES / 3);
        for _ in 0..5 {
            appended(&tail, &mut scribe, vec![Command::recording(&[("a", &large)])]);
        }
        assert_eq!(read(&tail, 0, 10), None);
        assert_eq!(read(&tail, 3, 10), Some(vec![4, 5]));
        assert!(tail.lock().bytes <= MOST_BYTES);
    }
}

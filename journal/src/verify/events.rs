//! The chain of events.

use std::collections::{BTreeMap, HashMap};

use super::link::{Link, missing};
use super::verification::Verification;
use crate::chain::event_hash;
use crate::error::JournalError;
use crate::hash::Hash;
use crate::record::{BatchSummary, Event};
use crate::traits::Journal;

/// The number of events that are read together.
const PAGE_SIZE: usize = 5_000;

/// Follows the chain of events, and collects what the walk along the batches needs of them.
#[derive(Debug, Default)]
pub(super) struct EventWalk {
    /// The position of the last event that was found.
    pub(super) position: u64,
    /// The position of the last event that should exist.
    end: u64,
    link: Link,
    command_end: u64,
    /// The last version of each stream, and the value of `lost` at that event.
    versions: HashMap<u64, (u64, u64)>,
    /// The number of times that events were missing, unreadable or changed.
    lost: u64,
    /// The undamaged events of each batch that has any.
    ranges: BTreeMap<u64, Range>,
}

/// The undamaged events of a batch: the first and last position, and the hash of the last one.
#[derive(Debug, Clone, Copy)]
struct Range {
    first: u64,
    last: u64,
    last_hash: Hash,
}

impl EventWalk {
    /// Checks every event up to the position `end`; all if it is not known.
    pub(super) async fn walk(
        &mut self,
        journal: &dyn Journal,
        merchant: &str,
        end: Option<u64>,
        result: &mut Verification,
        progress: &mut impl FnMut(u64),
    ) -> Result<(), JournalError> {
        while self.position < end.unwrap_or(u64::MAX) && !result.is_full() {
            let before = self.position;
            let page = journal.examine(merchant, before, PAGE_SIZE).await;
            let Some(page) = result.readable(before + 1, "the journal from here on", page)? else {
                self.end = end.unwrap_or(before);
                return Ok(());
            };
            for found in page {
                let position = found.as_ref().map_or_else(|finding| finding.position, |event| event.position);
                let is_after_end = end.is_some_and(|end| position > end);
                match found {
                    // Appended since the verification began, or reported before.
                    Ok(_) if is_after_end => break,
                    Ok(event) => {
                        self.reach(position, result);
                        self.check(merchant, &event, result);
                    }
                    // An event before the first position is not part of the chain.
                    Err(finding) if position == 0 => result.add(finding),
                    Err(finding) => {
                        if !is_after_end {
                            self.reach(position, result);
                        }
                        result.add(finding);
                        self.lose();
                        self.link.lose();
                    }
                }
            }
            progress(self.position);
            if self.position == before {
                break;
            }
        }
        self.end = end.unwrap_or(self.position);
        if let Some(end) = end.filter(|end| self.position < *end) {
            result.find(self.position + 1, missing("event", "events", self.position + 1, end));
        }
        Ok(())
    }

    /// Moves to a position, and reports the events that are missing before it.
    fn reach(&mut self, position: u64, result: &mut Verification) {
        if position != self.position + 1 {
            result.find(self.position + 1, missing("event", "events", self.position + 1, position - 1));
            self.lose();
            self.link.lose();
        }
        self.position = position;
    }

    fn lose(&mut self) {
        self.lost += 1;
    }

    fn check(&mut self, merchant: &str, event: &Event, result: &mut Verification) {
        result.events += 1;
        if !self.link.matches(event.hash, |previous| event_hash(merchant, previous, event)) {
            result.find(event.position, "the event does not match its hash");
            // No field of the event can be trusted.
            self.lose();
            return;
        }
        if !self.is_next_version(event) {
            result.find(
                event.position,
                format!("the version does not follow the last version of stream {}", event.stream_name),
            );
        }
        if event.position > self.command_end {
            self.command_end = event.command_end;
        }
        if event.command_end != self.command_end || event.command_end < event.position {
            result
                .find(event.position, "the end of the event's command differs from that of the event before");
        }
        let (position, hash) = (event.position, event.hash);
        let range = Range { first: position, last: position, last_hash: hash };
        let range = self.ranges.entry(event.batch).or_insert(range);
        (range.last, range.last_hash) = (position, hash);
    }

    /// True if the event's version follows the stream's last version; if events were lost in between, true if it can
    /// follow.
    fn is_next_version(&mut self, event: &Event) -> bool {
        let (version, lost) =
            self.versions.insert(event.stream, (event.version, self.lost)).unwrap_or_default();
        let follows = event.version == version + 1 || (lost < self.lost && event.version > version);
        follows && (event.version == 1) == (event.stream == event.position)
    }

    /// The hash of the last event after a batch was appended.
    pub(super) fn hash_at(&self, batch: u64) -> Hash {
        self.up_to(batch).map_or_else(Hash::default, |range| range.last_hash)
    }

    /// The highest possible position of the last event after a batch was appended.
    pub(super) fn max_end(&self, batch: u64) -> u64 {
        let next = self.ranges.range(batch.saturating_add(1)..).next();
        next.map_or(self.end, |(_, next)| next.first - 1)
    }

    /// The position of the last event after a batch was appended: the one in the batch's row, if it is possible.
    pub(super) fn end_of(&self, batch: &BatchSummary) -> u64 {
        let least = self.up_to(batch.number).map_or(0, |range| range.last);
        batch.last_position.min(self.max_end(batch.number)).max(least)
    }

    fn up_to(&self, batch: u64) -> Option<&Range> {
        self.ranges.range(..=batch).next_back().map(|(_, range)| range)
    }
}

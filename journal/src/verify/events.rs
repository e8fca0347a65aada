//! The chain of events.

use std::collections::{BTreeMap, HashMap};

use super::{Link, Verification, missing};
use crate::Journal;
use crate::batch::BatchSummary;
use crate::chain::{Hash, event_hash};
use crate::error::JournalError;
use crate::record::Event;

const PAGE: usize = 5_000;

/// A walk along the events, and what it learns of them for the walk along the batches.
#[derive(Debug, Default)]
pub(super) struct EventWalk {
    /// Of the last event that was found.
    pub(super) position: u64,
    /// Of the last event that there should be.
    end: u64,
    link: Link,
    command_end: u64,
    /// The last version of each stream, and how many events had been lost by then.
    versions: HashMap<u64, (u64, u64)>,
    /// How often what an event was is not known: it is missing, unreadable or changed.
    lost: u64,
    /// The events of each batch that has any.
    spans: BTreeMap<u64, Span>,
}

/// The undamaged events of a batch.
#[derive(Debug, Clone, Copy)]
struct Span {
    first: u64,
    last: u64,
    last_hash: Hash,
}

impl EventWalk {
    /// Checks every event up to the end, where that is known.
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
            let page = journal.examine(merchant, before, PAGE).await;
            let Some(page) = result.readable(before + 1, "what begins here", page)? else {
                self.end = end.unwrap_or(before);
                return Ok(());
            };
            for found in page {
                let position = found.as_ref().map_or_else(|finding| finding.position, |event| event.position);
                let beyond = end.is_some_and(|end| position > end);
                match found {
                    // It was written since this began, or has been found already.
                    Ok(_) if beyond => break,
                    Ok(event) => {
                        self.reach(position, result);
                        self.check(merchant, &event, result);
                    }
                    // It stands beside the chain, not in it.
                    Err(finding) if position == 0 => result.add(finding),
                    Err(finding) => {
                        if !beyond {
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

    /// Goes on to a position, and finds what should be before it.
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
        if !self.link.fits(event.hash, |previous| event_hash(merchant, previous, event)) {
            result.find(event.position, "the event does not match its hash");
            // Nothing that it says can be relied on.
            self.lose();
            return;
        }
        if !self.is_next_version(event) {
            result
                .find(event.position, format!("the version of stream {} is not the next", event.stream_name));
        }
        if event.position > self.command_end {
            self.command_end = event.command_end;
        }
        if event.command_end != self.command_end || event.command_end < event.position {
            result.find(event.position, "the event's command does not end where the one before says");
        }
        let (position, hash) = (event.position, event.hash);
        let span = Span { first: position, last: position, last_hash: hash };
        let span = self.spans.entry(event.batch).or_insert(span);
        (span.last, span.last_hash) = (position, hash);
    }

    /// Whether the version follows; where an event may have been lost in between, whether it can follow.
    fn is_next_version(&mut self, event: &Event) -> bool {
        let (version, lost) =
            self.versions.insert(event.stream, (event.version, self.lost)).unwrap_or_default();
        let follows = event.version == version + 1 || (lost < self.lost && event.version > version);
        follows && (event.version == 1) == (event.stream == event.position)
    }

    /// The last event's hash once a batch was written.
    pub(super) fn hash_at(&self, batch: u64) -> Hash {
        self.up_to(batch).map_or_else(Hash::default, |span| span.last_hash)
    }

    /// The most that the last event's position can have been once a batch was written.
    pub(super) fn most_at(&self, batch: u64) -> u64 {
        let next = self.spans.range(batch.saturating_add(1)..).next();
        next.map_or(self.end, |(_, next)| next.first - 1)
    }

    /// The last event's position once a batch was written: as the batch says, as far as it can be right.
    pub(super) fn place(&self, batch: &BatchSummary) -> u64 {
        let least = self.up_to(batch.number).map_or(0, |span| span.last);
        batch.last_position.min(self.most_at(batch.number)).max(least)
    }

    fn up_to(&self, batch: u64) -> Option<&Span> {
        self.spans.range(..=batch).next_back().map(|(_, span)| span)
    }
}

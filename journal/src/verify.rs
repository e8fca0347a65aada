//! Proving that a merchant's journal is what was written.

use std::collections::HashMap;

use crate::Journal;
use crate::batch::BatchSummary;
use crate::chain::{Hash, batch_hash, event_hash, outcome_digest};
use crate::error::JournalError;
use crate::record::{Event, Head, Outcome, OutcomeKind};

const PAGE: usize = 5_000;
const BATCHES: usize = 500;
/// After so many findings the journal is known to be bad enough.
const MOST_FINDINGS: usize = 100;

/// Something that was not written so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The event's position, or the last position of the batch or command.
    pub position: u64,
    /// What is wrong.
    pub what: String,
}

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// Events that were read.
    pub events: u64,
    /// Batches that were read.
    pub batches: u64,
    /// Outcomes that were read.
    pub outcomes: u64,
    /// What is wrong, by position; at most a hundred.
    pub findings: Vec<Finding>,
}

impl Verification {
    /// Whether everything is as it was written.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    fn find(&mut self, position: u64, what: impl Into<String>) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(Finding { position, what: what.into() });
        }
    }

    fn is_full(&self) -> bool {
        self.findings.len() >= MOST_FINDINGS
    }
}

/// Checks a merchant's journal: both hash chains, dense positions and versions, every outcome, and the head.
///
/// Refusals recorded before `refusals_kept_since` may be missing. `progress` is told how far it is.
pub async fn verify(
    journal: &dyn Journal,
    merchant: &str,
    refusals_kept_since: i64,
    mut progress: impl FnMut(u64),
) -> Result<Verification, JournalError> {
    let head = journal.head(merchant).await?;
    let mut result = Verification::default();
    let hashes = events(journal, merchant, &mut result, &mut progress).await?;
    let last = batches(journal, merchant, &hashes, refusals_kept_since, &mut result).await?;
    check_head(&head, &last, &mut result);
    result.findings.sort_by_key(|finding| finding.position);
    Ok(result)
}

/// Checks every event; gives the hash of each batch's last one.
async fn events(
    journal: &dyn Journal,
    merchant: &str,
    result: &mut Verification,
    progress: &mut impl FnMut(u64),
) -> Result<HashMap<u64, Hash>, JournalError> {
    let mut chain = Chain::default();
    loop {
        let page = journal.read(merchant, chain.position, PAGE).await?;
        if page.is_empty() || result.is_full() {
            return Ok(chain.hashes);
        }
        for event in &page {
            chain.check(merchant, event, result);
        }
        progress(chain.position);
    }
}

#[derive(Default)]
struct Chain {
    position: u64,
    hash: Hash,
    command_end: u64,
    versions: HashMap<u64, u64>,
    hashes: HashMap<u64, Hash>,
}

impl Chain {
    fn check(&mut self, merchant: &str, event: &Event, result: &mut Verification) {
        result.events += 1;
        if event.position != self.position + 1 {
            let missing = self.position + 1;
            result.find(missing, format!("events {missing} to {} are missing", event.position - 1));
        } else if event_hash(merchant, self.hash, event) != event.hash {
            result.find(event.position, "the event does not match its hash");
        }
        let version = self.versions.entry(event.stream).or_default();
        if event.version != *version + 1 || (event.version == 1 && event.stream != event.position) {
            result
                .find(event.position, format!("the version of stream {} is not the next", event.stream_name));
        }
        *version = event.version;
        if event.position > self.command_end {
            self.command_end = event.command_end;
        }
        if event.command_end != self.command_end {
            result.find(event.position, "the event's command does not end where the one before says");
        }
        self.position = event.position;
        self.hash = event.hash;
        self.hashes.insert(event.batch, event.hash);
    }
}

/// Checks every batch and its outcomes; gives what the last one leads to.
async fn batches(
    journal: &dyn Journal,
    merchant: &str,
    hashes: &HashMap<u64, Hash>,
    refusals_kept_since: i64,
    result: &mut Verification,
) -> Result<Head, JournalError> {
    let mut last = Head::default();
    loop {
        let page = journal.batches(merchant, last.batch, BATCHES).await?;
        let (Some(first), Some(end)) = (page.first(), page.last()) else {
            return Ok(last);
        };
        if result.is_full() {
            return Ok(last);
        }
        let mut outcomes = journal.outcomes(merchant, first.number, end.number).await?.into_iter().peekable();
        for batch in &page {
            check_batch(merchant, batch, hashes, &mut last, result);
            let mut own = Vec::new();
            while let Some(outcome) = outcomes.next_if(|outcome| outcome.batch <= batch.number) {
                own.push(outcome);
            }
            check_outcomes(merchant, batch, &own, refusals_kept_since, result);
        }
    }
}

fn check_batch(
    merchant: &str,
    batch: &BatchSummary,
    hashes: &HashMap<u64, Hash>,
    last: &mut Head,
    result: &mut Verification,
) {
    result.batches += 1;
    let last_event = hashes.get(&batch.number).copied().unwrap_or(last.event_hash);
    if batch.number != last.batch + 1 || batch.first_position != last.position + 1 {
        result.find(
            batch.first_position,
            format!("batch {} does not follow batch {}", batch.number, last.batch),
        );
    } else if batch_hash(merchant, last.hash, last_event, batch) != batch.hash {
        result.find(batch.last_position, format!("batch {} does not match its hash", batch.number));
    }
    *last = Head {
        position: batch.last_position,
        event_hash: last_event,
        batch: batch.number,
        hash: batch.hash,
        ..*last
    };
}

fn check_outcomes(
    merchant: &str,
    batch: &BatchSummary,
    outcomes: &[Outcome],
    refusals_kept_since: i64,
    result: &mut Verification,
) {
    result.outcomes += outcomes.len() as u64;
    let slots: Vec<&[u8]> = batch.outcomes.chunks(33).collect();
    for (ordinal, slot) in slots.iter().enumerate() {
        let Some(outcome) = outcomes.iter().find(|outcome| outcome.ordinal as usize == ordinal) else {
            let prunable = slot[0] == OutcomeKind::Refused as u8 && batch.at < refusals_kept_since;
            if !prunable {
                result.find(
                    batch.last_position,
                    format!("outcome {ordinal} of batch {} is missing", batch.number),
                );
            }
            continue;
        };
        if slot[1..] != outcome_digest(merchant, outcome).0 || slot[0] != outcome.kind as u8 {
            result.find(
                outcome.last_position.min(batch.last_position),
                format!("outcome {ordinal} of batch {} was changed", batch.number),
            );
        }
    }
    if outcomes.iter().any(|outcome| outcome.ordinal as usize >= slots.len() || outcome.batch != batch.number)
    {
        result.find(
            batch.last_position,
            format!("batch {} has an outcome that it was not written with", batch.number),
        );
    }
}

fn check_head(head: &Head, last: &Head, result: &mut Verification) {
    if head.position > last.position || head.batch > last.batch {
        result.find(
            head.position,
            format!("the journal ends at {}, its head says {}", last.position, head.position),
        );
    } else if (head.position, head.batch, head.hash, head.event_hash)
        != (last.position, last.batch, last.hash, last.event_hash)
    {
        result.find(head.position, "the head is not where the last batch leads");
    }
    if result.events != last.position {
        let missing = result.events.min(last.position) + 1;
        result.find(missing, format!("{} events were found, {} were written", result.events, last.position));
    }
}

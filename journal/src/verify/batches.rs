//! The chain of batches, their outcomes, and the head that they lead to.

use std::collections::{BTreeMap, HashMap};

use super::events::EventWalk;
use super::link::{Link, missing};
use super::verification::{MAX_FINDINGS, Verification};
use crate::chain::{batch_hash, outcome_digest};
use crate::error::JournalError;
use crate::record::{BatchSummary, Head, Outcome, OutcomeKind};
use crate::traits::Journal;

/// The number of batches that are read together.
const PAGE_SIZE: usize = 100;
/// The number of bytes for one outcome in a batch's row: one for its kind and 32 for its digest.
const DIGEST_SIZE: usize = 33;

/// A batch, or the number of a batch and the reason why it cannot be read.
type Found = Result<BatchSummary, (u64, String)>;

/// Follows the chain of batches.
#[derive(Debug)]
pub(super) struct BatchWalk<'a> {
    merchant: &'a str,
    events: &'a EventWalk,
    refusals_kept_since: i64,
    /// The number of the last batch, and the batch itself if it could be read.
    number: u64,
    last: Option<BatchSummary>,
    link: Link,
}

impl<'a> BatchWalk<'a> {
    pub(super) fn new(merchant: &'a str, events: &'a EventWalk, refusals_kept_since: i64) -> Self {
        Self { merchant, events, refusals_kept_since, number: 0, last: None, link: Link::default() }
    }

    /// Checks every batch up to the number `end`; all if it is not known.
    pub(super) async fn walk(
        &mut self,
        journal: &dyn Journal,
        end: Option<u64>,
        result: &mut Verification,
    ) -> Result<(), JournalError> {
        while self.number < end.unwrap_or(u64::MAX) && !result.is_full() {
            let before = self.number;
            let page = self.page(journal, end).await?;
            let mut outcomes = self.outcomes(journal, &page, result).await?;
            for found in page {
                let number = found.as_ref().map_or_else(|(number, _)| *number, |batch| batch.number);
                let is_after_end = end.is_some_and(|end| number > end);
                match found {
                    // Appended since the verification began, or reported before.
                    Ok(_) if is_after_end => break,
                    Ok(batch) => {
                        self.reach(number, result);
                        self.check(&batch, result);
                        if let Some(own) = outcomes.remove(&number) {
                            self.check_outcomes(&batch, &own, result);
                        }
                        self.last = Some(batch);
                    }
                    Err((_, error)) => {
                        if !is_after_end {
                            self.reach(number, result);
                            self.lose();
                        }
                        let problem = format!("batch {number} cannot be read: {error}");
                        result.find(self.events.max_end(number), problem);
                    }
                }
            }
            if self.number == before {
                break;
            }
        }
        if let Some(end) = end.filter(|end| self.number < *end) {
            let position = self.events.max_end(self.number + 1);
            result.find(position, missing("batch", "batches", self.number + 1, end));
            self.number = end;
            self.lose();
        }
        Ok(())
    }

    /// Reads the next batches; one by one if some of them cannot be read.
    async fn page(&self, journal: &dyn Journal, end: Option<u64>) -> Result<Vec<Found>, JournalError> {
        let damage = match journal.batches(self.merchant, self.number, PAGE_SIZE).await {
            Ok(page) => return Ok(page.into_iter().map(Ok).collect()),
            Err(JournalError::Corrupt(damage)) => damage,
            Err(error) => return Err(error),
        };
        let mut page: Vec<Found> = Vec::with_capacity(PAGE_SIZE);
        let mut number = self.number;
        while page.len() < PAGE_SIZE.min(MAX_FINDINGS) && number < end.unwrap_or(u64::MAX) {
            match journal.batches(self.merchant, number, 1).await {
                Ok(next) => match next.into_iter().next() {
                    Some(batch) => {
                        number = batch.number;
                        page.push(Ok(batch));
                    }
                    None => break,
                },
                Err(JournalError::Corrupt(error)) => {
                    number += 1;
                    page.push(Err((number, error)));
                }
                Err(error) => return Err(error),
            }
        }
        if page.iter().all(Result::is_ok) {
            page.push(Err((number + 1, damage)));
        }
        Ok(page)
    }

    /// Reads the outcomes of a page's batches, by the number of the batch. Batches whose outcomes cannot be read are left out.
    async fn outcomes(
        &self,
        journal: &dyn Journal,
        page: &[Found],
        result: &mut Verification,
    ) -> Result<HashMap<u64, Vec<Outcome>>, JournalError> {
        let batches: Vec<&BatchSummary> = page.iter().flatten().collect();
        let (Some(first), Some(last)) = (batches.first(), batches.last()) else {
            return Ok(HashMap::new());
        };
        let mut own: HashMap<u64, Vec<Outcome>> =
            batches.iter().map(|batch| (batch.number, Vec::new())).collect();
        match journal.outcomes(self.merchant, first.number, last.number).await {
            Ok(outcomes) => {
                for outcome in outcomes {
                    if let Some(own) = own.get_mut(&outcome.batch) {
                        own.push(outcome);
                    }
                }
            }
            Err(JournalError::Corrupt(damage)) => {
                for batch in &batches {
                    let found = journal.outcomes(self.merchant, batch.number, batch.number).await;
                    let record = format!("an outcome of batch {}", batch.number);
                    match result.readable(self.events.end_of(batch), &record, found)? {
                        Some(outcomes) => own.insert(batch.number, outcomes),
                        None => own.remove(&batch.number),
                    };
                }
                if own.len() == batches.len() {
                    let problem =
                        format!("the outcomes up to batch {} cannot be read: {damage}", last.number);
                    result.find(self.events.end_of(last), problem);
                }
            }
            Err(error) => return Err(error),
        }
        Ok(own)
    }

    /// Moves to a number, and reports the batches that are missing before it.
    fn reach(&mut self, number: u64, result: &mut Verification) {
        if number != self.number + 1 {
            let position = self.events.max_end(self.number + 1);
            result.find(position, missing("batch", "batches", self.number + 1, number - 1));
            self.lose();
        }
        self.number = number;
    }

    fn lose(&mut self) {
        self.link.lose();
        self.last = None;
    }

    fn check(&mut self, batch: &BatchSummary, result: &mut Verification) {
        result.batches += 1;
        let last_event = self.events.hash_at(batch.number);
        if !self.link.matches(batch.hash, |previous| batch_hash(self.merchant, previous, last_event, batch)) {
            let problem = format!("batch {} does not match its hash", batch.number);
            result.find(self.events.end_of(batch), problem);
        }
    }

    fn check_outcomes(&self, batch: &BatchSummary, outcomes: &[Outcome], result: &mut Verification) {
        result.outcomes += outcomes.len() as u64;
        let by_ordinal: BTreeMap<usize, &Outcome> =
            outcomes.iter().map(|outcome| (outcome.ordinal as usize, outcome)).collect();
        let before = batch.first_position.saturating_sub(1);
        let within = |position: u64| position.max(before).min(self.events.end_of(batch));
        let digests: Vec<&[u8]> = batch.outcomes.chunks(DIGEST_SIZE).collect();
        for (ordinal, digest) in digests.iter().enumerate() {
            let Some(outcome) = by_ordinal.get(&ordinal) else {
                let prunable = digest[0] == OutcomeKind::Refused as u8 && batch.at < self.refusals_kept_since;
                if !prunable {
                    // The command ended before the first event of the next command with an outcome.
                    let next = by_ordinal.range(ordinal..).next().map(|(_, next)| next.first_position);
                    let end = next.map_or(batch.last_position, |first| first.saturating_sub(1));
                    result
                        .find(within(end), format!("outcome {ordinal} of batch {} is missing", batch.number));
                }
                continue;
            };
            if digest[1..] != outcome_digest(self.merchant, outcome).0 || digest[0] != outcome.kind as u8 {
                let problem = format!("outcome {ordinal} of batch {} was changed", batch.number);
                result.find(within(outcome.last_position), problem);
            }
        }
        if by_ordinal.len() < outcomes.len() || by_ordinal.range(digests.len()..).next().is_some() {
            let problem = format!("batch {} has an outcome that is not its own", batch.number);
            result.find(self.events.end_of(batch), problem);
        }
    }

    /// Checks that the last batch leads to the head.
    pub(super) fn check_head(&self, head: &Head, result: &mut Verification) {
        let (position, matches) = match &self.last {
            None if self.number == 0 => {
                let beginning = Head { epoch: head.epoch, format: head.format, ..Head::default() };
                (0, *head == beginning)
            }
            // The last batch is missing or cannot be read, which was reported before.
            None => return,
            Some(last) => {
                let event_hash = self.events.hash_at(last.number);
                let expected = (last.number, last.last_position, last.hash, event_hash, last.at);
                let found = (head.batch, head.position, head.hash, head.event_hash, head.time);
                (self.events.end_of(last), found == expected && last.epoch <= head.epoch)
            }
        };
        if !matches {
            let position = position.max(self.events.position).min(head.position);
            result.find(position, "the last batch does not lead to the head");
        }
    }
}

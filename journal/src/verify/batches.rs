//! The chain of batches, the outcomes that they were written with, and the head that they lead to.

use std::collections::{BTreeMap, HashMap};

use super::events::EventWalk;
use super::{Link, MOST_FINDINGS, Verification, missing};
use crate::Journal;
use crate::batch::BatchSummary;
use crate::chain::{batch_hash, outcome_digest};
use crate::error::JournalError;
use crate::record::{Head, Outcome, OutcomeKind};

const PAGE: usize = 100;
/// The bytes for each outcome in a batch's row: one of its kind and 32 of its digest.
const SLOT: usize = 33;

/// A batch, or the number of one and why it cannot be read.
type Found = Result<BatchSummary, (u64, String)>;

/// A walk along the batches.
#[derive(Debug)]
pub(super) struct BatchWalk<'a> {
    merchant: &'a str,
    events: &'a EventWalk,
    refusals_kept_since: i64,
    /// The number of the last batch, and the batch itself where it could be read.
    number: u64,
    last: Option<BatchSummary>,
    link: Link,
}

impl<'a> BatchWalk<'a> {
    pub(super) fn new(merchant: &'a str, events: &'a EventWalk, refusals_kept_since: i64) -> Self {
        Self { merchant, events, refusals_kept_since, number: 0, last: None, link: Link::default() }
    }

    /// Checks every batch up to the end, where that is known.
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
                let beyond = end.is_some_and(|end| number > end);
                match found {
                    // It was written since this began, or has been found already.
                    Ok(_) if beyond => break,
                    Ok(batch) => {
                        self.reach(number, result);
                        self.check(&batch, result);
                        if let Some(own) = outcomes.remove(&number) {
                            self.check_outcomes(&batch, &own, result);
                        }
                        self.last = Some(batch);
                    }
                    Err((_, error)) => {
                        if !beyond {
                            self.reach(number, result);
                            self.lose();
                        }
                        let what = format!("batch {number} cannot be read: {error}");
                        result.find(self.events.most_at(number), what);
                    }
                }
            }
            if self.number == before {
                break;
            }
        }
        if let Some(end) = end.filter(|end| self.number < *end) {
            let place = self.events.most_at(self.number + 1);
            result.find(place, missing("batch", "batches", self.number + 1, end));
            self.number = end;
            self.lose();
        }
        Ok(())
    }

    /// The next batches; one by one where some of them cannot be read.
    async fn page(&self, journal: &dyn Journal, end: Option<u64>) -> Result<Vec<Found>, JournalError> {
        let damage = match journal.batches(self.merchant, self.number, PAGE).await {
            Ok(page) => return Ok(page.into_iter().map(Ok).collect()),
            Err(JournalError::Corrupt(damage)) => damage,
            Err(error) => return Err(error),
        };
        let mut page: Vec<Found> = Vec::with_capacity(PAGE);
        let mut number = self.number;
        while page.len() < PAGE.min(MOST_FINDINGS) && number < end.unwrap_or(u64::MAX) {
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

    /// The outcomes of a page's batches by the batch's number; none of a batch whose outcomes cannot be read.
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
                    let what = format!("an outcome of batch {}", batch.number);
                    match result.readable(self.events.place(batch), &what, found)? {
                        Some(outcomes) => own.insert(batch.number, outcomes),
                        None => own.remove(&batch.number),
                    };
                }
                if own.len() == batches.len() {
                    let what = format!("the outcomes up to batch {} cannot be read: {damage}", last.number);
                    result.find(self.events.place(last), what);
                }
            }
            Err(error) => return Err(error),
        }
        Ok(own)
    }

    /// Goes on to a number, and finds what should be before it.
    fn reach(&mut self, number: u64, result: &mut Verification) {
        if number != self.number + 1 {
            let place = self.events.most_at(self.number + 1);
            result.find(place, missing("batch", "batches", self.number + 1, number - 1));
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
        if !self.link.fits(batch.hash, |previous| batch_hash(self.merchant, previous, last_event, batch)) {
            let what = format!("batch {} does not match its hash", batch.number);
            result.find(self.events.place(batch), what);
        }
    }

    fn check_outcomes(&self, batch: &BatchSummary, outcomes: &[Outcome], result: &mut Verification) {
        result.outcomes += outcomes.len() as u64;
        let by_ordinal: BTreeMap<usize, &Outcome> =
            outcomes.iter().map(|outcome| (outcome.ordinal as usize, outcome)).collect();
        let before = batch.first_position.saturating_sub(1);
        let within = |position: u64| position.max(before).min(self.events.place(batch));
        let slots: Vec<&[u8]> = batch.outcomes.chunks(SLOT).collect();
        for (ordinal, slot) in slots.iter().enumerate() {
            let Some(outcome) = by_ordinal.get(&ordinal) else {
                let prunable = slot[0] == OutcomeKind::Refused as u8 && batch.at < self.refusals_kept_since;
                if !prunable {
                    // Commands follow each other: this one ended where the next with an outcome begins.
                    let next = by_ordinal.range(ordinal..).next().map(|(_, next)| next.first_position);
                    let end = next.map_or(batch.last_position, |first| first.saturating_sub(1));
                    result
                        .find(within(end), format!("outcome {ordinal} of batch {} is missing", batch.number));
                }
                continue;
            };
            if slot[1..] != outcome_digest(self.merchant, outcome).0 || slot[0] != outcome.kind as u8 {
                let what = format!("outcome {ordinal} of batch {} was changed", batch.number);
                result.find(within(outcome.last_position), what);
            }
        }
        if by_ordinal.len() < outcomes.len() || by_ordinal.range(slots.len()..).next().is_some() {
            let what = format!("batch {} has an outcome that it was not written with", batch.number);
            result.find(self.events.place(batch), what);
        }
    }

    /// Checks that the head is where the last batch leads.
    pub(super) fn check_head(&self, head: &Head, result: &mut Verification) {
        let (place, leads_here) = match &self.last {
            None if self.number == 0 => {
                let beginning = Head { epoch: head.epoch, format: head.format, ..Head::default() };
                (0, *head == beginning)
            }
            // That the last batch is missing or cannot be read was found already.
            None => return,
            Some(last) => {
                let event_hash = self.events.hash_at(last.number);
                let led = (last.number, last.last_position, last.hash, event_hash, last.at);
                let here = led == (head.batch, head.position, head.hash, head.event_hash, head.time);
                (self.events.place(last), here && last.epoch <= head.epoch)
            }
        };
        if !leads_here {
            let place = place.max(self.events.position).min(head.position);
            result.find(place, "the head is not where the last batch leads");
        }
    }
}

//! Batches as column arrays, which one statement turns into rows by `unnest`.

use crate::batch::{Batch, KeyChange};
use crate::record::{BatchSummary, Event, Outcome};

/// Converts a number to the database's integer type. Numbers beyond its range are never stored.
pub(super) fn bounded(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// One row for each batch: the expected head, the next head, and the batch's own columns.
#[derive(Default)]
pub(super) struct Heads<'a> {
    pub(super) merchant: Vec<&'a str>,
    pub(super) expected_position: Vec<i64>,
    pub(super) expected_hash: Vec<&'a [u8]>,
    pub(super) epoch: Vec<i64>,
    pub(super) first: Vec<bool>,
    pub(super) position: Vec<i64>,
    pub(super) event_hash: Vec<&'a [u8]>,
    pub(super) batch: Vec<i64>,
    pub(super) hash: Vec<&'a [u8]>,
    pub(super) time: Vec<i64>,
    pub(super) id: Vec<&'a [u8]>,
    pub(super) first_position: Vec<i64>,
    pub(super) outcomes: Vec<&'a [u8]>,
    pub(super) at: Vec<i64>,
}

impl<'a> Heads<'a> {
    pub(super) fn push(&mut self, batch: &'a Batch, summary: &'a BatchSummary) {
        let (expected, next) = (&batch.expected, &batch.next);
        self.merchant.push(&batch.merchant);
        self.expected_position.push(bounded(expected.position));
        self.expected_hash.push(&expected.hash.0);
        self.epoch.push(bounded(expected.epoch));
        self.first.push(expected.is_beginning());
        self.position.push(bounded(next.position));
        self.event_hash.push(&next.event_hash.0);
        self.batch.push(bounded(next.batch));
        self.hash.push(&next.hash.0);
        self.time.push(next.time);
        self.id.push(&summary.id);
        self.first_position.push(bounded(summary.first_position));
        self.outcomes.push(&summary.outcomes);
        self.at.push(summary.at);
    }
}

/// One row for each event. `ordinal` is the number of its batch in the statement, from 1.
#[derive(Default)]
pub(super) struct Events<'a> {
    pub(super) ordinal: Vec<i64>,
    pub(super) position: Vec<i64>,
    pub(super) event_id: Vec<&'a [u8]>,
    pub(super) stream: Vec<i64>,
    pub(super) version: Vec<i64>,
    pub(super) command_end: Vec<i64>,
    pub(super) kind: Vec<&'a str>,
    pub(super) type_version: Vec<i32>,
    pub(super) payload: Vec<&'a [u8]>,
    pub(super) sealed: Vec<Option<&'a [u8]>>,
    pub(super) metadata: Vec<&'a [u8]>,
    pub(super) recorded_at: Vec<i64>,
    pub(super) hash: Vec<&'a [u8]>,
}

impl<'a> Events<'a> {
    fn push(&mut self, ordinal: i64, event: &'a Event) {
        self.ordinal.push(ordinal);
        self.position.push(bounded(event.position));
        self.event_id.push(&event.event_id);
        self.stream.push(bounded(event.stream));
        self.version.push(bounded(event.version));
        self.command_end.push(bounded(event.command_end));
        self.kind.push(&event.kind);
        self.type_version.push(i32::try_from(event.type_version).unwrap_or(i32::MAX));
        self.payload.push(&event.payload);
        self.sealed.push(event.sealed.as_deref());
        self.metadata.push(&event.metadata);
        self.recorded_at.push(event.recorded_at);
        self.hash.push(&event.hash.0);
    }
}

/// One row for each new stream.
#[derive(Default)]
pub(super) struct Streams<'a> {
    pub(super) ordinal: Vec<i64>,
    pub(super) stream: Vec<i64>,
    pub(super) name: Vec<&'a str>,
}

/// One row for each outcome.
#[derive(Default)]
pub(super) struct Outcomes<'a> {
    pub(super) ordinal: Vec<i64>,
    pub(super) sender: Vec<&'a str>,
    pub(super) key: Vec<&'a str>,
    pub(super) fingerprint: Vec<&'a [u8]>,
    pub(super) kind: Vec<i16>,
    pub(super) first_position: Vec<i64>,
    pub(super) last_position: Vec<i64>,
    pub(super) answer: Vec<&'a [u8]>,
    pub(super) outcome_ordinal: Vec<i64>,
    pub(super) at: Vec<i64>,
}

impl<'a> Outcomes<'a> {
    fn push(&mut self, ordinal: i64, outcome: &'a Outcome) {
        self.ordinal.push(ordinal);
        self.sender.push(&outcome.key.sender);
        self.key.push(&outcome.key.key);
        self.fingerprint.push(&outcome.fingerprint);
        self.kind.push(outcome.kind as i16);
        self.first_position.push(bounded(outcome.first_position));
        self.last_position.push(bounded(outcome.last_position));
        self.answer.push(&outcome.answer);
        self.outcome_ordinal.push(i64::from(outcome.ordinal));
        self.at.push(outcome.at);
    }
}

/// One row for each claim.
#[derive(Default)]
pub(super) struct Claims<'a> {
    pub(super) ordinal: Vec<i64>,
    pub(super) kind: Vec<&'a str>,
    pub(super) value: Vec<&'a str>,
    pub(super) stream: Vec<i64>,
}

/// One row for each new key to personal data.
#[derive(Default)]
pub(super) struct Keys<'a> {
    pub(super) ordinal: Vec<i64>,
    pub(super) subject: Vec<&'a str>,
    pub(super) key: Vec<&'a [u8]>,
}

/// Everything that the batches of one statement write.
#[derive(Default)]
pub(super) struct Columns<'a> {
    pub(super) heads: Heads<'a>,
    pub(super) streams: Streams<'a>,
    pub(super) events: Events<'a>,
    pub(super) outcomes: Outcomes<'a>,
    pub(super) claims: Claims<'a>,
    pub(super) keys: Keys<'a>,
}

impl<'a> Columns<'a> {
    /// Adds a batch. The key changes of a batch that destroys keys are left out: their order matters.
    pub(super) fn push(&mut self, batch: &'a Batch, summary: &'a BatchSummary) {
        self.heads.push(batch, summary);
        let ordinal = bounded(self.heads.merchant.len() as u64);
        for event in &batch.events {
            if event.version == 1 {
                self.streams.ordinal.push(ordinal);
                self.streams.stream.push(bounded(event.stream));
                self.streams.name.push(&event.stream_name);
            }
            self.events.push(ordinal, event);
        }
        batch.outcomes.iter().for_each(|outcome| self.outcomes.push(ordinal, outcome));
        for claim in &batch.claims {
            self.claims.ordinal.push(ordinal);
            self.claims.kind.push(claim.key.kind);
            self.claims.value.push(&claim.key.value);
            self.claims.stream.push(bounded(claim.stream));
        }
        if batch.erases() {
            return;
        }
        for change in &batch.key_changes {
            if let KeyChange::Create(key) = change {
                self.keys.ordinal.push(ordinal);
                self.keys.subject.push(&key.subject);
                self.keys.key.push(&key.key);
            }
        }
    }
}

//! Reading the journal ahead: while one batch of events is written, the next is read and decoded.

use std::mem;
use std::sync::Arc;

use holdfast_journal::{Event, Journal};
use tokio::sync::mpsc;

use super::classify::{Classified, classify};
use super::projection::Projection;
use crate::error::{Result, ViewError};

/// Batches that wait to be applied, in addition to the one being applied and the one being read.
const BUFFERED_BATCHES: usize = 1;
/// Larger batches are decoded on the blocking thread pool, so that they do not delay commands.
const MAX_EVENTS_DECODED_INLINE: usize = 500;

/// A batch of a merchant's events with their classification, one for each event.
#[derive(Default)]
pub(crate) struct EventBatch {
    pub(crate) events: Vec<Event>,
    pub(crate) classified: Vec<Classified>,
}

impl EventBatch {
    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Removes about `max` events from the start of the batch: the events of a command stay together, so there may be
    /// more.
    pub(crate) fn take(&mut self, max: usize) -> Self {
        let ends_command = |event: &Event| event.position == event.command_end;
        let extra = self.events.iter().skip(max.saturating_sub(1)).position(ends_command);
        let taken = extra.map_or(self.events.len(), |extra| max.max(1) + extra);
        let (events, classified) = (self.events.split_off(taken), self.classified.split_off(taken));
        mem::replace(self, Self { events, classified })
    }
}

/// The part of a journal to read.
#[derive(Debug, Clone)]
pub(crate) struct Range {
    pub(crate) merchant: String,
    /// The position before the first event.
    pub(crate) after: u64,
    pub(crate) to: u64,
    /// About how many events make a batch.
    pub(crate) batch_size: usize,
}

/// The batches of a range, in order. Dropping it stops the reader.
pub(crate) struct Prefetch(mpsc::Receiver<Result<EventBatch>>);

impl Prefetch {
    /// Starts to read.
    pub(crate) fn start<P: Projection>(journal: &Arc<dyn Journal>, range: Range) -> Self {
        let (sender, batches) = mpsc::channel(BUFFERED_BATCHES);
        let journal = Arc::clone(journal);
        tokio::spawn(async move {
            let mut after = range.after;
            while after < range.to {
                let batch = read::<P>(&*journal, &range, after).await;
                let end = batch.as_ref().ok().and_then(|batch| batch.events.last()).map(|last| last.position);
                if sender.send(batch).await.is_err() {
                    return;
                }
                let Some(end) = end else { return };
                after = end;
            }
        });
        Self(batches)
    }

    /// The next batch. `None` after the last batch, after an error and after an empty batch.
    pub(crate) async fn next(&mut self) -> Option<Result<EventBatch>> {
        self.0.recv().await
    }
}

async fn read<P: Projection>(journal: &dyn Journal, range: &Range, after: u64) -> Result<EventBatch> {
    let events = journal.read(&range.merchant, after, range.batch_size).await?;
    let is_small = events.len() <= MAX_EVENTS_DECODED_INLINE;
    let merchant = range.merchant.clone();
    let decode = move || {
        let classified = classify::<P>(&merchant, after, &events)?;
        Ok(EventBatch { events, classified })
    };
    if is_small {
        return decode();
    }
    let decoded = tokio::task::spawn_blocking(decode).await;
    decoded.unwrap_or_else(|panicked| Err(ViewError::row(P::NAME, panicked)))
}

#[cfg(test)]
mod tests {
    use holdfast_journal::{Batch, CommandRecord, Head, NewEvent};

    use super::*;

    /// A batch of one command for each number, with that many events.
    fn batch(event_counts: &[u64]) -> EventBatch {
        let event = |version| NewEvent {
            stream_name: "stock-A".into(),
            stream: 1,
            version,
            kind: "StockReceived",
            type_version: 1,
            payload: Vec::new(),
            sealed: None,
        };
        let command = |count: &u64| CommandRecord {
            events: (1..=*count).map(event).collect(),
            ..CommandRecord::default()
        };
        let commands = event_counts.iter().map(command).collect();
        let events = Batch::seal("m".into(), [7; 16], Head::default(), commands).events().to_vec();
        let classified = events.iter().map(|_| Classified::Irrelevant).collect();
        EventBatch { events, classified }
    }

    #[test]
    fn take_never_splits_a_command() {
        for (max, expected) in [
            (0, vec![3, 4, 8]),
            (3, vec![3, 8]),
            (4, vec![4, 8]),
            (5, vec![8]),
            (8, vec![8]),
            (usize::MAX, vec![8]),
        ] {
            let mut batch = batch(&[3, 1, 4]);
            let mut ends = Vec::new();
            while !batch.is_empty() {
                let taken = batch.take(max);
                assert_eq!(taken.events.len(), taken.classified.len());
                ends.extend(taken.events.last().map(|last| last.position));
            }
            assert_eq!(ends, expected, "{max} at a time");
        }
        assert!(EventBatch::default().take(5).is_empty());
    }
}

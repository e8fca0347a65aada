//! Reading a journal ahead of who folds it: while one span is written, the next is read and decoded.

use std::mem;
use std::sync::Arc;

use holdfast_journal::{Event, Journal};
use tokio::sync::mpsc;

use crate::error::ViewError;
use crate::runtime::apply::{Looked, look};
use crate::runtime::projection::Projection;

/// Spans that wait to be folded, beside the one that is being folded and the one that is being read.
const WAITING: usize = 1;
/// Spans of more events than this are decoded where that keeps no command waiting.
const FEW: usize = 500;

/// A span of a merchant's events, and what each is to the fold.
#[derive(Default)]
pub(crate) struct Span {
    pub(crate) events: Vec<Event>,
    pub(crate) looked: Vec<Looked>,
}

impl Span {
    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Takes about as many events from its beginning, a command's never parted.
    pub(crate) fn take(&mut self, most: usize) -> Self {
        let ends = |event: &Event| event.position == event.command_end;
        let whole = self.events.iter().skip(most.saturating_sub(1)).position(ends);
        let taken = whole.map_or(self.events.len(), |behind| most.max(1) + behind);
        let (events, looked) = (self.events.split_off(taken), self.looked.split_off(taken));
        mem::replace(self, Self { events, looked })
    }
}

/// Which part of a journal is read, and how much at a time.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) merchant: String,
    pub(crate) after: u64,
    pub(crate) upto: u64,
    pub(crate) span: usize,
}

/// The spans of a part of a journal, in order. Nobody reads on once it is dropped.
pub(crate) struct Ahead(mpsc::Receiver<Result<Span, ViewError>>);

impl Ahead {
    /// Begins to read.
    pub(crate) fn of<P: Projection>(journal: &Arc<dyn Journal>, part: Part) -> Self {
        let (sender, spans) = mpsc::channel(WAITING);
        let journal = Arc::clone(journal);
        tokio::spawn(async move {
            let mut after = part.after;
            while after < part.upto {
                let span = read::<P>(&*journal, &part, after).await;
                let end = span.as_ref().ok().and_then(|span| span.events.last()).map(|last| last.position);
                if sender.send(span).await.is_err() {
                    return;
                }
                let Some(end) = end else { return };
                after = end;
            }
        });
        Self(spans)
    }

    /// The next span; nothing after the last one, and after one that could not be read or is empty.
    pub(crate) async fn next(&mut self) -> Option<Result<Span, ViewError>> {
        self.0.recv().await
    }
}

async fn read<P: Projection>(journal: &dyn Journal, part: &Part, after: u64) -> Result<Span, ViewError> {
    let events = journal.read(&part.merchant, after, part.span).await?;
    let are_few = events.len() <= FEW;
    let merchant = part.merchant.clone();
    let looking = move || look::<P>(&merchant, after, &events).map(|looked| Span { events, looked });
    if are_few {
        return looking();
    }
    let looked = tokio::task::spawn_blocking(looking).await;
    looked.unwrap_or_else(|panicked| Err(ViewError::row(P::NAME, panicked)))
}

#[cfg(test)]
mod tests {
    use holdfast_journal::{Batch, CommandRecord, Head, NewEvent};

    use super::*;

    /// The events of commands of so many events each.
    fn span(commands: &[u64]) -> Span {
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
        let commands = commands.iter().map(command).collect();
        let events = Batch::seal("m".into(), [7; 16], Head::default(), commands).events().to_vec();
        let looked = events.iter().map(|_| Looked::Passed).collect();
        Span { events, looked }
    }

    #[test]
    fn a_part_of_a_span_ends_with_a_command() {
        for (most, expected) in [
            (0, vec![3, 4, 8]),
            (3, vec![3, 8]),
            (4, vec![4, 8]),
            (5, vec![8]),
            (8, vec![8]),
            (usize::MAX, vec![8]),
        ] {
            let mut span = span(&[3, 1, 4]);
            let mut ends = Vec::new();
            while !span.is_empty() {
                let part = span.take(most);
                assert_eq!(part.events.len(), part.looked.len());
                ends.extend(part.events.last().map(|last| last.position));
            }
            assert_eq!(ends, expected, "{most} at a time");
        }
        assert!(Span::default().take(5).is_empty());
    }
}

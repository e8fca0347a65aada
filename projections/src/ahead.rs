//! Reading a journal ahead of who folds it: while one span is written, the next is read and decoded.

use std::sync::Arc;

use holdfast_journal::{Event, Journal};
use tokio::sync::mpsc;

use crate::error::ViewError;
use crate::folding::{Looked, look};
use crate::projection::Projection;

/// Spans that wait to be folded, beside the one that is being folded and the one that is being read.
const WAITING: usize = 1;
/// Spans of more events than this are decoded where that keeps no command waiting.
const FEW: usize = 500;

/// A span of a merchant's events, and what each is to the fold.
pub(crate) struct Span {
    pub(crate) events: Vec<Event>,
    pub(crate) looked: Vec<Looked>,
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

//! Following a journal: a page of events at a time, as soon as there are any, until the service ends.
//!
//! Everybody who follows reads for themselves, and reads on only when what was read before has been taken: one that is
//! slow or stands still keeps nothing but its own page.

use std::sync::Arc;
use std::time::{Duration, Instant};

use holdfast_domain::values::MerchantId;
use holdfast_journal::{Event, JournalError};
use tokio::sync::{OwnedSemaphorePermit, watch};

use crate::app::App;
use crate::reading::Reading;

/// Events read at once.
const PAGE: usize = 200;
/// How often to look without having been told: another node's commit may not have been heard of.
const POLL: Duration = Duration::from_secs(1);

/// A place in a merchant's journal that moves on.
pub struct Following {
    reading: Reading,
    merchant: MerchantId,
    position: u64,
    commits: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
}

/// What there is to tell.
#[derive(Debug)]
pub enum Followed {
    /// Events behind those before, in order; never none.
    Events(Vec<Event>),
    /// Nothing has happened for as long as was waited.
    Quiet,
    /// The service ends.
    Over,
}

impl Following {
    /// Begins behind a position; nothing where as many follow as a node serves.
    pub fn begin(app: &App, merchant: MerchantId, after: u64) -> Option<Self> {
        let place = Arc::clone(&app.followers).try_acquire_owned().ok()?;
        Some(Self {
            reading: app.reading.clone(),
            merchant,
            position: after,
            commits: app.journal.commits(),
            closing: app.closing.subscribe(),
            _place: place,
        })
    }

    /// Whose journal it is.
    pub fn merchant(&self) -> &MerchantId {
        &self.merchant
    }

    /// Up to where it was read.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// What comes next, waiting for so long.
    pub async fn next(&mut self, patience: Duration) -> Result<Followed, JournalError> {
        let begun = Instant::now();
        loop {
            if *self.closing.borrow() {
                return Ok(Followed::Over);
            }
            self.commits.mark_unchanged();
            let events = self.reading.events(self.merchant.as_str(), self.position, PAGE).await?;
            if let Some(last) = events.last() {
                self.position = last.position;
                return Ok(Followed::Events(events));
            }
            let left = patience.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Ok(Followed::Quiet);
            }
            tokio::select! {
                _ = self.closing.changed() => {}
                told = self.commits.changed() => if told.is_err() {
                    // Nobody will commit any more on this node: others may.
                    tokio::time::sleep(POLL.min(left)).await;
                },
                () = tokio::time::sleep(POLL.min(left)) => {}
            }
        }
    }
}

//! Reads a journal as it grows, page by page, until the service stops.
//!
//! Each reader keeps one page and reads the next one only after that page has been consumed, so that a slow client needs no
//! more memory than a fast one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use holdfast_domain::values::MerchantId;
use holdfast_journal::{Event, JournalError};
use tokio::sync::{OwnedSemaphorePermit, watch};

use crate::app::App;
use crate::queries::Queries;

/// The events that are read at once.
const PAGE_SIZE: usize = 200;
/// How often the journal is read without a notification, because that of another node may have been lost.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// A position in a merchant's journal that moves forward.
pub struct JournalReader {
    queries: Queries,
    merchant: MerchantId,
    position: u64,
    commits: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    _permit: OwnedSemaphorePermit,
}

/// The result of a read.
#[derive(Debug)]
pub enum Read {
    /// The next events, at least one.
    Events(Vec<Event>),
    /// There was no event within the timeout.
    Idle,
    /// The service stops.
    Closed,
}

impl JournalReader {
    /// Opens a reader after a position. `None` if the node already serves its maximum number of readers.
    pub fn open(app: &App, merchant: MerchantId, after: u64) -> Option<Self> {
        let permit = Arc::clone(&app.readers).try_acquire_owned().ok()?;
        Some(Self {
            queries: app.queries.clone(),
            merchant,
            position: after,
            commits: app.journal.commits(),
            closing: app.closing.subscribe(),
            _permit: permit,
        })
    }

    /// The merchant.
    pub fn merchant(&self) -> &MerchantId {
        &self.merchant
    }

    /// The position of the last event read.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Waits for the next events.
    pub async fn next(&mut self, timeout: Duration) -> Result<Read, JournalError> {
        let started_at = Instant::now();
        loop {
            if *self.closing.borrow() {
                return Ok(Read::Closed);
            }
            self.commits.mark_unchanged();
            let events = self.queries.events(self.merchant.as_str(), self.position, PAGE_SIZE).await?;
            if let Some(last) = events.last() {
                self.position = last.position;
                return Ok(Read::Events(events));
            }
            let remaining = timeout.saturating_sub(started_at.elapsed());
            if remaining.is_zero() {
                return Ok(Read::Idle);
            }
            tokio::select! {
                _ = self.closing.changed() => {}
                commit = self.commits.changed() => if commit.is_err() {
                    // This node commits nothing more, but other nodes may.
                    tokio::time::sleep(POLL_INTERVAL.min(remaining)).await;
                },
                () = tokio::time::sleep(POLL_INTERVAL.min(remaining)) => {}
            }
        }
    }
}

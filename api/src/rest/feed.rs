//! The feed that stays open: server-sent events, each a CloudEvent, from any position on.
//!
//! Every reader reads the journal for itself, a page at a time, and a page only when the one before has been taken: one
//! that is slow or stands still keeps nothing but its own page.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::response::sse::{Event as Sent, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use futures::stream::unfold;
use holdfast_domain::values::MerchantId;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::events::{CloudEvent, Filter};
use super::problem::Problem;
use crate::app::App;

/// Events read at once.
const PAGE: usize = 200;
/// After how long without an event the reader is told that all is well, and how far the journal was read.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often to look without having been told.
const POLL: Duration = Duration::from_secs(1);
/// How long a reader should wait before it comes again.
const RETRY: Duration = Duration::from_secs(1);

/// One reader's feed.
struct Feed {
    app: Arc<App>,
    merchant: MerchantId,
    filter: Filter,
    /// Everything up to here was sent, or is of no interest.
    position: u64,
    waiting: VecDeque<Sent>,
    commits: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    is_first: bool,
    /// When the reader was last told anything.
    told: Instant,
    _place: OwnedSemaphorePermit,
}

/// Events after a position, and those that come, until the reader or the service goes.
pub(super) fn open(
    app: &Arc<App>,
    merchant: MerchantId,
    filter: Filter,
    after: u64,
) -> Result<Response, Problem> {
    let place = Arc::clone(&app.feeds).try_acquire_owned();
    let place = place.map_err(|_| {
        Problem::new(
            axum::http::StatusCode::SERVICE_UNAVAILABLE,
            "too_many_feeds",
            "as many feeds are open as this node serves",
        )
    })?;
    let feed = Feed {
        app: Arc::clone(app),
        merchant,
        filter,
        position: after,
        waiting: VecDeque::new(),
        commits: app.journal.commits(),
        closing: app.closing.subscribe(),
        is_first: true,
        told: Instant::now(),
        _place: place,
    };
    Ok(Sse::new(feed.events()).into_response())
}

impl Feed {
    fn events(self) -> impl Stream<Item = Result<Sent, Infallible>> {
        unfold(self, |mut feed| async move {
            let sent = feed.next().await?;
            Some((Ok(sent), feed))
        })
    }

    /// The next event; nothing when the service ends or the journal cannot be read: the reader comes again then.
    async fn next(&mut self) -> Option<Sent> {
        if std::mem::take(&mut self.is_first) {
            // An answer at once, so that the reader knows that it is connected and how long to wait after a fault.
            return Some(Sent::default().retry(RETRY).comment("connected"));
        }
        loop {
            if let Some(sent) = self.waiting.pop_front() {
                self.told = Instant::now();
                return Some(sent);
            }
            if *self.closing.borrow() {
                return None;
            }
            self.commits.mark_unchanged();
            let before = self.position;
            if let Err(problem) = self.read().await {
                tracing::warn!(merchant = %self.merchant, ?problem, "a feed ends: the journal cannot be read");
                return None;
            }
            if self.position > before {
                continue;
            }
            tokio::select! {
                _ = self.closing.changed() => {}
                _ = self.commits.changed() => {}
                // Another node's commit may not have been heard of.
                () = tokio::time::sleep(POLL) => {}
            }
            if self.told.elapsed() >= HEARTBEAT {
                return Some(self.heartbeat());
            }
        }
    }

    /// Reads a page behind what was sent.
    async fn read(&mut self) -> Result<(), Problem> {
        let events = self.app.reading.events(self.merchant.as_str(), self.position, PAGE).await?;
        let Some(last) = events.last() else { return Ok(()) };
        for event in events.iter().filter(|event| self.filter.takes(event)) {
            let data = CloudEvent::of(&self.merchant, event)?.json()?;
            self.waiting
                .push_back(Sent::default().id(event.position.to_string()).event(&*event.kind).data(data));
        }
        self.position = last.position;
        Ok(())
    }

    /// Tells a reader whom nothing of what happened concerns how far the journal was read.
    fn heartbeat(&mut self) -> Sent {
        self.told = Instant::now();
        Sent::default().id(self.position.to_string()).comment("heartbeat")
    }
}

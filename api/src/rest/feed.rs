//! The feed that stays open: server-sent events, each a CloudEvent, from any position on.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::response::sse::{Event as Sent, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use futures::stream::unfold;
use holdfast_domain::values::MerchantId;

use super::events::{CloudEvent, Filter};
use super::problem::Problem;
use crate::app::App;
use crate::following::{Followed, Following};

/// After how long without an event the reader is told that all is well, and how far the journal was read.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a reader should wait before it comes again.
const RETRY: Duration = Duration::from_secs(1);

/// One reader's feed.
struct Feed {
    following: Following,
    filter: Filter,
    waiting: VecDeque<Sent>,
    /// When the reader was told anything last.
    told: Instant,
    /// Whether what comes next cannot be told.
    is_broken: bool,
}

/// Events after a position, and those that come, until the reader or the service goes.
pub(super) fn open(app: &App, merchant: MerchantId, filter: Filter, after: u64) -> Result<Response, Problem> {
    let following = Following::begin(app, merchant, after).ok_or_else(|| {
        let detail = "as many feeds and subscriptions are open as this node serves";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_feeds", detail)
    })?;
    // An answer at once, so that the reader knows that it is connected and how long to wait after a fault.
    let first = Sent::default().retry(RETRY).comment("connected");
    let waiting = [first].into();
    let feed = Feed { following, filter, waiting, told: Instant::now(), is_broken: false };
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
        loop {
            if let Some(sent) = self.waiting.pop_front() {
                self.told = Instant::now();
                return Some(sent);
            }
            if self.is_broken {
                return None;
            }
            match self.following.next(HEARTBEAT).await {
                Ok(Followed::Events(events)) => {
                    for event in events.iter().filter(|event| self.filter.takes(event)) {
                        let data =
                            CloudEvent::of(self.following.merchant(), event).and_then(|told| told.json());
                        let Ok(data) = data else {
                            self.is_broken = true;
                            break;
                        };
                        let sent = Sent::default().id(event.position.to_string()).event(&*event.kind);
                        self.waiting.push_back(sent.data(data));
                    }
                    if self.waiting.is_empty() && !self.is_broken && self.told.elapsed() >= HEARTBEAT {
                        return Some(self.heartbeat());
                    }
                }
                Ok(Followed::Quiet) => return Some(self.heartbeat()),
                Ok(Followed::Over) => return None,
                Err(error) => {
                    tracing::warn!(%error, "a feed ends: the journal cannot be read");
                    return None;
                }
            }
        }
    }

    /// One whom nothing of what happened concerns is told how far the journal was read.
    fn heartbeat(&mut self) -> Sent {
        self.told = Instant::now();
        Sent::default().id(self.following.position().to_string()).comment("heartbeat")
    }
}

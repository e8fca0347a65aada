//! The event feed that stays open: server-sent events, each a CloudEvent.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::{Duration, Instant};

use axum::response::sse::{Event as Message, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use futures::stream::unfold;
use holdfast_domain::values::MerchantId;
use holdfast_journal::Event;

use super::cloud_event::{CloudEvent, EventFilter};
use crate::app::App;
use crate::error::ApiError;
use crate::journal_reader::{JournalReader, Read};

/// The time without a message after which a client receives a heartbeat, with the position that the feed has reached.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(15);
/// How long a client should wait before it reconnects.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// The feed of one client.
struct Feed {
    reader: JournalReader,
    filter: EventFilter,
    queue: VecDeque<Message>,
    last_message: Instant,
    /// Whether an event could not be encoded: the feed ends after the queue.
    has_failed: bool,
}

/// Opens a feed of the events after a position. It ends when the client disconnects or the service stops.
pub(super) fn open(
    app: &App,
    merchant: MerchantId,
    filter: EventFilter,
    after: u64,
) -> Result<Response, ApiError> {
    let reader = JournalReader::open(app, merchant, after).ok_or(ApiError::TooManyFeeds)?;
    // Sent at once, so that the client knows that it is connected and how long to wait before it reconnects.
    let first = Message::default().retry(RETRY_DELAY).comment("connected");
    let feed =
        Feed { reader, filter, queue: [first].into(), last_message: Instant::now(), has_failed: false };
    Ok(Sse::new(feed.messages()).into_response())
}

impl Feed {
    fn messages(self) -> impl Stream<Item = Result<Message, Infallible>> {
        unfold(self, |mut feed| async move {
            let message = feed.next().await?;
            Some((Ok(message), feed))
        })
    }

    /// The next message. `None` if the service stops or the journal cannot be read: the client then reconnects.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.queue.pop_front() {
                self.last_message = Instant::now();
                return Some(message);
            }
            if self.has_failed {
                return None;
            }
            match self.reader.next(HEARTBEAT_INTERVAL).await {
                Ok(Read::Events(events)) => {
                    self.enqueue(&events);
                    let is_idle = self.queue.is_empty() && !self.has_failed;
                    if is_idle && self.last_message.elapsed() >= HEARTBEAT_INTERVAL {
                        return Some(self.heartbeat());
                    }
                }
                Ok(Read::Idle) => return Some(self.heartbeat()),
                Ok(Read::Closed) => return None,
                Err(error) => {
                    tracing::warn!(%error, "an event feed ends: failed to read the journal");
                    return None;
                }
            }
        }
    }

    fn enqueue(&mut self, events: &[Event]) {
        for event in events.iter().filter(|event| self.filter.matches(event)) {
            let message = Message::default().id(event.position.to_string()).event(&*event.kind);
            let encoded = CloudEvent::of(self.reader.merchant(), event).map_err(|error| error.to_string());
            match encoded.and_then(|event| serde_json::to_string(&event).map_err(|error| error.to_string())) {
                Ok(data) => self.queue.push_back(message.data(data)),
                Err(error) => {
                    tracing::error!(
                        error,
                        position = event.position,
                        "an event feed ends: failed to encode an event"
                    );
                    self.has_failed = true;
                    return;
                }
            }
        }
    }

    fn heartbeat(&mut self) -> Message {
        self.last_message = Instant::now();
        Message::default().id(self.reader.position().to_string()).comment("heartbeat")
    }
}

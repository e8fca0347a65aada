//! Reads the event feed page by page, and groups the events by command.

use serde_json::Value;

use super::client::Client;
use super::json::{list, number, optional_text, text, time};

/// One event.
#[derive(Debug)]
pub struct FeedEvent {
    pub kind: String,
    /// The aggregate's stream.
    pub stream: String,
    pub data: Value,
}

/// The events of one command, in order.
#[derive(Debug)]
pub struct Decision {
    /// The command's name.
    pub command: String,
    /// The idempotency key. `None` for a command of the process manager.
    pub key: Option<String>,
    /// The position of its last event.
    pub end: u64,
    /// The decision time, in microseconds since 1970.
    pub time: i64,
    pub events: Vec<FeedEvent>,
}

/// The position in the feed.
#[derive(Debug, Default)]
pub struct Feed {
    pub position: u64,
}

impl Feed {
    /// Reads all events since the last call.
    pub async fn read(&mut self, client: &Client) -> Vec<Decision> {
        let mut decisions: Vec<Decision> = Vec::new();
        loop {
            let page = client.get(&format!("/v1/events?after={}&limit=1000", self.position)).await;
            assert!(page.is_accepted(), "the feed can be read: {page:?}");
            let items = list(&page.body, "items");
            if items.is_empty() {
                return decisions;
            }
            for item in items {
                let position = item["position"].as_u64().expect("a position");
                assert_eq!(position, self.position + 1, "positions are dense");
                self.position = position;
                add(&mut decisions, item);
            }
            let last = decisions.last().expect("a page has events");
            assert_eq!(last.end, self.position, "a page ends with a command's last event");
        }
    }
}

fn add(decisions: &mut Vec<Decision>, item: &Value) {
    let end = u64::try_from(number(item, "commandend")).expect("a position");
    if decisions.last().is_none_or(|last| last.end != end) {
        decisions.push(Decision {
            command: text(item, "command").to_owned(),
            key: optional_text(item, "idempotencykey"),
            end,
            time: time(item, "time").expect("a time"),
            events: Vec::new(),
        });
    }
    let event = FeedEvent {
        kind: text(item, "type").to_owned(),
        stream: text(item, "stream").to_owned(),
        data: item["data"].clone(),
    };
    decisions.last_mut().expect("a decision").events.push(event);
}

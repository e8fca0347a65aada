//! The open event feed: readers reconnect and continue where they stopped.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::events::all_events;
use crate::support::orders::{PlacedOrder, order_with};
use crate::support::server::{SERVER_TIMEOUT, TestServer};
use crate::support::store::{TestStore, on_every_store};

on_every_store!(
    a_reconnected_reader_misses_and_repeats_no_event,
    a_feed_can_be_filtered,
    an_invalid_last_event_id_is_refused,
);

/// An open feed, and the text that was received and not parsed yet.
struct Feed {
    response: reqwest::Response,
    text: String,
}

/// One message: its id, its name and its CloudEvent.
#[derive(Debug)]
struct Message {
    id: u64,
    event: String,
    data: Value,
}

impl Feed {
    async fn open(server: &TestServer, query: &str, last: Option<u64>) -> Self {
        let mut request = reqwest::Client::new().get(server.url(&format!("/v1/events{query}")));
        request = request.header("Accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last.to_string());
        }
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    /// The next message that carries an event.
    async fn next(&mut self) -> Message {
        loop {
            while let Some((message, rest)) = self.text.split_once("\n\n") {
                let (message, rest) = (message.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| {
                    message
                        .lines()
                        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned))
                };
                if let Some(data) = field("data") {
                    return Message {
                        id: field("id").expect("an id").parse().expect("a position"),
                        event: field("event").expect("a name"),
                        data: serde_json::from_str(&data).expect("a CloudEvent"),
                    };
                }
            }
            let chunk = tokio::time::timeout(SERVER_TIMEOUT, self.response.chunk()).await;
            let chunk =
                chunk.expect("a chunk in time").expect("the feed is open").expect("the feed has not ended");
            self.text.push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    }

    /// True if the feed ends within a minute.
    async fn ends(mut self) -> bool {
        let end = async { while let Ok(Some(_)) = self.response.chunk().await {} };
        tokio::time::timeout(Duration::from_secs(60), end).await.is_ok()
    }
}

async fn a_reconnected_reader_misses_and_repeats_no_event(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 100).await;
    let (mut seen, mut last) = (Vec::new(), None);
    for round in 0..6 {
        let mut feed = Feed::open(&server, "", last).await;
        // Some events exist already, others are appended while the feed is open.
        let key = format!("order-{round}");
        let order = order_with("MUG", 1, &json!({}));
        let (_, ()) = tokio::join!(server.post("/v1/orders", &key, &order), async {
            for _ in 0..3 {
                let message = feed.next().await;
                assert_eq!(message.data["position"], message.id);
                assert_eq!(message.data["type"], message.event.as_str());
                last = Some(message.id);
                seen.push(message.data);
            }
        });
    }
    let all = all_events(&server).await;
    assert_eq!(seen[..], all[..seen.len()], "the feed has the same events as the pages, in the same order");
    let feed = Feed::open(&server, "", Some(0)).await;
    server.stop().await;
    assert!(feed.ends().await, "an open feed does not delay the shutdown");
}

async fn a_feed_can_be_filtered(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 100).await;
    let mut created = Feed::open(&server, "?type=OrderCreated&type=PaymentConfirmed", None).await;
    let one = PlacedOrder::new(&server, "one", &order_with("MUG", 1, &json!({}))).await;
    let other = PlacedOrder::new(&server, "other", &order_with("MUG", 1, &json!({}))).await;
    let paid = other.command(&server, "confirm-payment", &json!({ "paymentRef": "p" })).await;
    let mut of_other = Feed::open(&server, &format!("?order={}", other.id), None).await;
    let kinds =
        [created.next().await, created.next().await, created.next().await].map(|message| message.event);
    assert_eq!(kinds, ["OrderCreated", "OrderCreated", "PaymentConfirmed"]);
    let first = of_other.next().await;
    assert_eq!((first.event.as_str(), &first.data["data"]["orderId"]), ("OrderCreated", &json!(other.id)));
    let page = server.get(&format!("/v1/events?limit=1000&order={}", one.id)).await.accepted();
    let streams: Vec<&Value> = page["items"].as_array().unwrap().iter().map(|item| &item["stream"]).collect();
    assert!(!streams.is_empty() && streams.iter().all(|stream| *stream == streams[0]), "{page}");
    assert_eq!(
        page["nextCursor"].as_str(),
        Some(paid["position"].to_string().as_str()),
        "the whole journal was read"
    );
    let case = [("Correlation-Id", "case 7")];
    server.post_with("/v1/orders", "of a case", &case, &order_with("MUG", 1, &json!({}))).await.accepted();
    let mut of_case = Feed::open(&server, "?correlationId=case%207", Some(0)).await;
    let first = of_case.next().await;
    let expected = (json!("case 7"), json!("of a case"));
    assert_eq!((&first.data["correlationid"], &first.data["idempotencykey"]), (&expected.0, &expected.1));
    let both = server.get(&format!("/v1/events?order={}&stream=network", one.id)).await;
    both.assert_refused(400, "invalid_parameter");
}

async fn an_invalid_last_event_id_is_refused(store: TestStore) {
    let server = TestServer::start(&store).await;
    let request = reqwest::Client::new().get(server.url("/v1/events"));
    let request = request.header("Accept", "text/event-stream").header("Last-Event-ID", "yesterday");
    let refused = request.send().await.unwrap();
    assert_eq!(refused.status(), 400);
    let body: Value = serde_json::from_str(&refused.text().await.unwrap()).unwrap();
    assert_eq!(body["code"], "invalid_header");
}

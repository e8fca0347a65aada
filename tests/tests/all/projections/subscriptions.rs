//! Subscriptions over graphql-transport-ws with the client library graphql-ws.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::support::node::client;
use crate::support::orders::order_with;
use crate::support::server::TestServer;
use crate::support::store::{TestStore, on_every_store};

on_every_store!(a_reconnected_subscriber_misses_and_repeats_no_event,);

/// Starts a client that reads `count` events and reconnects after each `every` events.
fn subscribe(directory: &Path, server: &TestServer, count: usize, every: usize) -> Child {
    let url = format!("{}/graphql", server.address.replace("http://", "ws://"));
    Command::new("node")
        .arg(directory.join("subscriber.mjs"))
        .args([url, count.to_string(), every.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs")
}

async fn a_reconnected_subscriber_misses_and_repeats_no_event(store: TestStore) {
    let Some(directory) = client("subscriber") else { return };
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10_000).await;
    // Two events for the location and its stock, and four for each order: created, sourced, and two reservations.
    let orders = 60;
    let count = 2 + orders * 4;
    let mut child = subscribe(&directory, &server, count, 17);
    let lines = BufReader::new(child.stdout.take().expect("standard output")).lines();
    let reading = std::thread::spawn(move || {
        lines.map(|line| line.expect("text").parse::<usize>().expect("a position")).collect::<Vec<_>>()
    });
    for number in 0..orders {
        let order = order_with("MUG", 1, &json!({}));
        server.post("/v1/orders", &format!("order-{number}"), &order).await.accepted();
        if number % 20 == 19 {
            server.kill();
            server.restart(&store).await;
        }
    }
    let seen = reading.join().expect("the output is read");
    assert!(child.wait().expect("the client ends").success());
    assert_eq!(seen, (1..=count).collect::<Vec<_>>(), "each event once, in order");
}

//! Concurrent clients compete for one SKU and send every key twice.

use std::sync::Arc;

use crate::support::server::{HttpResponse, TestServer, order};
use crate::support::store::{TestStore, on_every_store};

const UNITS: u64 = 1_000;
const CLIENTS: usize = 24;
const KEYS: usize = 2_400;

/// Sends one key twice: concurrently, or one after the other.
async fn send_twice(server: &TestServer, number: usize) -> (HttpResponse, HttpResponse) {
    let (key, wanted) = (format!("key-{number}"), order("HOT", 1));
    let send = || server.post("/v1/orders", &key, &wanted);
    if number.is_multiple_of(2) { tokio::join!(send(), send()) } else { (send().await, send().await) }
}

on_every_store!(concurrent_orders_never_oversell_and_each_key_has_one_answer);

async fn concurrent_orders_never_oversell_and_each_key_has_one_answer(store: TestStore) {
    let server = Arc::new(TestServer::start(&store).await);
    server.add_stock("DC-1", "HOT", UNITS).await;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                let mut pairs = Vec::new();
                for number in (client..KEYS).step_by(CLIENTS) {
                    pairs.push(send_twice(&server, number).await);
                }
                pairs
            })
        })
        .collect();
    let (mut accepted, mut refused) = (0, 0);
    for client in clients {
        for (first, second) in client.await.unwrap() {
            assert_eq!((first.status, &first.text), (second.status, &second.text));
            assert_eq!(
                usize::from(first.replayed) + usize::from(second.replayed),
                1,
                "one of the two is a replay"
            );
            if first.status == 201 {
                accepted += 1;
            } else {
                first.assert_refused(409, "insufficient_stock");
                refused += 1;
            }
        }
    }
    assert_eq!((accepted, refused), (UNITS, KEYS as u64 - UNITS));
}

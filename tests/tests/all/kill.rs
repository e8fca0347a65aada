//! The server is killed under load, three times over.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use reqwest::Method;

use crate::events::all_events;
use crate::server::{Answer, Server, order, run};

const CLIENTS: usize = 8;
/// Orders that must be acknowledged before the server is killed.
const ENOUGH: usize = 400;

/// Sends orders until the server is gone; gives those that were acknowledged.
async fn load(
    server: Arc<Server>,
    round: usize,
    client: usize,
    acknowledged: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
) -> HashMap<String, Answer> {
    let mut answers = HashMap::new();
    for number in 0.. {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let key = format!("{round}-{client}-{number}");
        let body = order("HOT", 1).to_string().into_bytes();
        match server.try_send(Method::POST, "/v1/orders", Some(&key), Some(body)).await {
            Ok(answer) if answer.status == 201 => {
                answers.insert(key, answer);
                acknowledged.fetch_add(1, Ordering::SeqCst);
            }
            Ok(answer) => panic!("{answer:?}"),
            Err(_) => break,
        }
    }
    answers
}

/// One round of load that ends with the server killed.
async fn round(directory: &std::path::Path, round: usize) -> HashMap<String, Answer> {
    let server = Arc::new(Server::start(directory).await);
    if round == 0 {
        server.stock_up("DC-1", "HOT", 1_000_000).await;
    }
    let (acknowledged, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            tokio::spawn(load(
                Arc::clone(&server),
                round,
                client,
                Arc::clone(&acknowledged),
                Arc::clone(&stop),
            ))
        })
        .collect();
    while acknowledged.load(Ordering::SeqCst) < ENOUGH {
        tokio::task::yield_now().await;
    }
    server.kill_now();
    stop.store(true, Ordering::SeqCst);
    let mut answers = HashMap::new();
    for client in clients {
        answers.extend(client.await.unwrap());
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_order_survives_three_kills_exactly_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut acknowledged = HashMap::new();
    for number in 0..3 {
        acknowledged.extend(round(directory.path(), number).await);
    }
    assert!(acknowledged.len() >= 3 * ENOUGH);

    let server = Server::start(directory.path()).await;
    let mut created: HashMap<String, usize> = HashMap::new();
    for event in all_events(&server).await {
        if event["type"] == "OrderCreated" {
            *created.entry(event["data"]["orderId"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    for (key, answer) in &acknowledged {
        let id = answer.json()["orderId"].as_str().unwrap().to_owned();
        assert_eq!(created.get(&id), Some(&1), "{key} was acknowledged");
    }
    assert!(created.values().all(|count| *count == 1));
    for (key, answer) in acknowledged.iter().take(200) {
        let again = server.post("/v1/orders", key, &order("HOT", 1)).await;
        assert!(again.replayed);
        assert_eq!((again.status, &again.text), (answer.status, &answer.text));
    }
    drop(server);
    let verified = run(&["verify"], directory.path());
    assert!(verified.status.success(), "{verified:?}");
}

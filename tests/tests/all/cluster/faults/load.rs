//! Clients that place orders: each retries an order with its key until it is accepted or rejected.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::Method;
use tokio::sync::watch;

use crate::support::server::{HttpResponse, TestServer, order};

/// How long the servers may take to recover from a fault.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(60);

/// The first final response to each key.
pub type Responses = HashMap<String, HttpResponse>;

/// Running clients.
pub struct Load {
    clients: Vec<tokio::task::JoinHandle<Responses>>,
    stop: Arc<AtomicBool>,
    /// The number of orders with a final response. Closed when every client has ended.
    answered: watch::Receiver<usize>,
    /// The number of attempts that failed or got 503.
    retried: watch::Receiver<usize>,
}

/// The state of one client.
#[derive(Clone)]
struct Client {
    servers: Vec<Arc<TestServer>>,
    name: String,
    stop: Arc<AtomicBool>,
    answered: Arc<watch::Sender<usize>>,
    retried: Arc<watch::Sender<usize>>,
}

impl Load {
    /// Starts clients. Each places orders of one unit of `HOT` at its own server, and at the next one if that fails.
    pub fn start(name: &str, servers: &[Arc<TestServer>], clients: usize) -> Self {
        let (answered, retried) = (Arc::new(watch::Sender::new(0)), Arc::new(watch::Sender::new(0)));
        let mut load = Self {
            clients: Vec::new(),
            stop: Arc::default(),
            answered: answered.subscribe(),
            retried: retried.subscribe(),
        };
        for number in 0..clients {
            let mut servers = servers.to_vec();
            let own = number % servers.len();
            servers.rotate_left(own);
            let client = Client {
                servers,
                name: format!("{name}-{number}"),
                stop: Arc::clone(&load.stop),
                answered: Arc::clone(&answered),
                retried: Arc::clone(&retried),
            };
            load.clients.push(tokio::spawn(client.run()));
        }
        load
    }

    /// Waits until this many orders have a final response.
    pub async fn answered(&self, count: usize) {
        let mut answered = self.answered.clone();
        self.until(answered.wait_for(|answered| *answered >= count)).await.expect("the clients are running");
    }

    /// The number of orders with a final response.
    pub fn count(&self) -> usize {
        *self.answered.borrow()
    }

    /// Waits until an attempt fails or gets 503.
    pub async fn retried(&self) {
        let mut retried = self.retried.clone();
        retried.mark_unchanged();
        self.until(retried.changed()).await.expect("the clients are running");
    }

    /// Waits for a future to complete while the clients are running.
    pub async fn until<T>(&self, happened: impl Future<Output = T>) -> T {
        let mut answered = self.answered.clone();
        let ended = async { while answered.changed().await.is_ok() {} };
        tokio::select! {
            biased;
            happened = happened => happened,
            () = ended => panic!("the clients have ended"),
            () = tokio::time::sleep(RECOVERY_TIMEOUT) => panic!("no recovery within {RECOVERY_TIMEOUT:?}"),
        }
    }

    /// Lets every client finish its current order. Returns all final responses.
    pub async fn finish(self) -> Responses {
        self.stop.store(true, Ordering::SeqCst);
        let mut responses = Responses::new();
        for client in self.clients {
            responses.extend(client.await.expect("the client does not panic"));
        }
        responses
    }
}

impl Client {
    async fn run(self) -> Responses {
        let mut responses = Responses::new();
        let mut number = 0;
        while !self.stop.load(Ordering::SeqCst) {
            let key = format!("{}-{number}", self.name);
            responses.insert(key.clone(), self.ask_until_answered(&key, number).await);
            self.answered.send_modify(|count| *count += 1);
            number += 1;
        }
        responses
    }

    async fn ask_until_answered(&self, key: &str, number: usize) -> HttpResponse {
        let body = order("HOT", 1).to_string().into_bytes();
        for attempt in 0..2_000 {
            // Usually the client's own server; after a failed attempt, the next one.
            let server = &self.servers[(number / 50 + attempt) % self.servers.len()];
            match server.try_send(Method::POST, "/v1/orders", Some(key), Some(body.clone())).await {
                Ok(answer) if matches!(answer.status.as_u16(), 201 | 409) => return answer,
                Ok(answer) => {
                    assert_eq!(answer.status, 503, "{answer:?}");
                    let code = answer.code();
                    assert!(["not_executed", "outcome_unknown"].contains(&code.as_str()), "{answer:?}");
                    assert!(answer.retry_after.is_some(), "{answer:?}");
                    self.retried.send_modify(|count| *count += 1);
                }
                Err(_) => {
                    self.retried.send_modify(|count| *count += 1);
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{key} never got a final response");
    }
}

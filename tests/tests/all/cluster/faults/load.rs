//! Clients that keep asking until they know: every order is sent under its key until it is granted or refused.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::Method;
use tokio::sync::watch;

use crate::support::server::{HttpResponse, TestServer, order};

/// How long the server may take to get over anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a client was told of one key: the first final answer.
pub type Told = HashMap<String, HttpResponse>;

/// Clients under way.
pub struct Load {
    clients: Vec<tokio::task::JoinHandle<Told>>,
    stop: Arc<AtomicBool>,
    /// Ends when every client has ended.
    answered: watch::Receiver<usize>,
    put_off: watch::Receiver<usize>,
}

/// One client's part.
#[derive(Clone)]
struct Client {
    servers: Vec<Arc<TestServer>>,
    name: String,
    stop: Arc<AtomicBool>,
    answered: Arc<watch::Sender<usize>>,
    put_off: Arc<watch::Sender<usize>>,
}

impl Load {
    /// Starts clients that order one `HOT` each time, from a server each and from the next where one does not answer.
    pub fn start(name: &str, servers: &[Arc<TestServer>], clients: usize) -> Self {
        let (answered, put_off) = (Arc::new(watch::Sender::new(0)), Arc::new(watch::Sender::new(0)));
        let mut load = Self {
            clients: Vec::new(),
            stop: Arc::default(),
            answered: answered.subscribe(),
            put_off: put_off.subscribe(),
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
                put_off: Arc::clone(&put_off),
            };
            load.clients.push(tokio::spawn(client.run()));
        }
        load
    }

    /// Waits until so many orders have their final answer.
    pub async fn answered(&self, count: usize) {
        let mut answered = self.answered.clone();
        self.until(answered.wait_for(|answered| *answered >= count)).await.expect("the clients are there");
    }

    /// How many have theirs.
    pub fn count(&self) -> usize {
        *self.answered.borrow()
    }

    /// Waits until a client is told to come back, or has to assume that nobody knows.
    pub async fn put_off(&self) {
        let mut put_off = self.put_off.clone();
        put_off.mark_unchanged();
        self.until(put_off.changed()).await.expect("the clients are there");
    }

    /// Waits for something that happens as long as clients are answered.
    pub async fn until<T>(&self, happened: impl Future<Output = T>) -> T {
        let mut answered = self.answered.clone();
        let ended = async { while answered.changed().await.is_ok() {} };
        tokio::select! {
            biased;
            happened = happened => happened,
            () = ended => panic!("the clients have ended"),
            () = tokio::time::sleep(PATIENCE) => panic!("nothing has come of it for {PATIENCE:?}"),
        }
    }

    /// Lets every client finish the order that it is at, and gives what all were told.
    pub async fn finish(self) -> Told {
        self.stop.store(true, Ordering::SeqCst);
        let mut told = Told::new();
        for client in self.clients {
            told.extend(client.await.expect("the client did not fail"));
        }
        told
    }
}

impl Client {
    async fn run(self) -> Told {
        let mut told = Told::new();
        let mut number = 0;
        while !self.stop.load(Ordering::SeqCst) {
            let key = format!("{}-{number}", self.name);
            told.insert(key.clone(), self.ask_until_answered(&key, number).await);
            self.answered.send_modify(|count| *count += 1);
            number += 1;
        }
        told
    }

    async fn ask_until_answered(&self, key: &str, number: usize) -> HttpResponse {
        let body = order("HOT", 1).to_string().into_bytes();
        for attempt in 0..2_000 {
            // Mostly the own server, another one when that does not answer.
            let server = &self.servers[(number / 50 + attempt) % self.servers.len()];
            match server.try_send(Method::POST, "/v1/orders", Some(key), Some(body.clone())).await {
                Ok(answer) if matches!(answer.status.as_u16(), 201 | 409) => return answer,
                Ok(answer) => {
                    assert_eq!(answer.status, 503, "{answer:?}");
                    let code = answer.code();
                    assert!(["not_executed", "outcome_unknown"].contains(&code.as_str()), "{answer:?}");
                    assert!(answer.retry_after.is_some(), "{answer:?}");
                    self.put_off.send_modify(|count| *count += 1);
                }
                Err(_) => {
                    self.put_off.send_modify(|count| *count += 1);
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{key} was never answered");
    }
}

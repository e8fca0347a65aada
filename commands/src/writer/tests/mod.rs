//! Tests of the writer through `Commands`.

mod answers;
mod backorders;
mod batches;
mod bundles;
mod cluster;
mod faults;
mod faulty_journal;
mod keys;
mod priority_queue;
mod simulation;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use holdfast_domain::Command;
use holdfast_domain::values::{IdempotencyKey, MerchantId, Timestamp};
use holdfast_journal::test_support::MemoryJournal;
use holdfast_journal::{Journal, OutcomeKey, OutcomeKind};
use serde_json::{Value, json};

use crate::{
    AnyCommand, Caller, Clock, Commands, MasterKey, Metadata, Reply, Request, Sender, Settings, Vault,
};

/// A clock that tests set.
#[derive(Debug, Default)]
struct TestClock(AtomicI64);

impl TestClock {
    fn set(&self, microseconds: i64) {
        self.0.store(microseconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microseconds(self.0.load(Ordering::SeqCst))
    }
}

/// The write side over a journal, with two locations and ten units of `A` at the first.
struct Fixture {
    journal: Arc<dyn Journal>,
    commands: Commands,
    clock: Arc<TestClock>,
}

fn vault() -> Vault {
    Vault::new(&MasterKey::new([7; 32]))
}

fn merchant() -> MerchantId {
    MerchantId::new("default").unwrap()
}

impl Fixture {
    fn over(journal: Arc<dyn Journal>, settings: Settings) -> Self {
        let clock = Arc::new(TestClock::default());
        clock.set(1_000_000);
        let commands = Commands::start(Arc::clone(&journal), vault(), clock.clone(), settings);
        Self { journal, commands, clock }
    }

    async fn open() -> Self {
        let fixture = Self::over(Arc::new(MemoryJournal::new()), Settings::default());
        fixture.stock_up().await;
        fixture
    }

    async fn stock_up(&self) {
        for (name, latitude) in [("DC-1", 40.0), ("DC-2", 50.0)] {
            let location = json!({ "location": name, "latitude": latitude, "longitude": 0.0 });
            accepted(&self.send("RegisterLocation", &format!("location-{name}"), location).await);
        }
        accepted(&self.send("ReceiveStock", "stock-A", receipt("A", 10)).await);
    }

    fn request(&self, name: &str, key: Option<&str>, fields: Value) -> Request {
        let command = AnyCommand::read(name, fields).unwrap().unwrap();
        let key = key.map(|key| IdempotencyKey::new(key).unwrap());
        let caller = Caller { merchant: &merchant(), sender: &Sender("tester".into()), key: key.as_ref() };
        self.commands.request(caller, command, Metadata::default()).unwrap()
    }

    /// Sends commands at once and waits for all replies.
    async fn send_all(&self, requests: Vec<Request>) -> Vec<Reply> {
        let mut replies = Vec::new();
        for receiver in self.commands.submit(&merchant(), requests).unwrap() {
            replies.push(receiver.await.unwrap_or(Reply::OutcomeUnknown));
        }
        replies
    }

    async fn send(&self, name: &str, key: &str, fields: Value) -> Reply {
        self.send_all(vec![self.request(name, Some(key), fields)]).await.remove(0)
    }

    async fn position(&self) -> u64 {
        self.journal.head("default").await.unwrap().position
    }

    async fn verify(&self) {
        let found = holdfast_journal::verify(&*self.journal, "default", i64::MIN, |_| {}).await.unwrap();
        assert_eq!(found.findings, []);
    }
}

/// Panics if the command creates an order of the channel `PANIC`, to simulate a defect.
pub(super) fn panic_if_requested(request: &Request) {
    if let AnyCommand::CreateOrder(order) = &request.command {
        assert_ne!(order.channel.as_str(), "PANIC", "requested by the test");
    }
}

fn receipt(sku: &str, quantity: u32) -> Value {
    json!({ "sku": sku, "location": "DC-1", "quantity": quantity })
}

fn order(sku: &str, quantity: u32) -> Value {
    json!({ "channel": "web", "lines": [{ "sku": sku, "quantity": quantity }], "payment": "not_required" })
}

/// The body of the answer to an accepted command.
fn accepted(reply: &Reply) -> Value {
    match reply {
        Reply::Answered { answer, .. } if answer.kind != OutcomeKind::Refused => {
            serde_json::from_slice(&answer.body).unwrap()
        }
        other => panic!("not accepted: {other:?}"),
    }
}

/// The code of a refusal.
fn refused(reply: &Reply) -> String {
    match reply {
        Reply::Answered { answer, .. } if answer.kind == OutcomeKind::Refused => {
            let refused: crate::Refused = serde_json::from_slice(&answer.body).unwrap();
            refused.code
        }
        other => panic!("not refused: {other:?}"),
    }
}

fn is_replay(reply: &Reply) -> bool {
    matches!(reply, Reply::Answered { replayed: true, .. })
}

fn body(reply: &Reply) -> &[u8] {
    match reply {
        Reply::Answered { answer, .. } => &answer.body,
        other => panic!("not answered: {other:?}"),
    }
}

#[test]
fn every_command_is_found_by_its_name() {
    for schema in crate::COMMANDS {
        let read = AnyCommand::read(schema.name, json!({ "unknown": "field" }));
        assert!(matches!(read, Some(Err(_))), "{}", schema.name);
    }
    assert!(AnyCommand::read("MakeCoffee", json!({})).is_none());
    assert_eq!(<holdfast_domain::order::CreateOrder as Command>::NAME, "CreateOrder");
}

/// Advances virtual time and runs the tasks that waited for it.
async fn advance(duration: Duration) {
    tokio::time::advance(duration).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

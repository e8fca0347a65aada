use std::sync::Arc;
use std::time::Duration;

use holdfast_commands::{
    AnyCommand, Caller, Commands, MasterKey, Metadata, Reply, Sender, Settings, SystemClock, Vault,
};
use holdfast_journal::test_support::MemoryJournal;
use holdfast_journal::{Journal, OutcomeKind};
use holdfast_projections::Projections;
use serde_json::{Value, json};

use super::*;
use crate::database::Database;

const MERCHANT: &str = "default";

/// Journal, write side and read models, without a process manager.
struct Fixture {
    commands: Commands,
    projections: Projections,
    due_work: ReadModelDueWork,
    _directory: tempfile::TempDir,
}

impl Fixture {
    /// An order waits for five units of A, which must come from one location. Three units are earmarked for it at DC-1.
    async fn with_backorder() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
        let key = MasterKey::from_file(&directory.path().join("master.key"), true).unwrap();
        let clock = Arc::new(SystemClock);
        let commands = Commands::start(Arc::clone(&journal), Vault::new(&key), clock, Settings::default());
        let views = Database::Sqlite(directory.path().to_owned()).views().await.unwrap();
        let projections = Projections::start(&journal, &views, &journal.commits(), "node").await.unwrap();
        let due_work = ReadModelDueWork::new(&views, projections.progress().clone());
        let fixture = Self { commands, projections, due_work, _directory: directory };
        for name in ["DC-1", "DC-2"] {
            let location = json!({ "location": name, "latitude": 0.0, "longitude": 0.0 });
            fixture.send("RegisterLocation", location).await;
        }
        fixture.receive("DC-1", 1).await;
        for quantity in [1, 5] {
            let order = json!({
                "channel": "web", "lines": [{ "sku": "A", "quantity": quantity }], "payment": "not_required",
                "onShortage": "backorder", "allowSplit": false
            });
            fixture.send("CreateOrder", order).await;
        }
        fixture.receive("DC-1", 3).await;
        fixture
    }

    /// Executes a command and waits for the read models.
    async fn send(&self, name: &str, fields: Value) {
        let command = AnyCommand::read(name, fields).unwrap().unwrap();
        self.execute(command).await;
    }

    async fn execute(&self, command: AnyCommand) {
        let (merchant, sender) = (MerchantId::new(MERCHANT).unwrap(), Sender("test".into()));
        let caller = Caller { merchant: &merchant, sender: &sender, key: None };
        let request = self.commands.request(caller, command, Metadata::default()).unwrap();
        let reply = self.commands.submit(&merchant, vec![request]).unwrap().remove(0).await.unwrap();
        let Reply::Answered { answer, .. } = reply else { panic!("{reply:?}") };
        assert_ne!(answer.kind, OutcomeKind::Refused, "{}", String::from_utf8_lossy(&answer.body));
        let progress = self.projections.progress();
        let limit = Duration::from_secs(60);
        progress.wait_for(Availability::NAME, MERCHANT, answer.position, limit).await.unwrap();
    }

    async fn receive(&self, location: &str, quantity: u32) {
        let received = json!({ "sku": "A", "location": location, "quantity": quantity });
        self.send("ReceiveStock", received).await;
    }

    async fn pause(&self, location: &str) {
        self.send("PauseLocation", json!({ "location": location, "reason": "flood" })).await;
    }

    /// The names of the commands that are due at a second.
    async fn due(&mut self, second: i64) -> Vec<&'static str> {
        let now = Timestamp::from_microseconds(second * 1_000_000);
        self.due_work.due(now, 100).await.unwrap().iter().map(|due| due.command.name()).collect()
    }

    /// Executes the commands that are due at a second.
    async fn execute_due(&mut self, second: i64) {
        let now = Timestamp::from_microseconds(second * 1_000_000);
        for due in self.due_work.due(now, 100).await.unwrap() {
            self.execute(due.command).await;
        }
    }
}

#[tokio::test]
async fn backorders_of_a_location_that_is_resumed_are_due_at_once() {
    let mut fixture = Fixture::with_backorder().await;
    fixture.pause("DC-1").await;
    fixture.receive("DC-1", 9).await;
    // The attempts while the location is paused have no effect and become less frequent.
    for second in 0..600 {
        fixture.execute_due(second).await;
    }
    assert_eq!(fixture.due(600).await, [""; 0]);
    fixture.send("ResumeLocation", json!({ "location": "DC-1" })).await;
    assert_eq!(fixture.due(600).await, ["FillBackorders"]);
}

#[tokio::test]
async fn units_are_earmarked_at_another_location_when_the_first_is_paused() {
    let mut fixture = Fixture::with_backorder().await;
    fixture.receive("DC-2", 2).await;
    fixture.execute_due(0).await;
    assert_eq!(fixture.due(60).await, [""; 0], "the units stay earmarked at DC-1");
    fixture.pause("DC-1").await;
    assert_eq!(fixture.due(60).await, ["FillBackorders"]);
}

#[test]
fn attempts_without_effect_become_less_frequent_until_the_stock_item_changes() {
    let mut attempts = Attempts::default();
    let key = |merchant: &str| (merchant.to_owned(), StreamId::Stock(Sku::new("A").unwrap()));
    let mut due_at = |merchant, position, millisecond: i64| {
        attempts.record_if_due(key(merchant), position, Timestamp::from_microseconds(millisecond * 1_000))
    };
    assert_eq!([0, 249, 250, 749, 750].map(|at| due_at("m", 7, at)), [true, false, true, false, true]);
    assert!(due_at("other", 7, 751) && due_at("m", 8, 751));
    let first_due = (752..).step_by(1_000).filter(|at| due_at("m", 8, *at)).take(20).last().unwrap();
    assert!(!due_at("m", 8, first_due + 59_999) && due_at("m", 8, first_due + 60_000));
    attempts.forget_stock_of("m");
    let is_due =
        |attempts: &mut Attempts, merchant| attempts.record_if_due(key(merchant), 8, Timestamp::default());
    assert!(is_due(&mut attempts, "m"));
}

#[test]
fn a_merchant_is_checked_when_its_paused_locations_change() {
    let paused = |pairs: &[(&str, &[&str])]| -> PausedLocations {
        let locations = |names: &[&str]| names.iter().map(|name| LocationId::new(name).unwrap()).collect();
        pairs.iter().map(|(merchant, names)| ((*merchant).to_owned(), locations(names))).collect()
    };
    let mut pauses = Pauses::default();
    assert_eq!(pauses.update(paused(&[("m", &["a"]), ("n", &["a"])])), ["m", "n"]);
    assert_eq!(pauses.update(paused(&[("m", &["a"]), ("n", &["a", "b"])])), ["n"]);
    assert_eq!(pauses.update(paused(&[("n", &["a", "b"])])), ["m"], "its last location was resumed");
    assert_eq!(pauses.update(paused(&[("n", &["a", "b"])])), [""; 0]);
}

//! Whole exports of small stores, read back.

mod events;
mod hostile;
mod parquet;
mod read_models;
mod reading;
mod refusals;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use clap::Parser as _;
use holdfast_api::app::{App, KEY_FILE};
use holdfast_commands::client::{CommandClient, Outcome};
use holdfast_commands::{AnyCommand, Clock, Commands, MasterKey, Settings, Vault};
use holdfast_domain::network::RegisterLocation;
use holdfast_domain::order::{CreateOrder, ShipItems};
use holdfast_domain::stock::ReceiveStock;
use holdfast_domain::values::{MerchantId, OrderId, Timestamp};
use holdfast_journal::{Event, EventLog as _, JournalAdmin as _, SqliteJournal};
use holdfast_projections::ViewStore;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::limits::Limits;
use crate::{ExportError, Exported, Exporter, Options};

const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(60);
/// A name that must not be exported.
const SECRET: &str = "Hedy Lamarr";

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    options: Options,
}

/// A clock that changes only when it is set.
#[derive(Default)]
struct ManualClock(AtomicI64);

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microseconds(self.0.load(Ordering::Relaxed))
    }
}

/// A store and a target directory.
struct Shop {
    directory: TempDir,
    clock: Arc<ManualClock>,
}

fn merchant() -> MerchantId {
    MerchantId::new("default").unwrap()
}

fn command<C: serde::de::DeserializeOwned>(fields: Value) -> C {
    serde_json::from_value(fields).unwrap()
}

/// An order of two lines with most optional fields.
fn an_order(number: u32) -> CreateOrder {
    command(json!({
        "channel": "web", "channelRef": format!("R-{number}"), "customerRef": "c:7", "payment": "not_required",
        "currency": "USD", "attributes": { "gift": "yes" }, "charges": [{ "code": "shipping", "amount": "4.90" }],
        "shipTo": { "name": SECRET, "street": ["7 Spectrum Street"], "city": "Vienna", "country": "AT" },
        "lines": [
            { "sku": "MUG", "quantity": 2, "unit": "10.50", "total": "21.00", "tax": "-0.000001" },
            { "sku": "TEA \"first, flush\"", "quantity": 1, "total": "999999999999999.999999" },
        ],
    }))
}

impl Shop {
    /// A location with stock, and three orders on each of the days, the first of which is shipped.
    async fn open(days: u32) -> Self {
        let shop = Self::empty().await;
        shop.day(0, async |client| {
            let location = json!({ "location": "DC-1", "latitude": 1.0, "longitude": 2.0 });
            send(client, "location", command::<RegisterLocation>(location)).await;
            for sku in ["MUG", "TEA \"first, flush\""] {
                let receipt = json!({ "sku": sku, "location": "DC-1", "quantity": 1_000 });
                send(client, sku, command::<ReceiveStock>(receipt)).await;
            }
        })
        .await;
        for day in 0..days {
            shop.orders_of_a_day(day).await;
        }
        shop.update_read_models().await;
        shop
    }

    /// An empty store.
    async fn empty() -> Self {
        let directory = tempfile::tempdir().unwrap();
        App::open(&directory.path().join("store")).await.unwrap().shutdown().await;
        Self { directory, clock: Arc::default() }
    }

    /// Three orders, the first of which is shipped.
    async fn orders_of_a_day(&self, day: u32) {
        self.day(day, async |client| {
            for number in 0..3 {
                let number = day * 3 + number;
                let id = send(client, &format!("order-{number}"), an_order(number)).await;
                if number.is_multiple_of(3) {
                    self.ship(client, number, id).await;
                }
            }
        })
        .await;
    }

    async fn ship(&self, client: &CommandClient, number: u32, id: OrderId) {
        let shipped = json!({
            "fulfillmentOrderId": format!("{id}.f1"),
            "packages": [{ "carrier": "ups", "trackingNumber": format!("1Z{number}") }],
        });
        send(client, &format!("ship-{number}"), command::<ShipItems>(shipped)).await;
    }

    /// Executes commands on a day of March.
    async fn day(&self, day: u32, commands: impl AsyncFnOnce(&CommandClient)) {
        self.day_of("default", day, commands).await;
    }

    /// Executes commands of a merchant on a day of March.
    async fn day_of(&self, merchant: &str, day: u32, commands: impl AsyncFnOnce(&CommandClient)) {
        let noon: Timestamp = format!("2026-03-{:02}T12:00:00.000001Z", day + 1).parse().unwrap();
        self.clock.0.store(noon.microseconds(), Ordering::Relaxed);
        let journal = Arc::new(SqliteJournal::open(&self.store()).unwrap());
        let vault = Vault::new(&MasterKey::from_file(&self.store().join(KEY_FILE), false).unwrap());
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let service = Commands::start(journal, vault, clock, Settings::default());
        let client = CommandClient::new(&service, &MerchantId::new(merchant).unwrap(), "test");
        commands(&client).await;
        drop(client);
        assert!(service.shutdown(SHUTDOWN_TIMEOUT).await);
    }

    /// Updates the read models, as a server does.
    async fn update_read_models(&self) {
        let app = App::open(&self.store()).await.unwrap();
        for merchant in app.queries.merchants().await.unwrap() {
            app.wait_for_projections(&MerchantId::new(&merchant).unwrap()).await.unwrap();
        }
        assert!(app.shutdown().await);
    }

    fn store(&self) -> PathBuf {
        self.directory.path().join("store")
    }

    fn lake(&self) -> PathBuf {
        self.directory.path().join("lake")
    }

    fn options(&self, more: &[&str]) -> Options {
        let directory = self.lake().display().to_string();
        Line::parse_from([&["export", "--to", &directory], more].concat()).options
    }

    /// Exports with small limits, so that there are many files and pages.
    async fn try_export(&self, more: &[&str]) -> Result<Vec<Exported>, ExportError> {
        let options = self.options(more);
        let events_per_file = if more.contains(&"--events-per-file") { options.events_per_file } else { 4 };
        let limits = Limits { events_per_file, events_per_page: 3, rows_per_page: 2 };
        let journal = SqliteJournal::open_read_only(&self.store())?;
        let exporter = Exporter::with_limits(&journal, &options, limits).await?;
        let mut exported = exporter.events().await?;
        if exporter.includes_read_models() {
            let views = ViewStore::open_existing(&self.store()).await?;
            exported.extend(exporter.read_models(&views).await?);
            views.close().await;
        }
        journal.close().await;
        Ok(exported)
    }

    async fn export(&self, more: &[&str]) -> Vec<Exported> {
        self.try_export(more).await.unwrap()
    }

    /// The error of an export that must fail.
    async fn export_error(&self, more: &[&str]) -> ExportError {
        match self.try_export(more).await {
            Err(error) => error,
            Ok(exported) => panic!("the export succeeded: {exported:?}"),
        }
    }

    /// The journal's events.
    async fn events(&self) -> Vec<Event> {
        let journal = SqliteJournal::open_read_only(&self.store()).unwrap();
        journal.read("default", 0, 1_000_000).await.unwrap()
    }

    /// Changes one of the store's databases directly.
    fn sql(&self, database: &str, statement: &str) {
        let connection = rusqlite::Connection::open(self.store().join(database)).unwrap();
        assert!(connection.execute(statement, []).unwrap() > 0, "{statement}");
    }
}

/// Sends a command that must be accepted. Returns the order's id, or a null id if the command has no order.
async fn send(client: &CommandClient, key: &str, command: impl Into<AnyCommand>) -> OrderId {
    let outcome = client.send(key, command).await.unwrap();
    let Outcome::Accepted { answer, .. } = outcome else { panic!("{outcome:?}") };
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    let no_order = "00000000-0000-7000-8000-000000000000";
    body["orderId"].as_str().unwrap_or(no_order).parse().unwrap()
}

/// The report of a table.
fn of<'e>(exported: &'e [Exported], table: &str) -> &'e Exported {
    exported.iter().find(|exported| exported.table == table).unwrap()
}

/// Every file under a directory, sorted.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(directory) = pending.pop() {
        for entry in super::files::entries(&directory).unwrap() {
            if entry.is_dir() { pending.push(entry) } else { found.push(entry) }
        }
    }
    found.sort();
    found
}

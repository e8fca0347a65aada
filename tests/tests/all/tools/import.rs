//! Import of orders, stock and locations, compared with quantities that are computed from the events alone.
//!
//! The data are `locations.csv`, `stock.csv.gz` and `orders.csv.gz` in the directory `HOLDFAST_TEST_DATA`; without that
//! variable, a small generated set, which includes invalid rows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use holdfast_api::App;
use holdfast_api::queries::AvailabilityFilter;
use holdfast_domain::values::{Sku, Timestamp};
use holdfast_journal::Event;
use serde_json::{Value, json};

use crate::support::orders::assert_verified;
use crate::support::server::TestServer;
use crate::support::store::{TestStore, on_every_store};

/// The files of an import.
struct Data {
    locations: PathBuf,
    stock: PathBuf,
    orders: PathBuf,
    /// The directory of generated files: removed at the end of the test.
    _generated: Option<tempfile::TempDir>,
}

impl Data {
    fn find() -> Self {
        if let Some(directory) = std::env::var_os("HOLDFAST_TEST_DATA").map(PathBuf::from) {
            let file = |name: &str| directory.join(name);
            let (locations, stock, orders) =
                (file("locations.csv"), file("stock.csv.gz"), file("orders.csv.gz"));
            return Self { locations, stock, orders, _generated: None };
        }
        Self::generate()
    }

    fn generate() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = directory.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let locations =
            "location,latitude,longitude\nDC-EAST,40.7,-74.2\nDC-WEST,39.5,-119.8\nDC-BAD,north,1\n";
        let mut stock = "sku,location,on_hand\n".to_owned();
        for number in 0..40 {
            writeln!(stock, "S{number},DC-EAST,{}", 5 + number).unwrap();
            writeln!(stock, "S{number},DC-WEST,{}", 1 + number % 7).unwrap();
        }
        stock.push_str("S1,DC-NOWHERE,5\nS2,DC-EAST,0\nS3,DC-EAST,many\n,DC-EAST,1\nNONE,DC-EAST,0\n");
        let mut orders = "order_ref,placed_at,channel,customer_ref,sku,quantity,line_total_usd\n".to_owned();
        for number in 0..300u32 {
            for line in 0..=number % 4 {
                let sku = (number * 7 + line * 11) % 40;
                let quantity = if number % 10 == 9 { line } else { 1 + (number + line) % 4 };
                writeln!(orders, "R{number},2017-01-01T11:53:26Z,store-1,h-{number},S{sku},{quantity},1.99")
                    .unwrap();
            }
        }
        orders.push_str(
            "R900,yesterday,store-1,h-1,S1,1,1.00\nR901,2017-01-01T11:53:26Z,store-1,h-1,NEVER,1,1.00\n",
        );
        orders.push_str(
            "R902,2017-01-01T11:53:26Z,store-1,h-1,S1,two,1.00\nR903,2017-01-01T11:53:26Z,store-1\n",
        );
        Self {
            locations: file("locations.csv", locations),
            stock: file("stock.csv", &stock),
            orders: file("orders.csv", &orders),
            _generated: Some(directory),
        }
    }

    /// Imports the files and returns the report.
    fn import(&self, store: &TestStore, more: &[&str]) -> Value {
        let text = |path: &Path| path.display().to_string();
        let (locations, stock, orders) = (text(&self.locations), text(&self.stock), text(&self.orders));
        let rejects = text(&store.directory().join("rejects.csv"));
        let arguments =
            ["import", "--json", "--locations", &locations, "--stock", &stock, "--orders", &orders];
        let output = store.run(&[&arguments[..], &["--rejects", &rejects], more].concat());
        assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The reference of every order in the file.
    fn order_references(&self) -> BTreeSet<String> {
        let mut reader = csv_reader(&self.orders);
        reader.records().map(|record| record.unwrap()[0].to_owned()).collect()
    }
}

fn csv_reader(file: &Path) -> csv::Reader<Box<dyn std::io::Read>> {
    let opened = std::fs::File::open(file).unwrap();
    let plain: Box<dyn std::io::Read> = if file.extension().is_some_and(|extension| extension == "gz") {
        Box::new(flate2::read::GzDecoder::new(opened))
    } else {
        Box::new(opened)
    };
    csv::ReaderBuilder::new().flexible(true).from_reader(plain)
}

/// The rows of all rejects files of a report.
fn rejected_rows(report: &Value) -> Vec<csv::StringRecord> {
    let files = report["files"].as_array().unwrap().iter().filter_map(|file| file["rejectsFile"].as_str());
    files
        .flat_map(|file| csv_reader(Path::new(file)).records().map(Result::unwrap).collect::<Vec<_>>())
        .collect()
}

async fn events(store: &TestStore) -> Vec<Event> {
    let journal = store.database().journal_to_read().await.unwrap();
    let mut events: Vec<Event> = Vec::new();
    loop {
        let page = journal.read("default", events.len() as u64, 10_000).await.unwrap();
        if page.is_empty() {
            return events;
        }
        events.extend(page);
    }
}

/// SKU and location.
type StockKey = (String, String);

/// On hand and reserved by SKU and location, computed from the payloads of the events alone.
#[derive(Default)]
struct Ledger {
    on_hand: BTreeMap<StockKey, i64>,
    reserved: BTreeMap<StockKey, i64>,
    /// The SKUs of each order's lines.
    skus: BTreeMap<String, Vec<String>>,
    references: BTreeSet<String>,
}

impl Ledger {
    fn of(events: &[Event]) -> Self {
        let mut ledger = Self::default();
        for event in events {
            let payload: Value = serde_json::from_slice(&event.payload).unwrap();
            ledger.enter(&event.kind, &event.stream_name, &payload);
        }
        ledger
    }

    fn enter(&mut self, kind: &str, stream: &str, payload: &Value) {
        let text = |name: &str| payload[name].as_str().unwrap().to_owned();
        match kind {
            "StockReceived" => {
                let quantity = payload["quantity"].as_i64().unwrap();
                *self.on_hand.entry((text("sku"), text("location"))).or_default() += quantity;
            }
            "StockCounted" => {
                let adjustment = payload["adjustment"].as_i64().unwrap();
                *self.on_hand.entry((text("sku"), text("location"))).or_default() += adjustment;
            }
            "StockShipped" => {
                let quantity = payload["quantity"].as_i64().unwrap();
                *self.on_hand.entry((text("sku"), text("location"))).or_default() -= quantity;
            }
            "OrderCreated" => {
                let lines = payload["lines"].as_array().unwrap();
                let skus = lines.iter().map(|line| line["sku"].as_str().unwrap().to_owned()).collect();
                self.skus.insert(stream.to_owned(), skus);
                assert!(self.references.insert(text("channelRef")), "{payload} was imported twice");
            }
            "InventoryReserved" | "InventoryReleased" => {
                let sign = if kind == "InventoryReserved" { 1 } else { -1 };
                for part in payload["fulfillmentOrders"].as_array().unwrap() {
                    let location = part["location"].as_str().unwrap();
                    self.hold(stream, location, &part["lines"], sign);
                }
            }
            "ShipmentCreated" => {
                for package in payload["packages"].as_array().unwrap() {
                    self.hold(stream, &text("location"), &package["lines"], -1);
                }
            }
            _ => {}
        }
    }

    fn hold(&mut self, stream: &str, location: &str, lines: &Value, sign: i64) {
        for line in lines.as_array().unwrap() {
            let index = usize::try_from(line["line"].as_u64().unwrap()).unwrap() - 1;
            let key = (self.skus[stream][index].clone(), location.to_owned());
            *self.reserved.entry(key).or_default() += sign * line["quantity"].as_i64().unwrap();
        }
    }
}

/// On hand and reserved according to the read model.
async fn read_model_quantities(
    store: &TestStore,
    skus: &BTreeSet<String>,
) -> (BTreeMap<StockKey, i64>, BTreeMap<StockKey, i64>) {
    let app = App::start(&store.database(), store.options()).await.unwrap();
    let head = app.journal.head("default").await.unwrap();
    app.queries.wait_for("default", head.position).await.unwrap();
    let skus: Vec<Sku> = skus.iter().map(|sku| Sku::new(sku).unwrap()).collect();
    let (mut on_hand, mut reserved) = (BTreeMap::new(), BTreeMap::new());
    for item in app.queries.availability("default", &skus, &AvailabilityFilter::default()).await.unwrap() {
        for there in item.locations {
            let key = (item.sku.to_string(), there.location.to_string());
            on_hand.insert(key.clone(), i64::try_from(there.on_hand.number()).unwrap());
            reserved.insert(key, i64::try_from(there.reserved.number()).unwrap());
        }
    }
    app.shutdown().await;
    reserved.retain(|_, quantity| *quantity != 0);
    (on_hand, reserved)
}

on_every_store!(
    every_order_is_imported_or_rejected_and_the_quantities_add_up,
    imported_backorders_are_filled_in_order_when_stock_arrives,
);

async fn every_order_is_imported_or_rejected_and_the_quantities_add_up(store: TestStore) {
    let data = Data::find();
    let first = rejected_rows(&data.import(&store, &[]));

    let imported = events(&store).await;
    let mut ledger = Ledger::of(&imported);
    for row in &first {
        assert!(row.iter().take(3).all(|field| !field.is_empty()), "{row:?} has line, code and reason");
    }
    let rejected: BTreeSet<&str> = first.iter().flatten().collect();
    for reference in data.order_references() {
        assert!(
            ledger.references.contains(&reference) != rejected.contains(reference.as_str()),
            "{reference} is imported as a whole or rejected as a whole"
        );
    }
    let skus: BTreeSet<String> = ledger.on_hand.keys().map(|(sku, _)| sku.clone()).collect();
    let (on_hand, reserved) = read_model_quantities(&store, &skus).await;
    ledger.reserved.retain(|_, quantity| *quantity != 0);
    assert_eq!(on_hand, ledger.on_hand);
    assert_eq!(reserved, ledger.reserved);
    assert!(reserved.iter().all(|(key, held)| *held <= on_hand[key]), "nothing is oversold");

    let second = rejected_rows(&data.import(&store, &[]));
    assert_eq!(events(&store).await.len(), imported.len(), "a second run writes nothing");
    // The reasons differ: they state the stock that is left.
    let without_reason = |rows: &[csv::StringRecord]| -> Vec<Vec<String>> {
        let fields = |row: &csv::StringRecord| {
            row.iter()
                .map(str::to_owned)
                .enumerate()
                .filter(|(index, _)| *index != 2)
                .map(|(_, field)| field)
                .collect()
        };
        rows.iter().map(fields).collect()
    };
    assert_eq!(without_reason(&second), without_reason(&first));
    assert_verified(&store);
}

/// The backorder queue of each SKU, and the ordered and reserved units of all SKUs, computed from the events alone.
#[derive(Default)]
struct Queues {
    /// TestStore, order and units, the first to be served first.
    waiting: BTreeMap<String, Vec<(Timestamp, String, u64)>>,
    served: usize,
    ordered: u64,
    held: u64,
}

impl Queues {
    fn enter(&mut self, event: &Event) {
        let payload: Value = serde_json::from_slice(&event.payload).unwrap();
        let text = |name: &str| payload[name].as_str().unwrap().to_owned();
        match &*event.kind {
            "OrderCreated" => self.ordered += units(&payload["lines"]),
            "StockReserved" => self.held += units(&payload["allocations"]),
            "StockBackordered" => {
                let queue = self.waiting.entry(text("sku")).or_default();
                let queued_at: Timestamp = text("place").parse().unwrap();
                let index = queue.partition_point(|(earlier, ..)| *earlier <= queued_at);
                queue.insert(index, (queued_at, text("orderId"), payload["quantity"].as_u64().unwrap()));
            }
            "StockBackorderFilled" => {
                let given = units(&payload["allocations"]);
                let queue = self.waiting.get_mut(&text("sku")).unwrap();
                let (_, first, left) = &mut queue[0];
                assert_eq!(*first, text("orderId"), "another order was first: {payload}");
                *left -= given;
                if *left == 0 {
                    queue.remove(0);
                }
                (self.served, self.held) = (self.served + 1, self.held + given);
            }
            _ => {}
        }
    }
}

fn units(parts: &Value) -> u64 {
    parts.as_array().unwrap().iter().map(|part| part["quantity"].as_u64().unwrap()).sum()
}

async fn imported_backorders_are_filled_in_order_when_stock_arrives(store: TestStore) {
    let data = Data::find();
    data.import(&store, &["--on-shortage", "backorder"]);
    let mut queues = Queues::default();
    events(&store).await.iter().for_each(|event| queues.enter(event));
    let missing: Vec<(String, u64)> = queues
        .waiting
        .iter()
        .map(|(sku, queue)| (sku.clone(), queue.iter().map(|(.., units)| units).sum()))
        .collect();
    assert!(missing.len() > 5, "the data set has shortages");
    let location = csv_reader(&data.locations).records().next().unwrap().unwrap()[0].to_owned();

    let server = TestServer::start(&store).await;
    for (number, some) in missing.chunks(100).enumerate() {
        let receipt = |(index, (sku, quantity)): (usize, &(String, u64))| {
            json!({ "key": format!("missing-{number}-{index}"), "command": "ReceiveStock", "sku": sku,
                    "location": location, "quantity": quantity })
        };
        let receipts: Vec<Value> = some.iter().enumerate().map(receipt).collect();
        let answers =
            server.post("/v1/commands", &format!("all-{number}"), &json!(receipts)).await.accepted();
        assert!(answers.as_array().unwrap().iter().all(|answer| answer["status"] == 200), "{answers}");
    }
    // Positions have no gap: the number of events is the last position.
    let position = events(&store).await.len();
    let waiting = format!("/v1/orders?status=backordered&limit=1&minPosition={position}");
    let served = async {
        while server.get(&waiting).await.accepted()["items"] != json!([]) {
            tokio::task::yield_now().await;
        }
    };
    let served = tokio::time::timeout(std::time::Duration::from_secs(120), served).await;
    assert!(served.is_ok(), "an order is still backordered");
    drop(server);

    let mut queues = Queues::default();
    events(&store).await.iter().for_each(|event| queues.enter(event));
    assert!(queues.waiting.values().all(Vec::is_empty), "{:?}", queues.waiting);
    assert!(queues.served >= missing.len());
    assert_eq!(queues.held, queues.ordered, "every ordered unit is reserved");
    assert_verified(&store);
}

//! Whole imports of small files.

mod formats;
mod order_plan;
mod orders;
mod stock;

use std::time::SystemTime;

use clap::Parser as _;
use holdfast_commands::client::{CommandClient, Outcome};
use holdfast_domain::stock::ReceiveStock;
use holdfast_domain::values::Sku;
use holdfast_projections::AvailabilityFilter;

use super::importer::import;
use super::rejects::RejectedRow;
use super::report::{self, Counts, FileReport, Report};
use super::*;

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

const LOCATIONS: &str = "location,latitude,longitude\nL1,40,-80\nL2,33,-84\nL1,1,1\nL3,north,1\nL4,91,0\n";
const STOCK: &str =
    "sku,location,on_hand\nA,L1,5\nB,L2,3\nB,L9,3\nC,L1,0\nA,L1,7\n\"D\",L1\n,L1,2\nE,L1,1.5\n";
const ORDERS: &[u8] = b"order_ref,placed_at,channel,customer_ref,sku,quantity,line_total_usd\n\
    1,2017-01-01T11:53:26Z,web,c1,A,2,1.50\n\
    2,2017-01-01T11:54:00Z,web,c2,B,9,1.00\n\
    1,2017-01-01T11:53:26Z,web,c1,B,1,0.50\n\
    3,2017-01-01T11:55:00Z,web,c3,A,0,0.00\n\
    4,2017-01-01T11:56:00Z,web,c4,A,1,2.00\n\
    4,2017-01-01T11:56:00Z,web,c4,Z,1,2.00\n\
    5,yesterday,web,c5,A,1,2.00\n\
    6,2017-01-01T11:57:00Z,web,c6,A,1,free\n\
    7,2017-01-01T11:57:00Z,web,c\xff,A,1,1\n";

/// A store and input files in a directory of their own.
struct Fixture {
    directory: tempfile::TempDir,
}

impl Fixture {
    /// With the files `locations.csv`, `stock.csv` and `orders.csv`.
    fn new() -> Self {
        let fixture = Self { directory: tempfile::tempdir().unwrap() };
        fixture.write("locations.csv", LOCATIONS);
        fixture.write("stock.csv", STOCK);
        fixture.write("orders.csv", ORDERS);
        fixture
    }

    /// With the locations and the stock imported.
    async fn with_stock() -> Self {
        let fixture = Self::new();
        fixture.import(&["--locations", "locations.csv", "--stock", "stock.csv"]).await;
        fixture
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file, changed now. The file system's own time may be a few milliseconds in the past.
    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
        self.set_modified(name, SystemTime::now());
    }

    fn set_modified(&self, name: &str, at: SystemTime) {
        let file = std::fs::File::options().append(true).open(self.path(name)).unwrap();
        file.set_modified(at).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// Arguments with the store and a rejects file; words that name a file of the fixture become its path.
    fn arguments(&self, words: &[&str]) -> Arguments {
        let database = format!("sqlite:{}", self.path("store").display());
        let rejects = self.path("rejects.csv").display().to_string();
        let path = |word: &&str| match self.path(word) {
            path if path.is_file() => path.display().to_string(),
            _ => (*word).to_owned(),
        };
        let fixed = ["import", "--database", &database, "--rejects", &rejects].map(str::to_owned);
        Line::parse_from(fixed.into_iter().chain(words.iter().map(path))).arguments
    }

    async fn import(&self, words: &[&str]) -> (Report, Vec<RejectedRow>) {
        let arguments = self.arguments(words);
        let files = Files::read(&arguments.paths, &arguments.format).unwrap();
        let app = arguments.store.open().await.unwrap();
        let rejects_file = arguments.rejects.clone().unwrap();
        let imported = import(&app, &arguments, &files, &rejects_file).await.unwrap();
        assert!(app.shutdown().await);
        imported
    }

    async fn import_all(&self) -> (Report, Vec<RejectedRow>) {
        self.import(&["--locations", "locations.csv", "--stock", "stock.csv", "--orders", "orders.csv"]).await
    }

    /// The exit status of an import.
    async fn status(&self, words: &[&str]) -> u8 {
        let mut printer = Printer::to(Box::new(std::io::sink()));
        run(self.arguments(words), &mut printer).await.unwrap()
    }

    /// Receives units at location L1.
    async fn receive(&self, sku: &str, quantity: u32) {
        let arguments = self.arguments(&["--stock", "stock.csv"]);
        let app = arguments.store.open().await.unwrap();
        let fields = serde_json::json!({ "sku": sku, "location": "L1", "quantity": quantity });
        let receipt: ReceiveStock = serde_json::from_value(fields).unwrap();
        let client = CommandClient::new(&app.commands, &arguments.merchant, "test");
        let outcome = client.send(&format!("receive {quantity} {sku}"), receipt).await.unwrap();
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
        assert!(app.shutdown().await);
    }

    /// The units of a SKU on hand at its first location.
    async fn on_hand(&self, sku: &str) -> u64 {
        let arguments = self.arguments(&["--stock", "stock.csv"]);
        let app = arguments.store.open().await.unwrap();
        app.wait_for_projections(&arguments.merchant).await.unwrap();
        let filter = AvailabilityFilter::default();
        let views = app.queries.availability("default", &[Sku::new(sku).unwrap()], &filter).await.unwrap();
        assert!(app.shutdown().await);
        views[0].locations[0].on_hand.number()
    }
}

fn counts(read: u64, imported: u64, already_there: u64, rejected: u64) -> Counts {
    Counts { read, imported, already_there, rejected }
}

/// File, line and code of each rejected row.
fn listed(rejects: &[RejectedRow]) -> Vec<(&str, u64, &str)> {
    rejects.iter().map(|reject| (reject.file.as_str(), reject.line, reject.error.code.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_import_writes_nothing_and_rejects_the_same_rows() {
    let fixture = Fixture::new();
    let (first, rejects) = fixture.import_all().await;
    let [locations, stock, orders] = [0, 1, 2].map(|index: usize| &first.files[index]);
    assert_eq!(locations.rows, counts(5, 2, 0, 3));
    assert_eq!(stock.rows, counts(8, 3, 0, 5));
    assert_eq!(orders.rows, counts(9, 2, 0, 7));
    assert_eq!(orders.things, counts(7, 1, 0, 6));
    assert!(first.events_written > 0);
    let rejected_orders = fixture.read("rejects-orders.csv");

    let (second, again) = fixture.import_all().await;
    assert_eq!((second.events_written, second.position), (0, first.position));
    assert_eq!(second.files[0].rows, counts(5, 0, 2, 3));
    assert_eq!(second.files[1].rows, counts(8, 0, 3, 5));
    assert_eq!(second.files[2].rows, counts(9, 0, 2, 7));
    assert_eq!(second.files[2].things, counts(7, 0, 1, 6));
    assert_eq!(listed(&again), listed(&rejects));
    assert_eq!(fixture.read("rejects-orders.csv"), rejected_orders);
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_rows_have_their_line_code_and_fields() {
    let fixture = Fixture::new();
    let (report, rejects) = fixture.import_all().await;
    let expected = [
        ("locations.csv", 4, "duplicate_row"),
        ("locations.csv", 5, "malformed_latitude"),
        ("locations.csv", 6, "location_place_out_of_range"),
        ("stock.csv", 4, "unknown_location"),
        ("stock.csv", 6, "duplicate_row"),
        ("stock.csv", 7, "wrong_number_of_fields"),
        ("stock.csv", 8, "malformed_sku"),
        ("stock.csv", 9, "malformed_on_hand"),
        ("orders.csv", 3, "insufficient_stock"),
        ("orders.csv", 5, "malformed_quantity"),
        ("orders.csv", 6, "rejected_with_order"),
        ("orders.csv", 7, "unknown_sku"),
        ("orders.csv", 8, "malformed_placed_at"),
        ("orders.csv", 9, "malformed_line_total_usd"),
        ("orders.csv", 10, "invalid_utf8"),
    ];
    assert_eq!(listed(&rejects), expected);
    assert_eq!(report.rejected_by_code.get("duplicate_row"), Some(&2));

    let written = fixture.read("rejects-orders.csv");
    assert!(
        written.ends_with(b",7,2017-01-01T11:57:00Z,web,c\xff,A,1,1\n"),
        "the row is unchanged, byte for byte"
    );
    let mut reader = csv::Reader::from_reader(&written[..]);
    let headings = "reject_line,reject_code,reject_reason,order_ref,placed_at,channel,customer_ref,sku,quantity,line_total_usd";
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>().join(","), headings);
    let lines: Vec<String> =
        reader.byte_records().map(|row| String::from_utf8(row.unwrap()[0].to_vec()).unwrap()).collect();
    assert_eq!(lines, ["3", "5", "6", "7", "8", "9", "10"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_location_is_registered_again() {
    let fixture = Fixture::with_stock().await;
    let locations = ["--locations", "locations.csv"];
    fixture.write("locations.csv", "location,latitude,longitude\nL1,40.5,-80\nL2,33,-84\n");
    assert_eq!(fixture.import(&locations).await.0.files[0].rows, counts(2, 1, 1, 0));
    fixture.write("locations.csv", "location,latitude,longitude\nL1,40,-80\nL2,33,-84\n");
    assert_eq!(fixture.import(&locations).await.0.files[0].rows, counts(2, 1, 1, 0));
    assert_eq!(fixture.import(&locations).await.0.files[0].rows, counts(2, 0, 2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_status_states_whether_a_row_was_rejected() {
    let fixture = Fixture::new();
    assert_eq!(fixture.status(&["--locations", "locations.csv"]).await, 3);
    assert!(fixture.path("rejects.csv").exists());
    fixture.write("locations.csv", "location,latitude,longitude\nL1,40,-80\n");
    assert_eq!(fixture.status(&["--locations", "locations.csv"]).await, 0);
    assert!(!fixture.path("rejects.csv").exists(), "nothing was rejected");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_finds_invalid_rows_and_writes_nothing() {
    let fixture = Fixture::new();
    let all = ["--locations", "locations.csv", "--stock", "stock.csv", "--orders", "orders.csv"];
    let (dry, rejects) = fixture.import(&[&all[..], &["--dry-run"]].concat()).await;
    assert!(dry.dry_run);
    assert_eq!(dry.events_written, 0);
    assert_eq!(dry.files[1].rows, counts(8, 3, 0, 5));
    assert_eq!(dry.files[2].rows, counts(9, 3, 0, 6));
    assert!(listed(&rejects).contains(&("orders.csv", 7, "unknown_sku")));
    assert_eq!(fixture.import(&all).await.0.files[1].rows, counts(8, 3, 0, 5), "nothing was there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejects_file_never_replaces_an_input() {
    let fixture = Fixture::with_stock().await;
    fixture.write("rejects.csv", ORDERS);
    let arguments = fixture.arguments(&["--orders", "rejects.csv"]);
    let mut printer = Printer::to(Box::new(std::io::sink()));
    let refused = run(arguments, &mut printer).await;
    assert!(matches!(refused, Err(CliError::Import(ImportError::RejectsReplaceInput(_)))));
    assert_eq!(fixture.read("rejects.csv"), ORDERS);
}

#[test]
fn an_unreadable_file_stops_the_import_before_anything_is_written() {
    let fixture = Fixture::new();
    fixture.write("stock.csv", [0x1f, 0x8b, 8, 0, 0]);
    let arguments = fixture.arguments(&["--locations", "locations.csv", "--stock", "stock.csv"]);
    let read = Files::read(&arguments.paths, &arguments.format);
    assert!(matches!(read, Err(ImportError::Unreadable { .. })));
    assert!(!fixture.path("store").exists());
}

#[test]
fn inconsistent_counts_fail_the_import() {
    let lost = counts(3, 1, 0, 1);
    let report = FileReport {
        content: "stock",
        file: "s.csv".to_owned(),
        rows: lost,
        things: lost,
        ignored_columns: Vec::new(),
        rejects_file: None,
    };
    assert!(matches!(report::check(&[report], 1), Err(ImportError::WrongCounts(_))));
}

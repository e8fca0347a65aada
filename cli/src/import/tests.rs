//! Whole imports of small files.

use std::path::Path;

use clap::Parser as _;
use holdfast_commands::client::CommandClient;
use holdfast_domain::values::Sku;
use holdfast_projections::AvailabilityFilter;

use super::importer::import;
use super::rejects::Rejects;
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

fn arguments(directory: &Path) -> Arguments {
    std::fs::write(directory.join("locations.csv"), LOCATIONS).unwrap();
    std::fs::write(directory.join("stock.csv"), STOCK).unwrap();
    std::fs::write(directory.join("orders.csv"), ORDERS).unwrap();
    let file = |name: &str| directory.join(name).to_str().unwrap().to_owned();
    let database = format!("sqlite:{}", file("store"));
    Line::parse_from([
        "import",
        "--database",
        &database,
        "--locations",
        &file("locations.csv"),
        "--stock",
        &file("stock.csv"),
        "--orders",
        &file("orders.csv"),
        "--rejects",
        &file("rejects.csv"),
    ])
    .arguments
}

async fn run_once(arguments: &Arguments) -> (Report, Rejects) {
    let files = Files::read(&arguments.paths).unwrap();
    let app = arguments.store.open().await.unwrap();
    let rejects_file = arguments.rejects.clone().unwrap();
    let imported = import(&app, arguments, &files, rejects_file).await.unwrap();
    assert!(app.shutdown().await);
    imported
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_import_writes_nothing_and_rejects_the_same_rows() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = arguments(directory.path());
    let rejects_file = directory.path().join("rejects.csv");

    let (first, rejects) = run_once(&arguments).await;
    let listed = std::fs::read(&rejects_file).unwrap();
    let counts = |read, imported, already_there, rejected| Counts { read, imported, already_there, rejected };
    let [locations, stock, orders] = [0, 1, 2].map(|index: usize| &first.files[index]);
    assert_eq!(locations.rows, counts(5, 2, 0, 3));
    assert_eq!(stock.rows, counts(8, 3, 0, 5));
    assert_eq!(orders.rows, counts(9, 3, 0, 6));
    assert_eq!(orders.things, counts(7, 2, 0, 5));
    assert!(first.events_written > 0);
    assert_eq!(rejects.len(), 14);
    let lines = String::from_utf8_lossy(&listed).lines().count();
    assert_eq!(lines, 15);

    let (second, _) = run_once(&arguments).await;
    assert_eq!((second.events_written, second.position), (0, first.position));
    assert_eq!(second.files[2].rows, counts(9, 0, 3, 6));
    assert_eq!(second.files[2].things, counts(7, 0, 2, 5));
    assert_eq!(second.rejected_by_code, first.rejected_by_code);
    assert_eq!(std::fs::read(&rejects_file).unwrap(), listed);
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_rows_have_their_line_code_and_fields() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = arguments(directory.path());
    run_once(&arguments).await;
    let path = directory.path().join("rejects.csv");
    // This reader fails if a line has another number of fields than the header.
    let mut reader = csv::Reader::from_path(path).unwrap();
    assert_eq!(reader.headers().unwrap(), vec!["file", "line", "reason", "code", "row"]);
    let rows: Vec<csv::ByteRecord> = reader.byte_records().map(Result::unwrap).collect();
    let listed: Vec<(String, String, String)> = rows
        .iter()
        .map(|row| [0, 1, 3].map(|index| String::from_utf8(row[index].to_vec()).unwrap()).into())
        .collect();
    let expected = [
        ("locations.csv", "4", "duplicate_row"),
        ("locations.csv", "5", "malformed_latitude"),
        ("locations.csv", "6", "location_place_out_of_range"),
        ("stock.csv", "4", "unknown_location"),
        ("stock.csv", "6", "duplicate_row"),
        ("stock.csv", "7", "wrong_number_of_fields"),
        ("stock.csv", "8", "malformed_sku"),
        ("stock.csv", "9", "malformed_on_hand"),
        ("orders.csv", "3", "insufficient_stock"),
        ("orders.csv", "5", "malformed_quantity"),
        ("orders.csv", "7", "unknown_sku"),
        ("orders.csv", "8", "malformed_placed_at"),
        ("orders.csv", "9", "malformed_line_total_usd"),
        ("orders.csv", "10", "invalid_utf8"),
    ]
    .map(|(file, line, code)| (file.to_owned(), line.to_owned(), code.to_owned()));
    assert_eq!(listed, expected);
    assert_eq!(
        &rows[13][4], b"7,2017-01-01T11:57:00Z,web,c\xff,A,1,1",
        "the row is unchanged, byte for byte"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_with_zero_on_hand_registers_the_sku_and_removes_no_units() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = arguments(directory.path());
    run_once(&arguments).await;
    let app = arguments.store.open().await.unwrap();
    let fields = serde_json::json!({ "sku": "E", "location": "L1", "quantity": 4 });
    let receipt: holdfast_domain::stock::ReceiveStock = serde_json::from_value(fields).unwrap();
    CommandClient::new(&app.commands, &arguments.merchant, "test").send("arrived", receipt).await.unwrap();
    assert!(app.shutdown().await);
    drop(app);

    let stock = "sku,location,on_hand\nA,L1,5\nE,L1,0\nC,L1,0\n";
    std::fs::write(directory.path().join("stock.csv"), stock).unwrap();
    let (again, _) = run_once(&arguments).await;
    assert_eq!(again.files[1].rows, Counts { read: 3, imported: 1, already_there: 2, rejected: 0 });

    let app = arguments.store.open().await.unwrap();
    app.wait_for_projections(&arguments.merchant).await.unwrap();
    for (sku, on_hand) in [("C", 0), ("E", 4)] {
        let views = app
            .queries
            .availability("default", &[Sku::new(sku).unwrap()], &AvailabilityFilter::default())
            .await
            .unwrap();
        assert_eq!(views[0].locations[0].on_hand.number(), on_hand, "{sku}");
    }
    assert!(app.shutdown().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_with_changed_content_is_rejected_and_stays_unchanged() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = arguments(directory.path());
    let (first, _) = run_once(&arguments).await;
    let changed = String::from_utf8_lossy(ORDERS).replace("c4,A,1,", "c4,A,2,");
    std::fs::write(directory.path().join("orders.csv"), changed).unwrap();
    let (second, _) = run_once(&arguments).await;
    assert_eq!(second.position, first.position);
    assert_eq!(second.rejected_by_code.get("idempotency_key_reused"), Some(&1));
}

#[test]
fn an_unreadable_file_stops_the_import_before_anything_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = arguments(directory.path());
    std::fs::write(directory.path().join("stock.csv"), [0x1f, 0x8b, 8, 0, 0]).unwrap();
    assert!(matches!(Files::read(&arguments.paths), Err(ImportError::Unreadable { .. })));
    assert!(!directory.path().join("store").exists());
}

#[test]
fn inconsistent_counts_fail_the_import() {
    let lost = Counts { read: 3, imported: 1, already_there: 0, rejected: 1 };
    let report = FileReport { content: "stock", file: "s.csv".to_owned(), rows: lost, things: lost };
    assert!(matches!(report::check(&[report], &Rejects::default()), Err(ImportError::WrongCounts(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_in_any_alphabet_are_imported() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = arguments(directory.path());
    std::fs::write(directory.path().join("stock.csv"), "sku,location,on_hand\nTasse-grün,L1,5\n").unwrap();
    let orders = "order_ref,placed_at,channel,customer_ref,sku,quantity,line_total_usd\n\
        Ж/1,2017-01-01T11:53:26Z,web,c1,Tasse-grün,2,1.50\n";
    std::fs::write(directory.path().join("orders.csv"), orders).unwrap();
    let (report, _) = run_once(&arguments).await;
    let imported: Vec<_> = report.files.iter().skip(1).map(|file| file.rows.imported).collect();
    assert_eq!(imported, [1, 1], "{report:?}");
}

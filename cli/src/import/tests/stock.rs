//! Imports of stock: counts at the time of the file.

use std::time::Duration;

use super::*;

const STOCK_FILE: [&str; 2] = ["--stock", "stock.csv"];

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_file_sets_its_quantities_and_the_same_file_changes_nothing() {
    let fixture = Fixture::with_stock().await;
    assert_eq!(fixture.on_hand("A").await, 5);
    fixture.receive("A", 4).await;
    let (same, _) = fixture.import(&STOCK_FILE).await;
    assert_eq!((same.events_written, same.files[0].rows), (0, counts(8, 0, 3, 5)));
    assert_eq!(fixture.on_hand("A").await, 9, "units that were received after the count are added");

    for quantity in [7, 5, 0] {
        fixture.write("stock.csv", format!("sku,location,on_hand\nA,L1,{quantity}\n"));
        assert_eq!(fixture.import(&STOCK_FILE).await.0.files[0].rows, counts(1, 1, 0, 0));
        assert_eq!(fixture.on_hand("A").await, quantity);
        assert_eq!(fixture.import(&STOCK_FILE).await.0.events_written, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_older_than_the_last_one_changes_no_stock() {
    let fixture = Fixture::with_stock().await;
    fixture.write("stock.csv", "sku,location,on_hand\nA,L1,50\n");
    fixture.set_modified("stock.csv", SystemTime::now() - Duration::from_secs(3_600));
    fixture.import(&STOCK_FILE).await;
    assert_eq!(fixture.on_hand("A").await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_of_the_count_can_be_stated() {
    let fixture = Fixture::with_stock().await;
    fixture.receive("C", 4).await;
    fixture.write("stock.csv", "sku,on_hand\nC,2\n");
    let before_the_receipt = ["--location", "L1", "--counted-at", "2017-01-01T00:00:00Z"];
    fixture.import(&[&STOCK_FILE[..], &before_the_receipt].concat()).await;
    assert_eq!(fixture.on_hand("C").await, 4, "older than the count of the first file");

    let arguments = fixture.arguments(
        &[&STOCK_FILE[..], &["--location", "L1", "--counted-at", "2999-01-01T00:00:00Z"]].concat(),
    );
    let mut printer = Printer::to(Box::new(std::io::sink()));
    let refused = run(arguments, &mut printer).await;
    assert!(matches!(refused, Err(CliError::Import(ImportError::CountedInFuture { .. }))));
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_without_location_needs_the_option() {
    let fixture = Fixture::with_stock().await;
    fixture.write("stock.csv", "SKU,Stock\nA,\"1,200\"\n");
    let mut printer = Printer::to(Box::new(std::io::sink()));
    let refused = run(fixture.arguments(&STOCK_FILE), &mut printer).await;
    let is_named = |e: &ImportError| matches!(e, ImportError::MissingDefault { column: "location", .. });
    assert!(matches!(refused, Err(CliError::Import(e)) if is_named(&e)));
    let (report, _) = fixture.import(&[&STOCK_FILE[..], &["--location", "L1"]].concat()).await;
    assert_eq!(report.files[0].rows, counts(1, 1, 0, 0));
    assert_eq!(fixture.on_hand("A").await, 1_200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_that_does_not_keep_a_sku_is_not_counted() {
    let fixture = Fixture::with_stock().await;
    fixture.write("stock.csv", "SKU,Location,Available,On hand\nA,L1,not stocked,not stocked\nB,L2,3,8\n");
    let (report, rejects) = fixture.import(&STOCK_FILE).await;
    assert_eq!(listed(&rejects), []);
    assert_eq!(report.files[0].rows, counts(2, 1, 1, 0));
    assert_eq!((fixture.on_hand("A").await, fixture.on_hand("B").await), (5, 8));
}

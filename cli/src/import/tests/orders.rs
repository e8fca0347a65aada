//! Imports of orders: whole or not at all, and corrected ones again.

use super::*;

const REJECTS: [&str; 2] = ["--orders", "corrected.csv"];

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_order_is_imported_after_its_rows_are_corrected() {
    let fixture = Fixture::with_stock().await;
    let (first, _) = fixture.import(&["--orders", "orders.csv"]).await;
    assert_eq!(first.files[0].things, counts(7, 1, 0, 6));
    let rejected = String::from_utf8_lossy(&fixture.read("rejects.csv")).into_owned();
    let order_4 = |line: &&str| line.starts_with("reject_line") || line.contains(",c4,");
    let corrected: Vec<&str> = rejected.lines().filter(order_4).collect();
    fixture.write("corrected.csv", corrected.join("\n").replace(",Z,", ",B,"));

    let (second, rejects) = fixture.import(&REJECTS).await;
    assert_eq!(listed(&rejects), []);
    assert_eq!((second.files[0].rows, second.files[0].things), (counts(2, 2, 0, 0), counts(1, 1, 0, 0)));
    assert_eq!(second.files[0].ignored_columns, [] as [&str; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_short_of_stock_is_imported_once_stock_is_there() {
    let fixture = Fixture::with_stock().await;
    fixture.write("corrected.csv", "order_ref,channel,sku,quantity\n9,web,A,9\n");
    let (short, rejects) = fixture.import(&REJECTS).await;
    assert_eq!(
        (short.events_written, listed(&rejects)),
        (0, vec![("corrected.csv", 2, "insufficient_stock")])
    );
    fixture.receive("A", 4).await;
    assert_eq!(fixture.import(&REJECTS).await.0.files[0].things, counts(1, 1, 0, 0));
    assert_eq!(fixture.import(&REJECTS).await.0.files[0].things, counts(1, 0, 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rejects_of_rejects_have_the_reason_once() {
    let fixture = Fixture::with_stock().await;
    fixture.write("corrected.csv", "order_ref;channel;sku;quantity\n9;web;Z;9\n");
    fixture.import(&REJECTS).await;
    let first = fixture.read("rejects.csv");
    assert!(first.starts_with(
        b"reject_line;reject_code;reject_reason;order_ref;channel;sku;quantity\n2;unknown_sku;"
    ));
    fixture.write("corrected.csv", &first);
    fixture.import(&REJECTS).await;
    assert_eq!(fixture.read("rejects.csv"), first);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_with_changed_content_is_rejected_and_stays_unchanged() {
    let fixture = Fixture::new();
    let (first, _) = fixture.import_all().await;
    fixture.write("orders.csv", String::from_utf8_lossy(ORDERS).replace("c1,A,2,", "c1,A,1,"));
    let (second, _) = fixture.import_all().await;
    assert_eq!(second.position, first.position);
    assert_eq!(second.rejected_by_code.get("order_exists"), Some(&2), "both rows of the order");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_in_any_alphabet_are_imported() {
    let fixture = Fixture::new();
    fixture.write("stock.csv", "sku,location,on_hand\nTasse-grün,L1,5\n");
    let orders = "order_ref,placed_at,channel,customer_ref,sku,quantity,line_total_usd\n\
        Ж/1,2017-01-01T11:53:26Z,web,c1,Tasse-grün,2,1.50\n";
    fixture.write("orders.csv", orders);
    let (report, _) = fixture.import_all().await;
    let imported: Vec<_> = report.files.iter().skip(1).map(|file| file.rows.imported).collect();
    assert_eq!(imported, [1, 1], "{report:?}");
}

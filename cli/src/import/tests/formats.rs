//! Imports of files as shops and spreadsheets write them.

use super::*;

const SHOPIFY: &str = "Name,Email,Currency,Created at,Lineitem quantity,Lineitem price,Lineitem sku,Shipping Name,\
    Shipping Address1,Shipping Country,Notes\r\n\
    #1,jo@shop.example,EUR,2025-10-07 09:50:26 +0200,1,\"1,050.00\",A,Jo Doe,Main St 1,DE,\"two\r\nlines\"\r\n\
    #1,jo@shop.example,,,2,20.00,B,,,,\r\n\
    #2,al@shop.example,EUR,2025-10-07 09:51:00 +0200,1,20.00,B,Al Roe,Main St 2,DE,\r\n\
    ,,,,,,,,,,\r\n";

const GERMAN: &str = "Order Ref;Channel;Placed At;SKU;Quantity;Unit Price;Currency;Verkäufer\r\n\
    1;laden;07.10.2025 09:50;A;1;1.050,00;EUR;Müller\r\n\
    1;;;B;2;20,00;;\r\n\
    2;laden;08.10.2025;B;1;20,00;EUR;Müller\r\n";

async fn import(content: &[u8], options: &[&str]) -> Report {
    let fixture = Fixture::with_stock().await;
    fixture.write("orders.csv", content);
    let (report, rejects) = fixture.import(&[&["--orders", "orders.csv"], options].concat()).await;
    assert_eq!(listed(&rejects), []);
    assert_eq!(report.files[0].rows, counts(3, 3, 0, 0));
    assert_eq!(report.files[0].things, counts(2, 2, 0, 0));
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_shopify_is_imported_as_it_is() {
    let report = import(SHOPIFY.as_bytes(), &[]).await;
    assert_eq!(report.files[0].ignored_columns, ["Notes"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tabs_and_a_byte_order_mark_are_read() {
    let tabs = SHOPIFY.replace("\"1,050.00\"", "1 050.00").replace(',', "\t");
    import(format!("\u{feff}{tabs}").as_bytes(), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_german_spreadsheet_is_imported_in_each_encoding() {
    let zone = ["--time-zone", "Europe/Berlin"];
    let utf16 = format!("\u{feff}{GERMAN}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let (windows, ..) = encoding_rs::WINDOWS_1252.encode(GERMAN);
    for (content, encoding) in
        [(GERMAN.as_bytes(), &[][..]), (&utf16, &[]), (&windows, &["--encoding", "windows-1252"])]
    {
        let report = import(content, &[&zone[..], encoding].concat()).await;
        assert_eq!(report.files[0].ignored_columns, ["Verkäufer"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rejects_of_a_converted_file_are_imported_with_the_same_options() {
    let fixture = Fixture::with_stock().await;
    let (orders, ..) =
        encoding_rs::WINDOWS_1252.encode("order_ref;channel;sku;quantity\nÄ1;web;A;x\nÄ1;;B;1\n");
    fixture.write("orders.csv", orders);
    let encoding = ["--encoding", "windows-1252"];
    let (_, rejects) = fixture.import(&[&["--orders", "orders.csv"], &encoding[..]].concat()).await;
    let codes = [("orders.csv", 2, "malformed_quantity"), ("orders.csv", 3, "rejected_with_order")];
    assert_eq!(listed(&rejects), codes);

    let rejected = String::from_utf8(fixture.read("rejects.csv")).unwrap();
    assert!(rejected.starts_with('\u{feff}'), "{rejected}");
    fixture.write("corrected.csv", rejected.replace(";x\n", ";1\n"));
    let (report, _) = fixture.import(&[&["--orders", "corrected.csv"], &encoding[..]].concat()).await;
    assert_eq!(report.files[0].things, counts(1, 1, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn times_without_zone_are_rejected_without_a_time_zone() {
    let fixture = Fixture::with_stock().await;
    fixture.write("orders.csv", "order_ref,channel,placed_at,sku,quantity\n1,web,2025-10-07 09:50:26,A,1\n");
    let (_, rejects) = fixture.import(&["--orders", "orders.csv"]).await;
    assert_eq!(listed(&rejects), [("orders.csv", 2, "malformed_placed_at")]);
    assert!(rejects[0].error.reason.contains("--time-zone"), "{:?}", rejects[0].error);
}

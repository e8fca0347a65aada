//! Unusual names and personal data.

use holdfast_domain::network::RegisterLocation;
use holdfast_domain::order::CreateOrder;
use holdfast_domain::stock::ReceiveStock;
use holdfast_domain::values::Amount;
use serde_json::json;

use super::reading::rows;
use super::{SECRET, Shop, command, files, send};
use crate::ExportError;
use crate::column::Table;
use crate::tables;

/// Valid SKUs that have a meaning in a path, in SQL, in a spreadsheet, in CSV, in JSON or in a text format.
const SKUS: [&str; 6] =
    ["../../../etc/passwd", "\"; DROP TABLE x; --", "=HYPERLINK(\"x\")", "a,b;c\\n%3A", "null", "\\N"];

#[tokio::test(flavor = "multi_thread")]
async fn unusual_names_are_exported_unchanged_inside_the_directory() {
    for format in ["parquet", "ndjson"] {
        let shop = Shop::empty().await;
        for merchant in ["default", "..", "a:b", "A.b-c_d"] {
            shop.day_of(merchant, 0, async |client| {
                let location = json!({ "location": "..", "latitude": 1.0, "longitude": 2.0 });
                send(client, "location", command::<RegisterLocation>(location)).await;
                for sku in SKUS {
                    let receipt = json!({ "sku": sku, "location": "..", "quantity": 5 });
                    send(client, sku, command::<ReceiveStock>(receipt)).await;
                }
                let lines: Vec<_> = SKUS.iter().map(|sku| json!({ "sku": sku, "quantity": 1 })).collect();
                let order = json!({ "channel": "..", "payment": "not_required", "lines": lines,
                                    "attributes": { "a\"b": "{\u{1f4e6}'" } });
                send(client, "order", command::<CreateOrder>(order)).await;
            })
            .await;
        }
        shop.update_read_models().await;
        shop.export(&["--format", format]).await;
        let outside = shop.directory.path();
        assert!(files(outside).iter().all(|file| {
            file.starts_with(shop.store()) || (file.starts_with(shop.lake()) && file.is_file())
        }));
        for merchant in ["default", "..", "a%3Ab", "A.b-c_d"] {
            let lines = rows(&shop.lake(), "order_lines");
            let skus = lines
                .iter()
                .filter(|row| row["merchant"] == merchant)
                .map(|row| row["sku"].as_str().unwrap());
            assert_eq!(skus.collect::<Vec<_>>(), SKUS, "{merchant}");
        }
        let stock = rows(&shop.lake(), "availability");
        assert_eq!(stock.len(), SKUS.len() * 4);
        let orders = rows(&shop.lake(), "orders");
        assert_eq!(orders[0]["attributes"], json!({ "a\"b": "{\u{1f4e6}'" }));
        assert_eq!((&orders[0]["channel"], &orders[0]["city"]), (&json!(".."), &json!(null)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn personal_data_is_not_exported() {
    let shop = Shop::open(1).await;
    shop.export(&["--format", "ndjson"]).await;
    let text: String =
        files(&shop.lake()).iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    assert!(text.contains("Vienna"), "the search works");
    for secret in [SECRET, "Spectrum Street"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let sealed = rows(&shop.lake(), "events").iter().filter(|row| row["has_personal_data"] == true).count();
    assert_eq!(sealed, 3, "each order has an address");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_merchant_name_in_the_store_is_rejected() {
    let shop = Shop::open(1).await;
    shop.sql("journal.db", "UPDATE journal_head SET merchant = '../../outside'");
    let error = shop.export_error(&["--only", "events"]).await;
    assert!(matches!(&error, ExportError::InvalidMerchant(name) if name == "../../outside"));
}

#[test]
fn column_names_are_unique_and_differ_from_those_of_the_path() {
    fn check<T>(table: &Table<T>) {
        let mut names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
        let is_plain = |name: &&str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        assert!(names.iter().all(is_plain), "{names:?}");
        assert!(!names.contains(&"merchant") && !names.contains(&"date"), "{}", table.name);
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{}", table.name);
    }
    check(&tables::EVENTS);
    check(&tables::ORDERS.table);
    check(&tables::ORDER_LINES.table);
    check(&tables::FULFILLMENT_ORDERS.table);
    check(&tables::PACKAGES.table);
    check(&tables::AVAILABILITY.table);
    check(&tables::SKUS.table);
    check(&tables::SUPPLIES.table);
    assert!(Amount::parse("1.0000001").is_none(), "a decimal can represent every amount");
}

//! Export of read models: all rows, and replacement of changed dates only.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::SystemTime;

use holdfast_api::app::App;
use holdfast_domain::stock::ExpectSupply;
use holdfast_projections::AvailabilityFilter;
use holdfast_projections::OrderFilter;
use holdfast_views::OrderView;
use serde_json::{Value, json};

use super::reading::{plain, rows};
use super::{Shop, command, files, merchant, of, send};
use crate::{ExportError, Exported};

const ORDER_TABLES: &str = "orders,order_lines,fulfillment_orders,packages";

/// The orders in the read model, by id.
async fn orders(shop: &Shop) -> BTreeMap<String, OrderView> {
    let app = App::open(&shop.store()).await.unwrap();
    let page = app.queries.orders("default", &OrderFilter::default(), None, 1_000).await.unwrap();
    let views = page.items.into_iter().map(|row| row.view().unwrap());
    let all = views.map(|view| (view.order_id.to_string(), view)).collect();
    assert!(app.shutdown().await);
    all
}

/// Checks the columns of an order's row.
fn assert_order_row(row: &Value, view: &OrderView) {
    let expected_view = serde_json::to_value(view).unwrap();
    let axes = &expected_view["statusAxes"];
    for (column, expected) in [
        ("status", &expected_view["status"]),
        ("reservation_status", &axes["reservation"]),
        ("fulfillment_status", &axes["fulfillment"]),
        ("delivery_status", &axes["delivery"]),
        ("payment_status", &axes["payment"]),
        ("return_status", &axes["return"]),
        ("cancellation_status", &axes["cancellation"]),
        ("version", &expected_view["version"]),
        ("position", &expected_view["position"]),
        ("created_at", &expected_view["createdAt"]),
        ("placed_at", &Value::Null),
        ("channel", &expected_view["channel"]),
        ("channel_ref", &expected_view["channelRef"]),
        ("customer_ref", &json!("c:7")),
        ("currency", &json!("USD")),
        ("city", &json!("Vienna")),
        ("region", &Value::Null),
        ("country", &json!("AT")),
        ("personal_data", &json!("sealed")),
        ("on_shortage", &expected_view["onShortage"]),
        ("allow_split", &expected_view["allowSplit"]),
        ("priority", &json!("standard")),
        ("payment", &json!("not_required")),
        ("reserve_at", &expected_view["reserveAt"]),
        ("charges", &expected_view["charges"]),
        ("attributes", &json!({ "gift": "yes" })),
        ("holds", &Value::Null),
        ("lines", &json!(2)),
        ("ordered", &json!(3)),
        ("stale", &json!(false)),
        ("merchant", &json!("default")),
        ("date", &json!(&expected_view["createdAt"].as_str().unwrap()[..10])),
    ] {
        assert_eq!(&row[column], expected, "{column} of {row}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_order_is_exported_once() {
    for format in ["parquet", "ndjson"] {
        let shop = Shop::open(3).await;
        let exported = shop.export(&["--format", format]).await;
        let views = orders(&shop).await;
        let found = rows(&shop.lake(), "orders");
        assert_eq!((found.len(), views.len()), (9, 9));
        for row in &found {
            assert_order_row(row, &views[row["order_id"].as_str().unwrap()]);
        }
        let head = shop.events().await.len() as u64;
        assert!(exported.iter().all(|exported| exported.position == head), "{exported:?}");
        assert_eq!(of(&exported, "orders").files, 3, "one file per day");

        let lines = rows(&shop.lake(), "order_lines");
        assert_eq!(lines.len(), 18);
        let amounts = |row: &Value| ["unit", "total", "tax", "discount"].map(|name| amount(&row[name]));
        assert_eq!(amounts(&lines[0]), ["10.5", "21", "-0.000001", "null"]);
        assert_eq!(amounts(&lines[1]), ["null", "999999999999999.999999", "null", "null"]);
        assert_eq!(lines[1]["sku"], "TEA \"first, flush\"");
        let shipped: u64 = lines.iter().map(|line| line["shipped"].as_u64().unwrap()).sum();
        assert_eq!(shipped, 9, "one order of each day is shipped");
        assert_fulfillment_rows(&shop, &views);
    }
}

fn amount(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), plain)
}

/// Checks the rows of fulfillment orders and packages.
fn assert_fulfillment_rows(shop: &Shop, views: &BTreeMap<String, OrderView>) {
    let parts = rows(&shop.lake(), "fulfillment_orders");
    assert_eq!(parts.len(), 9);
    for part in &parts {
        let view = &views[part["order_id"].as_str().unwrap()].fulfillment_orders[0];
        let expected_view = serde_json::to_value(view).unwrap();
        for (column, name) in
            [("fulfillment_order_id", "fulfillmentOrderId"), ("location", "location"), ("status", "status")]
        {
            assert_eq!(part[column], expected_view[name]);
        }
        assert_eq!((&part["units"], &part["lines"]), (&json!(3), &expected_view["lines"]));
    }
    let packages = rows(&shop.lake(), "packages");
    let numbers: Vec<&Value> = packages.iter().map(|row| &row["tracking_number"]).collect();
    assert_eq!(numbers, ["1Z0", "1Z3", "1Z6"]);
    assert!(packages.iter().all(|row| row["units"] == 3 && row["carrier"] == "ups"), "{packages:?}");
}

/// The modification time of each file of a table.
fn written(shop: &Shop, table: &str) -> Vec<(PathBuf, SystemTime)> {
    let of_table = files(&shop.lake().join(table));
    let parquet = of_table.into_iter().filter(|file| file.extension().unwrap() == "parquet");
    parquet.map(|file| (file.clone(), file.metadata().unwrap().modified().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_dates_with_changes_are_replaced() {
    let shop = Shop::open(4).await;
    shop.export(&["--only", ORDER_TABLES]).await;
    let before = written(&shop, "orders");
    assert_eq!(before.len(), 4);
    let again = shop.export(&["--only", ORDER_TABLES]).await;
    assert!(again.iter().all(|exported| exported.files == 0), "{again:?}");

    // An order of the second day is shipped in the same microsecond as the last exported event, and there are new orders
    // on the fifth day.
    let all = orders(&shop).await;
    let second = all.values().find(|view| view.channel_ref.as_ref().unwrap().as_str() == "R-4").unwrap();
    shop.day(3, async |client| shop.ship(client, 4, second.order_id).await).await;
    shop.orders_of_a_day(4).await;
    shop.update_read_models().await;
    let later = shop.export(&["--only", ORDER_TABLES]).await;
    assert!(later.iter().all(|exported| exported.files == 2), "{later:?}");
    let after = written(&shop, "orders");
    let same: Vec<bool> = before.iter().zip(&after).map(|(before, after)| before == after).collect();
    assert_eq!((same, after.len()), (vec![true, false, true, true], 5));

    let views = orders(&shop).await;
    let found = rows(&shop.lake(), "orders");
    assert_eq!((found.len(), views.len()), (15, 15));
    for row in &found {
        assert_order_row(row, &views[row["order_id"].as_str().unwrap()]);
    }
    assert_eq!(rows(&shop.lake(), "packages").len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_can_be_added_in_a_later_run() {
    let shop = Shop::open(2).await;
    shop.export(&["--only", "orders"]).await;
    let later = shop.export(&["--only", "orders,order_lines"]).await;
    let files: Vec<u64> = later.iter().map(|exported| exported.files).collect();
    assert_eq!(files, [0, 2]);
    assert_eq!(rows(&shop.lake(), "order_lines").len(), 12);
}

fn manifest(shop: &Shop, table: &str) -> Value {
    let file = shop.lake().join(table).join("merchant=default/manifest.json");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_is_continued() {
    let shop = Shop::open(3).await;
    let day = shop.lake().join("orders/merchant=default/date=2026-03-03");
    let obstacle = day.join("orders.parquet");
    shop.export(&["--only", "skus"]).await;
    std::fs::create_dir_all(obstacle.join("in the way")).unwrap();
    let failed = shop.export_error(&["--only", ORDER_TABLES]).await;
    assert!(matches!(&failed, ExportError::File { file, .. } if *file == obstacle), "{failed}");
    let half = manifest(&shop, "orders");
    assert_eq!((&half["complete"], half["files"].as_array().unwrap().len()), (&json!(false), 2));
    std::fs::remove_dir_all(&obstacle).unwrap();
    std::fs::write(day.join("orders.unfinished"), "half").unwrap();

    let continued = shop.export(&["--only", ORDER_TABLES]).await;
    assert_eq!(of(&continued, "orders").files, 1, "two days were complete");
    let whole = manifest(&shop, "orders");
    assert_eq!((&whole["complete"], &whole["position"]), (&json!(true), &json!(shop.events().await.len())));
    assert!(!day.join("orders.unfinished").exists());
    let views = orders(&shop).await;
    let found = rows(&shop.lake(), "orders");
    assert_eq!(found.len(), 9);
    for row in &found {
        assert_order_row(row, &views[row["order_id"].as_str().unwrap()]);
    }

    // A file that is missing, or that is not in the manifest, is written again.
    std::fs::remove_file(&obstacle).unwrap();
    assert_eq!(of(&shop.export(&["--only", "orders"]).await, "orders").files, 1);
    std::fs::write(&obstacle, "of another run").unwrap();
    assert_eq!(of(&shop.export(&["--only", "orders"]).await, "orders").files, 1);
    assert_eq!(rows(&shop.lake(), "orders").len(), 9);

    // During a run and after a failure, the manifest says that the table is incomplete.
    std::fs::remove_file(&obstacle).unwrap();
    std::fs::create_dir_all(obstacle.join("in the way")).unwrap();
    shop.export_error(&["--only", "orders"]).await;
    assert_eq!(manifest(&shop, "orders")["complete"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_are_replaced_while_events_are_parked() {
    let shop = Shop::open(2).await;
    let parked = "UPDATE checkpoint SET parked = 1, folded = folded - 1 WHERE projection = 'order_status'";
    shop.sql("views.db", parked);
    shop.sql("views.db", "UPDATE order_status SET stale = TRUE");
    shop.export(&["--only", ORDER_TABLES]).await;
    assert!(rows(&shop.lake(), "orders").iter().all(|row| row["stale"] == true));
    shop.sql(
        "views.db",
        "UPDATE checkpoint SET parked = 0, folded = folded + 1 WHERE projection = 'order_status'",
    );
    shop.sql("views.db", "UPDATE order_status SET stale = FALSE");
    shop.export(&["--only", ORDER_TABLES]).await;
    assert!(rows(&shop.lake(), "orders").iter().all(|row| row["stale"] == false));
    assert_eq!(of(&shop.export(&["--only", ORDER_TABLES]).await, "orders").files, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_another_build_are_replaced() {
    let shop = Shop::open(2).await;
    shop.export(&["--only", ORDER_TABLES]).await;
    for table in ["checkpoint", "generation", "order_status", "order_term", "fulfillment_order"] {
        let own = if table.starts_with('o') || table.starts_with('f') {
            ""
        } else {
            " AND projection = 'order_status'"
        };
        shop.sql("views.db", &format!("UPDATE {table} SET generation = 7 WHERE generation = 1{own}"));
    }
    assert_eq!(of(&shop.export(&["--only", ORDER_TABLES]).await, "orders").files, 2);
    assert_eq!(rows(&shop.lake(), "orders").len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn outdated_read_models_are_exported_with_their_position() {
    let shop = Shop::open(1).await;
    let applied = shop.events().await.len() as u64;
    shop.orders_of_a_day(1).await;
    let head = shop.events().await.len() as u64;
    let exported = shop.export(&[]).await;
    assert_eq!((of(&exported, "events").position, of(&exported, "events").behind), (head, None));
    for exported in exported.iter().filter(|exported| exported.table != "events") {
        assert_eq!((exported.position, exported.behind), (applied, Some(head - applied)), "{exported:?}");
    }
    assert_eq!(rows(&shop.lake(), "orders").len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn availability_is_a_snapshot_of_the_day() {
    let shop = Shop::open(1).await;
    let supply = json!({ "sku": "MUG", "location": "DC-1", "quantity": 50, "dueAt": "2030-01-01T00:00:00Z",
                         "supplyId": "PO-1" });
    shop.day(1, async |client| {
        send(client, "supply", command::<ExpectSupply>(supply)).await;
    })
    .await;
    shop.update_read_models().await;
    let tables = ["--only", "availability,skus,supplies"];
    let first = shop.export(&tables).await;
    assert!(first.iter().all(|exported: &Exported| exported.files == 1), "{first:?}");
    assert!(shop.export(&tables).await.iter().all(|exported| exported.files == 0), "there are no changes");

    let mugs = |shop: &Shop, table: &str| {
        let rows = rows(&shop.lake(), table).into_iter();
        rows.filter(|row| row["sku"] == "MUG").collect::<Vec<_>>()
    };
    let app = App::open(&shop.store()).await.unwrap();
    let skus = ["MUG".parse().unwrap()];
    let view =
        app.queries.availability(merchant().as_str(), &skus, &AvailabilityFilter::default()).await.unwrap();
    assert!(app.shutdown().await);
    drop(app);
    let expected = serde_json::to_value(&view[0]).unwrap();
    let level = mugs(&shop, "availability").remove(0);
    for (column, name) in [
        ("location", "location"),
        ("paused", "paused"),
        ("on_hand", "onHand"),
        ("reserved", "reserved"),
        ("earmarked", "earmarked"),
        ("safety_stock", "safetyStock"),
        ("available", "available"),
        ("incoming", "incoming"),
        ("quarantine", "quarantine"),
        ("damaged", "damaged"),
    ] {
        assert_eq!(level[column], expected["locations"][0][name], "{column}");
    }
    let sku = mugs(&shop, "skus").remove(0);
    assert_eq!((&sku["available"], &sku["backordered"]), (&expected["available"], &json!(0)));
    let supply = mugs(&shop, "supplies").remove(0);
    assert_eq!((&supply["supply_id"], &supply["quantity"]), (&json!("PO-1"), &json!(50)));

    // A later export on the same day replaces the file.
    shop.orders_of_a_day(2).await;
    shop.update_read_models().await;
    shop.export(&tables).await;
    let now = mugs(&shop, "availability");
    assert_eq!((now.len(), &now[0]["on_hand"]), (1, &json!(level["on_hand"].as_u64().unwrap() - 2)));
}

/// The sum of a metric by date.
fn metric_by_date(shop: &Shop, measure: &str) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for row in rows(&shop.lake(), "metrics").iter().filter(|row| row["measure"] == measure) {
        *sums.entry(row["date"].as_str().unwrap().to_owned()).or_default() += row["times"].as_u64().unwrap();
    }
    sums
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_exported_by_the_date_of_their_hour() {
    let shop = Shop::open(3).await;
    let table = ["--only", "metrics"];
    assert_eq!(of(&shop.export(&table).await, "metrics").files, 3);
    let by_day = |orders: [u64; 3]| -> BTreeMap<String, u64> {
        (1..).zip(orders).map(|(day, orders)| (format!("2026-03-{day:02}"), orders)).collect()
    };
    assert_eq!(metric_by_date(&shop, "orders_created"), by_day([3, 3, 3]));
    assert_eq!(metric_by_date(&shop, "shipments_created"), by_day([1, 1, 1]));
    let all = rows(&shop.lake(), "metrics");
    let one = |measure: &str| all.iter().find(|row| row["measure"] == measure).unwrap();
    let created = one("orders_created");
    assert_eq!((&created["channel"], &created["location"]), (&json!("web"), &Value::Null));
    assert_eq!((&created["amount"], &created["within_seconds"]), (&json!(9), &Value::Null));
    assert_eq!(created["begins_at"], "2026-03-01T12:00:00Z");
    let duration = one("created_to_shipped");
    assert_eq!(
        (&duration["location"], duration["within_seconds"].as_u64().is_some()),
        (&json!("DC-1"), true)
    );
    assert_eq!(of(&shop.export(&table).await, "metrics").files, 0, "there are no new metrics");

    // Only the last exported day is replaced: earlier days were over.
    let before = written(&shop, "metrics");
    let all = orders(&shop).await;
    let second = all.values().find(|view| view.channel_ref.as_ref().unwrap().as_str() == "R-4").unwrap();
    shop.day(2, async |client| shop.ship(client, 4, second.order_id).await).await;
    shop.update_read_models().await;
    assert_eq!(of(&shop.export(&table).await, "metrics").files, 1);
    assert_eq!(metric_by_date(&shop, "shipments_created"), by_day([1, 1, 2]));
    std::fs::remove_file(&before[1].0).unwrap();
    assert_eq!(of(&shop.export(&table).await, "metrics").files, 1, "a missing file is written again");
    assert_eq!(metric_by_date(&shop, "shipments_created"), by_day([1, 1, 2]));
    let after = written(&shop, "metrics");
    assert_eq!((after.len(), &after[0]), (3, &before[0]));
}

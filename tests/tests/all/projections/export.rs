//! Exports while the server runs: the files, read with the Parquet library, agree with the responses of the server.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Value, json};

use crate::support::events::all_events;
use crate::support::orders::{PlacedOrder, assert_verified, one_package, order_with};
use crate::support::server::{SERVER_TIMEOUT, TestServer};
use crate::support::store::{TestStore, on_every_store};

on_every_store!(
    an_export_that_is_killed_repeatedly_contains_each_event_once,
    orders_are_exported_as_of_one_position_while_orders_are_placed,
    each_merchant_is_exported_to_its_own_directory,
);

/// All Parquet files below a directory, sorted by name.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![directory.to_owned()];
    while let Some(directory) = left.pop() {
        let Ok(entries) = std::fs::read_dir(directory) else { continue };
        for entry in entries.map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                left.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "parquet") {
                found.push(entry);
            }
        }
    }
    found.sort();
    found
}

/// The number of files that were started and not finished.
fn unfinished(lake: &Path) -> usize {
    let days = std::fs::read_dir(lake.join("events/merchant=default")).expect("the export has started");
    let files = days.flat_map(|day| std::fs::read_dir(day.expect("an entry").path()).into_iter().flatten());
    files
        .filter(|file| {
            file.as_ref().is_ok_and(|file| file.path().extension().is_none_or(|end| end != "parquet"))
        })
        .count()
}

/// The rows of all files of a table, with every column as text.
fn rows(lake: &Path, table: &str) -> Vec<BTreeMap<String, String>> {
    let mut rows = Vec::new();
    for file in files(&lake.join(table)) {
        let reader = SerializedFileReader::new(File::open(&file).expect("the file exists"))
            .expect("the file is complete");
        for row in reader.get_row_iter(None).expect("rows") {
            let row = row.expect("a row");
            let column = |(name, field): (&String, &Field)| {
                let text = match field {
                    Field::Str(text) => text.clone(),
                    field => field.to_string(),
                };
                (name.clone(), text)
            };
            rows.push(row.get_column_iter().map(column).collect());
        }
    }
    rows
}

/// Places orders and ships the first one. Returns the position of the last command.
async fn place_orders(server: &TestServer, name: &str, count: usize) -> Value {
    let mut position = Value::Null;
    for number in 0..count {
        let more = json!({ "channelRef": format!("{name}-{number}"), "shipTo": { "name": "Hedy Lamarr" } });
        let placed =
            PlacedOrder::new(server, &format!("{name}-{number}"), &order_with("MUG", 1, &more)).await;
        position = placed.view["position"].clone();
        if number == 0 {
            position = placed.fulfillment_order(server, 1, "ship", &one_package(&format!("1Z-{name}"))).await
                ["position"]
                .clone();
        }
    }
    position
}

fn start_export(store: &TestStore, lake: &Path) -> Child {
    let lake = lake.display().to_string();
    let arguments = ["export", "--to", &lake, "--only", "events", "--events-per-file", "2"];
    store.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the export starts")
}

fn export(store: &TestStore, lake: &Path, more: &[&str]) -> Value {
    let lake = lake.display().to_string();
    let output = store.run(&[&["export", "--to", &lake, "--json"], more].concat());
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("a JSON object")
}

fn positions(lake: &Path) -> Vec<u64> {
    rows(lake, "events").iter().map(|row| row["position"].parse().expect("a number")).collect()
}

async fn an_export_that_is_killed_repeatedly_contains_each_event_once(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10_000).await;
    place_orders(&server, "before", 60).await;
    let directory = tempfile::tempdir().unwrap();
    let lake = directory.path().join("lake");
    for (round, signal) in ["-KILL", "-INT", "-KILL", "-TERM", "-KILL"].into_iter().enumerate() {
        let known = files(&lake).len();
        let mut child = start_export(&store, &lake);
        let started = Instant::now();
        while files(&lake).len() <= known {
            assert!(started.elapsed() < SERVER_TIMEOUT, "no file appears");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let signalled = Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert!(signalled.expect("kill starts").success(), "the export is still running");
        let ended = child.wait().expect("the export ends").code();
        assert_eq!(ended, (signal != "-KILL").then_some(130), "{signal}");
        if signal != "-KILL" {
            assert_eq!(unfinished(&lake), 0, "{signal} leaves no unfinished file");
        }
        // The files that a reader finds now are complete, without a gap or a duplicate.
        let there = positions(&lake);
        assert_eq!(there, (1..=there.len() as u64).collect::<Vec<_>>());
        place_orders(&server, &format!("round-{round}"), 2).await;
    }
    export(&store, &lake, &["--events-per-file", "50", "--only", "events"]);
    place_orders(&server, "after", 3).await;
    let last = export(&store, &lake, &["--only", "events"]);
    let expected = all_events(&server).await;
    assert_eq!(last["tables"][0]["position"], expected.len(), "{last}");
    let found = rows(&lake, "events");
    assert_eq!(found.len(), expected.len());
    for (row, expected) in found.iter().zip(&expected) {
        for (column, name) in [
            ("position", "position"),
            ("event_id", "id"),
            ("stream", "stream"),
            ("version", "version"),
            ("command_end", "commandend"),
            ("type", "type"),
            ("command", "command"),
            ("principal", "principal"),
            ("idempotency_key", "idempotencykey"),
        ] {
            let expected = expected[name].as_str().map_or_else(|| expected[name].to_string(), str::to_owned);
            assert_eq!(row[column], expected, "{column}");
        }
        assert_eq!(serde_json::from_str::<Value>(&row["data"]).unwrap(), expected["data"]);
    }
    assert!(found.iter().any(|row| row["has_personal_data"] == "true"));
    assert!(found.iter().all(|row| !row["data"].contains("Lamarr")));
    assert_verified(&store);
}

async fn orders_are_exported_as_of_one_position_while_orders_are_placed(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10_000).await;
    place_orders(&server, "before", 10).await;
    let directory = tempfile::tempdir().unwrap();
    let lake = directory.path().join("lake");
    for round in 0..3 {
        let before = all_events(&server).await.len() as u64;
        let mut command = store.command(&["export", "--json", "--to", &lake.display().to_string()]);
        let exporting = tokio::task::spawn_blocking(move || command.output().expect("the program runs"));
        let name = format!("during-{round}");
        let (exported, _) = tokio::join!(exporting, place_orders(&server, &name, 20));
        let exported = exported.expect("the export ends");
        assert!(exported.status.success(), "{exported:?}");
        let report: Value = serde_json::from_slice(&exported.stdout).expect("a JSON object");
        let of = |table: &str| {
            let tables = report["tables"].as_array().unwrap();
            tables.iter().find(|exported| exported["table"] == table).unwrap()["position"].clone()
        };
        let position = of("orders");
        assert_eq!(position, of("order_lines"));
        assert!(position.as_u64() >= Some(before), "all earlier events are included: {report}");
        let manifest = std::fs::read(lake.join("orders/merchant=default/manifest.json")).unwrap();
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        assert_eq!((&manifest["complete"], &manifest["position"]), (&json!(true), &position));
        for row in rows(&lake, "orders") {
            let path = format!("/v1/orders/{}?asOf={position}", row["order_id"]);
            let then = server.get(&path).await.accepted();
            for name in ["status", "version", "position", "channel"] {
                let expected = then[name].as_str().map_or_else(|| then[name].to_string(), str::to_owned);
                assert_eq!(row[name], expected, "{name} of {then}");
            }
        }
        // Orders that are not in the export did not exist at that position.
        let created = all_events(&server).await.into_iter().filter(|event| {
            event["type"] == "OrderCreated" && event["commandend"].as_u64() <= position.as_u64()
        });
        assert_eq!(rows(&lake, "orders").len(), created.count());
    }
    // Without new orders, every table includes the last position of the journal.
    let last = place_orders(&server, "after", 3).await;
    let listed = server.get(&format!("/v1/orders?limit=200&minPosition={last}")).await.accepted();
    server.get(&format!("/v1/availability?sku=MUG&minPosition={last}")).await.accepted();
    let report = export(&store, &lake, &[]);
    for exported in report["tables"].as_array().unwrap() {
        assert_eq!(exported["position"], last, "{exported}");
    }
    assert_eq!(rows(&lake, "orders").len(), listed["items"].as_array().unwrap().len());
    let stock = server.get("/v1/availability?sku=MUG").await.accepted();
    let there = rows(&lake, "availability").remove(0);
    let expected = &stock["items"][0]["locations"][0];
    for (column, name) in [("on_hand", "onHand"), ("reserved", "reserved"), ("available", "available")] {
        assert_eq!(there[column], expected[name].to_string(), "{column}");
    }
    assert_verified(&store);
}

async fn each_merchant_is_exported_to_its_own_directory(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    server.put("/v1/merchants/second:shop", &json!({})).await.accepted();
    let directory = tempfile::tempdir().unwrap();
    let lake = directory.path().join("lake");
    let report = export(&store, &lake, &["--only", "events"]);
    let merchants: Vec<&Value> =
        report["tables"].as_array().unwrap().iter().map(|one| &one["merchant"]).collect();
    assert_eq!(merchants, ["default", "second:shop"]);
    assert_eq!(rows(&lake, "events/merchant=default").len(), 2);
    assert_eq!(rows(&lake, "events/merchant=second%3Ashop").len(), 1);
    let to = lake.display().to_string();
    let refused = store.run(&["export", "--to", &to, "--until", "1"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(error.contains("--merchant"), "{error}");
    server.kill();
    let alone = export(&store, &lake, &["--merchant", "second:shop"]);
    assert_eq!(alone["tables"].as_array().unwrap().len(), 9, "{alone}");
}

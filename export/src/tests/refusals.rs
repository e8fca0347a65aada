//! Rejected exports: each has its own error and leaves the exported files unchanged.

use std::path::Path;

use holdfast_domain::network::RegisterLocation;
use holdfast_projections::ViewError;
use serde_json::json;

use super::{Shop, command, files, send};
use crate::{ExportError, Format};

const EVENTS: [&str; 2] = ["--only", "events"];

/// The content of every file in a directory.
fn content(directory: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    files(directory).into_iter().map(|file| (file.clone(), std::fs::read(&file).unwrap())).collect()
}

async fn rejected(shop: &Shop, more: &[&str]) -> ExportError {
    let before = content(&shop.lake());
    let error = shop.export_error(more).await;
    assert_eq!(content(&shop.lake()), before, "{error}");
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn another_format_or_range_than_before_is_rejected() {
    let shop = Shop::open(1).await;
    shop.export(&["--only", "events", "--from", "3", "--until", "9"]).await;
    let other = rejected(&shop, &["--only", "events", "--from", "3", "--format", "ndjson"]).await;
    assert!(matches!(
        other,
        ExportError::OtherFormat { found: Format::Parquet, requested: Format::Ndjson, .. }
    ));
    let other = rejected(&shop, &EVENTS).await;
    assert!(matches!(other, ExportError::OtherRange { found: 3, requested: 1, .. }), "{other}");
    let other = rejected(&shop, &["--only", "events", "--from", "4"]).await;
    assert!(matches!(other, ExportError::OtherRange { found: 3, requested: 4, .. }), "{other}");
    let less = rejected(&shop, &["--only", "events", "--from", "3", "--until", "8"]).await;
    assert!(matches!(less, ExportError::AlreadyBeyond { found: 9, requested: 8, .. }), "{less}");
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_ranges_and_merchants_are_rejected() {
    let shop = Shop::open(1).await;
    let head = shop.events().await.len() as u64;
    let backwards = shop.export_error(&["--from", "5", "--until", "4"]).await;
    assert!(backwards.is_about_arguments());
    assert!(matches!(backwards, ExportError::EmptyRange { from: 5, until: 4 }));
    for more in [["--until", "1000"], ["--from", "1000"]] {
        let beyond = shop.export_error(&[&EVENTS[..], &more].concat()).await;
        let ExportError::Beyond { head: end, requested: 1000, .. } = beyond else { panic!("{beyond}") };
        assert_eq!(end, head);
    }
    shop.day_of("second", 0, async |client| {
        let location = json!({ "location": "L", "latitude": 1.0, "longitude": 2.0 });
        send(client, "location", command::<RegisterLocation>(location)).await;
    })
    .await;
    let error = shop.export_error(&["--only", "events", "--until", "1"]).await;
    assert!(matches!(error, ExportError::RangeWithoutMerchant), "{error}");
    shop.export(&["--only", "events", "--until", "1", "--merchant", "second"]).await;
    let unknown = shop.export_error(&["--merchant", "unknown"]).await;
    assert!(matches!(unknown, ExportError::UnknownMerchant(_)), "{unknown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_with_other_files_is_rejected() {
    let shop = Shop::open(1).await;
    std::fs::create_dir_all(shop.lake()).unwrap();
    std::fs::write(shop.lake().join("photo.jpg"), "mine").unwrap();
    assert!(matches!(rejected(&shop, &EVENTS).await, ExportError::NotAnExport(_)));
    std::fs::write(shop.lake().join("manifest.json"), "{}").unwrap();
    assert!(matches!(shop.export_error(&EVENTS).await, ExportError::Manifest { .. }));
    std::fs::write(shop.lake().join("manifest.json"), r#"{"manifest": 2, "format": "parquet"}"#).unwrap();
    let newer = shop.export_error(&EVENTS).await;
    let ExportError::ManifestVersion { found: 2, supported: 1, .. } = newer else { panic!("{newer}") };
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_cannot_use_one_directory_at_once() {
    let shop = Shop::open(1).await;
    shop.export(&EVENTS).await;
    let lock = std::fs::File::create(shop.lake().join("export.lock")).unwrap();
    lock.lock().unwrap();
    assert!(matches!(rejected(&shop, &EVENTS).await, ExportError::InUse(_)));
    lock.unlock().unwrap();
    shop.export(&EVENTS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_or_missing_event_files_are_rejected() {
    let shop = Shop::open(1).await;
    shop.export(&EVENTS).await;
    let file = files(&shop.lake().join("events")).remove(0);
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[1..]).unwrap();
    assert!(matches!(rejected(&shop, &EVENTS).await, ExportError::Changed(changed) if changed == file));
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(rejected(&shop, &EVENTS).await, ExportError::Changed(changed) if changed == file));
    std::fs::write(&file, whole).unwrap();
    shop.export(&EVENTS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_of_another_store_is_rejected() {
    let shop = Shop::open(2).await;
    shop.export(&["--until", "5"]).await;
    let other = Shop::open(2).await;
    std::fs::rename(shop.lake(), other.lake()).unwrap();
    let from_other = rejected(&other, &["--only", "events"]).await;
    assert!(matches!(from_other, ExportError::OtherJournal { position: 5, .. }), "{from_other}");
    let from_other = rejected(&other, &["--only", "orders"]).await;
    assert!(matches!(from_other, ExportError::OtherJournal { .. }), "{from_other}");
    let from_other = rejected(&other, &["--only", "skus"]).await;
    assert!(matches!(from_other, ExportError::OtherJournal { .. }), "{from_other}");

    // The journal of this store is shorter.
    let empty = Shop::open(0).await;
    std::fs::rename(other.lake(), empty.lake()).unwrap();
    let from_empty = rejected(&empty, &["--only", "events"]).await;
    assert!(matches!(from_empty, ExportError::OtherJournal { position: 5, .. }), "{from_empty}");
    let from_empty = rejected(&empty, &["--only", "orders"]).await;
    assert!(matches!(from_empty, ExportError::ReadModelsBehind { .. }), "{from_empty}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_of_another_merchant_is_rejected() {
    let shop = Shop::open(1).await;
    shop.day_of("DEFAULT", 0, async |client| {
        let location = json!({ "location": "L", "latitude": 1.0, "longitude": 2.0 });
        send(client, "location", command::<RegisterLocation>(location)).await;
    })
    .await;
    shop.export(&["--only", "events", "--merchant", "default"]).await;
    // Like in a file system that ignores case.
    let events = shop.lake().join("events");
    std::fs::rename(events.join("merchant=default"), events.join("merchant=DEFAULT")).unwrap();
    let other = rejected(&shop, &["--only", "events", "--merchant", "DEFAULT"]).await;
    let ExportError::OtherMerchant { found, requested, .. } = other else { panic!("{other}") };
    assert_eq!((found.as_str(), requested.as_str()), ("default", "DEFAULT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_or_missing_events_are_not_exported() {
    let shop = Shop::open(1).await;
    shop.export(&["--only", "events", "--until", "5"]).await;
    let payload = "CAST(replace(payload, 'web', 'wab') AS BLOB)";
    shop.sql("journal.db", &format!("UPDATE event SET payload = {payload} WHERE type = 'OrderCreated'"));
    let changed = shop.export_error(&EVENTS).await;
    let ExportError::EventChanged { position, .. } = changed else { panic!("{changed}") };
    let event = &shop.events().await[usize::try_from(position).unwrap() - 1];
    assert_eq!(&*event.kind, "OrderCreated");
    // The events before it are exported. The next run fails at the first missing event.
    let before = position - 1;
    shop.sql("journal.db", &format!("DELETE FROM event WHERE position = {before}"));
    let ExportError::EventChanged { position, .. } = shop.export_error(&EVENTS).await else {
        panic!("the export succeeded or failed with another error")
    };
    assert_eq!(position, before, "the missing event");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_or_foreign_read_models_are_rejected() {
    let shop = Shop::open(1).await;
    shop.sql("views.db", "UPDATE checkpoint SET hash = zeroblob(32)");
    let foreign = shop.export_error(&["--only", "orders"]).await;
    assert!(matches!(foreign, ExportError::ForeignReadModels { .. }), "{foreign}");
    shop.sql("views.db", "UPDATE generation SET version = version + 1");
    let building = shop.export_error(&["--only", "orders"]).await;
    assert!(matches!(building, ExportError::Views(ViewError::Building("order_status"))), "{building}");
    std::fs::remove_file(shop.store().join("views.db")).unwrap();
    let missing = shop.export_error(&["--only", "skus"]).await;
    assert!(matches!(missing, ExportError::Views(ViewError::NotInitialized)), "{missing}");
    assert!(!shop.store().join("views.db").exists(), "reading creates none");
    shop.export(&EVENTS).await;
}

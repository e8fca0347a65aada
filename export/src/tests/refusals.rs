//! What is refused, each by its own name, and leaves what was exported before as it was.

use std::path::Path;

use holdfast_domain::network::RegisterLocation;
use holdfast_projections::ViewError;
use serde_json::json;

use super::{Shop, command, files, send};
use crate::{ExportError, Format};

const EVENTS: [&str; 2] = ["--only", "events"];

/// The bytes of everything in a directory.
fn content(directory: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    files(directory).into_iter().map(|file| (file.clone(), std::fs::read(&file).unwrap())).collect()
}

async fn refused(shop: &Shop, more: &[&str]) -> ExportError {
    let before = content(&shop.lake());
    let refused = shop.refused(more).await;
    assert_eq!(content(&shop.lake()), before, "{refused}");
    refused
}

#[tokio::test(flavor = "multi_thread")]
async fn another_format_or_range_than_before_is_refused() {
    let shop = Shop::open(1).await;
    shop.export(&["--only", "events", "--from", "3", "--upto", "9"]).await;
    let other = refused(&shop, &["--only", "events", "--from", "3", "--format", "ndjson"]).await;
    assert!(matches!(other, ExportError::OtherFormat { there: Format::Parquet, asked: Format::Ndjson, .. }));
    let other = refused(&shop, &EVENTS).await;
    assert!(matches!(other, ExportError::OtherRange { there: 3, asked: 1, .. }), "{other}");
    let other = refused(&shop, &["--only", "events", "--from", "4"]).await;
    assert!(matches!(other, ExportError::OtherRange { there: 3, asked: 4, .. }), "{other}");
    let less = refused(&shop, &["--only", "events", "--from", "3", "--upto", "8"]).await;
    assert!(matches!(less, ExportError::AlreadyBeyond { there: 9, asked: 8, .. }), "{less}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_that_is_none_is_refused() {
    let shop = Shop::open(1).await;
    let head = shop.events().await.len() as u64;
    let backwards = shop.refused(&["--from", "5", "--upto", "4"]).await;
    assert!(backwards.is_about_arguments());
    assert!(matches!(backwards, ExportError::Backwards { from: 5, upto: 4 }));
    for more in [["--upto", "1000"], ["--from", "1000"]] {
        let beyond = shop.refused(&[&EVENTS[..], &more].concat()).await;
        let ExportError::Beyond { head: told, wanted: 1000, .. } = beyond else { panic!("{beyond}") };
        assert_eq!(told, head);
    }
    shop.day_of("second", 0, async |client| {
        let place = json!({ "location": "L", "latitude": 1.0, "longitude": 2.0 });
        send(client, "location", command::<RegisterLocation>(place)).await;
    })
    .await;
    let whose = shop.refused(&["--only", "events", "--upto", "1"]).await;
    assert!(matches!(whose, ExportError::RangeOfWhom), "{whose}");
    shop.export(&["--only", "events", "--upto", "1", "--merchant", "second"]).await;
    let nobody = shop.refused(&["--merchant", "nobody"]).await;
    assert!(matches!(nobody, ExportError::UnknownMerchant(_)), "{nobody}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_holds_something_else_is_refused() {
    let shop = Shop::open(1).await;
    std::fs::create_dir_all(shop.lake()).unwrap();
    std::fs::write(shop.lake().join("photo.jpg"), "mine").unwrap();
    assert!(matches!(refused(&shop, &EVENTS).await, ExportError::NotAnExport(_)));
    std::fs::write(shop.lake().join("manifest.json"), "{}").unwrap();
    assert!(matches!(shop.refused(&EVENTS).await, ExportError::Manifest { .. }));
    std::fs::write(shop.lake().join("manifest.json"), r#"{"manifest": 2, "format": "parquet"}"#).unwrap();
    let newer = shop.refused(&EVENTS).await;
    let ExportError::ManifestVersion { found: 2, known: 1, .. } = newer else { panic!("{newer}") };
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_at_once_into_one_directory_are_refused() {
    let shop = Shop::open(1).await;
    shop.export(&EVENTS).await;
    let lock = std::fs::File::create(shop.lake().join("export.lock")).unwrap();
    lock.lock().unwrap();
    assert!(matches!(refused(&shop, &EVENTS).await, ExportError::InUse(_)));
    lock.unlock().unwrap();
    shop.export(&EVENTS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_somebody_has_changed_or_removed_is_refused() {
    let shop = Shop::open(1).await;
    shop.export(&EVENTS).await;
    let part = files(&shop.lake().join("events")).remove(0);
    let whole = std::fs::read(&part).unwrap();
    std::fs::write(&part, &whole[1..]).unwrap();
    assert!(matches!(refused(&shop, &EVENTS).await, ExportError::Changed(file) if file == part));
    std::fs::remove_file(&part).unwrap();
    assert!(matches!(refused(&shop, &EVENTS).await, ExportError::Changed(file) if file == part));
    std::fs::write(&part, whole).unwrap();
    shop.export(&EVENTS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_store_is_refused() {
    let shop = Shop::open(2).await;
    shop.export(&["--upto", "5"]).await;
    let other = Shop::open(2).await;
    std::fs::rename(shop.lake(), other.lake()).unwrap();
    let from_other = refused(&other, &["--only", "events"]).await;
    assert!(matches!(from_other, ExportError::OtherJournal { position: 5, .. }), "{from_other}");
    let from_other = refused(&other, &["--only", "orders"]).await;
    assert!(matches!(from_other, ExportError::OtherJournal { .. }), "{from_other}");
    let from_other = refused(&other, &["--only", "skus"]).await;
    assert!(matches!(from_other, ExportError::OtherJournal { .. }), "{from_other}");

    // One that has not come as far.
    let empty = Shop::open(0).await;
    std::fs::rename(other.lake(), empty.lake()).unwrap();
    let from_empty = refused(&empty, &["--only", "events"]).await;
    assert!(matches!(from_empty, ExportError::OtherJournal { position: 5, .. }), "{from_empty}");
    let from_empty = refused(&empty, &["--only", "orders"]).await;
    assert!(matches!(from_empty, ExportError::ReadModelsBehind { .. }), "{from_empty}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_of_another_merchant_is_refused() {
    let shop = Shop::open(1).await;
    shop.day_of("DEFAULT", 0, async |client| {
        let place = json!({ "location": "L", "latitude": 1.0, "longitude": 2.0 });
        send(client, "location", command::<RegisterLocation>(place)).await;
    })
    .await;
    shop.export(&["--only", "events", "--merchant", "default"]).await;
    // As where large and small letters are the same.
    let events = shop.lake().join("events");
    std::fs::rename(events.join("merchant=default"), events.join("merchant=DEFAULT")).unwrap();
    let other = refused(&shop, &["--only", "events", "--merchant", "DEFAULT"]).await;
    let ExportError::OtherMerchant { there, asked, .. } = other else { panic!("{other}") };
    assert_eq!((there.as_str(), asked.as_str()), ("default", "DEFAULT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_not_what_was_written_is_not_exported() {
    let shop = Shop::open(1).await;
    shop.export(&["--only", "events", "--upto", "5"]).await;
    let payload = "CAST(replace(payload, 'web', 'wab') AS BLOB)";
    shop.sql("journal.db", &format!("UPDATE event SET payload = {payload} WHERE type = 'OrderCreated'"));
    let changed = shop.refused(&EVENTS).await;
    let ExportError::NotAsWritten { position, .. } = changed else { panic!("{changed}") };
    let event = &shop.events().await[usize::try_from(position).unwrap() - 1];
    assert_eq!(&*event.kind, "OrderCreated");
    // What was exported in front of it stays, and the next run stumbles over the same.
    let before = position - 1;
    shop.sql("journal.db", &format!("DELETE FROM event WHERE position = {before}"));
    let ExportError::NotAsWritten { position, .. } = shop.refused(&EVENTS).await else {
        panic!("it was exported, or refused for something else")
    };
    assert_eq!(position, before, "the one that is missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn read_models_that_are_not_there_or_not_of_this_journal_are_refused() {
    let shop = Shop::open(1).await;
    shop.sql("views.db", "UPDATE checkpoint SET hash = zeroblob(32)");
    let foreign = shop.refused(&["--only", "orders"]).await;
    assert!(matches!(foreign, ExportError::ForeignReadModels { .. }), "{foreign}");
    shop.sql("views.db", "UPDATE generation SET version = version + 1");
    let building = shop.refused(&["--only", "orders"]).await;
    assert!(matches!(building, ExportError::Views(ViewError::Building("order_status"))), "{building}");
    std::fs::remove_file(shop.store().join("views.db")).unwrap();
    let missing = shop.refused(&["--only", "skus"]).await;
    assert!(matches!(missing, ExportError::Views(ViewError::NotInitialized)), "{missing}");
    assert!(!shop.store().join("views.db").exists(), "reading makes none");
    shop.export(&EVENTS).await;
}

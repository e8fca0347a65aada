//! Export of events.

use holdfast_commands::Metadata;
use holdfast_domain::values::Timestamp;
use holdfast_journal::Event;
use serde_json::{Value, json};
use uuid::Uuid;

use super::reading::rows;
use super::{Shop, files, of};
use crate::ExportError;

/// The expected row of an event.
fn expected(event: &Event) -> Value {
    let metadata = Metadata::of(event).unwrap();
    let recorded_at = Timestamp::from_microseconds(event.recorded_at);
    json!({
        "position": event.position,
        "event_id": Uuid::from_bytes(event.event_id),
        "stream": &*event.stream_name,
        "version": event.version,
        "command_end": event.command_end,
        "type": &*event.kind,
        "type_version": event.type_version,
        "recorded_at": recorded_at,
        "occurred_at": metadata.occurred_at,
        "command": metadata.command,
        "principal": "test",
        "actor": metadata.actor,
        "idempotency_key": metadata.key,
        "correlation_id": metadata.correlation_id,
        "causation_id": metadata.causation_id,
        "traceparent": metadata.traceparent,
        "batch": event.batch,
        "has_personal_data": event.sealed.is_some(),
        "data": serde_json::from_slice::<Value>(&event.payload).unwrap(),
        "hash": event.hash.to_string(),
        "merchant": "default",
        "date": recorded_at.to_string()[..10],
    })
}

/// Checks that the exported rows are the events of the journal, each once.
async fn assert_equals_journal(shop: &Shop) {
    let expected: Vec<Value> = shop.events().await.iter().map(expected).collect();
    let mut found = rows(&shop.lake(), "events");
    found.sort_by_key(|row| row["position"].as_u64());
    assert_eq!(found, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_exported_once_under_its_date() {
    for format in ["parquet", "ndjson"] {
        let shop = Shop::open(3).await;
        let exported = shop.export(&["--only", "events", "--format", format]).await;
        assert_equals_journal(&shop).await;
        let events = shop.events().await;
        let dates: std::collections::BTreeSet<_> =
            rows(&shop.lake(), "events").iter().map(|row| row["date"].to_string()).collect();
        assert_eq!(dates.len(), 3);
        assert!(events.iter().any(|event| event.sealed.is_some()), "some events have personal data");
        let written = of(&exported, "events");
        assert_eq!((written.rows, written.position), (events.len() as u64, events.len() as u64));
        let found = files(&shop.lake().join("events"));
        let parts: Vec<_> = found.iter().filter(|file| file.extension().unwrap() == format).collect();
        assert_eq!(written.files, parts.len() as u64);
        assert!(written.files > written.rows / 4, "no file has more than four events");
        let bytes: u64 = parts.iter().map(|file| file.metadata().unwrap().len()).sum();
        assert_eq!(written.bytes, bytes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_run_writes_only_new_events() {
    let shop = Shop::open(1).await;
    shop.export(&["--only", "events"]).await;
    let before = files(&shop.lake());
    let again = shop.export(&["--only", "events"]).await;
    assert_eq!((of(&again, "events").files, files(&shop.lake())), (0, before.clone()));
    let exported = shop.events().await.len() as u64;

    shop.orders_of_a_day(0).await;
    assert_eq!(shop.events().await.len() as u64, exported, "the same keys are the same commands");
    shop.orders_of_a_day(1).await;
    let more = shop.export(&["--only", "events"]).await;
    assert_eq!(of(&more, "events").rows, shop.events().await.len() as u64 - exported);
    assert_equals_journal(&shop).await;
    for file in before {
        assert!(file.is_file(), "{} was removed", file.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_can_be_extended() {
    let shop = Shop::open(2).await;
    let positions = |shop: &Shop| {
        let rows = rows(&shop.lake(), "events");
        rows.iter().map(|row| row["position"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    for (until, last) in [("5", 5), ("5", 5), ("6", 6), ("14", 14)] {
        let exported = shop.export(&["--only", "events", "--from", "4", "--until", until]).await;
        assert_eq!(positions(&shop), (4..=last).collect::<Vec<_>>());
        assert_eq!(of(&exported, "events").position, last);
    }
    shop.export(&["--only", "events", "--from", "4"]).await;
    assert_eq!(positions(&shop), (4..=shop.events().await.len() as u64).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_that_starts_after_the_last_event_is_empty() {
    let shop = Shop::open(1).await;
    let next = (shop.events().await.len() + 1).to_string();
    let exported = shop.export(&["--only", "events", "--from", &next]).await;
    assert_eq!((of(&exported, "events").files, rows(&shop.lake(), "events")), (0, vec![]));
    shop.orders_of_a_day(1).await;
    shop.export(&["--only", "events", "--from", &next]).await;
    let found = rows(&shop.lake(), "events");
    assert_eq!(found[0]["position"].to_string(), next);
    assert_eq!(found.len() as u64, shop.events().await.len() as u64 + 1 - next.parse::<u64>().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_an_interrupted_run_are_removed() {
    let shop = Shop::open(2).await;
    // A directory with the name of the third file makes the run fail there, like a full disk.
    let day = shop.lake().join("events/merchant=default/date=2026-03-01");
    let obstacle = day.join(format!("part-{:020}-{:020}.parquet", 9, 12));
    std::fs::create_dir_all(shop.lake()).unwrap();
    shop.export(&["--only", "events", "--until", "4"]).await;
    std::fs::create_dir_all(obstacle.join("in the way")).unwrap();
    let failed = shop.export_error(&["--only", "events"]).await;
    assert!(matches!(&failed, ExportError::File { file, .. } if *file == obstacle), "{failed}");
    assert_eq!(rows_of_files(&shop), 8, "two files are complete");
    std::fs::remove_dir_all(&obstacle).unwrap();

    // Files of runs that were killed during a file, and between a file and the manifest.
    std::fs::write(day.join("events.unfinished"), "half").unwrap();
    let orphan = day.join(format!("part-{:020}-{:020}.parquet", 9, 11));
    std::fs::copy(day.join(format!("part-{:020}-{:020}.parquet", 5, 8)), &orphan).unwrap();
    // Other files are not removed.
    std::fs::write(day.join("notes.txt"), "mine").unwrap();
    shop.export(&["--only", "events"]).await;
    assert!(!orphan.exists() && !day.join("events.unfinished").exists() && day.join("notes.txt").exists());
    assert_equals_journal(&shop).await;
}

/// The number of rows in all Parquet files.
fn rows_of_files(shop: &Shop) -> usize {
    let is_parquet =
        |file: &&std::path::PathBuf| file.extension().is_some_and(|extension| extension == "parquet");
    files(&shop.lake()).iter().filter(is_parquet).map(|file| super::reading::parquet(file).len()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_file_has_events_of_one_date_and_their_positions_in_its_name() {
    let shop = Shop::open(2).await;
    shop.export(&["--only", "events", "--events-per-file", "1000"]).await;
    let events = shop.events().await;
    let first_of_second = events.iter().find(|event| event.recorded_at > events[0].recorded_at).unwrap();
    let folder = shop.lake().join("events/merchant=default");
    let part = |first, last| format!("part-{first:020}-{last:020}.parquet");
    let expected = [
        folder.join("date=2026-03-01").join(part(1, first_of_second.position - 1)),
        folder.join("date=2026-03-02").join(part(first_of_second.position, events.len() as u64)),
        folder.join("manifest.json"),
    ];
    assert_eq!(files(&folder), expected);
}

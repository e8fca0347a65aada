//! Snapshots, from which streams are loaded, and the check of the master key.

use super::{Fixture, for_every_journal};
use crate::tests::support::{Command, TestWriter, positions};
use crate::{Journal, LoadRequest, LoadedStream, Snapshot};

for_every_journal!(
    a_stream_without_a_snapshot_is_loaded_from_its_beginning,
    a_stream_is_loaded_from_its_latest_snapshot,
    a_snapshot_of_the_last_version_leaves_no_events,
    an_older_snapshot_never_replaces_a_newer_one,
    a_snapshot_in_another_encoding_replaces_any_snapshot,
    saving_a_snapshot_does_not_affect_other_streams_and_merchants,
    streams_are_loaded_in_the_order_of_the_request,
    the_first_master_key_check_is_never_replaced,
);

async fn load(journal: &dyn Journal, merchant: &str, name: &str) -> LoadedStream {
    let request = LoadRequest { streams: vec![name.into()], ..LoadRequest::default() };
    journal.load(merchant, &request).await.unwrap().streams.remove(0).unwrap()
}

fn snapshot(stream: u64, type_version: u32, version: u64) -> Snapshot {
    Snapshot { stream, type_version, version, state: format!("{type_version}: {version}").into() }
}

/// Appends stream `a` with number 1 and 5 events, and stream `b` with number 4 and 2 events.
async fn two_streams(journal: &dyn Journal, merchant: &str) {
    let mut writer = TestWriter::new(merchant);
    writer
        .write(journal, vec![Command::events("a", 3), Command::events("b", 2), Command::events("a", 2)])
        .await;
}

async fn saved(journal: &dyn Journal, merchant: &str, name: &str) -> Option<Snapshot> {
    load(journal, merchant, name).await.snapshot
}

async fn a_stream_without_a_snapshot_is_loaded_from_its_beginning(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    two_streams(journal, "m").await;
    let loaded = load(journal, "m", "a").await;
    assert_eq!((loaded.stream, loaded.snapshot), (1, None));
    assert_eq!(positions(&loaded.events), [1, 2, 3, 6, 7]);
}

async fn a_stream_is_loaded_from_its_latest_snapshot(fixture: &mut impl Fixture) {
    two_streams(fixture.journal(), "m").await;
    fixture.journal().save_snapshots("m", vec![snapshot(1, 1, 2)]).await.unwrap();
    fixture.journal().save_snapshots("m", vec![snapshot(1, 1, 3)]).await.unwrap();
    fixture.reopen().await;
    let loaded = load(fixture.journal(), "m", "a").await;
    assert_eq!(loaded.snapshot, Some(snapshot(1, 1, 3)));
    assert_eq!(positions(&loaded.events), [6, 7]);
    let whole = fixture.journal().read_stream("m", "a", u64::MAX).await.unwrap();
    assert_eq!(positions(&whole), [1, 2, 3, 6, 7], "reading a stream ignores its snapshot");
}

async fn a_snapshot_of_the_last_version_leaves_no_events(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    two_streams(journal, "m").await;
    journal.save_snapshots("m", vec![snapshot(1, 1, 5)]).await.unwrap();
    let loaded = load(journal, "m", "a").await;
    assert_eq!((loaded.snapshot, loaded.events), (Some(snapshot(1, 1, 5)), vec![]));
}

async fn an_older_snapshot_never_replaces_a_newer_one(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    two_streams(journal, "m").await;
    journal.save_snapshots("m", vec![snapshot(1, 1, 4), snapshot(1, 1, 3)]).await.unwrap();
    journal.save_snapshots("m", vec![snapshot(1, 1, 2)]).await.unwrap();
    assert_eq!(saved(journal, "m", "a").await, Some(snapshot(1, 1, 4)));
}

async fn a_snapshot_in_another_encoding_replaces_any_snapshot(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    two_streams(journal, "m").await;
    journal.save_snapshots("m", vec![snapshot(1, 1, 4)]).await.unwrap();
    journal.save_snapshots("m", vec![snapshot(1, 2, 3)]).await.unwrap();
    assert_eq!(saved(journal, "m", "a").await, Some(snapshot(1, 2, 3)));
    assert_eq!(positions(&load(journal, "m", "a").await.events), [6, 7]);
}

async fn saving_a_snapshot_does_not_affect_other_streams_and_merchants(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    two_streams(journal, "m").await;
    two_streams(journal, "n").await;
    journal.save_snapshots("m", vec![snapshot(1, 1, 4), snapshot(4, 1, 1)]).await.unwrap();
    journal.save_snapshots("n", vec![snapshot(1, 1, 2)]).await.unwrap();
    journal.save_snapshots("m", vec![]).await.unwrap();
    assert_eq!(saved(journal, "m", "a").await, Some(snapshot(1, 1, 4)));
    assert_eq!(saved(journal, "m", "b").await, Some(snapshot(4, 1, 1)));
    assert_eq!(saved(journal, "n", "a").await, Some(snapshot(1, 1, 2)));
    assert_eq!(saved(journal, "n", "b").await, None);
}

async fn streams_are_loaded_in_the_order_of_the_request(fixture: &mut impl Fixture) {
    let journal = fixture.journal();
    two_streams(journal, "m").await;
    let streams = ["b", "nothing", "a", "b"].map(Into::into).to_vec();
    let request = LoadRequest { streams, ..LoadRequest::default() };
    let loaded = journal.load("m", &request).await.unwrap();
    let numbers: Vec<_> =
        loaded.streams.iter().map(|found| found.as_ref().map(|found| found.stream)).collect();
    assert_eq!(numbers, [Some(4), None, Some(1), Some(4)]);
    assert_eq!(loaded.claims, []);
    assert_eq!(loaded.outcomes, []);
}

async fn the_first_master_key_check_is_never_replaced(fixture: &mut impl Fixture) {
    assert_eq!(fixture.journal().master_key_check().await.unwrap(), None);
    fixture.journal().save_master_key_check(vec![1; 32]).await.unwrap();
    fixture.journal().save_master_key_check(vec![2; 32]).await.unwrap();
    fixture.reopen().await;
    assert_eq!(fixture.journal().master_key_check().await.unwrap(), Some(vec![1; 32]));
}

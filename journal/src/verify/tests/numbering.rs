//! Journals with wrong numbers and correct hashes.

use super::finding;
use crate::chain::{batch_hash, event_hash};
use crate::test_support::MemoryJournal;
use crate::tests::support::{append, verified};
use crate::{Batch, CommandRecord, Hash, Head, NewEvent, SqliteJournal};

/// Seals one command with events, given by the number of their stream and their version.
fn batch_of(events: &[(u64, u64)]) -> Batch {
    let event = |(stream, version): &(u64, u64)| NewEvent {
        stream_name: format!("stream-{stream}").into(),
        stream: *stream,
        version: *version,
        kind: "Noted",
        type_version: 1,
        payload: Vec::new(),
        sealed: None,
    };
    let events = events.iter().map(event).collect();
    Batch::seal(
        "m".into(),
        [1; 16],
        Head::default(),
        vec![CommandRecord { events, ..CommandRecord::default() }],
    )
}

/// Computes all hashes of a changed batch again.
fn rechained(mut batch: Batch) -> Batch {
    let mut previous = Hash::default();
    for event in &mut batch.events {
        event.hash = event_hash("m", previous, event);
        previous = event.hash;
    }
    let mut summary = batch.summary.take().unwrap();
    summary.hash = batch_hash("m", Hash::default(), previous, &summary);
    batch.next = Head { event_hash: previous, hash: summary.hash, ..batch.next };
    batch.summary = Some(summary);
    batch
}

#[tokio::test]
async fn a_missing_version_is_found() {
    let journal = MemoryJournal::new();
    append(&journal, &batch_of(&[(1, 1), (2, 1), (1, 3), (1, 4), (2, 4)])).await.unwrap();
    let findings = verified(&journal, "m").await.findings;
    let wrong = |stream| format!("the version does not follow the last version of stream stream-{stream}");
    assert_eq!(findings, [finding(3, &wrong(1)), finding(5, &wrong(2))]);
}

#[tokio::test]
async fn a_command_with_two_different_ends_is_found() {
    for (position, end, found) in [(1, 2, 2), (2, 2, 2), (2, 4, 2), (3, 2, 3)] {
        let directory = tempfile::tempdir().unwrap();
        let journal = SqliteJournal::open(directory.path()).unwrap();
        let mut batch = batch_of(&[(1, 1), (1, 2), (1, 3)]);
        batch.events[position - 1].command_end = end;
        append(&journal, &rechained(batch)).await.unwrap();
        let findings = verified(&journal, "m").await.findings;
        let problem = "the end of the event's command differs from that of the event before";
        assert_eq!(findings, [finding(found, problem)], "event {position} in a command that ends at {end}");
    }
}

#[tokio::test]
async fn a_journal_chained_again_without_a_change_has_no_findings() {
    let journal = MemoryJournal::new();
    append(&journal, &rechained(batch_of(&[(1, 1), (1, 2), (1, 3)]))).await.unwrap();
    assert_eq!(verified(&journal, "m").await.findings, []);
}

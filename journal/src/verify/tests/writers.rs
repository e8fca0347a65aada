//! Journals that nobody tampered with, well chained by a writer who counts wrongly.

use super::finding;
use crate::chain::{batch_hash, event_hash};
use crate::testing::{append, verified};
use crate::{Batch, CommandRecord, Hash, Head, MemoryJournal, NewEvent, SqliteJournal};

/// Seals one command with events, told by the number of their stream and their version in it.
fn of(events: &[(u64, u64)]) -> Batch {
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

/// Makes a batch out of its events anew, so that every hash fits what was changed.
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
async fn a_version_left_out_is_found() {
    let journal = MemoryJournal::new();
    append(&journal, &of(&[(1, 1), (2, 1), (1, 3), (1, 4), (2, 4)])).await.unwrap();
    let findings = verified(&journal, "m").await.findings;
    let wrong = |stream| format!("the version of stream stream-{stream} is not the next");
    assert_eq!(findings, [finding(3, &wrong(1)), finding(5, &wrong(2))]);
}

#[tokio::test]
async fn a_command_that_ends_in_two_places_is_found() {
    for (position, end, found) in [(1, 2, 2), (2, 2, 2), (2, 4, 2), (3, 2, 3)] {
        let directory = tempfile::tempdir().unwrap();
        let journal = SqliteJournal::open(directory.path()).unwrap();
        let mut batch = of(&[(1, 1), (1, 2), (1, 3)]);
        batch.events[position - 1].command_end = end;
        append(&journal, &rechained(batch)).await.unwrap();
        let findings = verified(&journal, "m").await.findings;
        let what = "the event's command does not end where the one before says";
        assert_eq!(findings, [finding(found, what)], "event {position} in a command that ends at {end}");
    }
}

#[tokio::test]
async fn what_is_chained_anew_without_a_change_is_clean() {
    let journal = MemoryJournal::new();
    append(&journal, &rechained(of(&[(1, 1), (1, 2), (1, 3)]))).await.unwrap();
    assert_eq!(verified(&journal, "m").await.findings, []);
}

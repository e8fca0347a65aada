//! Unreadable rows, gaps, and more damage than is listed.

use super::{Store, connect, damage, finding, open, positions_of};
use crate::tests::support::{Command, TestWriter, all_events, verified};
use crate::{EventLog as _, JournalError, SqliteJournal};

/// SQL that allows NULL in every column of a table.
fn nullable(table: &str) -> String {
    format!(
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', '') WHERE name = '{table}';
         PRAGMA writable_schema = RESET;"
    )
}

#[tokio::test]
async fn an_unreadable_event_is_found_and_hides_no_other() {
    let store = Store::new().await;
    for change in [
        "payload = NULL",
        "payload = 'text'",
        "payload = 7",
        "metadata = NULL",
        "sealed = 'text'",
        "hash = NULL",
        "hash = x'00'",
        "event_id = 'text'",
        "stream = 'text'",
        "version = NULL",
        "version = -1",
        "version = 1.5",
        "command_end = 'text'",
        "command_end = -1",
        "type = NULL",
        "type = x'ff'",
        "type = CAST(x'ff' AS TEXT)",
        "type_version = 4294967296",
        "recorded_at = 'yesterday'",
        "batch = NULL",
    ] {
        let copy = store.copy();
        damage(&copy, &nullable("event"));
        let change = format!("UPDATE event SET {change} WHERE merchant = 'm' AND position = 4");
        // A second change shows that the verification continued.
        damage(
            &copy,
            &format!("{change}; UPDATE event SET payload = x'00' WHERE merchant = 'm' AND position = 7"),
        );
        let journal = open(&copy);
        let verification = verified(&journal, "m").await;
        assert_eq!(positions_of(&verification), [4, 7], "{change}: {:#?}", verification.findings);
        let problem = &verification.findings[0].problem;
        assert!(problem.starts_with("the event cannot be read: "), "{change}: {problem}");
        assert_eq!(verification.events, 7);
        let error = journal.read("m", 0, 10).await.unwrap_err();
        assert!(matches!(error, JournalError::Corrupt(_)), "{change}: {error:?}");
    }
}

#[tokio::test]
async fn an_impossible_position_is_found_where_the_event_was() {
    let store = Store::new().await;
    let beyond = &[4, 9][..];
    for (position, positions) in [
        ("9223372036854775807", beyond),
        ("1000000", beyond),
        ("'text'", beyond),
        ("x'ff'", beyond),
        ("-1", &[0, 4]),
        ("0", &[0, 4]),
        ("4.5", &[4]),
    ] {
        let sql = format!("UPDATE event SET position = {position} WHERE merchant = 'm' AND position = 4");
        store.assert_found(&sql, positions).await;
    }
}

#[tokio::test]
async fn an_unreadable_batch_is_found_and_hides_no_other() {
    let store = Store::new().await;
    for change in [
        "id = NULL",
        "id = x'00'",
        "epoch = 'text'",
        "first_position = -1",
        "last_position = NULL",
        "outcomes = 'text'",
        "at = x''",
        "hash = NULL",
    ] {
        for (batch, position) in [(1, 2), (3, 6), (4, 6)] {
            let copy = store.copy();
            damage(&copy, &nullable("batch"));
            let sql = format!("UPDATE batch SET {change} WHERE merchant = 'm' AND batch = {batch}");
            damage(&copy, &format!("{sql}; UPDATE batch SET epoch = 9 WHERE merchant = 'm' AND batch = 5"));
            let verification = verified(&open(&copy), "m").await;
            assert_eq!(positions_of(&verification), [position, 8], "{sql}: {:#?}", verification.findings);
            let problem = &verification.findings[0].problem;
            assert!(problem.starts_with(&format!("batch {batch} cannot be read: ")), "{sql}: {problem}");
        }
    }
}

#[tokio::test]
async fn an_impossible_batch_number_is_found_where_the_batch_was() {
    let store = Store::new().await;
    for (number, positions) in [
        ("9223372036854775807", &[6, 9][..]),
        ("1000", &[6, 9]),
        ("'text'", &[6, 8, 9]),
        ("x'ff'", &[6, 8, 9]),
        ("-1", &[6]),
        ("0", &[6]),
        ("3.5", &[6]),
    ] {
        let sql = format!("UPDATE batch SET batch = {number} WHERE merchant = 'm' AND batch = 3");
        store.assert_found(&sql, positions).await;
    }
}

#[tokio::test]
async fn an_unreadable_outcome_is_found_at_its_batch() {
    let store = Store::new().await;
    for change in [
        "sender = CAST(x'ff' AS TEXT)",
        "fingerprint = x'00'",
        "kind = 9",
        "kind = 0",
        "kind = 'text'",
        "first_position = -1",
        "last_position = x'00'",
        "answer = NULL",
        "at = 1.5",
    ] {
        let copy = store.copy();
        damage(&copy, &nullable("outcome"));
        damage(&copy, &format!("UPDATE outcome SET {change} WHERE merchant = 'm' AND key = 'three'"));
        damage(&copy, "UPDATE outcome SET answer = x'' WHERE merchant = 'm' AND key = 'seven'");
        let verification = verified(&open(&copy), "m").await;
        assert_eq!(positions_of(&verification), [6, 8], "{change}: {:#?}", verification.findings);
        let problem = &verification.findings[0].problem;
        assert!(problem.starts_with("an outcome of batch 3 cannot be read: "), "{change}: {problem}");
    }
}

#[tokio::test]
async fn an_unreadable_head_is_found_at_the_end_of_the_journal() {
    let store = Store::new().await;
    for change in ["position = NULL", "hash = x'00'", "batch = 'text'", "format = -1"] {
        let copy = store.copy();
        damage(&copy, &nullable("journal_head"));
        damage(&copy, &format!("UPDATE journal_head SET {change} WHERE merchant = 'm'"));
        let verification = verified(&open(&copy), "m").await;
        assert_eq!(positions_of(&verification), [8], "{change}: {:#?}", verification.findings);
        assert_eq!((verification.events, verification.batches, verification.outcomes), (8, 5, 7));

        damage(&copy, "UPDATE event SET payload = x'00' WHERE merchant = 'm' AND position = 2");
        damage(&copy, "UPDATE batch SET batch = 'text' WHERE merchant = 'm' AND batch = 4");
        assert_eq!(verified(&open(&copy), "m").await.findings[0].position, 2);
    }
}

/// A journal of 12,000 commands with one event each: more than two pages.
async fn long_journal() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(directory.path()).unwrap();
    let mut writer = TestWriter::new("m");
    for _ in 0..3 {
        writer.write(&journal, (0..4_000).map(|_| Command::events("a", 1)).collect()).await;
    }
    directory
}

#[tokio::test]
async fn a_gap_larger_than_a_page_is_found_and_the_events_after_it_are_checked() {
    let directory = long_journal().await;
    damage(&directory, "DELETE FROM event WHERE position BETWEEN 101 AND 11000");
    damage(&directory, "UPDATE event SET payload = x'00' WHERE position = 11500");
    let mut seen = Vec::new();
    let journal = open(&directory);
    let verification = crate::verify(&journal, "m", i64::MIN, |position| seen.push(position)).await.unwrap();
    let of_events = [
        finding(101, "events 101 to 11000 are missing"),
        finding(11_500, "the event does not match its hash"),
    ];
    for finding in &of_events {
        assert!(verification.findings.contains(finding), "{:#?}", verification.findings);
    }
    // The batches that end within the gap cannot be verified either.
    assert_eq!(positions_of(&verification), [101, 4_000, 8_000, 11_500]);
    assert_eq!(verification.events, 1_100);
    assert_eq!(seen.last(), Some(&12_000));
}

#[tokio::test]
async fn a_gap_up_to_the_end_is_found() {
    let directory = long_journal().await;
    damage(&directory, "DELETE FROM event WHERE position > 11000");
    let verification = verified(&open(&directory), "m").await;
    assert_eq!(verification.findings[0], finding(11_001, "events 11001 to 12000 are missing"));
    damage(&directory, "UPDATE journal_head SET position = 9223372036854775807");
    let verification = verified(&open(&directory), "m").await;
    let what = "events 11001 to 9223372036854775807 are missing";
    assert_eq!(verification.findings[0], finding(11_001, what));
}

#[tokio::test]
async fn at_most_100_findings_are_listed_from_the_first_damage_on() {
    let directory = long_journal().await;
    damage(&directory, "UPDATE event SET payload = x'00' WHERE position >= 300");
    let verification = verified(&open(&directory), "m").await;
    assert_eq!(positions_of(&verification), (300..400).collect::<Vec<_>>());
    damage(&directory, "UPDATE event SET payload = 'text' WHERE position >= 200");
    let verification = verified(&open(&directory), "m").await;
    assert_eq!(positions_of(&verification), (200..300).collect::<Vec<_>>());
}

#[tokio::test]
async fn unreadable_batches_end_the_verification() {
    let directory = tempfile::tempdir().unwrap();
    {
        let journal = SqliteJournal::open(directory.path()).unwrap();
        let mut writer = TestWriter::new("m");
        for number in 0..250 {
            writer.write(&journal, vec![Command::rejected(&format!("{number}"))]).await;
        }
    }
    damage(&directory, "UPDATE batch SET hash = 'text'");
    let verification = verified(&open(&directory), "m").await;
    assert_eq!(verification.findings.len(), 100);
    damage(&directory, "UPDATE batch SET batch = 'text' || batch");
    for head in ["batch = 9223372036854775807", "batch = 'text'"] {
        damage(&directory, &format!("UPDATE journal_head SET {head}"));
        assert_eq!(
            positions_of(&verified(&open(&directory), "m").await),
            [0, 1][..if head.contains('9') { 2 } else { 1 }]
        );
    }
}

#[tokio::test]
async fn a_database_without_its_tables_is_an_error() {
    let store = Store::new().await;
    let copy = store.copy();
    connect(&copy).execute_batch("DROP TABLE event").unwrap();
    let error = crate::verify(&open(&copy), "m", 0, |_| {}).await.unwrap_err();
    assert!(matches!(error, JournalError::Unavailable(_)), "{error:?}");
}

#[tokio::test]
async fn an_event_before_the_first_position_is_found_and_not_part_of_its_stream() {
    let store = Store::new().await;
    let columns =
        "event_id, stream, version + 100, command_end, type, type_version, payload, sealed, metadata,
                   recorded_at, batch, hash";
    for position in [0, -5] {
        let copy = store.copy();
        damage(
            &copy,
            &format!(
                "INSERT INTO event SELECT merchant, {position}, {columns} FROM event
                 WHERE merchant = 'm' AND position = 3"
            ),
        );
        let journal = open(&copy);
        let verification = verified(&journal, "m").await;
        assert_eq!(positions_of(&verification), [0], "{:#?}", verification.findings);
        let stream = all_events(&journal, "m").await.swap_remove(2).stream_name;
        let events = journal.read_stream("m", &stream, u64::MAX).await.unwrap();
        assert!(events.iter().all(|event| event.position > 0));
    }
}

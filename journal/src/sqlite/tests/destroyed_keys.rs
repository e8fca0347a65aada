//! Destroyed keys are in no file.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::{as_after_a_crash, contents, new_directory, open};
use crate::sqlite::{DATABASE_FILE, SqliteJournal, append};
use crate::tests::support::{Command, TestWriter, assert_clean};
use crate::{JournalError, SubjectKeys as _};

fn contains(directory: &Path, needle: &[u8]) -> bool {
    contents(directory).iter().any(|(_, bytes)| bytes.windows(needle.len()).any(|window| window == needle))
}

/// A different key for every order, which occurs nowhere else by chance.
fn key_of(order: usize) -> [u8; 32] {
    Sha256::digest(order.to_be_bytes()).into()
}

/// The parts of a key that would reveal it.
fn key_parts(order: usize) -> [Vec<u8>; 3] {
    let key = key_of(order);
    [key[..12].to_vec(), key[10..22].to_vec(), key[20..].to_vec()]
}

/// Creates orders with a key each, in an order that splits many pages.
async fn orders_with_keys(journal: &SqliteJournal, count: usize) -> TestWriter {
    let mut writer = TestWriter::new("m");
    let orders: Vec<usize> = (0..count).map(|index| index * 7_919 % count).collect();
    for batch in orders.chunks(20) {
        let order = |order: &usize| {
            Command::events(&format!("order-{order}"), 1)
                .create_key(&format!("order-{order}"), &key_of(*order))
        };
        writer.write(journal, batch.iter().map(order).collect()).await;
    }
    writer
}

#[tokio::test]
async fn a_destroyed_key_is_in_no_file() {
    let directory = new_directory();
    let journal = open(&directory);
    let mut writer = orders_with_keys(&journal, 1_000).await;
    let erased: Vec<usize> = (0..1_000).step_by(53).collect();
    for order in &erased {
        assert!(
            key_parts(*order).iter().all(|part| contains(directory.path(), part)),
            "the key is in a file before"
        );
        let erase = Command::events("erasures", 1).destroy_key(&format!("order-{order}"));
        writer.write(&journal, vec![erase]).await;
        assert!(!key_parts(*order).iter().any(|part| contains(directory.path(), part)), "order {order}");
    }
    assert!(key_parts(1).iter().all(|part| contains(directory.path(), part)), "other keys stay");
    assert_clean(&journal, "m", 1_000 + erased.len() as u64).await;
    drop(journal);
    assert!(!erased.iter().any(|order| contains(directory.path(), &key_parts(*order)[0])));
}

#[tokio::test]
async fn a_key_destroyed_before_a_crash_is_removed_from_all_files_at_the_next_start() {
    let directory = new_directory();
    let journal = open(&directory);
    let mut writer = orders_with_keys(&journal, 20).await;
    let batch = writer.prepare(vec![Command::events("erasures", 1).destroy_key("order-7")]);
    // Committed, before the log is truncated.
    let path = directory.path().to_owned();
    let work = move |connection: &mut Connection| {
        append::append_all(connection, &[batch]).unwrap();
        as_after_a_crash(&path)
    };
    let crashed = journal.writer.run(work).await.unwrap();
    assert!(contains(crashed.path(), &key_parts(7)[0]), "the key is still in the log");
    let another = as_after_a_crash(crashed.path());
    // At first, a reader blocks the truncation.
    let reader = Connection::open(crashed.path().join(DATABASE_FILE)).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM event").unwrap();
    let found = open(&crashed);
    assert_eq!(found.subject_key("m", "order-7").await.unwrap(), None);
    assert!(contains(crashed.path(), &key_parts(7)[0]));
    reader.execute_batch("COMMIT").unwrap();
    drop(reader);
    writer.write(&found, vec![Command::events("other", 1)]).await;
    assert!(!key_parts(7).iter().any(|part| contains(crashed.path(), part)));

    // Without a reader, opening the journal truncates the log.
    let found = open(&another);
    assert_eq!(found.subject_key("m", "order-7").await.unwrap(), None);
    assert!(!key_parts(7).iter().any(|part| contains(another.path(), part)));
    assert_clean(&found, "m", 21).await;
}

#[tokio::test]
async fn a_destroyed_key_kept_in_the_log_by_a_reader_is_removed_by_the_next_append() {
    let directory = new_directory();
    let journal = open(&directory);
    let mut writer = orders_with_keys(&journal, 20).await;
    let truncate_now = |connection: &mut Connection| append::truncate_log(connection, Duration::ZERO);
    let reader = Connection::open(directory.path().join(DATABASE_FILE)).unwrap();
    let erase = writer.prepare(vec![Command::events("erasures", 1).destroy_key("order-7")]);
    reader.execute_batch("BEGIN; SELECT count(*) FROM event").unwrap();

    // An append, without waiting for the reader.
    let appended = journal.writer.run(move |connection| append::append_all(connection, &[erase])).await;
    assert_eq!(appended.unwrap().unwrap(), [Ok(())]);
    let blocked = journal.writer.run(truncate_now).await.unwrap();
    assert!(matches!(blocked, Err(JournalError::Unavailable(_))), "{blocked:?}");
    journal.destroyed_key_in_log.store(true, Ordering::Relaxed);
    writer.write(&journal, vec![Command::events("other", 1)]).await;
    assert!(contains(directory.path(), &key_parts(7)[0]), "the reader still blocks the truncation");

    reader.execute_batch("COMMIT").unwrap();
    writer.write(&journal, vec![Command::events("other", 1)]).await;
    assert!(!key_parts(7).iter().any(|part| contains(directory.path(), part)));
    assert!(!journal.destroyed_key_in_log.load(Ordering::Relaxed));
    assert_eq!(journal.subject_key("m", "order-7").await.unwrap(), None);
}

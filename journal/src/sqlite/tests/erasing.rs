//! Destroyed keys are in no file.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::{as_after_a_crash, contents, new_directory, open};
use crate::sqlite::{FILE, SqliteJournal, append};
use crate::testing::{Command, Scribe, assert_clean};
use crate::{Journal, JournalError};

fn holds(directory: &Path, needle: &[u8]) -> bool {
    contents(directory).iter().any(|(_, bytes)| bytes.windows(needle.len()).any(|window| window == needle))
}

/// A key that occurs nowhere by chance, different for every order.
fn key_of(order: usize) -> [u8; 32] {
    Sha256::digest(order.to_be_bytes()).into()
}

/// The parts of a key that would give it away.
fn traces(order: usize) -> [Vec<u8>; 3] {
    let key = key_of(order);
    [key[..12].to_vec(), key[10..22].to_vec(), key[20..].to_vec()]
}

/// So many orders with a key each, in an order that splits pages everywhere.
async fn orders_with_keys(journal: &SqliteJournal, count: usize) -> Scribe {
    let mut scribe = Scribe::of("m");
    let orders: Vec<usize> = (0..count).map(|index| index * 7_919 % count).collect();
    for batch in orders.chunks(20) {
        let order = |order: &usize| {
            Command::events(&format!("order-{order}"), 1).keeping(&format!("order-{order}"), &key_of(*order))
        };
        scribe.write(journal, batch.iter().map(order).collect()).await;
    }
    scribe
}

#[tokio::test]
async fn an_erased_key_is_in_no_file() {
    let directory = new_directory();
    let journal = open(&directory);
    let mut scribe = orders_with_keys(&journal, 1_000).await;
    let erased: Vec<usize> = (0..1_000).step_by(53).collect();
    for order in &erased {
        assert!(traces(*order).iter().all(|trace| holds(directory.path(), trace)), "the test would see it");
        let erase = Command::events("erasures", 1).erasing(&format!("order-{order}"));
        scribe.write(&journal, vec![erase]).await;
        assert!(!traces(*order).iter().any(|trace| holds(directory.path(), trace)), "order {order}");
    }
    assert!(traces(1).iter().all(|trace| holds(directory.path(), trace)), "others keep theirs");
    assert_clean(&journal, "m", 1_000 + erased.len() as u64).await;
    drop(journal);
    assert!(!erased.iter().any(|order| holds(directory.path(), &traces(*order)[0])));
}

#[tokio::test]
async fn a_key_erased_before_a_crash_is_in_no_file_once_the_store_is_opened() {
    let directory = new_directory();
    let journal = open(&directory);
    let mut scribe = orders_with_keys(&journal, 20).await;
    let batch = scribe.prepare(vec![Command::events("erasures", 1).erasing("order-7")]);
    // Committed, and the log not yet emptied.
    let path = directory.path().to_owned();
    let work = move |connection: &mut Connection| {
        append::append_all(connection, &[batch]).unwrap();
        as_after_a_crash(&path)
    };
    let crashed = journal.writer.run(work).await.unwrap();
    assert!(holds(crashed.path(), &traces(7)[0]), "it is still in the log");
    let another = as_after_a_crash(crashed.path());
    // Another process that reads prevents it at first.
    let reader = Connection::open(crashed.path().join(FILE)).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM event").unwrap();
    let found = open(&crashed);
    assert_eq!(found.subject_key("m", "order-7").await.unwrap(), None);
    assert!(holds(crashed.path(), &traces(7)[0]));
    reader.execute_batch("COMMIT").unwrap();
    drop(reader);
    scribe.write(&found, vec![Command::events("other", 1)]).await;
    assert!(!traces(7).iter().any(|trace| holds(crashed.path(), trace)));

    // Without one, opening is enough.
    let found = open(&another);
    assert_eq!(found.subject_key("m", "order-7").await.unwrap(), None);
    assert!(!traces(7).iter().any(|trace| holds(another.path(), trace)));
    assert_clean(&found, "m", 21).await;
}

#[tokio::test]
async fn a_key_that_a_reader_kept_in_the_log_goes_with_the_next_append() {
    let directory = new_directory();
    let journal = open(&directory);
    let mut scribe = orders_with_keys(&journal, 20).await;
    let impatient = |connection: &mut Connection| append::empty_the_log(connection, Duration::ZERO);
    let reader = Connection::open(directory.path().join(FILE)).unwrap();
    let erase = scribe.prepare(vec![Command::events("erasures", 1).erasing("order-7")]);
    reader.execute_batch("BEGIN; SELECT count(*) FROM event").unwrap();

    // What an append does, without its patience.
    let appended = journal.writer.run(move |connection| append::append_all(connection, &[erase])).await;
    assert_eq!(appended.unwrap().unwrap(), [Ok(())]);
    let prevented = journal.writer.run(impatient).await.unwrap();
    assert!(matches!(prevented, Err(JournalError::Unavailable(_))), "{prevented:?}");
    journal.lingering.store(true, Ordering::Relaxed);
    scribe.write(&journal, vec![Command::events("other", 1)]).await;
    assert!(holds(directory.path(), &traces(7)[0]), "the reader is still in the way");

    reader.execute_batch("COMMIT").unwrap();
    scribe.write(&journal, vec![Command::events("other", 1)]).await;
    assert!(!traces(7).iter().any(|trace| holds(directory.path(), trace)));
    assert!(!journal.lingering.load(Ordering::Relaxed));
    assert_eq!(journal.subject_key("m", "order-7").await.unwrap(), None);
}

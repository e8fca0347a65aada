//! Whatever breaks off: what was committed is there, whole, and nothing else is.

use std::fs;
use std::pin::pin;
use std::task::Poll;

use rusqlite::{Connection, TransactionBehavior};

use super::{as_after_a_crash, filler, new_directory, open};
use crate::sqlite::{SqliteJournal, append};
use crate::testing::{Command, Scribe, assert_clean};
use crate::{AppendError, Head, Journal};

#[tokio::test]
async fn what_was_appended_survives_a_crash() {
    let directory = new_directory();
    let journal = open(&directory);
    let mut scribe = Scribe::of("m");
    for number in 1..=5_u64 {
        scribe.write(&journal, vec![Command::events("a", 2).granted(&format!("{number}"))]).await;
        let crashed = as_after_a_crash(directory.path());
        let found = open(&crashed);
        assert_eq!(found.head("m").await.unwrap(), scribe.head);
        assert_clean(&found, "m", number * 2).await;
    }
}

#[tokio::test]
async fn a_log_cut_off_anywhere_leaves_whole_batches() {
    let directory = new_directory();
    let journal = open(&directory);
    let mut scribe = Scribe::of("m");
    let mut heads = vec![Head::default()];
    for number in 0..6 {
        let order = Command::events("a", 3).granted(&format!("{number}"));
        scribe.write(&journal, vec![order.metadata(&filler())]).await;
        heads.push(scribe.head);
    }
    let log = directory.path().join("journal.db-wal");
    let length = fs::metadata(&log).unwrap().len();
    let mut found = Vec::new();
    for cut in (0..=40).map(|part| length * part / 40) {
        let crashed = as_after_a_crash(directory.path());
        let log = fs::File::options().write(true).open(crashed.path().join("journal.db-wal")).unwrap();
        log.set_len(cut).unwrap();
        let journal = open(&crashed);
        let head = journal.head("m").await.unwrap();
        assert!(heads.contains(&head), "cut off at {cut}: {head:?}");
        assert_clean(&journal, "m", head.position).await;
        found.push(head.batch);
    }
    assert!(found.is_sorted(), "{found:?}");
    assert_eq!((found[0], found[40]), (0, 6), "all cuts between nothing and everything");
}

#[tokio::test]
async fn uncommitted_work_is_invisible_to_readers_and_after_a_crash() {
    let directory = new_directory();
    let journal = open(&directory);
    let mut scribe = Scribe::of("m");
    scribe.write(&journal, vec![Command::events("a", 1)]).await;
    let committed = scribe.head;
    let event = |index: usize| Command::recording(&[("a", &filler())]).granted(&format!("{index}"));
    let batch = scribe.seal((0..500).map(event).collect());

    let path = directory.path().to_owned();
    let log = path.join("journal.db-wal");
    let before = fs::metadata(&log).unwrap().len();
    let work = move |connection: &mut Connection| {
        // So little memory that the log is written to before the commit.
        connection.pragma_update(None, "cache_size", 10).unwrap();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        append::append_one(&transaction, &batch).unwrap();
        let reader = SqliteJournal::open_read_only(&path).unwrap();
        (reader, as_after_a_crash(&path))
    };
    let (reader, crashed) = journal.writer.run(work).await.unwrap();
    assert!(fs::metadata(&log).unwrap().len() > before, "the work had reached the log");
    for journal in [&journal, &reader, &open(&crashed)] {
        assert_eq!(journal.head("m").await.unwrap(), committed);
        assert_clean(journal, "m", 1).await;
    }
    // The work was given up with its transaction: the head is still good.
    scribe.write(&journal, vec![Command::events("a", 1)]).await;
    assert_clean(&journal, "m", 2).await;
}

#[tokio::test]
async fn an_append_that_nobody_waits_for_is_done_whole() {
    let directory = new_directory();
    let journal = open(&directory);
    let mut scribe = Scribe::of("m");
    scribe.write(&journal, vec![Command::events("a", 1)]).await;
    let (number, id) = {
        let batch = scribe.prepare(vec![Command::events("a", 100)]);
        let batches = [batch.clone()].into();
        let mut appending = pin!(journal.append(&batches));
        // Polled once, so that it is handed over, and then dropped.
        let waiting =
            std::future::poll_fn(|context| Poll::Ready(appending.as_mut().poll(context).is_pending()));
        waiting.await;
        batch.identity().unwrap()
    };
    assert!(journal.has_batch("m", number, id).await.unwrap(), "asked behind what was under way");
    drop(journal);
    let journal = open(&directory);
    assert_eq!(journal.head("m").await.unwrap(), scribe.head);
    assert_clean(&journal, "m", 101).await;
}

#[tokio::test]
async fn a_full_disk_executes_nothing_of_the_call() {
    let directory = new_directory();
    let journal = open(&directory);
    let mut scribes = ["first", "second", "third"].map(Scribe::of);
    for scribe in &mut scribes {
        scribe.write(&journal, vec![Command::events("a", 1)]).await;
    }
    let limit_pages = |limit: u32| {
        journal.writer.run(move |connection| {
            let set = format!("PRAGMA max_page_count = {limit}");
            connection.query_row(&set, [], |row| row.get::<_, u32>(0)).unwrap()
        })
    };
    // No smaller than the database is, so no page can be added.
    limit_pages(1).await.unwrap();
    let large = || vec![Command::recording(&[("a", &filler().repeat(100))])];
    let small = || vec![Command::events("a", 1)];
    let batches = [scribes[0].seal(small()), scribes[1].seal(large()), scribes[2].seal(small())];
    let results = journal.append(&batches.clone().into()).await;
    for (merchant, (scribe, result)) in ["first", "second", "third"].iter().zip(scribes.iter().zip(&results))
    {
        let written = journal.head(merchant).await.unwrap() != scribe.head;
        assert!(matches!(result, Err(AppendError::Unavailable(_))) && !written, "{merchant}: {result:?}");
    }

    limit_pages(1_000_000).await.unwrap();
    assert_eq!(journal.append(&batches.into()).await, [Ok(()), Ok(()), Ok(())], "it was safe to try again");
    for merchant in ["first", "second", "third"] {
        assert_clean(&journal, merchant, 2).await;
    }
}

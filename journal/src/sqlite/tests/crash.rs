//! Crashes and interruptions: committed batches are complete, and nothing else is written.

use std::fs;
use std::pin::pin;
use std::task::Poll;

use rusqlite::{Connection, TransactionBehavior};

use super::{as_after_a_crash, filler, new_directory, open};
use crate::sqlite::{SqliteJournal, append};
use crate::tests::support::{Command, TestWriter, assert_clean};
use crate::{AppendError, BatchStore as _, EventLog as _, Head};

#[tokio::test]
async fn an_appended_batch_survives_a_crash() {
    let directory = new_directory();
    let journal = open(&directory);
    let mut writer = TestWriter::new("m");
    for number in 1..=5_u64 {
        writer.write(&journal, vec![Command::events("a", 2).accepted(&format!("{number}"))]).await;
        let crashed = as_after_a_crash(directory.path());
        let found = open(&crashed);
        assert_eq!(found.head("m").await.unwrap(), writer.head);
        assert_clean(&found, "m", number * 2).await;
    }
}

#[tokio::test]
async fn a_truncated_log_contains_whole_batches() {
    let directory = new_directory();
    let journal = open(&directory);
    let mut writer = TestWriter::new("m");
    let mut heads = vec![Head::default()];
    for number in 0..6 {
        let order = Command::events("a", 3).accepted(&format!("{number}"));
        writer.write(&journal, vec![order.metadata(&filler())]).await;
        heads.push(writer.head);
    }
    let log = directory.path().join("journal.db-wal");
    let length = fs::metadata(&log).unwrap().len();
    let mut found = Vec::new();
    for cut in (0..=40).map(|step| length * step / 40) {
        let crashed = as_after_a_crash(directory.path());
        let log = fs::File::options().write(true).open(crashed.path().join("journal.db-wal")).unwrap();
        log.set_len(cut).unwrap();
        let journal = open(&crashed);
        let head = journal.head("m").await.unwrap();
        assert!(heads.contains(&head), "truncated at {cut}: {head:?}");
        assert_clean(&journal, "m", head.position).await;
        found.push(head.batch);
    }
    assert!(found.is_sorted(), "{found:?}");
    assert_eq!((found[0], found[40]), (0, 6), "from no batch to all batches");
}

#[tokio::test]
async fn uncommitted_work_is_invisible_to_readers_and_after_a_crash() {
    let directory = new_directory();
    let journal = open(&directory);
    let mut writer = TestWriter::new("m");
    writer.write(&journal, vec![Command::events("a", 1)]).await;
    let committed = writer.head;
    let event = |index: usize| Command::with_events(&[("a", &filler())]).accepted(&format!("{index}"));
    let batch = writer.seal((0..500).map(event).collect());

    let path = directory.path().to_owned();
    let log = path.join("journal.db-wal");
    let before = fs::metadata(&log).unwrap().len();
    let work = move |connection: &mut Connection| {
        // A small cache, so that the log is written to before the commit.
        connection.pragma_update(None, "cache_size", 10).unwrap();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        append::append_one(&transaction, &batch).unwrap();
        let reader = SqliteJournal::open_read_only(&path).unwrap();
        (reader, as_after_a_crash(&path))
    };
    let (reader, crashed) = journal.writer.run(work).await.unwrap();
    assert!(fs::metadata(&log).unwrap().len() > before, "the transaction was written to the log");
    for journal in [&journal, &reader, &open(&crashed)] {
        assert_eq!(journal.head("m").await.unwrap(), committed);
        assert_clean(journal, "m", 1).await;
    }
    // The transaction was rolled back: the head has not moved.
    writer.write(&journal, vec![Command::events("a", 1)]).await;
    assert_clean(&journal, "m", 2).await;
}

#[tokio::test]
async fn an_abandoned_append_is_completed() {
    let directory = new_directory();
    let journal = open(&directory);
    let mut writer = TestWriter::new("m");
    writer.write(&journal, vec![Command::events("a", 1)]).await;
    let (number, id) = {
        let batch = writer.prepare(vec![Command::events("a", 100)]);
        let batches = [batch.clone()].into();
        let mut appending = pin!(journal.append(&batches));
        // Polled once, which queues the append, and then dropped.
        let waiting =
            std::future::poll_fn(|context| Poll::Ready(appending.as_mut().poll(context).is_pending()));
        waiting.await;
        batch.identity().unwrap()
    };
    assert!(journal.has_batch("m", number, id).await.unwrap(), "the query is queued after the append");
    drop(journal);
    let journal = open(&directory);
    assert_eq!(journal.head("m").await.unwrap(), writer.head);
    assert_clean(&journal, "m", 101).await;
}

#[tokio::test]
async fn an_append_on_a_full_disk_writes_no_batch() {
    let directory = new_directory();
    let journal = open(&directory);
    let mut writers = ["first", "second", "third"].map(TestWriter::new);
    for writer in &mut writers {
        writer.write(&journal, vec![Command::events("a", 1)]).await;
    }
    let limit_pages = |limit: u32| {
        journal.writer.run(move |connection| {
            let set = format!("PRAGMA max_page_count = {limit}");
            connection.query_row(&set, [], |row| row.get::<_, u32>(0)).unwrap()
        })
    };
    // SQLite raises the limit to the current size: no page can be added.
    limit_pages(1).await.unwrap();
    let large = || vec![Command::with_events(&[("a", &filler().repeat(100))])];
    let small = || vec![Command::events("a", 1)];
    let batches = [writers[0].seal(small()), writers[1].seal(large()), writers[2].seal(small())];
    let results = journal.append(&batches.clone().into()).await;
    for (merchant, (writer, result)) in ["first", "second", "third"].iter().zip(writers.iter().zip(&results))
    {
        let written = journal.head(merchant).await.unwrap() != writer.head;
        assert!(matches!(result, Err(AppendError::Unavailable(_))) && !written, "{merchant}: {result:?}");
    }

    limit_pages(1_000_000).await.unwrap();
    assert_eq!(journal.append(&batches.into()).await, [Ok(()), Ok(()), Ok(())], "the retry succeeds");
    for merchant in ["first", "second", "third"] {
        assert_clean(&journal, merchant, 2).await;
    }
}

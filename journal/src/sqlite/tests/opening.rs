//! Opening and closing a store.

use std::fs;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::{alter, contents, filler, new_directory, open};
use crate::sqlite::{DATABASE_FILE, SqliteJournal};
use crate::tests::support::{Command, TestWriter, append, assert_clean, verified};
use crate::{AppendError, BatchStore as _, EventLog as _, JournalAdmin as _, JournalError};

#[tokio::test]
async fn a_second_process_can_read_but_not_write() {
    let directory = new_directory();
    let journal = open(&directory);
    let mut writer = TestWriter::new("m");
    writer.write(&journal, vec![Command::events("a", 1)]).await;

    let second = SqliteJournal::open(directory.path()).unwrap_err();
    assert_eq!(second, JournalError::InUse(directory.path().display().to_string()));
    let reader = SqliteJournal::open_read_only(directory.path()).unwrap();
    assert_eq!(reader.head("m").await.unwrap(), writer.head);
    writer.write(&journal, vec![Command::events("a", 1)]).await;
    assert_clean(&reader, "m", 2).await;

    drop(journal);
    open(&directory);
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let directory = new_directory();
    let mut writer = TestWriter::new("m");
    writer.write(&open(&directory), vec![Command::events("a", 1)]).await;
    let reader = SqliteJournal::open_read_only(directory.path()).unwrap();
    let result = append(&reader, &writer.seal(vec![Command::events("a", 1)])).await;
    assert!(matches!(result, Err(AppendError::Unavailable(_))), "{result:?}");
    assert!(matches!(reader.raise_epoch("m").await, Err(JournalError::Unavailable(_))));
    assert!(matches!(reader.prune_refusals(i64::MAX).await, Err(JournalError::Unavailable(_))));
    assert_eq!(reader.head("m").await.unwrap(), writer.head);
}

#[tokio::test]
async fn verification_during_appends_finds_no_damage() {
    let directory = new_directory();
    let journal = open(&directory);
    let reader = SqliteJournal::open_read_only(directory.path()).unwrap();
    let mut writer = TestWriter::new("m");
    writer.write(&journal, vec![Command::events("a", 2)]).await;

    let (writing, verifying) = (
        async {
            for number in 0..50 {
                let key = format!("{number}");
                writer.write(&journal, vec![Command::events("a", 3).accepted(&key)]).await;
            }
        },
        async {
            let mut seen = 0;
            while seen < 152 {
                let verification = verified(&reader, "m").await;
                assert_eq!(verification.findings, []);
                assert!(verification.events >= seen, "no event disappears");
                seen = verification.events;
            }
        },
    );
    tokio::join!(writing, verifying);
}

#[test]
fn opening_a_directory_without_a_store_fails() {
    let directory = new_directory();
    let missing = JournalError::Missing(directory.path().display().to_string());
    assert_eq!(SqliteJournal::open_read_only(directory.path()).unwrap_err(), missing);
    assert!(contents(directory.path()).is_empty(), "opening for reading creates no file");

    fs::write(directory.path().join(DATABASE_FILE), []).unwrap();
    assert_eq!(
        SqliteJournal::open_read_only(directory.path()).unwrap_err(),
        missing,
        "an empty file is not a store"
    );
}

#[test]
fn a_file_that_is_not_a_database_is_reported_as_corrupt() {
    let directory = new_directory();
    fs::write(directory.path().join(DATABASE_FILE), filler()).unwrap();
    for result in [SqliteJournal::open(directory.path()), SqliteJournal::open_read_only(directory.path())] {
        let error = result.unwrap_err();
        assert!(matches!(error, JournalError::Corrupt(_)), "{error:?}");
    }
}

#[test]
fn a_directory_that_cannot_be_created_is_reported_as_unavailable() {
    let directory = new_directory();
    fs::write(directory.path().join("file"), "").unwrap();
    let error = SqliteJournal::open(&directory.path().join("file").join("store")).unwrap_err();
    assert!(matches!(error, JournalError::Unavailable(_)), "{error:?}");
}

#[test]
fn a_schema_of_a_newer_program_is_rejected_and_not_changed() {
    let directory = new_directory();
    drop(open(&directory));
    alter(&directory, "PRAGMA user_version = 99");
    let database = || fs::read(directory.path().join(DATABASE_FILE)).unwrap();
    let before = database();
    let expected = JournalError::SchemaTooNew { found: 99, known: 1 };
    assert_eq!(SqliteJournal::open(directory.path()).unwrap_err(), expected);
    assert_eq!(SqliteJournal::open_read_only(directory.path()).unwrap_err(), expected);
    assert!(database() == before, "the database was changed");
}

#[tokio::test]
async fn appended_batches_are_synchronized_to_the_disk() {
    let directory = new_directory();
    let journal = open(&directory);
    let pragma = async |name: &'static str| {
        let read = move |connection: &mut Connection| {
            connection.pragma_query_value(None, name, |row| row.get::<_, Value>(0)).unwrap()
        };
        journal.writer.run(read).await.unwrap()
    };
    let full = 2;
    assert_eq!(pragma("synchronous").await, full.into());
    assert_eq!(pragma("journal_mode").await, "wal".to_owned().into());
    assert_eq!(pragma("secure_delete").await, 1.into());
    assert_eq!(pragma("page_size").await, 8192.into());
}

#[tokio::test]
async fn closing_leaves_a_single_file_and_the_lock() {
    let directory = new_directory();
    let journal = open(&directory);
    TestWriter::new("m").write(&journal, vec![Command::events("a", 1)]).await;
    let names = || contents(directory.path()).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(), ["journal.db", "journal.db-shm", "journal.db-wal", "journal.lock"]);
    drop(journal);
    assert_eq!(names(), ["journal.db", "journal.lock"]);
}

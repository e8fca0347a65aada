//! Who may open a store, and what is left when it is closed.

use std::fs;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::{alter, contents, filler, new_directory, open};
use crate::sqlite::{FILE, SqliteJournal};
use crate::testing::{Command, Scribe, append, assert_clean, verified};
use crate::{AppendError, Journal, JournalError};

#[tokio::test]
async fn a_second_opener_is_refused_and_a_reader_is_not() {
    let directory = new_directory();
    let journal = open(&directory);
    let mut scribe = Scribe::of("m");
    scribe.write(&journal, vec![Command::events("a", 1)]).await;

    let second = SqliteJournal::open(directory.path()).unwrap_err();
    assert_eq!(second, JournalError::InUse(directory.path().display().to_string()));
    let reader = SqliteJournal::open_read_only(directory.path()).unwrap();
    assert_eq!(reader.head("m").await.unwrap(), scribe.head);
    scribe.write(&journal, vec![Command::events("a", 1)]).await;
    assert_clean(&reader, "m", 2).await;

    drop(journal);
    open(&directory);
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let directory = new_directory();
    let mut scribe = Scribe::of("m");
    scribe.write(&open(&directory), vec![Command::events("a", 1)]).await;
    let reader = SqliteJournal::open_read_only(directory.path()).unwrap();
    let result = append(&reader, &scribe.seal(vec![Command::events("a", 1)])).await;
    assert!(matches!(result, Err(AppendError::Unavailable(_))), "{result:?}");
    assert!(matches!(reader.raise_epoch("m").await, Err(JournalError::Unavailable(_))));
    assert!(matches!(reader.prune_refusals(i64::MAX).await, Err(JournalError::Unavailable(_))));
    assert_eq!(reader.head("m").await.unwrap(), scribe.head);
}

#[tokio::test]
async fn verifying_while_another_writes_is_clean() {
    let directory = new_directory();
    let journal = open(&directory);
    let reader = SqliteJournal::open_read_only(directory.path()).unwrap();
    let mut scribe = Scribe::of("m");
    scribe.write(&journal, vec![Command::events("a", 2)]).await;

    let (writing, verifying) = (
        async {
            for number in 0..50 {
                let key = format!("{number}");
                scribe.write(&journal, vec![Command::events("a", 3).granted(&key)]).await;
            }
        },
        async {
            let mut seen = 0;
            while seen < 152 {
                let verification = verified(&reader, "m").await;
                assert_eq!(verification.findings, []);
                assert!(verification.events >= seen, "what was there stays there");
                seen = verification.events;
            }
        },
    );
    tokio::join!(writing, verifying);
}

#[test]
fn a_directory_without_a_store_is_missing() {
    let directory = new_directory();
    let missing = JournalError::Missing(directory.path().display().to_string());
    assert_eq!(SqliteJournal::open_read_only(directory.path()).unwrap_err(), missing);
    assert!(contents(directory.path()).is_empty(), "looking makes nothing");

    fs::write(directory.path().join(FILE), []).unwrap();
    assert_eq!(
        SqliteJournal::open_read_only(directory.path()).unwrap_err(),
        missing,
        "an empty file is none"
    );
}

#[test]
fn a_file_that_is_no_database_is_corrupt() {
    let directory = new_directory();
    fs::write(directory.path().join(FILE), filler()).unwrap();
    for result in [SqliteJournal::open(directory.path()), SqliteJournal::open_read_only(directory.path())] {
        let error = result.unwrap_err();
        assert!(matches!(error, JournalError::Corrupt(_)), "{error:?}");
    }
}

#[test]
fn a_directory_that_cannot_be_made_is_unavailable() {
    let directory = new_directory();
    fs::write(directory.path().join("file"), "").unwrap();
    let error = SqliteJournal::open(&directory.path().join("file").join("store")).unwrap_err();
    assert!(matches!(error, JournalError::Unavailable(_)), "{error:?}");
}

#[test]
fn a_schema_newer_than_the_program_is_refused_and_left_alone() {
    let directory = new_directory();
    drop(open(&directory));
    alter(&directory, "PRAGMA user_version = 99");
    let database = || fs::read(directory.path().join(FILE)).unwrap();
    let before = database();
    let expected = JournalError::SchemaTooNew { found: 99, known: 1 };
    assert_eq!(SqliteJournal::open(directory.path()).unwrap_err(), expected);
    assert_eq!(SqliteJournal::open_read_only(directory.path()).unwrap_err(), expected);
    assert!(database() == before, "the database was written to");
}

#[tokio::test]
async fn what_is_appended_is_synchronised_to_the_disk() {
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
    Scribe::of("m").write(&journal, vec![Command::events("a", 1)]).await;
    let names = || contents(directory.path()).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(), ["journal.db", "journal.db-shm", "journal.db-wal", "journal.lock"]);
    drop(journal);
    assert_eq!(names(), ["journal.db", "journal.lock"]);
}

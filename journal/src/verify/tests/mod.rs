//! Tampering, as somebody with the sqlite3 tool would: it is found, and named by its position.

mod bytes;
mod cells;
mod damage;
mod events;
mod outcomes;
mod writers;

use std::fs;

use rusqlite::Connection;
use tempfile::TempDir;

use super::{Finding, Verification};
use crate::testing::{Command, Scribe, assert_clean, verified};
use crate::{Journal, OutcomeKind, SqliteJournal};

/// A store's database file, from which every case makes its own.
struct Store {
    original: TempDir,
}

impl Store {
    /// Eight events in five batches of `m`, and three of `n`:
    ///
    /// | batch | outcomes | events |
    /// |---|---|---|
    /// | 1 | one | 1, 2 of order-1 |
    /// | 2 | two, refused | |
    /// | 3 | three; four, refused; five | 3 and 5 of order-1, 4 of order-2; 6 of order-2 |
    /// | 4 | six, refused | |
    /// | 5 | seven | 7 of order-1, 8 of order-3; in epoch 1 |
    async fn new() -> Self {
        let original = tempfile::tempdir().unwrap();
        let journal = SqliteJournal::open(original.path()).unwrap();
        let mut scribe = Scribe::of("m");
        let first = Command::recording(&[("order-1", "1")])
            .sealed_event("order-1", "2", b"sealed")
            .outcome("shop", "one", OutcomeKind::Created, "created")
            .claiming("order_ref", "W", "order-1")
            .keeping("order-1", b"key");
        scribe.write(&journal, vec![first.metadata("by whom").at(10)]).await;
        scribe.write(&journal, vec![Command::refused("two").at(20)]).await;
        let three = Command::recording(&[("order-1", "3"), ("order-2", "4"), ("order-1", "5")]);
        let five = Command::recording(&[("order-2", "6")]);
        let third = vec![three.granted("three"), Command::refused("four"), five.granted("five")];
        scribe.write(&journal, third.into_iter().map(|command| command.at(30)).collect()).await;
        scribe.write(&journal, vec![Command::refused("six").at(40)]).await;
        scribe.head = journal.raise_epoch("m").await.unwrap();
        let seven = Command::recording(&[("order-1", "7"), ("order-3", "8")]);
        scribe.write(&journal, vec![seven.granted("seven").at(50)]).await;
        Scribe::of("n").write(&journal, vec![Command::events("order-1", 3).granted("one")]).await;
        assert_clean(&journal, "m", 8).await;
        Self { original }
    }

    /// A copy to tamper with.
    fn copy(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        fs::copy(self.original.path().join("journal.db"), copy.path().join("journal.db")).unwrap();
        copy
    }

    /// What verifying `m` finds once the SQL was run.
    async fn after(&self, sql: &str) -> Verification {
        let copy = self.copy();
        tamper(&copy, sql);
        verified(&open(&copy), "m").await
    }

    /// Fails unless exactly these positions are named.
    async fn assert_found(&self, sql: &str, positions: &[u64]) {
        let verification = self.after(sql).await;
        assert_eq!(named(&verification), positions, "{sql}: {:#?}", verification.findings);
    }
}

fn connect(directory: &TempDir) -> Connection {
    let connection = Connection::open(directory.path().join("journal.db")).unwrap();
    // What a crash would leave of a copy is of no interest.
    connection.pragma_update(None, "synchronous", "off").unwrap();
    connection
}

/// Runs SQL, which must change something.
fn tamper(directory: &TempDir, sql: &str) {
    let connection = connect(directory);
    connection.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    assert!(connection.total_changes() > 0, "{sql} changes nothing");
}

fn open(directory: &TempDir) -> SqliteJournal {
    SqliteJournal::open_read_only(directory.path()).unwrap()
}

/// The positions of the findings, each once.
fn named(verification: &Verification) -> Vec<u64> {
    let mut positions: Vec<u64> = verification.findings.iter().map(|finding| finding.position).collect();
    assert!(positions.is_sorted(), "{:?}", verification.findings);
    positions.dedup();
    positions
}

fn finding(position: u64, what: &str) -> Finding {
    Finding { position, what: what.to_owned() }
}

#[tokio::test]
async fn what_was_not_tampered_with_is_clean() {
    let store = Store::new().await;
    let copy = store.copy();
    let verification = verified(&open(&copy), "m").await;
    assert_eq!(verification, Verification { events: 8, batches: 5, outcomes: 7, findings: vec![] });
    assert!(verification.is_clean());
    assert_clean(&open(&copy), "n", 3).await;
    assert_clean(&open(&copy), "nobody", 0).await;
}

#[tokio::test]
async fn tampering_with_one_merchant_leaves_the_others_clean() {
    let store = Store::new().await;
    let copy = store.copy();
    tamper(&copy, "DELETE FROM event WHERE merchant = 'm' AND position = 2");
    let journal = open(&copy);
    assert!(!verified(&journal, "m").await.is_clean());
    assert_clean(&journal, "n", 3).await;
    assert_eq!(journal.merchants().await.unwrap(), ["m", "n"]);
}

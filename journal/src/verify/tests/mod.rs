//! Damage made with SQL: it is found, with its position.

mod bytes;
mod cells;
mod damage;
mod events;
mod numbering;
mod outcomes;

use std::fs;

use rusqlite::Connection;
use tempfile::TempDir;

use super::Verification;
use crate::finding::Finding;
use crate::tests::support::{Command, TestWriter, assert_clean, verified};
use crate::{BatchStore as _, OutcomeKind, SqliteJournal, VerificationSource as _};

/// A store whose database file every case copies.
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
        let mut writer = TestWriter::new("m");
        let first = Command::with_events(&[("order-1", "1")])
            .sealed_event("order-1", "2", b"sealed")
            .outcome("shop", "one", OutcomeKind::Created, "created")
            .claim("order_ref", "W", "order-1")
            .create_key("order-1", b"key");
        writer.write(&journal, vec![first.metadata("actor").at(10)]).await;
        writer.write(&journal, vec![Command::rejected("two").at(20)]).await;
        let three = Command::with_events(&[("order-1", "3"), ("order-2", "4"), ("order-1", "5")]);
        let five = Command::with_events(&[("order-2", "6")]);
        let third = vec![three.accepted("three"), Command::rejected("four"), five.accepted("five")];
        writer.write(&journal, third.into_iter().map(|command| command.at(30)).collect()).await;
        writer.write(&journal, vec![Command::rejected("six").at(40)]).await;
        writer.head = journal.raise_epoch("m").await.unwrap();
        let seven = Command::with_events(&[("order-1", "7"), ("order-3", "8")]);
        writer.write(&journal, vec![seven.accepted("seven").at(50)]).await;
        TestWriter::new("n").write(&journal, vec![Command::events("order-1", 3).accepted("one")]).await;
        assert_clean(&journal, "m", 8).await;
        Self { original }
    }

    /// A copy that a test may damage.
    fn copy(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        fs::copy(self.original.path().join("journal.db"), copy.path().join("journal.db")).unwrap();
        copy
    }

    /// Verifies `m` in a copy after running SQL.
    async fn verify_after(&self, sql: &str) -> Verification {
        let copy = self.copy();
        damage(&copy, sql);
        verified(&open(&copy), "m").await
    }

    /// Fails unless the findings have exactly these positions.
    async fn assert_found(&self, sql: &str, positions: &[u64]) {
        let verification = self.verify_after(sql).await;
        assert_eq!(positions_of(&verification), positions, "{sql}: {:#?}", verification.findings);
    }
}

fn connect(directory: &TempDir) -> Connection {
    let connection = Connection::open(directory.path().join("journal.db")).unwrap();
    // The copy need not survive a crash.
    connection.pragma_update(None, "synchronous", "off").unwrap();
    connection
}

/// Runs SQL, which must change something.
fn damage(directory: &TempDir, sql: &str) {
    let connection = connect(directory);
    connection.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    assert!(connection.total_changes() > 0, "{sql} changes nothing");
}

fn open(directory: &TempDir) -> SqliteJournal {
    SqliteJournal::open_read_only(directory.path()).unwrap()
}

/// The positions of the findings, without duplicates.
fn positions_of(verification: &Verification) -> Vec<u64> {
    let mut positions: Vec<u64> = verification.findings.iter().map(|finding| finding.position).collect();
    assert!(positions.is_sorted(), "{:?}", verification.findings);
    positions.dedup();
    positions
}

fn finding(position: u64, problem: &str) -> Finding {
    Finding::new(position, problem)
}

#[tokio::test]
async fn an_unchanged_journal_has_no_findings() {
    let store = Store::new().await;
    let copy = store.copy();
    let verification = verified(&open(&copy), "m").await;
    assert_eq!(verification, Verification { events: 8, batches: 5, outcomes: 7, findings: vec![] });
    assert!(verification.is_clean());
    assert_clean(&open(&copy), "n", 3).await;
    assert_clean(&open(&copy), "unknown", 0).await;
}

#[tokio::test]
async fn damage_to_one_merchant_causes_no_findings_for_others() {
    let store = Store::new().await;
    let copy = store.copy();
    damage(&copy, "DELETE FROM event WHERE merchant = 'm' AND position = 2");
    let journal = open(&copy);
    assert!(!verified(&journal, "m").await.is_clean());
    assert_clean(&journal, "n", 3).await;
    assert_eq!(journal.merchants().await.unwrap(), ["m", "n"]);
}

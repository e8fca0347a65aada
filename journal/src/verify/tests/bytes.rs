//! Bytes changed in the database file, which SQLite does not notice.

use std::fs;

use super::Store;
use crate::tests::support::{Command, TestWriter};
use crate::{
    Batch, BatchStore as _, BatchSummary, Event, Head, Journal, JournalError, Outcome, SqliteJournal,
    VerificationSource as _,
};

/// Every record that the hash chains cover.
type Records = (Head, Vec<Event>, Vec<BatchSummary>, Vec<Outcome>);

async fn records(journal: &dyn Journal) -> Result<Records, JournalError> {
    Ok((
        journal.head("m").await?,
        journal.read("m", 0, 1_000).await?,
        journal.batches("m", 0, 1_000).await?,
        journal.outcomes("m", 0, u64::MAX).await?,
    ))
}

/// The result of changing a byte of a store.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Effect {
    Unchanged,
    Found,
    Unreadable,
}

async fn effect(bytes: &[u8], original: &Records) -> Effect {
    let copy = tempfile::tempdir().unwrap();
    fs::write(copy.path().join("journal.db"), bytes).unwrap();
    let Ok(journal) = SqliteJournal::open_read_only(copy.path()) else {
        return Effect::Unreadable;
    };
    match crate::verify(&journal, "m", i64::MIN, |_| {}).await {
        Err(_) => Effect::Unreadable,
        Ok(verification) if verification.is_clean() => {
            // The hash chains do not cover the epoch and the format.
            let (head, events, batches, outcomes) = records(&journal).await.unwrap();
            let head = Head { epoch: original.0.epoch, format: original.0.format, ..head };
            assert_eq!(&(head, events, batches, outcomes), original);
            Effect::Unchanged
        }
        Ok(_) => Effect::Found,
    }
}

#[tokio::test]
async fn a_changed_byte_is_found_or_changes_no_record() {
    let store = Store::new().await;
    let original = fs::read(store.original.path().join("journal.db")).unwrap();
    let written = records(&SqliteJournal::open(store.original.path()).unwrap()).await.unwrap();
    // Most of a small store is free space, which is skipped.
    let used: Vec<usize> = (0..original.len()).filter(|index| original[*index] != 0).collect();
    let mut effects = Vec::new();
    for (number, index) in used.iter().step_by(7).enumerate() {
        let mut bytes = original.clone();
        bytes[*index] ^= 1 << (number % 8);
        effects.push(effect(&bytes, &written).await);
    }
    for expected in [Effect::Unchanged, Effect::Found, Effect::Unreadable] {
        assert!(effects.contains(&expected), "{expected:?} in {} cases", effects.len());
    }
}

#[tokio::test]
async fn a_truncated_journal_is_never_without_findings() {
    let store = Store::new().await;
    let original = fs::read(store.original.path().join("journal.db")).unwrap();
    let written = records(&SqliteJournal::open(store.original.path()).unwrap()).await.unwrap();
    let mut effects = Vec::new();
    for length in (0..original.len()).step_by(4_096) {
        effects.push(effect(&original[..length], &written).await);
    }
    assert!(effects.contains(&Effect::Unreadable), "{effects:?}");
}

#[tokio::test]
async fn damage_to_another_merchant_that_prevents_reading_is_a_finding() {
    let store = Store::new().await;
    let original = fs::read(store.original.path().join("journal.db")).unwrap();
    let journal = SqliteJournal::open(store.original.path()).unwrap();
    let written = records(&journal).await.unwrap();
    // Two rows of `n` begin with its name and this id: a batch and its first event.
    let id = journal.batches("n", 0, 1).await.unwrap()[0].id;
    let row = [b"n", &id[..]].concat();
    let rows: Vec<usize> =
        (0..original.len() - row.len()).filter(|index| original[*index..].starts_with(&row)).collect();
    assert_eq!(rows.len(), 2, "a batch and an event");
    let mut effects = Vec::new();
    // The lengths of the columns are stored before.
    for index in rows.iter().flat_map(|row| row - 18..=*row) {
        for bit in 0..8 {
            let mut bytes = original.clone();
            bytes[index] ^= 1 << bit;
            effects.push(effect(&bytes, &written).await);
        }
    }
    assert!(effects.contains(&Effect::Found) && effects.contains(&Effect::Unchanged), "{effects:?}");
    assert!(!effects.contains(&Effect::Unreadable), "damage is a finding, not an error: {effects:?}");
}

#[tokio::test]
async fn a_damaged_page_is_a_finding_not_an_error() {
    const PAGE: usize = 8_192;
    let directory = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(directory.path()).unwrap();
    for merchant in ["m", "n"] {
        let mut writer = TestWriter::new(merchant);
        let mut batch = |number: usize| {
            let command = Command::with_events(&[("a", &"x".repeat(400))]);
            writer.prepare(vec![command.accepted(&format!("{number}"))])
        };
        let batches: Vec<Batch> = (0..100).map(&mut batch).collect();
        assert!(journal.append(&batches.into()).await.iter().all(Result::is_ok));
    }
    let written = records(&journal).await.unwrap();
    drop(journal);
    let original = fs::read(directory.path().join("journal.db")).unwrap();
    let mut effects = Vec::new();
    // The first page contains the schema, without which nothing can be read.
    for page in 1..original.len() / PAGE {
        let mut bytes = original.clone();
        bytes[page * PAGE] = 0xff;
        effects.push(effect(&bytes, &written).await);
    }
    // Pages of `m`, and pages of `n` that are not read.
    assert!(effects.contains(&Effect::Found) && effects.contains(&Effect::Unchanged), "{effects:?}");
    assert!(!effects.contains(&Effect::Unreadable), "{effects:?}");
}

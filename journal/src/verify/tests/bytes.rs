//! Bytes changed in the file itself, below everything that SQLite checks.

use std::fs;

use super::Store;
use crate::testing::{Command, Scribe};
use crate::{Batch, BatchSummary, Event, Head, Journal, JournalError, Outcome, SqliteJournal};

/// Everything that is proven.
type Proven = (Head, Vec<Event>, Vec<BatchSummary>, Vec<Outcome>);

async fn proven(journal: &dyn Journal) -> Result<Proven, JournalError> {
    Ok((
        journal.head("m").await?,
        journal.read("m", 0, 1_000).await?,
        journal.batches("m", 0, 1_000).await?,
        journal.outcomes("m", 0, u64::MAX).await?,
    ))
}

/// What happened to a store with a changed byte.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Unchanged,
    Found,
    Unreadable,
}

async fn fate(bytes: &[u8], original: &Proven) -> Fate {
    let copy = tempfile::tempdir().unwrap();
    fs::write(copy.path().join("journal.db"), bytes).unwrap();
    let Ok(journal) = SqliteJournal::open_read_only(copy.path()) else {
        return Fate::Unreadable;
    };
    match crate::verify(&journal, "m", i64::MIN, |_| {}).await {
        Err(_) => Fate::Unreadable,
        Ok(verification) if verification.is_clean() => {
            // An epoch may be raised and a format too: neither is proven.
            let (head, events, batches, outcomes) = proven(&journal).await.unwrap();
            let head = Head { epoch: original.0.epoch, format: original.0.format, ..head };
            assert_eq!(&(head, events, batches, outcomes), original);
            Fate::Unchanged
        }
        Ok(_) => Fate::Found,
    }
}

#[tokio::test]
async fn a_journal_that_is_clean_with_a_changed_byte_is_read_as_it_was_written() {
    let store = Store::new().await;
    let original = fs::read(store.original.path().join("journal.db")).unwrap();
    let written = proven(&SqliteJournal::open(store.original.path()).unwrap()).await.unwrap();
    // Free space is the larger part of so small a store: look at what is used.
    let used: Vec<usize> = (0..original.len()).filter(|index| original[*index] != 0).collect();
    let mut fates = Vec::new();
    for (number, index) in used.iter().step_by(7).enumerate() {
        let mut bytes = original.clone();
        bytes[*index] ^= 1 << (number % 8);
        fates.push(fate(&bytes, &written).await);
    }
    for expected in [Fate::Unchanged, Fate::Found, Fate::Unreadable] {
        assert!(fates.contains(&expected), "{expected:?} in {} cases", fates.len());
    }
}

#[tokio::test]
async fn a_journal_cut_short_is_never_clean_with_less_in_it() {
    let store = Store::new().await;
    let original = fs::read(store.original.path().join("journal.db")).unwrap();
    let written = proven(&SqliteJournal::open(store.original.path()).unwrap()).await.unwrap();
    let mut fates = Vec::new();
    for length in (0..original.len()).step_by(4_096) {
        fates.push(fate(&original[..length], &written).await);
    }
    assert!(fates.contains(&Fate::Unreadable), "{fates:?}");
}

#[tokio::test]
async fn a_damaged_neighbour_is_not_overlooked_where_it_hinders_reading() {
    let store = Store::new().await;
    let original = fs::read(store.original.path().join("journal.db")).unwrap();
    let journal = SqliteJournal::open(store.original.path()).unwrap();
    let written = proven(&journal).await.unwrap();
    // What the first rows of `n` in two tables begin with: its name, and the id of the batch or the event.
    let id = journal.batches("n", 0, 1).await.unwrap()[0].id;
    let row = [b"n", &id[..]].concat();
    let rows: Vec<usize> =
        (0..original.len() - row.len()).filter(|index| original[*index..].starts_with(&row)).collect();
    assert_eq!(rows.len(), 2, "a batch and an event");
    let mut fates = Vec::new();
    // Before that stand the lengths of the columns.
    for index in rows.iter().flat_map(|row| row - 18..=*row) {
        for bit in 0..8 {
            let mut bytes = original.clone();
            bytes[index] ^= 1 << bit;
            fates.push(fate(&bytes, &written).await);
        }
    }
    assert!(fates.contains(&Fate::Found) && fates.contains(&Fate::Unchanged), "{fates:?}");
    assert!(!fates.contains(&Fate::Unreadable), "damage is found, it is no error: {fates:?}");
}

#[tokio::test]
async fn a_damaged_page_is_a_finding_and_no_error() {
    const PAGE: usize = 8_192;
    let directory = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(directory.path()).unwrap();
    for merchant in ["m", "n"] {
        let mut scribe = Scribe::of(merchant);
        let mut batch = |number: usize| {
            let command = Command::recording(&[("a", &"x".repeat(400))]);
            scribe.prepare(vec![command.granted(&format!("{number}"))])
        };
        let batches: Vec<Batch> = (0..100).map(&mut batch).collect();
        assert!(journal.append(&batches.into()).await.iter().all(Result::is_ok));
    }
    let written = proven(&journal).await.unwrap();
    drop(journal);
    let original = fs::read(directory.path().join("journal.db")).unwrap();
    let mut fates = Vec::new();
    // The first page holds the schema: without it nothing is read at all.
    for page in 1..original.len() / PAGE {
        let mut bytes = original.clone();
        bytes[page * PAGE] = 0xff;
        fates.push(fate(&bytes, &written).await);
    }
    // Those of `m`, and those of `n` that are not read for it.
    assert!(fates.contains(&Fate::Found) && fates.contains(&Fate::Unchanged), "{fates:?}");
    assert!(!fates.contains(&Fate::Unreadable), "{fates:?}");
}

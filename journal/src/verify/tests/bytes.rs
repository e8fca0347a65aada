//! Bytes changed in the file itself, below everything that SQLite checks.

use std::fs;

use super::Store;
use crate::{BatchSummary, Event, Head, Journal, JournalError, Outcome, SqliteJournal};

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

//! What every journal must do. One suite for all of them: a further one adds its fixture and a line to the macro.

mod answering;
mod appending;
mod erasing;
mod merchants;
mod opening;
mod reading;
mod refusing;
mod remembering;

use tempfile::TempDir;

use crate::{Journal, MemoryJournal, SqliteJournal};

/// An empty journal to test.
pub(super) trait Fixture {
    async fn open() -> Self;

    fn journal(&self) -> &dyn Journal;

    /// Closes the journal and opens it again, where that means anything.
    async fn reopen(&mut self);
}

struct Memory(MemoryJournal);

impl Fixture for Memory {
    async fn open() -> Self {
        Self(MemoryJournal::new())
    }

    fn journal(&self) -> &dyn Journal {
        &self.0
    }

    /// What is in memory ends with the process: the same instance stays.
    async fn reopen(&mut self) {}
}

struct Sqlite {
    directory: TempDir,
    /// Nothing only between closing and opening again.
    journal: Option<SqliteJournal>,
}

impl Fixture for Sqlite {
    async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let journal = SqliteJournal::open(directory.path()).unwrap();
        Self { directory, journal: Some(journal) }
    }

    fn journal(&self) -> &dyn Journal {
        self.journal.as_ref().unwrap()
    }

    async fn reopen(&mut self) {
        drop(self.journal.take());
        self.journal = Some(SqliteJournal::open(self.directory.path()).unwrap());
    }
}

/// Makes a test of each case for every journal. A case that is not named here is never used, which does not compile.
macro_rules! for_every_journal {
    ($($case:ident,)*) => {
        mod memory {
            $(#[tokio::test]
            async fn $case() {
                let mut fixture = <crate::contract::Memory as crate::contract::Fixture>::open().await;
                super::$case(&mut fixture).await;
            })*
        }

        mod sqlite {
            $(#[tokio::test]
            async fn $case() {
                let mut fixture = <crate::contract::Sqlite as crate::contract::Fixture>::open().await;
                super::$case(&mut fixture).await;
            })*
        }
    };
}
use for_every_journal;

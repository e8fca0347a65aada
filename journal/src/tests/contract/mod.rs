//! The contract of a journal: one suite for all implementations. To add an implementation, add its fixture and a line to
//! the macro.

mod append;
mod concurrency;
mod merchants;
mod outcomes;
mod read;
mod rejection;
mod reopen;
mod snapshots;
mod stream_pages;
mod subject_keys;

use holdfast_tests::postgres::Schema;
use tempfile::TempDir;

use crate::test_support::MemoryJournal;
use crate::{Journal, JournalAdmin as _, PostgresJournal, SqliteJournal};

/// An empty journal to test.
pub(super) trait Fixture: Sized {
    /// `None`, after a message, if the server of this journal is not available.
    async fn open() -> Option<Self>;

    fn journal(&self) -> &dyn Journal;

    /// Closes the journal and opens it again.
    async fn reopen(&mut self);
}

struct Memory(MemoryJournal);

impl Fixture for Memory {
    async fn open() -> Option<Self> {
        Some(Self(MemoryJournal::new()))
    }

    fn journal(&self) -> &dyn Journal {
        &self.0
    }

    /// A journal in memory cannot be reopened: the same instance stays.
    async fn reopen(&mut self) {}
}

struct Sqlite {
    directory: TempDir,
    /// `None` only while it is reopened.
    journal: Option<SqliteJournal>,
}

impl Fixture for Sqlite {
    async fn open() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let journal = SqliteJournal::open(directory.path()).unwrap();
        Some(Self { directory, journal: Some(journal) })
    }

    fn journal(&self) -> &dyn Journal {
        self.journal.as_ref().unwrap()
    }

    async fn reopen(&mut self) {
        drop(self.journal.take());
        self.journal = Some(SqliteJournal::open(self.directory.path()).unwrap());
    }
}

struct Postgres {
    schema: Schema,
    journal: PostgresJournal,
}

impl Fixture for Postgres {
    async fn open() -> Option<Self> {
        let schema = Schema::fresh()?;
        let journal = PostgresJournal::connect(schema.url()).await.unwrap();
        Some(Self { schema, journal })
    }

    fn journal(&self) -> &dyn Journal {
        &self.journal
    }

    async fn reopen(&mut self) {
        self.journal.close().await;
        self.journal = PostgresJournal::connect(self.schema.url()).await.unwrap();
    }
}

/// Defines a test of each case for every journal. A case that is not listed causes a warning, because it is unused.
macro_rules! for_every_journal {
    ($($case:ident,)*) => {
        $crate::tests::contract::for_one_journal!(memory, Memory, $($case,)*);
        $crate::tests::contract::for_one_journal!(sqlite, Sqlite, $($case,)*);
        $crate::tests::contract::for_one_journal!(postgres, Postgres, $($case,)*);
    };
}

macro_rules! for_one_journal {
    ($module:ident, $fixture:ident, $($case:ident,)*) => {
        mod $module {
            $(#[tokio::test]
            async fn $case() {
                let fixture = <crate::tests::contract::$fixture as crate::tests::contract::Fixture>::open().await;
                let Some(mut fixture) = fixture else { return };
                super::$case(&mut fixture).await;
            })*
        }
    };
}
use {for_every_journal, for_one_journal};

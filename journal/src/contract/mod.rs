//! What every journal must do. One suite for all of them: a further one adds its fixture and a line to the macro.

mod answering;
mod appending;
mod erasing;
mod merchants;
mod opening;
mod paging;
mod racing;
mod reading;
mod refusing;
mod remembering;

use holdfast_tests::postgres::Schema;
use tempfile::TempDir;

use crate::{Journal, MemoryJournal, PostgresJournal, SqliteJournal};

/// An empty journal to test.
pub(super) trait Fixture: Sized {
    /// Nothing where its server is not to be had, which was said.
    async fn open() -> Option<Self>;

    fn journal(&self) -> &dyn Journal;

    /// Closes the journal and opens it again, where that means anything.
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

    /// What is in memory ends with the process: the same instance stays.
    async fn reopen(&mut self) {}
}

struct Sqlite {
    directory: TempDir,
    /// Nothing only between closing and opening again.
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

/// Makes a test of each case for every journal. A case that is not named here is never used, which does not compile.
macro_rules! for_every_journal {
    ($($case:ident,)*) => {
        $crate::contract::for_one_journal!(memory, Memory, $($case,)*);
        $crate::contract::for_one_journal!(sqlite, Sqlite, $($case,)*);
        $crate::contract::for_one_journal!(postgres, Postgres, $($case,)*);
    };
}

macro_rules! for_one_journal {
    ($module:ident, $fixture:ident, $($case:ident,)*) => {
        mod $module {
            $(#[tokio::test]
            async fn $case() {
                let fixture = <crate::contract::$fixture as crate::contract::Fixture>::open().await;
                let Some(mut fixture) = fixture else { return };
                super::$case(&mut fixture).await;
            })*
        }
    };
}
use {for_every_journal, for_one_journal};

//! The journal alone, in process: how fast batches of 1,000 events become durable, compared with a bare loop of the same
//! SQL without hashes, sealing, fencing and threads.

mod bare_postgres;
mod bare_sqlite;
mod orders;

use std::sync::Arc;
use std::time::{Duration, Instant};

use holdfast_journal::{Batch, CommandRecord, Journal, PostgresJournal, SqliteJournal};

use crate::environment::BenchStore;
use crate::error::BenchError;
use crate::load::on_own_thread;
use crate::load::tally::Tally;
use crate::measurement::Timing;
use bare_postgres::BarePostgres;
use bare_sqlite::BareSqlite;
use orders::{EVENTS_PER_BATCH, Orders, Rows};

/// Number of batches that are prepared at a time, which is not measured.
const PREPARED_BATCHES: usize = 20;

/// The measured part of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The SQL alone.
    Bare,
    /// The journal, with batches that were sealed before.
    Sealed,
    /// The journal and the sealing.
    Sealing,
}

/// Appends batches until the measured time is over. The preparation of the batches does not count.
pub async fn run(store: BenchStore, mode: Mode, timing: Timing) -> Result<Tally, BenchError> {
    let mut orders = Orders::record().await?;
    on_own_thread(move || async move {
        let mut writer = Writer::open(&store, mode).await?;
        let mut clock =
            Clock { elapsed: Duration::ZERO, warm_up: timing.warm_up, tally: Tally::new(Duration::ZERO)? };
        while clock.elapsed < timing.warm_up + timing.measured {
            for work in prepare(&mut orders, mode) {
                let started_at = Instant::now();
                writer.append(work, &mut orders).await?;
                clock.add(started_at.elapsed());
            }
        }
        Ok(clock.tally)
    })
    .await
}

/// A clock that runs only during appends.
struct Clock {
    elapsed: Duration,
    warm_up: Duration,
    tally: Tally,
}

impl Clock {
    fn add(&mut self, duration: Duration) {
        if self.elapsed >= self.warm_up {
            self.tally.done += EVENTS_PER_BATCH as u64;
            self.tally.elapsed += duration;
            self.tally.commands.record(duration);
        }
        self.elapsed += duration;
    }
}

/// The input of one append.
enum Work {
    Records(Vec<CommandRecord>),
    Sealed(Batch),
    Rows(Rows),
}

fn prepare(orders: &mut Orders, mode: Mode) -> Vec<Work> {
    let prepare_one = |_| {
        let records = orders.records();
        match mode {
            Mode::Sealing => Work::Records(records),
            Mode::Sealed => Work::Sealed(orders.seal(records)),
            Mode::Bare => Work::Rows(orders.rows(records)),
        }
    };
    (0..PREPARED_BATCHES).map(prepare_one).collect()
}

enum Writer {
    Journal(Arc<dyn Journal>),
    BareSqlite(BareSqlite),
    BarePostgres(BarePostgres),
}

impl Writer {
    async fn open(store: &BenchStore, mode: Mode) -> Result<Self, BenchError> {
        Ok(match (store, mode) {
            (BenchStore::Directory(directory), Mode::Bare) => {
                Self::BareSqlite(BareSqlite::open(directory.path())?)
            }
            (BenchStore::Directory(directory), _) => {
                Self::Journal(Arc::new(SqliteJournal::open(directory.path())?))
            }
            (BenchStore::Schema(schema), Mode::Bare) => Self::BarePostgres(BarePostgres::open(schema).await?),
            (BenchStore::Schema(schema), _) => {
                Self::Journal(Arc::new(PostgresJournal::connect(&schema.url).await?))
            }
        })
    }

    async fn append(&mut self, work: Work, orders: &mut Orders) -> Result<(), BenchError> {
        match (self, work) {
            (Self::Journal(journal), Work::Sealed(batch)) => append(&**journal, batch).await,
            (Self::Journal(journal), Work::Records(records)) => {
                append(&**journal, orders.seal(records)).await
            }
            (Self::BareSqlite(bare), Work::Rows(rows)) => bare.append(&rows),
            (Self::BarePostgres(bare), Work::Rows(rows)) => bare.append(rows).await,
            // `prepare` and `open` choose by the same mode.
            _ => Err(BenchError::TaskEnded),
        }
    }
}

async fn append(journal: &dyn Journal, batch: Batch) -> Result<(), BenchError> {
    for result in journal.append(&Arc::from([batch])).await {
        result?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use holdfast_journal::{EventLog as _, verify};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn the_appended_journal_is_intact() {
        let directory = tempfile::tempdir().unwrap();
        let journal = SqliteJournal::open(directory.path()).unwrap();
        let mut orders = Orders::record().await.unwrap();
        for work in prepare(&mut orders, Mode::Sealed).into_iter().take(2) {
            let Work::Sealed(batch) = work else { panic!("the batch is not sealed") };
            append(&journal, batch).await.unwrap();
        }
        let verification = verify(&journal, "default", i64::MIN, |_| ()).await.unwrap();
        assert!(verification.findings.is_empty(), "{verification:?}");
        assert_eq!(journal.head("default").await.unwrap().position, 2_000);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_bare_loop_writes_the_same_rows() {
        let directory = tempfile::tempdir().unwrap();
        let mut bare = BareSqlite::open(directory.path()).unwrap();
        let mut orders = Orders::record().await.unwrap();
        for _ in 0..2 {
            let records = orders.records();
            bare.append(&orders.rows(records)).unwrap();
        }
        let count = |sql: &str| bare.count(sql);
        assert_eq!(count("SELECT count(*) FROM event"), 2_000);
        assert_eq!(count("SELECT count(*) FROM outcome"), 500);
        assert_eq!(count("SELECT count(*) FROM stream"), 501);
        assert_eq!(count("SELECT position FROM journal_head"), 2_000);
    }

    #[test]
    fn only_appends_after_the_warm_up_count() {
        let tally = Tally::new(Duration::ZERO).unwrap();
        let mut clock = Clock { elapsed: Duration::ZERO, warm_up: Duration::from_secs(1), tally };
        for _ in 0..4 {
            clock.add(Duration::from_millis(500));
        }
        assert_eq!(clock.tally.done, 2_000);
        assert_eq!(clock.tally.elapsed, Duration::from_secs(1));
    }
}

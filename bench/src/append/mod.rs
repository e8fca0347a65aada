//! The journal alone, in process: how fast batches of a thousand events become durable, beside a bare loop of the
//! same SQL without hashes, seals, fences and threads.

mod bare_postgres;
mod bare_sqlite;
mod orders;

use std::sync::Arc;
use std::time::{Duration, Instant};

use holdfast_journal::{Batch, CommandRecord, Journal, PostgresJournal, SqliteJournal};
use uuid::Uuid;

use super::error::BenchError;
use super::load::on_its_own_thread;
use super::load::tally::Tally;
use super::place::Place;
use bare_postgres::BarePostgres;
use bare_sqlite::BareSqlite;
use orders::{EVENTS_A_BATCH, Orders, Rows};

/// How many batches are prepared at a time, while the clock stands still.
const PREPARED: usize = 20;

/// What is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The SQL alone.
    Bare,
    /// The journal, with batches that were sealed before.
    Sealed,
    /// The journal, and the sealing too.
    Sealing,
}

/// Appends for so long, of which only appending counts: preparing what is appended does not.
pub async fn run(place: Place, way: Way, warm_up: Duration, measured: Duration) -> Result<Tally, BenchError> {
    on_its_own_thread(move || async move {
        let mut target = Target::open(&place, way).await?;
        let mut orders = Orders::default();
        let mut clock = Clock { spent: Duration::ZERO, warm_up, tally: Tally::new(Duration::ZERO)? };
        while clock.spent < warm_up + measured {
            for work in prepare(&mut orders, way) {
                let began = Instant::now();
                target.append(work, &mut orders).await?;
                clock.spend(began.elapsed());
            }
        }
        Ok(clock.tally)
    })
    .await
}

/// A clock that only runs while something is appended.
struct Clock {
    spent: Duration,
    warm_up: Duration,
    tally: Tally,
}

impl Clock {
    fn spend(&mut self, time: Duration) {
        if self.spent >= self.warm_up {
            self.tally.done += EVENTS_A_BATCH as u64;
            self.tally.elapsed += time;
            self.tally.changes.record(time);
        }
        self.spent += time;
    }
}

/// What is appended at once.
enum Work {
    Records(Vec<CommandRecord>),
    Sealed(Batch),
    Rows(Rows),
}

fn prepare(orders: &mut Orders, way: Way) -> Vec<Work> {
    let mut work = Vec::with_capacity(PREPARED);
    for _ in 0..PREPARED {
        let records = orders.records();
        work.push(match way {
            Way::Sealing => Work::Records(records),
            Way::Sealed => Work::Sealed(orders.seal(records)),
            Way::Bare => Work::Rows(orders.rows(records)),
        });
    }
    work
}

/// What is appended to.
enum Target {
    Journal(Arc<dyn Journal>),
    BareSqlite(BareSqlite),
    BarePostgres(BarePostgres),
}

impl Target {
    async fn open(place: &Place, way: Way) -> Result<Self, BenchError> {
        Ok(match (place, way) {
            (Place::Directory(directory), Way::Bare) => Self::BareSqlite(BareSqlite::open(directory.path())?),
            (Place::Directory(directory), _) => {
                Self::Journal(Arc::new(SqliteJournal::open(directory.path())?))
            }
            (Place::Schema(schema), Way::Bare) => Self::BarePostgres(BarePostgres::open(schema).await?),
            (Place::Schema(schema), _) => {
                Self::Journal(Arc::new(PostgresJournal::connect(&schema.url).await?))
            }
        })
    }

    async fn append(&mut self, work: Work, orders: &mut Orders) -> Result<(), BenchError> {
        match (self, work) {
            (Self::Journal(journal), Work::Sealed(batch)) => append(&**journal, batch).await,
            (Self::Journal(journal), Work::Records(records)) => {
                let batch = orders.seal(records);
                append(&**journal, batch).await
            }
            (Self::BareSqlite(bare), Work::Rows(rows)) => bare.append(&rows),
            (Self::BarePostgres(bare), Work::Rows(rows)) => bare.append(rows).await,
            // Work is prepared for the target that it is given to.
            _ => Err(BenchError::Lost),
        }
    }
}

async fn append(journal: &dyn Journal, batch: Batch) -> Result<(), BenchError> {
    let results = journal.append(&Arc::from([batch])).await;
    for result in results {
        result?;
    }
    Ok(())
}

/// A batch's id.
fn batch_id() -> [u8; 16] {
    Uuid::now_v7().into_bytes()
}

#[cfg(test)]
mod tests {
    use holdfast_journal::{EventLog as _, verify};

    use super::*;

    #[tokio::test]
    async fn what_is_appended_is_a_journal_that_proves_intact() {
        let directory = tempfile::tempdir().unwrap();
        let journal = SqliteJournal::open(directory.path()).unwrap();
        let mut orders = Orders::default();
        for work in prepare(&mut orders, Way::Sealed).into_iter().take(2) {
            let Work::Sealed(batch) = work else { panic!("it is sealed") };
            append(&journal, batch).await.unwrap();
        }
        let verification = verify(&journal, "default", i64::MIN, |_| ()).await.unwrap();
        assert!(verification.findings.is_empty(), "{verification:?}");
        assert_eq!(journal.head("default").await.unwrap().position, 2_000);
    }

    #[test]
    fn the_bare_loop_writes_the_same_rows() {
        let directory = tempfile::tempdir().unwrap();
        let mut bare = BareSqlite::open(directory.path()).unwrap();
        let mut orders = Orders::default();
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
    fn only_appending_after_the_warm_up_counts() {
        let tally = Tally::new(Duration::ZERO).unwrap();
        let mut clock = Clock { spent: Duration::ZERO, warm_up: Duration::from_secs(1), tally };
        for _ in 0..4 {
            clock.spend(Duration::from_millis(500));
        }
        assert_eq!(clock.tally.done, 2_000);
        assert_eq!(clock.tally.elapsed, Duration::from_secs(1));
    }
}

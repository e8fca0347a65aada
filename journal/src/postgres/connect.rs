//! Connections: how many, with which limits, and to what kind of server.

use std::str::FromStr;
use std::sync::LazyLock;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection, PgConnection, Row};

use super::failure::unavailable;
use crate::error::JournalError;

/// Connections that append. Each has one append under way, of as many merchants as wait.
pub(super) const WRITERS: u32 = 2;
/// Connections for everything else.
const OTHERS: u32 = 6;
/// How long to wait for a connection.
const ACQUIRE: Duration = Duration::from_secs(3);
/// How long a connection that is given back may take to answer.
const ANSWER: Duration = Duration::from_secs(3);
/// A connection that was idle for longer is tried before it is used: the server may have gone since. One that was
/// just used is not, which saves a round trip for every append.
const TRY_AFTER_IDLE: Duration = Duration::from_secs(1);
/// Longer than any statement here should take, by the server's clock.
const STATEMENT: &str = "10s";
/// How long a statement waits for a row that somebody else has changed and not committed.
const LOCK: &str = "4s";

/// Every version of the schema, with a record of its own: the read models may live in the same database.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = sqlx::migrate!("../migrations/postgres/journal");
    migrations.dangerous_set_table_name("_holdfast_journal_migrations");
    migrations
});

/// The way to one database.
#[derive(Debug, Clone)]
pub(super) struct Connections {
    /// For appends alone, so that nothing makes them wait.
    pub(super) writers: PgPool,
    pub(super) others: PgPool,
}

impl Connections {
    /// Brings the schema up to date and connects.
    pub(super) async fn open(url: &str) -> Result<Self, JournalError> {
        let options = options(url)?;
        let mut first = PgConnection::connect_with(&options).await.map_err(|e| unavailable(&e))?;
        fit_for_a_journal(&mut first).await?;
        MIGRATIONS.run(&mut first).await.map_err(|e| schema(&e))?;
        // What fails now has nothing to do with what was asked.
        let _ = first.close().await;
        Ok(Self { writers: pool(&options, WRITERS), others: pool(&options, OTHERS) })
    }

    /// Connects to what is there, without changing the schema.
    pub(super) async fn open_existing(url: &str) -> Result<Self, JournalError> {
        let options = options(url)?;
        let mut first = PgConnection::connect_with(&options).await.map_err(|e| unavailable(&e))?;
        let there: bool = sqlx::query("SELECT to_regclass('journal_head') IS NOT NULL")
            .fetch_one(&mut first)
            .await
            .and_then(|row| row.try_get(0))
            .map_err(|e| unavailable(&e))?;
        let _ = first.close().await;
        if !there {
            return Err(JournalError::Missing("this database".to_owned()));
        }
        Ok(Self { writers: pool(&options, 1), others: pool(&options, OTHERS) })
    }

    pub(super) async fn close(&self) {
        self.writers.close().await;
        self.others.close().await;
    }
}

/// What a URL says, and the limits of a session. An error repeats nothing of the URL: it may hold a password.
fn options(url: &str) -> Result<PgConnectOptions, JournalError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| JournalError::Unsuitable(format!("the URL cannot be read: {error}")))?;
    let limits = [
        ("statement_timeout", STATEMENT),
        ("lock_timeout", LOCK),
        ("idle_in_transaction_session_timeout", STATEMENT),
        ("tcp_keepalives_idle", "5"),
        ("tcp_keepalives_interval", "2"),
        ("tcp_keepalives_count", "3"),
        ("jit", "off"),
        // That a table is there already is no news.
        ("client_min_messages", "warning"),
        // Every statement here has one good plan, whatever the server believes of the tables: it goes by an index. It
        // is made once for a connection, not for every call. What is known of a table that was nearly empty a moment
        // ago would have it read from end to end.
        ("plan_cache_mode", "force_generic_plan"),
        ("enable_seqscan", "off"),
        ("enable_bitmapscan", "off"),
    ];
    Ok(options.application_name("holdfast").options(limits))
}

fn pool(options: &PgConnectOptions, most: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move {
                if about.idle_for > TRY_AFTER_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_release(|connection, _| Box::pin(answers_still(connection)))
        .after_connect(|connection, _| {
            Box::pin(async move {
                let unfit = |error: JournalError| sqlx::Error::Configuration(error.into());
                fit_for_a_journal(connection).await.map_err(unfit)
            })
        })
        .connect_lazy_with(options.clone())
}

/// Whether a connection that is given back to its pool still answers. One whose call was given up may never do so again:
/// an error here takes its place from it.
pub async fn answers_still(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let answered = tokio::time::timeout(ANSWER, connection.ping()).await;
    answered.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map(|()| true)
}

/// Refuses a server that could lose what it has acknowledged, and sees to it that this session does not.
async fn fit_for_a_journal(connection: &mut PgConnection) -> Result<(), JournalError> {
    let row = sqlx::query(
        "SELECT current_setting('server_version_num')::int, current_setting('fsync'), pg_is_in_recovery(),
                current_setting('synchronous_commit')",
    )
    .fetch_one(&mut *connection)
    .await
    .map_err(|e| unavailable(&e))?;
    let read = || Ok::<_, sqlx::Error>((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?));
    let (version, fsync, standby, commit): (i32, &str, bool, &str) = read().map_err(|e| unavailable(&e))?;
    let refused = |why: &str| Err(JournalError::Unsuitable(why.to_owned()));
    if version < 150_000 {
        return refused("PostgreSQL 15 or newer is needed");
    }
    if fsync != "on" {
        return refused("fsync is off: what was acknowledged would not survive a crash");
    }
    if standby {
        // It may be promoted any moment, or the name may lead to another server by then.
        return Err(JournalError::Unavailable("the server is a standby".to_owned()));
    }
    // A stronger setting of the database stays.
    if !matches!(commit, "on" | "remote_apply") {
        sqlx::query("SET synchronous_commit = on").execute(connection).await.map_err(|e| unavailable(&e))?;
    }
    Ok(())
}

fn schema(error: &MigrateError) -> JournalError {
    match error {
        MigrateError::VersionMissing(found) => JournalError::SchemaTooNew {
            found: u32::try_from(*found).unwrap_or(u32::MAX),
            known: u32::try_from(MIGRATIONS.iter().count()).unwrap_or(u32::MAX),
        },
        other => JournalError::Unavailable(format!("the schema cannot be brought up to date: {other}")),
    }
}

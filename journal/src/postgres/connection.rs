//! Connection pools: their size and limits, and the requirements on the server.

use std::str::FromStr;
use std::sync::LazyLock;
use std::time::Duration;

use holdfast_postgres_support::{MigrationFile, migrator, responds};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection, PgConnection, Row};

use super::errors::unavailable;
use crate::error::JournalError;

/// The number of connections for appends. Each executes one append at a time, of all merchants that wait for one.
pub(super) const APPEND_CONNECTIONS: u32 = 2;
/// The number of connections for everything else.
const QUERY_CONNECTIONS: u32 = 6;
/// The maximum time to wait for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// A connection that was idle for longer is tested before it is used, because the server may have ended. A connection
/// that was just used is not tested, which saves a round trip per append.
const MAX_UNTESTED_IDLE_TIME: Duration = Duration::from_secs(1);
/// The maximum duration of a statement, and of a pause within a transaction, by the server's clock.
const STATEMENT_TIMEOUT: &str = "10s";
/// The maximum time that a statement waits for a row that another transaction has locked.
const LOCK_TIMEOUT: &str = "4s";

/// The files of the migrations.
const MIGRATION_FILES: &[MigrationFile] =
    &[("0001_journal", include_str!("../../../migrations/postgres/journal/0001_journal.sql"))];

/// The migrations of the schema. They are recorded in a table of their own, because the read models may be in the same
/// database.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = migrator(MIGRATION_FILES);
    migrations.dangerous_set_table_name("_holdfast_journal_migrations");
    migrations
});

/// The connection pools of one database.
#[derive(Debug, Clone)]
pub(super) struct Pools {
    /// For appends only, so that queries do not delay them.
    pub(super) append: PgPool,
    /// For everything else.
    pub(super) query: PgPool,
}

impl Pools {
    /// Migrates the schema and connects.
    pub(super) async fn open(url: &str) -> Result<Self, JournalError> {
        let options = options(url)?;
        let mut first = PgConnection::connect_with(&options).await.map_err(|e| unavailable(&e))?;
        check_server(&mut first).await?;
        MIGRATIONS.run(&mut first).await.map_err(|e| migration_error(&e))?;
        // The migration is done: a failure to close does not matter.
        let _ = first.close().await;
        Ok(Self { append: pool(&options, APPEND_CONNECTIONS), query: pool(&options, QUERY_CONNECTIONS) })
    }

    /// Connects to an existing journal without migrating the schema.
    pub(super) async fn open_existing(url: &str) -> Result<Self, JournalError> {
        let options = options(url)?;
        let mut first = PgConnection::connect_with(&options).await.map_err(|e| unavailable(&e))?;
        let exists: bool = sqlx::query("SELECT to_regclass('journal_head') IS NOT NULL")
            .fetch_one(&mut first)
            .await
            .and_then(|row| row.try_get(0))
            .map_err(|e| unavailable(&e))?;
        let _ = first.close().await;
        if !exists {
            return Err(JournalError::Missing("the schema of this database".to_owned()));
        }
        Ok(Self { append: pool(&options, 1), query: pool(&options, QUERY_CONNECTIONS) })
    }

    pub(super) async fn close(&self) {
        self.append.close().await;
        self.query.close().await;
    }
}

/// Parses a URL and adds the session's settings. The error does not repeat the URL, which may contain a password.
fn options(url: &str) -> Result<PgConnectOptions, JournalError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| JournalError::Unsuitable(format!("invalid URL: {error}")))?;
    let settings = [
        ("statement_timeout", STATEMENT_TIMEOUT),
        ("lock_timeout", LOCK_TIMEOUT),
        ("idle_in_transaction_session_timeout", STATEMENT_TIMEOUT),
        ("tcp_keepalives_idle", "5"),
        ("tcp_keepalives_interval", "2"),
        ("tcp_keepalives_count", "3"),
        ("jit", "off"),
        // Suppresses notices about tables that exist already.
        ("client_min_messages", "warning"),
        // The best plan of every statement uses an index, even if the server's statistics still describe an empty table.
        // A generic plan is made once per connection, not per call.
        ("plan_cache_mode", "force_generic_plan"),
        ("enable_seqscan", "off"),
        ("enable_bitmapscan", "off"),
    ];
    Ok(options.application_name("holdfast").options(settings))
}

fn pool(options: &PgConnectOptions, size: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, metadata| {
            Box::pin(async move {
                if metadata.idle_for > MAX_UNTESTED_IDLE_TIME {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_release(|connection, _| Box::pin(responds(connection)))
        .after_connect(|connection, _| {
            Box::pin(async move {
                let unsuitable = |error: JournalError| sqlx::Error::Configuration(error.into());
                check_server(connection).await.map_err(unsuitable)
            })
        })
        .connect_lazy_with(options.clone())
}

/// Rejects a server that could lose acknowledged commits, and makes the session's commits durable.
async fn check_server(connection: &mut PgConnection) -> Result<(), JournalError> {
    let row = sqlx::query(
        "SELECT current_setting('server_version_num')::int, current_setting('fsync'), pg_is_in_recovery(),
                current_setting('synchronous_commit')",
    )
    .fetch_one(&mut *connection)
    .await
    .map_err(|e| unavailable(&e))?;
    let read = || Ok::<_, sqlx::Error>((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?));
    let (version, fsync, standby, commit): (i32, &str, bool, &str) = read().map_err(|e| unavailable(&e))?;
    let unsuitable = |reason: &str| Err(JournalError::Unsuitable(reason.to_owned()));
    if version < 150_000 {
        return unsuitable("PostgreSQL 15 or newer is required");
    }
    if fsync != "on" {
        return unsuitable(
            "the server's setting fsync is off: acknowledged commits could be lost in a crash",
        );
    }
    if standby {
        // Not permanent: the standby may be promoted, or the host name may soon lead to the primary.
        return Err(JournalError::Unavailable("the server is a standby and accepts no writes".to_owned()));
    }
    // Keeps a stronger setting.
    if !matches!(commit, "on" | "remote_apply") {
        sqlx::query("SET synchronous_commit = on").execute(connection).await.map_err(|e| unavailable(&e))?;
    }
    Ok(())
}

fn migration_error(error: &MigrateError) -> JournalError {
    match error {
        MigrateError::VersionMissing(found) => JournalError::SchemaTooNew {
            found: u32::try_from(*found).unwrap_or(u32::MAX),
            known: u32::try_from(MIGRATIONS.iter().count()).unwrap_or(u32::MAX),
        },
        other => JournalError::Unavailable(format!("cannot migrate the schema: {other}")),
    }
}

//! The read models on PostgreSQL: one database that several nodes share.

use std::str::FromStr;
use std::time::Duration;

use holdfast_postgres_support::{migrator, responds};
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Postgres};

use super::insert::{ColumnValues, Insert};
use super::row::Row;
use super::schema::{Schema, migration_files};
use super::table::Scope;
use crate::error::Result;

/// The number of write connections: one for the transaction of each projection, and one to spare.
const WRITE_CONNECTIONS: u32 = 5;
/// The number of read connections.
const READ_CONNECTIONS: u32 = 4;
/// The longest time to wait for a connection from the pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest time for a statement, and for a transaction without a statement. After that the server releases the
/// locks of a node that hangs.
const STATEMENT_TIMEOUT: &str = "30s";
/// The table of applied migrations. The journal may be in the same database, with migrations of its own.
const MIGRATIONS_TABLE: &str = "_holdfast_views_migrations";

type Query = sqlx::query::Query<'static, Postgres, PgArguments>;

/// Connects to the database and migrates its schema. Returns the write pool and the read pool.
pub(super) async fn connect(url: &str) -> Result<(PgPool, PgPool)> {
    let options = connect_options(url)?;
    migrate(options.clone()).await?;
    let write_options = with_limits(options.clone()).options([
        // After a crash the lost events are applied again, because their checkpoint is lost with them.
        ("synchronous_commit", "off"),
        // One generic plan for all merchants: a plan made for a new merchant would assume next to no rows.
        ("plan_cache_mode", "force_generic_plan"),
    ]);
    let writer = pool(WRITE_CONNECTIONS).connect_with(write_options).await?;
    let readers = pool(READ_CONNECTIONS).connect_with(read_only(options)).await?;
    Ok((writer, readers))
}

/// Connects to the database read-only, without migrating it.
pub(super) async fn connect_existing(url: &str) -> Result<PgPool> {
    Ok(pool(READ_CONNECTIONS).connect_with(read_only(connect_options(url)?)).await?)
}

fn connect_options(url: &str) -> Result<PgConnectOptions> {
    let options = PgConnectOptions::from_str(url)?.application_name("holdfast-views");
    // Suppresses the notice that a table exists already.
    Ok(options.options([("client_min_messages", "warning")]))
}

fn with_limits(options: PgConnectOptions) -> PgConnectOptions {
    options.options([
        ("statement_timeout", STATEMENT_TIMEOUT),
        ("idle_in_transaction_session_timeout", STATEMENT_TIMEOUT),
        // Every statement has an index. The planner must use it even if its statistics say that the table is small.
        ("enable_seqscan", "off"),
        ("enable_bitmapscan", "off"),
        ("jit", "off"),
    ])
}

fn read_only(options: PgConnectOptions) -> PgConnectOptions {
    // Repeatable read: all statements of a transaction see the same snapshot.
    with_limits(options).options([
        ("default_transaction_isolation", "repeatable read"),
        ("default_transaction_read_only", "on"),
    ])
}

fn pool(size: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_release(|connection, _| Box::pin(responds(connection)))
}

/// The schema on PostgreSQL.
pub(super) fn schema() -> Schema {
    let mut migrator = migrator(migration_files!("postgres"));
    migrator.dangerous_set_table_name(MIGRATIONS_TABLE);
    Schema {
        migrator,
        has_migrations: "SELECT 1 WHERE to_regclass('_holdfast_views_migrations') IS NOT NULL",
        last_migration: "SELECT max(version) FROM _holdfast_views_migrations WHERE success",
    }
}

/// Migrates the schema. Nodes that start at once wait for each other at the migrator's lock, without a time limit. The
/// lock is on a connection of its own, so that it is released even if the migration fails.
async fn migrate(options: PgConnectOptions) -> Result<()> {
    let schema = schema();
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
    let migrated = schema.migrator.run(&pool).await;
    pool.close().await;
    migrated.map_err(|error| schema.error(error))
}

/// Reads the rows with one of the keys.
pub(super) async fn find(
    connection: &mut PgConnection,
    select: &str,
    scope: Scope<'_>,
    column: &str,
    keys: &[String],
) -> Result<Vec<Row>> {
    // `OFFSET 0` is an optimization fence: the planner must look up key by key instead of joining all rows.
    let text = format!(
        "SELECT found.* FROM unnest($3::text[]) AS wanted (key) CROSS JOIN LATERAL
             ({select} WHERE merchant = $1 AND generation = $2 AND {column} = wanted.key OFFSET 0) AS found"
    );
    let query: Query =
        sqlx::query(AssertSqlSafe(text)).bind(scope.merchant).bind(scope.generation).bind(keys);
    Ok(query.fetch_all(connection).await?.into_iter().map(Row::from).collect())
}

/// Writes rows, passing every column as one array.
pub(super) async fn insert(connection: &mut PgConnection, scope: Scope<'_>, insert: Insert) -> Result<()> {
    let arrays: Vec<String> = (3..)
        .zip(&insert.columns)
        .map(|(number, (.., column))| format!("${number}::{}[]", type_of(column)))
        .collect();
    let text = format!(
        "{}SELECT $1, $2, * FROM unnest({}){}",
        insert.insert_clause(),
        arrays.join(", "),
        insert.conflict_clause()
    );
    let mut query: Query = sqlx::query(AssertSqlSafe(text)).bind(scope.merchant).bind(scope.generation);
    for (.., column) in insert.columns {
        query = match column {
            ColumnValues::Integers(numbers) => query.bind(numbers),
            ColumnValues::Texts(texts) => query.bind(texts),
            ColumnValues::Bytes(bytes) => query.bind(bytes),
            ColumnValues::Booleans(booleans) => query.bind(booleans),
        };
    }
    query.execute(connection).await?;
    Ok(())
}

fn type_of(column: &ColumnValues) -> &'static str {
    match column {
        ColumnValues::Integers(_) => "bigint",
        ColumnValues::Texts(_) => "text",
        ColumnValues::Bytes(_) => "bytea",
        ColumnValues::Booleans(_) => "boolean",
    }
}

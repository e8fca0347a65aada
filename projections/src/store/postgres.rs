//! The read models on PostgreSQL: a database that several nodes share.

use std::str::FromStr;
use std::time::Duration;

use holdfast_journal::answers_still;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Postgres};

use super::statement::{Row, Statement, Value};
use super::table::Scope;
use super::upsert::{ColumnValues, Insert};
use super::{READERS, schema};
use crate::error::ViewError;

/// How many connections write: a transaction for each projection, so that none need wait for another, and one to spare.
const WRITERS: u32 = 5;
/// How long to wait for a connection.
const ACQUIRE: Duration = Duration::from_secs(10);
/// How long a statement may take, and how long a transaction may stand still: what a node that hangs has locked
/// is free again then.
const STATEMENT: &str = "30s";
/// The journal may be in the same database, and has migrations of its own.
const MIGRATIONS: &str = "_holdfast_views_migrations";
/// Gives a row where the schema has ever been brought up to date.
pub(super) const HAS_MIGRATIONS: &str =
    "SELECT 1 WHERE to_regclass('_holdfast_views_migrations') IS NOT NULL";
/// The last step that has brought the schema up to date.
pub(super) const LAST_MIGRATION: &str = "SELECT max(version) FROM _holdfast_views_migrations WHERE success";

type Query = sqlx::query::Query<'static, Postgres, PgArguments>;

/// Connects to the database and brings its tables up to date: who writes and who reads.
pub(super) async fn connect(url: &str) -> Result<(PgPool, PgPool), ViewError> {
    let options = options(url)?;
    migrate(options.clone()).await?;
    let writing = limited(options.clone()).options([
        // What is lost in a crash is folded again: the checkpoint is lost with it.
        ("synchronous_commit", "off"),
        // One plan for all merchants: one for a merchant that is new would take it to have next to no rows.
        ("plan_cache_mode", "force_generic_plan"),
    ]);
    let writer = pool(WRITERS).connect_with(writing).await?;
    let readers = pool(READERS).connect_with(reading(options)).await?;
    Ok((writer, readers))
}

/// Connects to the database as it is, to read it.
pub(super) async fn connect_existing(url: &str) -> Result<PgPool, ViewError> {
    Ok(pool(READERS).connect_with(reading(options(url)?)).await?)
}

fn options(url: &str) -> Result<PgConnectOptions, ViewError> {
    let options = PgConnectOptions::from_str(url)?.application_name("holdfast-views");
    // That a table is there already is no news.
    Ok(options.options([("client_min_messages", "warning")]))
}

fn limited(options: PgConnectOptions) -> PgConnectOptions {
    options.options([
        ("statement_timeout", STATEMENT),
        ("idle_in_transaction_session_timeout", STATEMENT),
        // Rows are found by an index, whatever the server believes of tables that were nearly empty a moment ago.
        ("enable_seqscan", "off"),
        ("enable_bitmapscan", "off"),
        ("jit", "off"),
    ])
}

fn reading(options: PgConnectOptions) -> PgConnectOptions {
    // Several statements of one transaction see one moment.
    limited(options).options([
        ("default_transaction_isolation", "repeatable read"),
        ("default_transaction_read_only", "on"),
    ])
}

fn pool(size: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(ACQUIRE)
        .after_release(|connection, _| Box::pin(answers_still(connection)))
}

/// Every version of the schema.
pub(super) fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!("../migrations/postgres/views");
    migrator.dangerous_set_table_name(MIGRATIONS);
    migrator
}

/// Several nodes may do this at once: the migrator's lock lets one of them go first, and the others wait for it as
/// long as it takes. On a connection of its own, which ends with the lock also where something fails.
async fn migrate(options: PgConnectOptions) -> Result<(), ViewError> {
    let migrator = migrator();
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
    let done = migrator.run(&pool).await;
    pool.close().await;
    done.map_err(|error| schema(&migrator, error))
}

pub(super) async fn fetch(
    connection: &mut PgConnection,
    statement: Statement,
) -> Result<Vec<Row>, ViewError> {
    let rows = query(statement).fetch_all(connection).await?;
    Ok(rows.into_iter().map(Row::from).collect())
}

pub(super) async fn execute(connection: &mut PgConnection, statement: Statement) -> Result<u64, ViewError> {
    Ok(query(statement).execute(connection).await?.rows_affected())
}

fn query(statement: Statement) -> Query {
    let mut query = sqlx::query(AssertSqlSafe(statement.text));
    for value in statement.values {
        query = match value {
            Value::Integer(number) => query.bind(number),
            Value::Text(text) => query.bind(text),
            Value::Bytes(bytes) => query.bind(bytes),
        };
    }
    query
}

/// Reads the rows with one of these keys.
pub(super) async fn find(
    connection: &mut PgConnection,
    select: &str,
    scope: Scope<'_>,
    column: &str,
    keys: &[String],
) -> Result<Vec<Row>, ViewError> {
    // `OFFSET 0` keeps the server from turning this around: key by key, never all rows against all keys.
    let text = format!(
        "SELECT found.* FROM unnest($3::text[]) AS wanted (key) CROSS JOIN LATERAL
             ({select} WHERE merchant = $1 AND generation = $2 AND {column} = wanted.key OFFSET 0) AS found"
    );
    let query: Query =
        sqlx::query(AssertSqlSafe(text)).bind(scope.merchant).bind(scope.generation).bind(keys);
    Ok(query.fetch_all(connection).await?.into_iter().map(Row::from).collect())
}

/// Writes rows: an array for each column.
pub(super) async fn insert(
    connection: &mut PgConnection,
    scope: Scope<'_>,
    insert: Insert,
) -> Result<(), ViewError> {
    let arrays: Vec<String> = (3..)
        .zip(&insert.columns)
        .map(|(number, (.., column))| format!("${number}::{}[]", type_of(column)))
        .collect();
    let text = format!(
        "{}SELECT $1, $2, * FROM unnest({}){}",
        insert.beginning(),
        arrays.join(", "),
        insert.on_conflict()
    );
    let mut query: Query = sqlx::query(AssertSqlSafe(text)).bind(scope.merchant).bind(scope.generation);
    for (.., column) in insert.columns {
        query = match column {
            ColumnValues::Integers(numbers) => query.bind(numbers),
            ColumnValues::Texts(texts) => query.bind(texts),
            ColumnValues::Bytes(bytes) => query.bind(bytes),
            ColumnValues::Booleans(answers) => query.bind(answers),
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

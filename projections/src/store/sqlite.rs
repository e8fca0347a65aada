//! The read models on SQLite: one file, one write connection.

use std::mem;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use holdfast_postgres_support::migrator;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool,
    SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Arguments, AssertSqlSafe, Sqlite};

use super::insert::{ColumnValues, Insert};
use super::row::Row;
use super::schema::{Schema, migration_files};
use super::table::Scope;
use crate::error::{Result, ViewError};

/// The name of the database file within its directory.
const FILE: &str = "views.db";
/// The number of read connections.
const READ_CONNECTIONS: u32 = 4;
/// The longest time to wait for the write lock of another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The most rows that one statement reads or writes: far below SQLite's limit of bound values.
const MAX_ROWS_PER_STATEMENT: usize = 500;

type Query = sqlx::query::Query<'static, Sqlite, SqliteArguments>;

/// Opens or creates the database in a directory. Returns the write pool and the read pool.
pub(super) async fn open(directory: &Path) -> Result<(SqlitePool, SqlitePool)> {
    let options = SqliteConnectOptions::new()
        .filename(directory.join(FILE))
        .create_if_missing(true)
        .page_size(8_192)
        .journal_mode(SqliteJournalMode::Wal)
        // After a crash the lost events are applied again, because their checkpoint is lost with them.
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("cache_size", "-64000")
        // The statement journal stays in memory instead of a temporary file.
        .pragma("temp_store", "memory")
        .statement_cache_capacity(256)
        .optimize_on_close(true, None);
    let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
    let schema = schema();
    schema.migrator.run(&writer).await.map_err(|error| schema.error(error))?;
    let read_options = options.read_only(true).pragma("cache_size", "-16000");
    let readers =
        SqlitePoolOptions::new().max_connections(READ_CONNECTIONS).connect_with(read_options).await?;
    Ok((writer, readers))
}

/// The schema on SQLite.
pub(super) fn schema() -> Schema {
    Schema {
        migrator: migrator(migration_files!("sqlite")),
        has_migrations: "SELECT 1 FROM sqlite_master WHERE name = '_sqlx_migrations'",
        last_migration: "SELECT max(version) FROM _sqlx_migrations WHERE success",
    }
}

/// Opens the existing database in a directory read-only.
pub(super) async fn open_existing(directory: &Path) -> Result<SqlitePool> {
    let file = directory.join(FILE);
    if !file.is_file() {
        return Err(ViewError::NotInitialized);
    }
    let options = SqliteConnectOptions::new()
        .filename(file)
        .read_only(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("cache_size", "-16000")
        .pragma("temp_store", "memory");
    Ok(SqlitePoolOptions::new().max_connections(READ_CONNECTIONS).connect_with(options).await?)
}

/// Reads the rows with one of the keys, [`MAX_ROWS_PER_STATEMENT`] at a time.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    select: &str,
    scope: Scope<'_>,
    column: &str,
    keys: &[String],
) -> Result<Vec<Row>> {
    let mut found = Vec::with_capacity(keys.len());
    for chunk in keys.chunks(MAX_ROWS_PER_STATEMENT) {
        let text = format!(
            "{select} WHERE merchant = ? AND generation = ? AND {column} IN ({})",
            repeated("?", chunk.len())
        );
        let mut query: Query =
            sqlx::query(AssertSqlSafe(text)).bind(scope.merchant.to_owned()).bind(scope.generation);
        for key in chunk {
            query = query.bind(key.clone());
        }
        found.extend(query.fetch_all(&mut *connection).await?.into_iter().map(Row::from));
    }
    Ok(found)
}

/// Writes rows, [`MAX_ROWS_PER_STATEMENT`] at a time.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    scope: Scope<'_>,
    mut insert: Insert,
) -> Result<()> {
    let (insert_clause, conflict_clause) = (insert.insert_clause(), insert.conflict_clause());
    let row = format!("({})", repeated("?", insert.columns.len() + 2));
    let merchant: Arc<str> = scope.merchant.into();
    for start in (0..insert.rows).step_by(MAX_ROWS_PER_STATEMENT) {
        let chunk = start..insert.rows.min(start + MAX_ROWS_PER_STATEMENT);
        let text = format!("{insert_clause}VALUES {}{conflict_clause}", repeated(&row, chunk.len()));
        let mut arguments = SqliteArguments::default();
        arguments.reserve(chunk.len() * (insert.columns.len() + 2), 0);
        for row in chunk {
            bind(&mut arguments, Arc::clone(&merchant))?;
            bind(&mut arguments, scope.generation)?;
            for (.., column) in &mut insert.columns {
                // Every value is bound once, so texts and byte strings can be moved out.
                match column {
                    ColumnValues::Integers(numbers) => bind(&mut arguments, numbers[row])?,
                    ColumnValues::Texts(texts) => bind(&mut arguments, mem::take(&mut texts[row]))?,
                    ColumnValues::Bytes(bytes) => bind(&mut arguments, mem::take(&mut bytes[row]))?,
                    ColumnValues::Booleans(booleans) => bind(&mut arguments, booleans[row])?,
                }
            }
        }
        sqlx::query_with(AssertSqlSafe(text), arguments).execute(&mut *connection).await?;
    }
    Ok(())
}

fn bind<'v, T: sqlx::Encode<'v, Sqlite> + sqlx::Type<Sqlite>>(
    arguments: &mut SqliteArguments,
    value: T,
) -> Result<()> {
    arguments.add(value).map_err(|error| sqlx::Error::Encode(error).into())
}

/// A text repeated, separated by commas.
fn repeated(text: &str, times: usize) -> String {
    let mut joined = String::with_capacity((text.len() + 2) * times);
    for index in 0..times {
        joined.push_str(if index == 0 { "" } else { ", " });
        joined.push_str(text);
    }
    joined
}

//! The read models on SQLite: one file, one connection that writes.

use std::mem;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool,
    SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Arguments, AssertSqlSafe, Sqlite};

use super::statement::{Row, Statement, Value};
use super::table::Scope;
use super::upsert::{ColumnValues, Insert};
use super::{READERS, schema};
use crate::error::ViewError;

/// The database's file within its directory.
const FILE: &str = "views.db";
/// Rows read or written by one statement, far below SQLite's limit of bound values.
const CHUNK: usize = 500;

/// Gives a row where the schema has ever been brought up to date.
pub(super) const HAS_MIGRATIONS: &str = "SELECT 1 FROM sqlite_master WHERE name = '_sqlx_migrations'";
/// The last step that has brought the schema up to date.
pub(super) const LAST_MIGRATION: &str = "SELECT max(version) FROM _sqlx_migrations WHERE success";

type Query = sqlx::query::Query<'static, Sqlite, SqliteArguments>;

/// Opens or creates the database in a directory: who writes and who reads.
pub(super) async fn open(directory: &Path) -> Result<(SqlitePool, SqlitePool), ViewError> {
    let options = SqliteConnectOptions::new()
        .filename(directory.join(FILE))
        .create_if_missing(true)
        .page_size(8_192)
        .journal_mode(SqliteJournalMode::Wal)
        // What is lost in a crash is folded again: the checkpoint is lost with it.
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(Duration::from_secs(5))
        .pragma("cache_size", "-64000")
        // Pages kept to take back a statement: no file for them.
        .pragma("temp_store", "memory")
        .statement_cache_capacity(256)
        .optimize_on_close(true, None);
    let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
    let migrator = migrator();
    migrator.run(&writer).await.map_err(|error| schema(&migrator, error))?;
    let reading = options.read_only(true).pragma("cache_size", "-16000");
    let readers = SqlitePoolOptions::new().max_connections(READERS).connect_with(reading).await?;
    Ok((writer, readers))
}

/// Every version of the schema.
pub(super) fn migrator() -> Migrator {
    sqlx::migrate!("../migrations/sqlite/views")
}

/// Opens the database that is in a directory, to read it.
pub(super) async fn open_existing(directory: &Path) -> Result<SqlitePool, ViewError> {
    let file = directory.join(FILE);
    if !file.is_file() {
        return Err(ViewError::NotInitialized);
    }
    let options = SqliteConnectOptions::new()
        .filename(file)
        .read_only(true)
        .busy_timeout(Duration::from_secs(5))
        .pragma("cache_size", "-16000")
        .pragma("temp_store", "memory");
    Ok(SqlitePoolOptions::new().max_connections(READERS).connect_with(options).await?)
}

pub(super) async fn fetch(
    connection: &mut SqliteConnection,
    statement: Statement,
) -> Result<Vec<Row>, ViewError> {
    let rows = query(statement).fetch_all(connection).await?;
    Ok(rows.into_iter().map(Row::from).collect())
}

pub(super) async fn execute(
    connection: &mut SqliteConnection,
    statement: Statement,
) -> Result<u64, ViewError> {
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

/// Reads the rows with one of these keys, some at a time.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    select: &str,
    scope: Scope<'_>,
    column: &str,
    keys: &[String],
) -> Result<Vec<Row>, ViewError> {
    let mut found = Vec::with_capacity(keys.len());
    for chunk in keys.chunks(CHUNK) {
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

/// Writes rows, some at a time.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    scope: Scope<'_>,
    mut insert: Insert,
) -> Result<(), ViewError> {
    let (beginning, on_conflict) = (insert.beginning(), insert.on_conflict());
    let row = format!("({})", repeated("?", insert.columns.len() + 2));
    let merchant: Arc<str> = scope.merchant.into();
    for begin in (0..insert.rows).step_by(CHUNK) {
        let chunk = begin..insert.rows.min(begin + CHUNK);
        let text = format!("{beginning}VALUES {}{on_conflict}", repeated(&row, chunk.len()));
        let mut arguments = SqliteArguments::default();
        arguments.reserve(chunk.len() * (insert.columns.len() + 2), 0);
        for row in chunk {
            bind(&mut arguments, Arc::clone(&merchant))?;
            bind(&mut arguments, scope.generation)?;
            for (.., column) in &mut insert.columns {
                // Each value is written once.
                match column {
                    ColumnValues::Integers(numbers) => bind(&mut arguments, numbers[row])?,
                    ColumnValues::Texts(texts) => bind(&mut arguments, mem::take(&mut texts[row]))?,
                    ColumnValues::Bytes(bytes) => bind(&mut arguments, mem::take(&mut bytes[row]))?,
                    ColumnValues::Booleans(answers) => bind(&mut arguments, answers[row])?,
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
) -> Result<(), ViewError> {
    arguments.add(value).map_err(|error| sqlx::Error::Encode(error).into())
}

/// A text so many times, with commas between.
fn repeated(text: &str, times: usize) -> String {
    let mut all = String::with_capacity((text.len() + 2) * times);
    for index in 0..times {
        all.push_str(if index == 0 { "" } else { ", " });
        all.push_str(text);
    }
    all
}

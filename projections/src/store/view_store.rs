//! Connection pools of the read models' database.

use std::cmp::Ordering;
use std::path::Path;

use sqlx::{PgPool, SqlitePool};

use super::connection::{Link, Session, ViewConnection};
use super::statement::Statement;
use super::{postgres, sqlite};
use crate::error::{Result, ViewError};

/// The database of the read models, with separate connections for writing and for reading.
#[derive(Debug, Clone)]
pub struct ViewStore(Pools);

#[derive(Debug, Clone)]
enum Pools {
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    Postgres { writer: PgPool, readers: PgPool },
}

impl ViewStore {
    /// Opens the SQLite database in a directory, or creates it.
    pub async fn open(directory: &Path) -> Result<Self> {
        let (writer, readers) = sqlite::open(directory).await?;
        Ok(Self(Pools::Sqlite { writer, readers }))
    }

    /// Connects to a PostgreSQL database, `postgres://user@host/database`, and creates the tables if they are missing.
    pub async fn connect(url: &str) -> Result<Self> {
        let (writer, readers) = postgres::connect(url).await?;
        Ok(Self(Pools::Postgres { writer, readers }))
    }

    /// Opens the existing SQLite database in a directory read-only, even while another process writes to it. Fails if the
    /// version of its schema is not the version that this program needs.
    pub async fn open_existing(directory: &Path) -> Result<Self> {
        let readers = sqlite::open_existing(directory).await?;
        Self(Pools::Sqlite { writer: readers.clone(), readers }).check_schema().await
    }

    /// Connects read-only to the existing tables in a PostgreSQL database. Fails if the version of their schema is not the
    /// version that this program needs.
    pub async fn connect_existing(url: &str) -> Result<Self> {
        let readers = postgres::connect_existing(url).await?;
        Self(Pools::Postgres { writer: readers.clone(), readers }).check_schema().await
    }

    /// Fails unless the schema of the database has the version that this program needs.
    async fn check_schema(self) -> Result<Self> {
        let schema = match &self.0 {
            Pools::Sqlite { .. } => sqlite::schema(),
            Pools::Postgres { .. } => postgres::schema(),
        };
        let mut connection = self.reader().await?;
        if connection.fetch(Statement::new(schema.has_migrations)).await?.is_empty() {
            return Err(ViewError::NotInitialized);
        }
        let rows = connection.fetch(Statement::new(schema.last_migration)).await?;
        let found = rows.first().map(|row| row.optional_integer(0)).transpose()?.flatten().unwrap_or(0);
        let known = schema.version();
        match found.cmp(&known) {
            Ordering::Less => Err(ViewError::SchemaTooOld { found, known }),
            Ordering::Equal => Ok(self),
            Ordering::Greater => Err(ViewError::SchemaTooNew { found, known }),
        }
    }

    /// Whether other nodes may write to the database too.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.0, Pools::Postgres { .. })
    }

    /// A read connection without a transaction: every statement sees the latest committed state.
    pub(crate) async fn reader(&self) -> Result<ViewConnection> {
        Ok(ViewConnection(match &self.0 {
            Pools::Sqlite { readers, .. } => Link::Sqlite(Session::Plain(readers.acquire().await?)),
            Pools::Postgres { readers, .. } => Link::Postgres(Session::Plain(readers.acquire().await?)),
        }))
    }

    /// A read transaction: all of its statements see the same state.
    pub(crate) async fn snapshot(&self) -> Result<ViewConnection> {
        Ok(ViewConnection(match &self.0 {
            Pools::Sqlite { readers, .. } => Link::Sqlite(Session::Transaction(readers.begin().await?)),
            Pools::Postgres { readers, .. } => Link::Postgres(Session::Transaction(readers.begin().await?)),
        }))
    }

    /// A write connection without a transaction: every statement commits on its own.
    pub(crate) async fn writer(&self) -> Result<ViewConnection> {
        Ok(ViewConnection(match &self.0 {
            Pools::Sqlite { writer, .. } => Link::Sqlite(Session::Plain(writer.acquire().await?)),
            Pools::Postgres { writer, .. } => Link::Postgres(Session::Plain(writer.acquire().await?)),
        }))
    }

    /// A write transaction.
    pub(crate) async fn begin(&self) -> Result<ViewConnection> {
        Ok(ViewConnection(match &self.0 {
            // `IMMEDIATE` takes the write lock at the start: it waits while another process holds the lock.
            Pools::Sqlite { writer, .. } => {
                Link::Sqlite(Session::Transaction(writer.begin_with("BEGIN IMMEDIATE").await?))
            }
            Pools::Postgres { writer, .. } => Link::Postgres(Session::Transaction(writer.begin().await?)),
        }))
    }

    /// Closes all connections after their current statements.
    pub async fn close(&self) {
        match &self.0 {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
        }
    }
}

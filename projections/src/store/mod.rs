//! The read models' database: SQLite for one node, PostgreSQL for several.
//!
//! A read model says what it reads and writes once, in terms of [`Statement`], [`Upsert`] and [`ViewConnection`];
//! `sqlite` and `postgres` say how that is done well on each.

mod connection;
mod postgres;
mod sqlite;
mod statement;
mod table;
#[cfg(test)]
mod tests;
mod upsert;

use std::cmp::Ordering;
use std::path::Path;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{PgPool, SqlitePool};

use crate::error::ViewError;

use connection::{CommandLink, Session};

pub use connection::ViewConnection;
pub use statement::{Row, Statement, Value};
pub use table::{ColumnKind, Scope, Table, TableColumn};
pub use upsert::{ColumnValues, Presence, Upsert};

/// How many connections read.
const READERS: u32 = 4;

/// The read models' database: connections that write, and others that read.
#[derive(Debug, Clone)]
pub struct ViewStore(Pools);

#[derive(Debug, Clone)]
enum Pools {
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    Postgres { writer: PgPool, readers: PgPool },
}

impl ViewStore {
    /// Opens or creates the read models in a directory.
    pub async fn open(directory: &Path) -> Result<Self, ViewError> {
        let (writer, readers) = sqlite::open(directory).await?;
        Ok(Self(Pools::Sqlite { writer, readers }))
    }

    /// Connects to the read models in a PostgreSQL database, `postgres://user@host/database`, and makes their tables
    /// where they are not there yet.
    pub async fn connect(url: &str) -> Result<Self, ViewError> {
        let (writer, readers) = postgres::connect(url).await?;
        Ok(Self(Pools::Postgres { writer, readers }))
    }

    /// Opens the read models that are in a directory, to read them while another process may write them. Nothing is made
    /// or brought up to date.
    pub async fn open_existing(directory: &Path) -> Result<Self, ViewError> {
        let readers = sqlite::open_existing(directory).await?;
        Self(Pools::Sqlite { writer: readers.clone(), readers }).of_this_version().await
    }

    /// Connects to the read models that are in a PostgreSQL database, to read them. Nothing is made or brought up to date.
    pub async fn connect_existing(url: &str) -> Result<Self, ViewError> {
        let readers = postgres::connect_existing(url).await?;
        Self(Pools::Postgres { writer: readers.clone(), readers }).of_this_version().await
    }

    /// The store, where its schema is the one that this program knows.
    async fn of_this_version(self) -> Result<Self, ViewError> {
        let (migrator, has_migrations, last_migration) = match &self.0 {
            Pools::Sqlite { .. } => (sqlite::migrator(), sqlite::HAS_MIGRATIONS, sqlite::LAST_MIGRATION),
            Pools::Postgres { .. } => {
                (postgres::migrator(), postgres::HAS_MIGRATIONS, postgres::LAST_MIGRATION)
            }
        };
        let mut connection = self.reader().await?;
        if connection.fetch(Statement::new(has_migrations)).await?.is_empty() {
            return Err(ViewError::NotInitialized);
        }
        let found = connection.fetch(Statement::new(last_migration)).await?;
        let found = found.first().map(|row| row.optional_integer(0)).transpose()?.flatten().unwrap_or(0);
        let known = last_version(&migrator);
        drop(connection);
        match found.cmp(&known) {
            Ordering::Less => Err(ViewError::SchemaTooOld { found, known }),
            Ordering::Equal => Ok(self),
            Ordering::Greater => Err(ViewError::SchemaTooNew { found, known }),
        }
    }

    /// Whether other nodes may write to it too.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.0, Pools::Postgres { .. })
    }

    /// A connection that reads, each statement for itself.
    pub(crate) async fn reader(&self) -> Result<ViewConnection, ViewError> {
        Ok(ViewConnection(match &self.0 {
            Pools::Sqlite { readers, .. } => CommandLink::Sqlite(Session::Plain(readers.acquire().await?)),
            Pools::Postgres { readers, .. } => {
                CommandLink::Postgres(Session::Plain(readers.acquire().await?))
            }
        }))
    }

    /// A transaction that reads: all of its statements see the same moment.
    pub(crate) async fn snapshot(&self) -> Result<ViewConnection, ViewError> {
        Ok(ViewConnection(match &self.0 {
            Pools::Sqlite { readers, .. } => {
                CommandLink::Sqlite(Session::Transaction(readers.begin().await?))
            }
            Pools::Postgres { readers, .. } => {
                CommandLink::Postgres(Session::Transaction(readers.begin().await?))
            }
        }))
    }

    /// A connection that writes, each statement for itself.
    pub(crate) async fn writer(&self) -> Result<ViewConnection, ViewError> {
        Ok(ViewConnection(match &self.0 {
            Pools::Sqlite { writer, .. } => CommandLink::Sqlite(Session::Plain(writer.acquire().await?)),
            Pools::Postgres { writer, .. } => CommandLink::Postgres(Session::Plain(writer.acquire().await?)),
        }))
    }

    /// A transaction that writes.
    pub(crate) async fn begin(&self) -> Result<ViewConnection, ViewError> {
        Ok(ViewConnection(match &self.0 {
            // At once, so that another process that writes too is waited for.
            Pools::Sqlite { writer, .. } => {
                CommandLink::Sqlite(Session::Transaction(writer.begin_with("BEGIN IMMEDIATE").await?))
            }
            Pools::Postgres { writer, .. } => {
                CommandLink::Postgres(Session::Transaction(writer.begin().await?))
            }
        }))
    }

    /// Closes all connections, once what they do is done.
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

/// Why a schema could not be brought up to date; above all, because a newer program has been at it.
fn schema(migrator: &Migrator, error: MigrateError) -> ViewError {
    let known = last_version(migrator);
    match error {
        MigrateError::VersionMissing(found) if found > known => ViewError::SchemaTooNew { found, known },
        other => ViewError::Schema(other),
    }
}

/// The version of the schema that this program knows.
fn last_version(migrator: &Migrator) -> i64 {
    migrator.iter().map(|migration| migration.version).max().unwrap_or(0)
}

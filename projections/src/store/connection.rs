//! A connection to the read models' database, whichever it is.

use std::time::Duration;

use holdfast_journal::analyze_grown;
use sqlx::pool::PoolConnection;
use sqlx::{Database, Postgres, Sqlite, Transaction};

use super::statement::{Row, Statement};
use super::table::Scope;
use super::upsert::Insert;
use super::{postgres, sqlite};
use crate::error::ViewError;

/// How long a call to a server may take: somewhat more than its own limit for a statement.
const PATIENCE: Duration = Duration::from_secs(35);

/// A connection to the read models' database, in a transaction or not. A transaction that is not committed has
/// changed nothing.
pub struct ViewConnection(pub(super) CommandLink);

pub(super) enum CommandLink {
    Sqlite(Session<Sqlite>),
    Postgres(Session<Postgres>),
}

pub(super) enum Session<D: Database> {
    Plain(PoolConnection<D>),
    Transaction(Transaction<'static, D>),
}

impl<D: Database> Session<D> {
    fn connection(&mut self) -> &mut D::Connection {
        match self {
            Self::Plain(connection) => connection,
            Self::Transaction(transaction) => transaction,
        }
    }

    async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Transaction(transaction) => transaction.commit().await,
        }
    }
}

/// What a server comes to, unless it says nothing for longer than it may take by its own clock: then it has gone.
async fn answered<T>(call: impl Future<Output = Result<T, ViewError>>) -> Result<T, ViewError> {
    let silent = || Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()).into());
    tokio::time::timeout(PATIENCE, call).await.unwrap_or_else(|_| silent())
}

impl ViewConnection {
    /// Reads the rows that a statement gives.
    pub async fn fetch(&mut self, statement: Statement) -> Result<Vec<Row>, ViewError> {
        match &mut self.0 {
            CommandLink::Sqlite(session) => sqlite::fetch(session.connection(), statement).await,
            CommandLink::Postgres(session) => {
                answered(postgres::fetch(session.connection(), statement)).await
            }
        }
    }

    /// Carries out a statement, and gives how many rows it touched.
    pub async fn execute(&mut self, statement: Statement) -> Result<u64, ViewError> {
        match &mut self.0 {
            CommandLink::Sqlite(session) => sqlite::execute(session.connection(), statement).await,
            CommandLink::Postgres(session) => {
                answered(postgres::execute(session.connection(), statement)).await
            }
        }
    }

    /// Reads the rows of a merchant and generation that have one of these keys in a column: `select` names the
    /// columns and the table. In no particular order; those that do not exist are left out.
    pub async fn find(
        &mut self,
        select: &'static str,
        scope: Scope<'_>,
        column: &'static str,
        keys: &[String],
    ) -> Result<Vec<Row>, ViewError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        match &mut self.0 {
            CommandLink::Sqlite(session) => {
                sqlite::find(session.connection(), select, scope, column, keys).await
            }
            CommandLink::Postgres(session) => {
                answered(postgres::find(session.connection(), select, scope, column, keys)).await
            }
        }
    }

    pub(super) async fn insert(&mut self, scope: Scope<'_>, insert: Insert) -> Result<(), ViewError> {
        match &mut self.0 {
            CommandLink::Sqlite(session) => sqlite::insert(session.connection(), scope, insert).await,
            CommandLink::Postgres(session) => {
                answered(postgres::insert(session.connection(), scope, insert)).await
            }
        }
    }

    /// Sees to it that the database knows how much is in tables to which much has been added.
    pub(crate) async fn keep_statistics(&mut self, tables: &[&'static str]) -> Result<(), ViewError> {
        match &mut self.0 {
            // It finds rows by their key without.
            CommandLink::Sqlite(_) => Ok(()),
            CommandLink::Postgres(session) => {
                answered(async { Ok(analyze_grown(session.connection(), tables).await?) }).await
            }
        }
    }

    /// Makes what the transaction has changed last.
    pub(crate) async fn commit(self) -> Result<(), ViewError> {
        match self.0 {
            CommandLink::Sqlite(session) => session.commit().await?,
            CommandLink::Postgres(session) => answered(async { Ok(session.commit().await?) }).await?,
        }
        Ok(())
    }
}

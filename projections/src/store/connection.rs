//! A connection to the database of the read models.

use std::time::Duration;

use holdfast_postgres_support::analyze_grown_tables;
use sqlx::pool::PoolConnection;
use sqlx::{Database, Postgres, Sqlite, Transaction};

use super::insert::Insert;
use super::row::Row;
use super::statement::Statement;
use super::table::Scope;
use super::{postgres, sqlite};
use crate::error::Result;

/// The longest time for one call to a PostgreSQL server. It is longer than the server's own limit for a statement
/// (30 s), so that the server answers first unless it is unreachable.
const CALL_TIMEOUT: Duration = Duration::from_secs(35);

/// A connection to the database of the read models, within a transaction or without. Dropping a transaction before it
/// is committed rolls it back.
pub struct ViewConnection(pub(super) Link);

pub(super) enum Link {
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

/// Fails a call to a server that does not answer within [`CALL_TIMEOUT`].
async fn with_timeout<T>(call: impl Future<Output = Result<T>>) -> Result<T> {
    let timed_out = || Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()).into());
    tokio::time::timeout(CALL_TIMEOUT, call).await.unwrap_or_else(|_| timed_out())
}

fn rows<R>(rows: Vec<R>) -> Vec<Row>
where
    Row: From<R>,
{
    rows.into_iter().map(Row::from).collect()
}

impl ViewConnection {
    /// Reads the rows that a statement returns.
    pub async fn fetch(&mut self, statement: Statement) -> Result<Vec<Row>> {
        match &mut self.0 {
            Link::Sqlite(session) => Ok(rows(statement.into_query().fetch_all(session.connection()).await?)),
            Link::Postgres(session) => {
                let call = statement.into_query().fetch_all(session.connection());
                with_timeout(async { Ok(rows(call.await?)) }).await
            }
        }
    }

    /// Executes a statement and returns the number of rows that it affected.
    pub async fn execute(&mut self, statement: Statement) -> Result<u64> {
        match &mut self.0 {
            Link::Sqlite(session) => {
                Ok(statement.into_query().execute(session.connection()).await?.rows_affected())
            }
            Link::Postgres(session) => {
                let call = statement.into_query().execute(session.connection());
                with_timeout(async { Ok(call.await?.rows_affected()) }).await
            }
        }
    }

    /// Limits the connection to the rows of one merchant and generation.
    pub fn scoped<'a>(&'a mut self, scope: Scope<'a>) -> Tables<'a> {
        Tables { connection: self, scope }
    }

    /// Updates the statistics of tables that have grown a lot, for the query planner of PostgreSQL. SQLite finds rows
    /// by their key without statistics.
    pub(crate) async fn update_statistics(&mut self, tables: &[&'static str]) -> Result<()> {
        match &mut self.0 {
            Link::Sqlite(_) => Ok(()),
            Link::Postgres(session) => {
                with_timeout(async { Ok(analyze_grown_tables(session.connection(), tables).await?) }).await
            }
        }
    }

    /// Commits the transaction. Without a transaction, does nothing.
    pub(crate) async fn commit(self) -> Result<()> {
        match self.0 {
            Link::Sqlite(session) => session.commit().await?,
            Link::Postgres(session) => with_timeout(async { Ok(session.commit().await?) }).await?,
        }
        Ok(())
    }
}

/// The tables of the read models, limited to the rows of one merchant and generation.
pub struct Tables<'a> {
    pub connection: &'a mut ViewConnection,
    pub scope: Scope<'a>,
}

impl Tables<'_> {
    /// Starts a statement about the rows of the scope. `$1` in the text is the merchant and `$2` the generation.
    pub fn statement(&self, text: &'static str) -> Statement {
        self.scope.statement(text)
    }

    /// Reads the rows that a statement returns.
    pub async fn fetch(&mut self, statement: Statement) -> Result<Vec<Row>> {
        self.connection.fetch(statement).await
    }

    /// Executes a statement and returns the number of rows that it affected.
    pub async fn execute(&mut self, statement: Statement) -> Result<u64> {
        self.connection.execute(statement).await
    }

    /// The number that a statement counts.
    pub async fn count(&mut self, statement: Statement) -> Result<u64> {
        self.fetch(statement).await?.first().map_or(Ok(0), |row| row.unsigned(0))
    }

    /// Reads the rows whose `column` has one of the given keys. `select` is the statement up to the name of the table.
    /// The rows come in no particular order; keys without a row are skipped.
    pub async fn find(
        &mut self,
        select: &'static str,
        column: &'static str,
        keys: &[String],
    ) -> Result<Vec<Row>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        match &mut self.connection.0 {
            Link::Sqlite(session) => {
                sqlite::find(session.connection(), select, self.scope, column, keys).await
            }
            Link::Postgres(session) => {
                with_timeout(postgres::find(session.connection(), select, self.scope, column, keys)).await
            }
        }
    }

    pub(super) async fn insert(&mut self, insert: Insert) -> Result<()> {
        match &mut self.connection.0 {
            Link::Sqlite(session) => sqlite::insert(session.connection(), self.scope, insert).await,
            Link::Postgres(session) => {
                with_timeout(postgres::insert(session.connection(), self.scope, insert)).await
            }
        }
    }
}

//! A journal on PostgreSQL 15 or newer: one database, any number of nodes.
//!
//! An append is one statement. It moves the head of each merchant if it is still the expected one, and inserts the
//! records of those merchants whose heads it moved. The statement is its own transaction: one round trip, and one flush
//! for all of its merchants. `synchronous_commit` is on: an appended batch is durable, also on the synchronous standbys
//! if the database has any.

mod admin;
mod append;
mod batch_store;
mod circuit_breaker;
mod columns;
mod connection;
mod errors;
mod event_log;
mod lease_store;
mod load;
mod notify;
mod query;
mod rows;
mod statistics;
mod subject_keys;
#[cfg(test)]
mod tests;
mod verification_source;

use sqlx::PgPool;

use crate::error::JournalError;
use crate::recent_events::RecentEvents;
use circuit_breaker::CircuitBreaker;
use connection::Pools;
use errors::unavailable;
use notify::Notifications;
use statistics::Statistics;

/// A journal in a PostgreSQL database.
#[derive(Debug)]
pub struct PostgresJournal {
    pools: Pools,
    circuit_breaker: CircuitBreaker,
    notifications: Notifications,
    statistics: Statistics,
    recent_events: RecentEvents,
}

impl PostgresJournal {
    /// Connects to a database by its URL, and migrates the schema. All tables are in the first schema of the session's
    /// `search_path`.
    pub async fn connect(url: &str) -> Result<Self, JournalError> {
        let pools = Pools::open(url).await?;
        let notifications = Notifications::start(&pools.query);
        let statistics = Statistics::start(&pools.query);
        Ok(Self::new(pools, notifications, statistics))
    }

    /// Connects to an existing journal for reading.
    pub async fn connect_existing(url: &str) -> Result<Self, JournalError> {
        let pools = Pools::open_existing(url).await?;
        Ok(Self::new(pools, Notifications::default(), Statistics::default()))
    }

    fn new(pools: Pools, notifications: Notifications, statistics: Statistics) -> Self {
        let (circuit_breaker, recent_events) = (CircuitBreaker::default(), RecentEvents::default());
        Self { pools, circuit_breaker, notifications, statistics, recent_events }
    }

    fn pool(&self) -> &PgPool {
        &self.pools.query
    }

    /// Awaits a query unless the circuit breaker rejects it.
    async fn run<T>(&self, query: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, JournalError> {
        let query = Box::pin(query);
        self.circuit_breaker.call(async { query.await.map_err(|e| unavailable(&e)) }).await
    }

    /// Awaits a query that finds the outcome of an append, even if the circuit breaker is open. Its callers limit their
    /// retries themselves.
    async fn run_always<T>(
        &self,
        query: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, JournalError> {
        let query = Box::pin(query);
        self.circuit_breaker.call_always(async { query.await.map_err(|e| unavailable(&e)) }).await
    }
}

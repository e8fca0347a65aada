//! The journal on PostgreSQL 15 or newer: one database, any number of nodes.
//!
//! An append is one statement that moves the head of every merchant in it, if it is still the expected one, and
//! inserts only what belongs to heads that it moved. A statement is a transaction of its own: one round trip, and one
//! flush for all of its merchants. `synchronous_commit` is on, so that an append that has returned is durable, also on
//! the synchronous standbys where the database has some.

mod announcing;
mod append;
mod columns;
mod connect;
mod failure;
mod leases;
mod query;
mod rows;
mod statistics;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

use crate::batch::{Batch, BatchSummary};
use crate::error::{AppendError, JournalError};
use crate::lease::{Node, Tenure};
use crate::record::{Event, Head, LoadRequest, Loaded, Outcome, Snapshot};
use crate::tail::Tail;
use crate::{Finding, Journal};
use announcing::Announcing;
use connect::Connections;
use failure::unavailable;
use statistics::Statistics;

pub use connect::answers_still;
pub use statistics::{analyze_grown, has_grown};

/// A journal in a PostgreSQL database.
#[derive(Debug)]
pub struct PostgresJournal {
    connections: Connections,
    announcing: Announcing,
    statistics: Statistics,
    tail: Tail,
}

impl PostgresJournal {
    /// Connects to a database by its URL and brings the schema up to date. Everything lives in the first schema of the
    /// session's `search_path`.
    pub async fn connect(url: &str) -> Result<Self, JournalError> {
        let connections = Connections::open(url).await?;
        let announcing = Announcing::start(&connections.others);
        let statistics = Statistics::start(&connections.others);
        Ok(Self { connections, announcing, statistics, tail: Tail::default() })
    }

    /// Connects to a journal that is there already, to read it.
    pub async fn connect_existing(url: &str) -> Result<Self, JournalError> {
        let connections = Connections::open_existing(url).await?;
        let (announcing, statistics) = (Announcing::default(), Statistics::default());
        Ok(Self { connections, announcing, statistics, tail: Tail::default() })
    }
}

#[async_trait]
impl Journal for PostgresJournal {
    fn writers(&self) -> usize {
        connect::WRITERS as usize
    }

    async fn append(&self, batches: &Arc<[Batch]>) -> Vec<Result<(), AppendError>> {
        let results = append::append(&self.connections, batches).await;
        self.tail.note(batches, &results);
        self.statistics.note(batches, &results);
        self.announcing.note();
        results
    }

    fn commits(&self) -> watch::Receiver<u64> {
        self.announcing.commits.subscribe()
    }

    fn has_at_hand(&self, merchant: &str, after: u64) -> bool {
        self.tail.holds(merchant, after)
    }

    async fn close(&self) {
        self.connections.close().await;
    }

    async fn claim_leases(
        &self,
        node: &Node,
        merchants: &[String],
        term: Duration,
    ) -> Result<Vec<Tenure>, JournalError> {
        leases::claim(&self.connections.others, node, merchants, term).await.map_err(|e| unavailable(&e))
    }

    async fn release_leases(&self, node: &Node, merchants: &[String]) -> Result<(), JournalError> {
        leases::release(&self.connections.others, node, merchants).await.map_err(|e| unavailable(&e))
    }

    async fn time(&self) -> Result<Option<i64>, JournalError> {
        leases::time(&self.connections.others).await.map(Some).map_err(|e| unavailable(&e))
    }

    async fn head(&self, merchant: &str) -> Result<Head, JournalError> {
        query::head(&self.connections.others, merchant).await.map_err(|e| unavailable(&e))
    }

    async fn heads(&self) -> Result<Vec<(String, Head)>, JournalError> {
        query::heads(&self.connections.others).await.map_err(|e| unavailable(&e))
    }

    async fn merchants(&self) -> Result<Vec<String>, JournalError> {
        query::merchants(&self.connections.others).await.map_err(|e| unavailable(&e))
    }

    async fn raise_format(&self, merchant: &str, to: u32) -> Result<(), JournalError> {
        append::raise_format(&self.connections.others, merchant, to).await.map_err(|e| unavailable(&e))
    }

    async fn raise_epoch(&self, merchant: &str) -> Result<Head, JournalError> {
        append::raise_epoch(&self.connections.others, merchant).await.map_err(|e| unavailable(&e))
    }

    async fn has_batch(&self, merchant: &str, number: u64, id: [u8; 16]) -> Result<bool, JournalError> {
        append::has_batch(&self.connections.others, merchant, number, id).await.map_err(|e| unavailable(&e))
    }

    async fn load(&self, merchant: &str, request: &LoadRequest) -> Result<Loaded, JournalError> {
        query::load(&self.connections.others, merchant, request).await.map_err(|e| unavailable(&e))
    }

    async fn read(&self, merchant: &str, after: u64, limit: usize) -> Result<Vec<Event>, JournalError> {
        if let Some(latest) = self.tail.read(merchant, after, limit) {
            return Ok(latest);
        }
        query::read(&self.connections.others, merchant, after, limit).await.map_err(|e| unavailable(&e))
    }

    async fn examine(
        &self,
        merchant: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Result<Event, Finding>>, JournalError> {
        query::examine(&self.connections.others, merchant, after, limit).await.map_err(|e| unavailable(&e))
    }

    async fn read_stream(&self, merchant: &str, name: &str, up_to: u64) -> Result<Vec<Event>, JournalError> {
        query::read_stream(&self.connections.others, merchant, name, up_to).await.map_err(|e| unavailable(&e))
    }

    async fn read_stream_page(
        &self,
        merchant: &str,
        name: &str,
        after_version: u64,
        up_to: u64,
        most: usize,
    ) -> Result<Vec<Event>, JournalError> {
        let behind = (after_version, most);
        query::read_stream_page(&self.connections.others, merchant, name, behind, up_to)
            .await
            .map_err(|e| unavailable(&e))
    }

    async fn position_at(&self, merchant: &str, time: i64) -> Result<u64, JournalError> {
        query::position_at(&self.connections.others, merchant, time).await.map_err(|e| unavailable(&e))
    }

    async fn subject_key(&self, merchant: &str, subject: &str) -> Result<Option<Vec<u8>>, JournalError> {
        query::subject_key(&self.connections.others, merchant, subject).await.map_err(|e| unavailable(&e))
    }

    async fn master_key_check(&self) -> Result<Option<Vec<u8>>, JournalError> {
        query::master_key_check(&self.connections.others).await.map_err(|e| unavailable(&e))
    }

    async fn keep_master_key_check(&self, digest: Vec<u8>) -> Result<(), JournalError> {
        append::keep_master_key_check(&self.connections.others, &digest).await.map_err(|e| unavailable(&e))
    }

    async fn save_snapshots(&self, merchant: &str, snapshots: Vec<Snapshot>) -> Result<(), JournalError> {
        append::save_snapshots(&self.connections.others, merchant, &snapshots)
            .await
            .map_err(|e| unavailable(&e))
    }

    async fn prune_refusals(&self, before: i64) -> Result<u64, JournalError> {
        append::prune_refusals(&self.connections.others, before).await.map_err(|e| unavailable(&e))
    }

    async fn batches(
        &self,
        merchant: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<BatchSummary>, JournalError> {
        query::batches(&self.connections.others, merchant, after, limit).await.map_err(|e| unavailable(&e))
    }

    async fn outcomes(&self, merchant: &str, from: u64, to: u64) -> Result<Vec<Outcome>, JournalError> {
        query::outcomes(&self.connections.others, merchant, from, to).await.map_err(|e| unavailable(&e))
    }
}

//! Leases: which of several nodes applies a merchant's events to a projection.
//!
//! A node takes a lease when it finds events to apply, and releases it when none are left. The node that wrote the
//! events goes first; another node takes the lease if the events are still not applied at its next round. So events are
//! usually applied from memory, merchants spread over the nodes as their writers do, and nodes need not know each
//! other. A lease expires by the database's clock, so that the clocks of the nodes do not matter and another node
//! continues the work of a node that crashed.
//!
//! A lease only avoids duplicate work. What protects the rows is the checkpoint: it moves in the transaction that
//! writes the rows, and only from its previous position.

use std::time::{Duration, Instant};

use crate::error::Result;
use crate::store::{Scope, Statement, ViewStore};

/// How long a lease is valid unless it is renewed.
const LEASE_DURATION: Duration = Duration::from_secs(5);

/// A lease that a node holds while it applies events.
#[derive(Debug)]
pub(crate) struct Lease<'a> {
    store: &'a ViewStore,
    projection: &'static str,
    scope: Scope<'a>,
    node: &'a str,
    renewed_at: Instant,
}

impl<'a> Lease<'a> {
    /// Takes the lease. `None` if another node holds it. On a store that is not shared this always succeeds.
    pub(crate) async fn take(
        store: &'a ViewStore,
        projection: &'static str,
        scope: Scope<'a>,
        node: &'a str,
    ) -> Result<Option<Self>> {
        let mut lease = Self { store, projection, scope, node, renewed_at: Instant::now() };
        Ok(lease.write().await?.then_some(lease))
    }

    /// Renews the lease if a quarter of its duration has passed. False if another node has taken it over.
    pub(crate) async fn renew(&mut self) -> Result<bool> {
        if self.renewed_at.elapsed() < LEASE_DURATION / 4 { Ok(true) } else { self.write().await }
    }

    async fn write(&mut self) -> Result<bool> {
        if !self.store.is_shared() {
            return Ok(true);
        }
        let take = Statement::new(
            "INSERT INTO projection_lease AS held (merchant, projection, generation, node, expires_at)
             VALUES ($1, $2, $3, $4, now() + $5 * interval '1 microsecond')
             ON CONFLICT (merchant, projection, generation)
             DO UPDATE SET node = excluded.node, expires_at = excluded.expires_at
             WHERE held.node = excluded.node OR held.expires_at <= now()",
        );
        let microseconds = LEASE_DURATION.as_micros() as u64;
        let take = take.bind(self.scope.merchant).bind(self.projection).bind(self.scope.generation);
        let started_at = Instant::now();
        let taken = self.store.writer().await?.execute(take.bind(self.node).bind(microseconds)).await? == 1;
        self.renewed_at = started_at;
        Ok(taken)
    }

    /// Releases the lease. If this fails, the lease expires.
    pub(crate) async fn release(self) -> Result<()> {
        if !self.store.is_shared() {
            return Ok(());
        }
        let release = Statement::new(
            "DELETE FROM projection_lease
             WHERE merchant = $1 AND projection = $2 AND generation = $3 AND node = $4",
        );
        let release = release.bind(self.scope.merchant).bind(self.projection).bind(self.scope.generation);
        self.store.writer().await?.execute(release.bind(self.node)).await?;
        Ok(())
    }
}

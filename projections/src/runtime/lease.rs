//! Which node folds, where several share the read models.
//!
//! A lease is of one projection and one merchant. A node takes it when it sees that there is something to fold, and
//! gives it back when there is nothing left. The node that has written it comes first, and the others when they have
//! seen that nobody does it: what a client has just changed is folded from memory, merchants spread over the nodes
//! as their writers do, and nobody has to count nodes. A lease is only kept from others while its node is
//! folding, and by the database's clock: no node's clock matters, and a node that died is followed when it expires.
//!
//! A lease saves work, it does not protect rows. These are safe because the checkpoint moves in the transaction
//! that writes them, and only from where it was.

use std::time::{Duration, Instant};

use crate::error::ViewError;
use crate::store::{Scope, Statement, ViewStore};

/// How long a node may fold without showing that it is alive.
const TERM: Duration = Duration::from_secs(5);

/// What a node holds while it folds.
#[derive(Debug)]
pub(crate) struct Lease<'a> {
    store: &'a ViewStore,
    projection: &'static str,
    scope: Scope<'a>,
    node: &'a str,
    taken: Instant,
}

impl<'a> Lease<'a> {
    /// Takes the lease, unless another node has it. On a store that is not shared there is nothing to take.
    pub(crate) async fn take(
        store: &'a ViewStore,
        projection: &'static str,
        scope: Scope<'a>,
        node: &'a str,
    ) -> Result<Option<Self>, ViewError> {
        let mut lease = Self { store, projection, scope, node, taken: Instant::now() };
        Ok(lease.write().await?.then_some(lease))
    }

    /// Shows that the node is alive, now and then. False: another node has taken over.
    pub(crate) async fn renew(&mut self) -> Result<bool, ViewError> {
        if self.taken.elapsed() < TERM / 4 { Ok(true) } else { self.write().await }
    }

    async fn write(&mut self) -> Result<bool, ViewError> {
        if !self.store.is_shared() {
            return Ok(true);
        }
        let take = Statement::new(
            "INSERT INTO projection_lease AS held (merchant, projection, generation, node, until)
             VALUES ($1, $2, $3, $4, now() + $5 * interval '1 microsecond')
             ON CONFLICT (merchant, projection, generation)
             DO UPDATE SET node = excluded.node, until = excluded.until
             WHERE held.node = excluded.node OR held.until <= now()",
        );
        let microseconds = TERM.as_micros() as u64;
        let take = take.bind(self.scope.merchant).bind(self.projection).bind(self.scope.generation);
        let begun = Instant::now();
        let taken = self.store.writer().await?.execute(take.bind(self.node).bind(microseconds)).await? == 1;
        self.taken = begun;
        Ok(taken)
    }

    /// Lets another node fold. Where this fails, the lease expires by itself.
    pub(crate) async fn give_back(self) -> Result<(), ViewError> {
        if !self.store.is_shared() {
            return Ok(());
        }
        let give_back = Statement::new(
            "DELETE FROM projection_lease
             WHERE merchant = $1 AND projection = $2 AND generation = $3 AND node = $4",
        );
        let give_back = give_back.bind(self.scope.merchant).bind(self.projection).bind(self.scope.generation);
        self.store.writer().await?.execute(give_back.bind(self.node)).await?;
        Ok(())
    }
}

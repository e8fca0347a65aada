//! The leases of this node: claimed when a merchant becomes active, renewed together, and released when it is idle.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use holdfast_domain::values::MerchantId;
use holdfast_journal::{Journal, JournalError, LeaseStatus, Node};
use tokio::sync::watch;

use crate::clock::Clock;

/// How long a lease is valid without renewal.
const LEASE_TERM: Duration = Duration::from_secs(6);
const RENEWAL_INTERVAL: Duration = Duration::from_secs(2);
/// The largest accepted difference between the clocks of this machine and the store, in microseconds.
const MAX_CLOCK_SKEW: i64 = 5_000_000;

/// The holder of a merchant's lease.
pub(crate) enum Claim {
    /// This node, until the lease is lost.
    Own(Lease),
    /// Another node, for the remaining time or longer.
    HeldBy { address: Arc<str>, remaining: Duration },
    /// The store did not answer.
    Unknown,
}

/// A lease of this node.
pub(crate) struct Lease {
    leases: Arc<Leases>,
    merchant: MerchantId,
    lost: watch::Receiver<bool>,
}

impl Lease {
    /// Completes when another node has taken the lease.
    pub(crate) async fn lost(&mut self) {
        if self.lost.wait_for(|lost| *lost).await.is_err() {
            // Renewal has stopped: the program is shutting down.
            std::future::pending::<()>().await;
        }
    }

    /// Releases the lease, so that another node can claim it at once.
    pub(crate) async fn release(self) {
        if self.leases.held().remove(&self.merchant).is_none() {
            return;
        }
        let Leases { journal, node, .. } = &*self.leases;
        if let Err(error) = journal.release_leases(node, &[self.merchant.to_string()]).await {
            tracing::debug!(merchant = %self.merchant, %error, "failed to release a lease; it will expire");
        }
    }
}

/// All leases of this node.
pub(crate) struct Leases {
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    node: Node,
    held: Mutex<HashMap<MerchantId, watch::Sender<bool>>>,
    skewed: AtomicBool,
}

impl Leases {
    pub(crate) fn new(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>, node: Node) -> Self {
        Self { journal, clock, node, held: Mutex::default(), skewed: AtomicBool::new(false) }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<MerchantId, watch::Sender<bool>>> {
        // No code under the lock can panic.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this machine's clock differs too much from the store's clock to decide commands.
    pub(crate) fn is_skewed(&self) -> bool {
        self.skewed.load(Ordering::Relaxed)
    }

    /// Claims a merchant's lease.
    pub(crate) async fn claim(self: &Arc<Self>, merchant: &MerchantId) -> Claim {
        let names = [merchant.to_string()];
        match self.journal.claim_leases(&self.node, &names, LEASE_TERM).await.map(|mut all| all.pop()) {
            Ok(Some(LeaseStatus::Own)) => {
                let (sender, lost) = watch::channel(false);
                self.held().insert(merchant.clone(), sender);
                Claim::Own(Lease { leases: Arc::clone(self), merchant: merchant.clone(), lost })
            }
            Ok(Some(LeaseStatus::HeldBy { address, remaining })) => Claim::HeldBy { address, remaining },
            Ok(None) => Claim::Unknown,
            Err(error) => {
                tracing::debug!(%merchant, %error, "failed to claim a lease");
                Claim::Unknown
            }
        }
    }

    /// Renews all leases and compares the clocks, until the task is aborted.
    pub(crate) async fn renew(self: Arc<Self>) {
        loop {
            if let Err(error) = self.renew_once().await {
                tracing::warn!(%error, "failed to renew leases");
            }
            tokio::time::sleep(RENEWAL_INTERVAL).await;
        }
    }

    async fn renew_once(&self) -> Result<(), JournalError> {
        if let Some(time) = self.journal.time().await? {
            let skewed = (self.clock.now().microseconds() - time).abs() > MAX_CLOCK_SKEW;
            if skewed && !self.is_skewed() {
                tracing::error!("clock skew exceeds limit; rejecting writes");
            }
            self.skewed.store(skewed, Ordering::Relaxed);
        }
        let merchants: Vec<MerchantId> = self.held().keys().cloned().collect();
        if merchants.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = merchants.iter().map(ToString::to_string).collect();
        if self.is_skewed() {
            // A node with a correct clock can claim the leases.
            for (_, lost) in self.held().drain() {
                lost.send_replace(true);
            }
            return self.journal.release_leases(&self.node, &names).await;
        }
        let statuses = self.journal.claim_leases(&self.node, &names, LEASE_TERM).await?;
        let mut held = self.held();
        for (merchant, status) in merchants.iter().zip(statuses) {
            if status != LeaseStatus::Own
                && let Some(lost) = held.remove(merchant)
            {
                tracing::info!(%merchant, "another node has taken the lease");
                lost.send_replace(true);
            }
        }
        Ok(())
    }
}

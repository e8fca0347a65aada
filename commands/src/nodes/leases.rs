//! The leases of this node: taken when a merchant becomes active, renewed all together, given back when it is not.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use holdfast_domain::values::MerchantId;
use holdfast_journal::{Journal, JournalError, LeaseStatus, Node};
use tokio::sync::watch;

use crate::clock::Clock;

/// How long a lease lasts without being renewed: nobody else takes it before.
const TERM: Duration = Duration::from_secs(6);
/// How often leases are renewed.
const RENEWAL: Duration = Duration::from_secs(2);
/// How far this machine's clock may be from the store's, in microseconds.
const MOST_SKEW: i64 = 5_000_000;

/// Who is to write for a merchant.
#[derive(Debug)]
pub(crate) enum Claim {
    /// This node, until the lease is lost.
    Mine(Lease),
    /// Another one.
    Theirs { address: Arc<str>, left: Duration },
    /// The store does not say.
    Unknown,
}

/// This node's lease.
#[derive(Debug)]
pub(crate) struct Lease {
    leases: Arc<Leases>,
    merchant: MerchantId,
    lost: watch::Receiver<bool>,
}

impl Lease {
    /// Is done when another node has the lease.
    pub(crate) async fn lost(&mut self) {
        if self.lost.wait_for(|lost| *lost).await.is_err() {
            // Nobody renews any more: the program is ending.
            std::future::pending::<()>().await;
        }
    }

    /// Lets another node have it at once.
    pub(crate) async fn give_back(self) {
        if self.leases.held().remove(&self.merchant).is_none() {
            return;
        }
        let Leases { journal, node, .. } = &*self.leases;
        if let Err(error) = journal.release_leases(node, &[self.merchant.to_string()]).await {
            tracing::debug!(merchant = %self.merchant, %error, "a lease is left to run out");
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

impl std::fmt::Debug for Leases {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Leases({})", self.node.id)
    }
}

impl Leases {
    pub(crate) fn new(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>, node: Node) -> Self {
        Self { journal, clock, node, held: Mutex::default(), skewed: AtomicBool::new(false) }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<MerchantId, watch::Sender<bool>>> {
        // Nothing that can panic happens under the lock.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this machine's clock is too far from the store's to decide anything by.
    pub(crate) fn skewed(&self) -> bool {
        self.skewed.load(Ordering::Relaxed)
    }

    /// Asks for a merchant's lease.
    pub(crate) async fn claim(self: &Arc<Self>, merchant: &MerchantId) -> Claim {
        let names = [merchant.to_string()];
        match self.journal.claim_leases(&self.node, &names, TERM).await.map(|mut all| all.pop()) {
            Ok(Some(LeaseStatus::Own)) => {
                let (sender, lost) = watch::channel(false);
                self.held().insert(merchant.clone(), sender);
                Claim::Mine(Lease { leases: Arc::clone(self), merchant: merchant.clone(), lost })
            }
            Ok(Some(LeaseStatus::HeldBy { address, remaining })) => {
                Claim::Theirs { address, left: remaining }
            }
            Ok(None) => Claim::Unknown,
            Err(error) => {
                tracing::debug!(%merchant, %error, "who is to write cannot be told");
                Claim::Unknown
            }
        }
    }

    /// Renews what is held and compares the clocks, until the task is ended.
    pub(crate) async fn renew(self: Arc<Self>) {
        loop {
            if let Err(error) = self.renew_once().await {
                tracing::warn!(%error, "leases could not be renewed");
            }
            tokio::time::sleep(RENEWAL).await;
        }
    }

    async fn renew_once(&self) -> Result<(), JournalError> {
        if let Some(time) = self.journal.time().await? {
            let skewed = (self.clock.now().microseconds() - time).abs() > MOST_SKEW;
            if skewed && !self.skewed() {
                tracing::error!("this machine's clock is not the database's: nothing is written until it is");
            }
            self.skewed.store(skewed, Ordering::Relaxed);
        }
        let merchants: Vec<MerchantId> = self.held().keys().cloned().collect();
        if merchants.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = merchants.iter().map(ToString::to_string).collect();
        if self.skewed() {
            // A node with a clock that is right takes them.
            for (_, lost) in self.held().drain() {
                lost.send_replace(true);
            }
            return self.journal.release_leases(&self.node, &names).await;
        }
        let statuses = self.journal.claim_leases(&self.node, &names, TERM).await?;
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

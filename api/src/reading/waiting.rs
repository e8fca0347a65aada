//! How far the read models are: waiting for them, and which build of them answers.

use std::time::{Duration, Instant};

use holdfast_projections::{Availability, Causation, Metrics, Orders, ProjectionState, ViewError};

use super::{PATIENCE, Reading};

impl Reading {
    /// Waits until orders and availability include a position that the journal has.
    pub async fn wait_for(&self, merchant: &str, position: u64) -> Result<(), ViewError> {
        self.wait_for_each(&[Orders::NAME, Availability::NAME], merchant, position).await
    }

    /// The same of every read model.
    pub async fn wait_for_all(&self, merchant: &str, position: u64) -> Result<(), ViewError> {
        let all = [Orders::NAME, Availability::NAME, Metrics::NAME, Causation::NAME];
        self.wait_for_each(&all, merchant, position).await
    }

    async fn wait_for_each(
        &self,
        projections: &[&'static str],
        merchant: &str,
        position: u64,
    ) -> Result<(), ViewError> {
        let deadline = Instant::now() + PATIENCE;
        for projection in projections {
            let patience = deadline.saturating_duration_since(Instant::now());
            self.wait_for_one(projection, merchant, position, patience).await?;
        }
        Ok(())
    }

    /// Refuses a position that the journal does not have: who goes on behind it has read another history, as after a failover
    /// to a standby that lagged, and would miss what is written there now.
    pub(crate) async fn must_be_there(&self, merchant: &str, position: u64) -> Result<(), ViewError> {
        let head = if position == 0 { 0 } else { self.head(merchant).await? };
        if position > head { Err(ViewError::BeyondHead { head, wanted: position }) } else { Ok(()) }
    }

    pub(super) async fn wait_for_one(
        &self,
        projection: &'static str,
        merchant: &str,
        position: u64,
        patience: Duration,
    ) -> Result<(), ViewError> {
        if self.progress.state(projection, merchant).position >= position {
            return Ok(());
        }
        self.must_be_there(merchant, position).await?;
        self.progress.wait_for(projection, merchant, position, patience).await
    }

    /// The build of a projection that serves; an error where it is not complete yet or has halted, because what it has
    /// may be old.
    pub(super) fn generation(&self, projection: &'static str, merchant: &str) -> Result<i64, ViewError> {
        let ProjectionState { generation, position, halted, .. } = self.progress.state(projection, merchant);
        match halted {
            // Builds are numbered from 1.
            None if generation == 0 => Err(ViewError::Building(projection)),
            None => Ok(generation),
            Some(reason) => {
                Err(ViewError::Halted { projection, merchant: merchant.to_owned(), position, reason })
            }
        }
    }
}

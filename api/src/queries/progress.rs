//! The progress of the read models: waiting for a position, and the build that answers queries.

use std::time::{Duration, Instant};

use holdfast_projections::{
    Availability, CartReservations, Causation, Metrics, Orders, ProjectionState, ViewError,
};

use super::{AsOf, POSITION_TIMEOUT, Queries};
use crate::error::ApiError;

impl Queries {
    /// Waits until orders and availability include a position that the journal has.
    pub async fn wait_for(&self, merchant: &str, position: u64) -> Result<(), ViewError> {
        self.wait_for_each(&[Orders::NAME, Availability::NAME], merchant, position).await
    }

    /// Waits until every read model includes a position that the journal has.
    pub async fn wait_for_all(&self, merchant: &str, position: u64) -> Result<(), ViewError> {
        let all = [Orders::NAME, Availability::NAME, CartReservations::NAME, Metrics::NAME, Causation::NAME];
        self.wait_for_each(&all, merchant, position).await
    }

    async fn wait_for_each(
        &self,
        projections: &[&'static str],
        merchant: &str,
        position: u64,
    ) -> Result<(), ViewError> {
        let deadline = Instant::now() + POSITION_TIMEOUT;
        for projection in projections {
            let timeout = deadline.saturating_duration_since(Instant::now());
            self.wait_for_one(projection, merchant, position, timeout).await?;
        }
        Ok(())
    }

    /// Returns an error that names the parameter if the journal does not have its position. A client that continues after such a
    /// position has read another history, for example before a failover to a lagging standby, and would miss the events written since.
    pub(crate) async fn check_position(
        &self,
        merchant: &str,
        parameter: &'static str,
        position: u64,
    ) -> Result<(), ApiError> {
        match self.compare_with_head(merchant, position).await {
            Err(ViewError::BeyondHead { head, wanted }) => {
                Err(ApiError::BeyondHead { parameter, head, wanted })
            }
            result => Ok(result?),
        }
    }

    /// The same for `asOf`, where it is a position: the answer would change when the journal grows.
    pub(crate) async fn check_as_of(&self, merchant: &str, as_of: Option<AsOf>) -> Result<(), ApiError> {
        match as_of {
            Some(AsOf::Position(position)) => self.check_position(merchant, "asOf", position).await,
            _ => Ok(()),
        }
    }

    /// Returns an error if a position is beyond the end of the journal.
    async fn compare_with_head(&self, merchant: &str, position: u64) -> Result<(), ViewError> {
        let head = if position == 0 { 0 } else { self.head(merchant).await? };
        if position > head { Err(ViewError::BeyondHead { head, wanted: position }) } else { Ok(()) }
    }

    pub(super) async fn wait_for_one(
        &self,
        projection: &'static str,
        merchant: &str,
        position: u64,
        timeout: Duration,
    ) -> Result<(), ViewError> {
        if self.progress.state(projection, merchant).position >= position {
            return Ok(());
        }
        self.compare_with_head(merchant, position).await?;
        self.progress.wait_for(projection, merchant, position, timeout).await
    }

    /// The active build of a projection. An error if it is not complete or has halted, because its rows may be outdated.
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

//! Merchants and their projections.

use async_graphql::{ID, SimpleObject};
use holdfast_domain::values::MerchantId;
use holdfast_projections::ProjectionState;

use super::scalars::{Long, id};
use crate::graphql::error::Problem;
use crate::graphql::global_id::{GlobalId, Kind};
use crate::queries::Queries;

/// A merchant: the owner of orders and stock.
#[derive(Debug, Clone, SimpleObject)]
pub(in crate::graphql) struct Merchant {
    pub(in crate::graphql) id: ID,
    /// The merchant's id: the value of the header `Merchant`.
    merchant: ID,
}

impl Merchant {
    /// The object for a merchant id.
    pub(in crate::graphql) fn new(merchant: &MerchantId) -> Self {
        Self { id: GlobalId::new(Kind::Merchant, merchant, "").encode(), merchant: id(merchant) }
    }
}

/// The progress of a read model through the merchant's journal.
#[derive(Debug, Clone, SimpleObject)]
pub(in crate::graphql) struct Projection {
    pub(in crate::graphql) id: ID,
    name: String,
    /// The number of the active build.
    generation: Long,
    /// The position of the last event that is applied or parked.
    position: Long,
    /// The number of events in the journal after `position`.
    lag: Long,
    /// The number of applied events: `folded + parked = position`.
    folded: Long,
    /// The number of events in parked streams: an event that cannot be applied, and the later events of its stream.
    parked: Long,
    /// The reason why the projection has halted. Null while it runs.
    halted: Option<String>,
}

impl Projection {
    /// A merchant's projections, sorted by name.
    pub(in crate::graphql) async fn all(
        queries: &Queries,
        merchant: &MerchantId,
    ) -> Result<Vec<Self>, Problem> {
        // Read the states before the head, so that the head is never older than a state.
        let states = queries.progress().states();
        let head = queries.head(merchant.as_str()).await?;
        let merchant_states = states.into_iter().filter(|(_, owner, _)| owner == merchant.as_str());
        Ok(merchant_states.map(|(name, _, state)| Self::new(merchant, name, state, head)).collect())
    }

    /// Whether the projection has this name.
    pub(in crate::graphql) fn has_name(&self, name: &str) -> bool {
        self.name == name
    }

    fn new(merchant: &MerchantId, name: &str, state: ProjectionState, head: u64) -> Self {
        Self {
            id: GlobalId::new(Kind::Projection, merchant, name).encode(),
            name: name.to_owned(),
            generation: u64::try_from(state.generation).unwrap_or(0).into(),
            position: state.position.into(),
            lag: head.saturating_sub(state.position).into(),
            folded: state.folded.into(),
            parked: state.parked.into(),
            halted: state.halted,
        }
    }
}

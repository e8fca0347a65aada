//! Merchants, and the read models over a merchant's journal.

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
    /// Global id: opaque, unique over all types and merchants.
    pub(in crate::graphql) id: ID,
    /// The merchant's id: the value of the header `Merchant`.
    merchant: ID,
}

impl Merchant {
    /// The object of a merchant.
    pub(in crate::graphql) fn new(merchant: &MerchantId) -> Self {
        Self { id: GlobalId::new(Kind::Merchant, merchant, "").encode(), merchant: id(merchant) }
    }
}

/// A read model's progress through the merchant's journal.
#[derive(Debug, Clone, SimpleObject)]
pub(in crate::graphql) struct Projection {
    /// Global id: opaque, unique over all types and merchants.
    pub(in crate::graphql) id: ID,
    /// The projection's name.
    name: String,
    /// The number of the active build.
    generation: Long,
    /// All events up to this position are applied or parked.
    position: Long,
    /// Events of the journal after `position`.
    lag: Long,
    /// Events applied. `folded + parked = position`.
    folded: Long,
    /// Events of parked streams: an event could not be applied, so it and later events of its stream wait.
    parked: Long,
    /// Why the projection has halted; null while it runs.
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

    /// Whether this is the name of the projection.
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

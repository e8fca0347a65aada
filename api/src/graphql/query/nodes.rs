//! Objects by global id.

use async_graphql::{Context, ID, Object};

use crate::graphql::context::RequestContext;
use crate::graphql::error::Problem;
use crate::graphql::global_id::GlobalId;
use crate::graphql::limits::{MAX_PAGE, REPLAY_COST, list_cost};
use crate::graphql::node::{Node, find};
use crate::graphql::types::scalars::Long;

#[derive(Default)]
pub(super) struct NodeQueries;

/// The complexity of finding objects. A past state is replayed from events.
fn cost(ids: &[ID], node: usize) -> usize {
    let replayed = ids.iter().filter(|id| GlobalId::is_replayed(id)).count();
    list_cost(ids.len(), node).saturating_add(replayed.saturating_mul(REPLAY_COST))
}

#[Object]
impl NodeQueries {
    /// An object by its global id; null if no object has the id. An order has its personal data.
    #[graphql(complexity = "cost(std::slice::from_ref(&id), child_complexity)")]
    async fn node(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The field `id` of the object.")] id: ID,
        #[graphql(
            desc = "Wait, at most 5 seconds, until the answer includes this journal position of the object's merchant."
        )]
        min_position: Option<Long>,
    ) -> Result<Option<Node>, Problem> {
        find(RequestContext::of(context)?, "id", &id, min_position).await
    }

    /// Objects by their global ids, in the order of `ids`; null in place of an unknown object.
    #[graphql(complexity = "cost(&ids, child_complexity)")]
    async fn nodes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The fields `id` of the objects, 1 to 200.")] ids: Vec<ID>,
        #[graphql(
            desc = "Wait, at most 5 seconds, until the answer includes this journal position of the objects' merchants."
        )]
        min_position: Option<Long>,
    ) -> Result<Vec<Option<Node>>, Problem> {
        let request = RequestContext::of(context)?;
        if !(1..=MAX_PAGE).contains(&ids.len()) {
            return Err(Problem::invalid("ids", format!("must be 1 to {MAX_PAGE}")));
        }
        let mut found = Vec::with_capacity(ids.len());
        for id in &ids {
            found.push(find(request, "ids", id, min_position).await?);
        }
        Ok(found)
    }
}

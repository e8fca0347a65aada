//! Objects by global id.

use async_graphql::{Context, ID, Object};

use crate::graphql::context::RequestContext;
use crate::graphql::error::Problem;
use crate::graphql::global_id::GlobalId;
use crate::graphql::limits::{MAX_PAGE, PAST, list_cost};
use crate::graphql::node::{Node, find};
use crate::graphql::types::scalars::Long;

#[derive(Default)]
pub(super) struct NodeQueries;

/// The complexity of finding objects: those of the past are replayed.
fn cost(ids: &[ID], node: usize) -> usize {
    let replayed = ids.iter().filter(|id| GlobalId::is_replayed(id)).count();
    list_cost(ids.len(), node).saturating_add(replayed.saturating_mul(PAST))
}

#[Object]
impl NodeQueries {
    /// An object by its global id; null if there is none. An order has its personal data.
    #[graphql(complexity = "cost(std::slice::from_ref(&id), child_complexity)")]
    async fn node(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The value of a field `id`.")] id: ID,
        #[graphql(desc = "Wait until the answer includes this position of the object's merchant.")]
        min_position: Option<Long>,
    ) -> Result<Option<Node>, Problem> {
        find(RequestContext::of(context)?, "id", &id, min_position).await
    }

    /// Objects by their global ids, in the order of the ids; null for an id of no object.
    #[graphql(complexity = "cost(&ids, child_complexity)")]
    async fn nodes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Values of fields `id`, 1 to 200.")] ids: Vec<ID>,
        #[graphql(desc = "Wait until the answer includes this position of the objects' merchants.")]
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

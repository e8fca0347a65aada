//! Locations, the policy, projections, and merchants.

use async_graphql::{Context, Object};
use holdfast_domain::values::MerchantId;

use crate::graphql::arguments::must_exist;
use crate::graphql::connection::{Connection, Window, slice, try_slice};
use crate::graphql::context::RequestContext;
use crate::graphql::error::Problem;
use crate::graphql::limits::list_cost;
use crate::graphql::node::{GlobalId, Kind};
use crate::graphql::types::location::Location;
use crate::graphql::types::merchant::{Merchant, Projection};
use crate::graphql::types::policy::Policy;
use crate::graphql::types::scalars::Long;

#[derive(Default)]
pub(super) struct MerchantQueries;

#[allow(clippy::too_many_arguments, reason = "the arguments of a connection")]
#[Object]
impl MerchantQueries {
    /// The merchant's locations, by id; 200 per page unless `first` or `last` says less.
    #[graphql(complexity = "list_cost(10, child_complexity)")]
    async fn locations(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first items, 1 to 200.")] first: Option<i32>,
        #[graphql(desc = "Items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last items, 1 to 200.")] last: Option<i32>,
        #[graphql(desc = "Items before this cursor.")] before: Option<String>,
        #[graphql(desc = "Wait until the answer includes this position.")] min_position: Option<Long>,
    ) -> Result<Connection<Location>, Problem> {
        let request = RequestContext::of(context)?;
        must_exist(request, min_position).await?;
        let merchant = request.merchant()?;
        let scope = GlobalId::new(Kind::Merchant, merchant, "");
        let locations = request.reading().locations(merchant.as_str()).await?;
        slice(&locations, Window { first, after, last, before }, |view| Location::new(&scope, view))
    }

    /// The merchant's policy.
    async fn policy(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Wait until the answer includes this position.")] min_position: Option<Long>,
    ) -> Result<Policy, Problem> {
        let request = RequestContext::of(context)?;
        must_exist(request, min_position).await?;
        let merchant = request.merchant()?;
        let scope = GlobalId::new(Kind::Merchant, merchant, "");
        Ok(Policy::new(&scope, &request.reading().policy(merchant.as_str()).await?))
    }

    /// The projections, by name, and how far each has read the merchant's journal.
    async fn projections(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first items, 1 to 200.")] first: Option<i32>,
        #[graphql(desc = "Items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last items, 1 to 200.")] last: Option<i32>,
        #[graphql(desc = "Items before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Projection>, Problem> {
        let request = RequestContext::of(context)?;
        let all = Projection::all(request.reading(), request.merchant()?).await?;
        slice(&all, Window { first, after, last, before }, Clone::clone)
    }

    /// All merchants, by id; 200 per page unless `first` or `last` says less.
    async fn merchants(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The first items, 1 to 200.")] first: Option<i32>,
        #[graphql(desc = "Items after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last items, 1 to 200.")] last: Option<i32>,
        #[graphql(desc = "Items before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Merchant>, Problem> {
        let names = RequestContext::of(context)?.reading().merchants().await?;
        try_slice(&names, Window { first, after, last, before }, |name| {
            let merchant = MerchantId::new(name).map_err(|error| Problem::internal(&error))?;
            Ok(Merchant::new(&merchant))
        })
    }
}

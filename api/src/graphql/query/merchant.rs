//! Locations, policy and projections of a merchant, and the list of merchants.

use async_graphql::{Context, Object};
use holdfast_domain::values::MerchantId;

use crate::graphql::arguments::must_exist;
use crate::graphql::connection::Items;
use crate::graphql::context::RequestContext;
use crate::graphql::error::Problem;
use crate::graphql::global_id::{GlobalId, Kind};
use crate::graphql::limits::list_cost;
use crate::graphql::types::location::Location;
use crate::graphql::types::merchant::{Merchant, Projection};
use crate::graphql::types::policy::Policy;
use crate::graphql::types::scalars::Long;

#[derive(Default)]
pub(super) struct MerchantQueries;

#[Object]
impl MerchantQueries {
    /// The merchant's locations, sorted by id.
    #[graphql(complexity = "list_cost(10, child_complexity)")]
    async fn locations(
        &self,
        context: &Context<'_>,
        min_position: Option<Long>,
    ) -> Result<Items<Location>, Problem> {
        let request = RequestContext::of(context)?;
        must_exist(request, min_position).await?;
        let merchant = request.merchant()?;
        let scope = GlobalId::new(Kind::Merchant, merchant, "");
        let locations = request.queries().locations(merchant.as_str()).await?;
        locations.iter().map(|view| Location::new(&scope, view)).collect()
    }

    /// The merchant's policy.
    async fn policy(&self, context: &Context<'_>, min_position: Option<Long>) -> Result<Policy, Problem> {
        let request = RequestContext::of(context)?;
        must_exist(request, min_position).await?;
        let merchant = request.merchant()?;
        let scope = GlobalId::new(Kind::Merchant, merchant, "");
        Policy::new(&scope, &request.queries().policy(merchant.as_str()).await?)
    }

    /// The projections and their progress through the merchant's journal, by name.
    async fn projections(&self, context: &Context<'_>) -> Result<Items<Projection>, Problem> {
        let request = RequestContext::of(context)?;
        Ok(Items(Projection::all(request.queries(), request.merchant()?).await?))
    }

    /// All merchants, sorted by id.
    async fn merchants(&self, context: &Context<'_>) -> Result<Items<Merchant>, Problem> {
        let names = RequestContext::of(context)?.queries().merchants().await?;
        let merchant = |name: &String| {
            let merchant = MerchantId::new(name).map_err(|error| Problem::internal(&error))?;
            Ok(Merchant::new(&merchant))
        };
        names.iter().map(merchant).collect()
    }
}

//! The units that can be promised, now or at a past time.

use std::sync::Arc;

use axum::extract::State;
use holdfast_domain::values::Sku;
use holdfast_projections::{Availability, AvailabilityFilter};
use holdfast_views::AvailabilityView;
use schemars::JsonSchema;
use serde::Deserialize;

use super::extract::{Answer, Merchant};
use super::page::{Items, Reached};
use super::query::{AsOfParam, MinPosition, Params};
use crate::app::App;
use crate::error::ApiError;

/// The most SKUs of one request.
const MAX_SKUS: usize = 500;

/// Which SKUs.
#[derive(Deserialize, JsonSchema)]
pub(super) struct SkuParams {
    /// The SKU. Give the parameter once for each SKU, 1 to 500 times.
    #[serde(default)]
    #[schemars(required, with = "Sku")]
    sku: Vec<Sku>,
}

/// The availability of SKUs, in the order of the parameters. A SKU without stock records is
/// `unknown`, with no units.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Merchant(merchant): Merchant,
    Params(SkuParams { sku: skus }): Params<SkuParams>,
    Params(filter): Params<AvailabilityFilter>,
    Params(as_of): Params<AsOfParam>,
    Params(min): Params<MinPosition>,
) -> Answer {
    if skus.is_empty() || skus.len() > MAX_SKUS {
        return Err(ApiError::parameter("sku", &format_args!("must be given 1 to {MAX_SKUS} times")));
    }
    min.wait(&app, &merchant).await?;
    if let Some(as_of) = as_of.check(&app, &merchant).await? {
        let (position, found) =
            app.queries.availability_as_of(merchant.as_str(), &skus, &filter, as_of).await?;
        return Ok(Items::new(AvailabilityView::of_each(&skus, found), None).respond_at(position));
    }
    let reached = Reached::of(&app, Availability::NAME, &merchant);
    let found = app.queries.availability(merchant.as_str(), &skus, &filter).await?;
    Ok(reached.respond(AvailabilityView::of_each(&skus, found), None))
}

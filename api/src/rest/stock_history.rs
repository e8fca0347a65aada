//! The history of a SKU, with the stock after each movement.

use std::sync::Arc;

use axum::extract::State;
use holdfast_domain::values::{LocationId, Sku};
use schemars::JsonSchema;
use serde::Deserialize;

use super::extract::{Answer, Merchant};
use super::page::Items;
use super::query::{AsOfParam, MinPosition, PageParams, Params};
use crate::app::App;
use crate::cursor::List;
use crate::error::ApiError;
use crate::history::stock::StockMovement;
use crate::queries::past::StockHistoryQuery;

/// Which history.
#[derive(Deserialize, JsonSchema)]
pub(super) struct StockHistoryParams {
    /// The SKU.
    sku: Sku,
    /// Only movements at this location. A page may then have fewer items than its limit, even none.
    location: Option<LocationId>,
}

/// Every movement of a SKU, oldest first.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Merchant(merchant): Merchant,
    Params(StockHistoryParams { sku, location }): Params<StockHistoryParams>,
    Params(as_of): Params<AsOfParam>,
    Params(page): Params<PageParams>,
    Params(min): Params<MinPosition>,
) -> Answer {
    let after = page.after(List::StockMovements)?.and_then(|place| place.parse().ok()).unwrap_or(0);
    min.check(&app, &merchant).await?;
    let as_of = as_of.check(&app, &merchant).await?;
    let query = StockHistoryQuery { sku: sku.clone(), location, after, limit: page.limit(), as_of };
    let history = app.queries.stock_history(merchant.as_str(), &query).await?;
    let history = history.ok_or_else(|| ApiError::UnknownSku(sku.to_string()))?;
    let next_cursor = history.next.map(|next| List::StockMovements.at(next).encode());
    let items = history.items.into_iter().map(StockMovement::of).collect::<Result<_, _>>()?;
    Ok(Items::<StockMovement>::new(items, next_cursor).respond_at(history.position))
}

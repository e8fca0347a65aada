//! What happened to a stock item, with what was there after each movement.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use holdfast_domain::values::{LocationId, Sku};

use super::caller::{Answered, ForMerchant};
use super::endpoint::Parameter;
use super::listing::{Items, at_position};
use super::parameters::{self, Parameters};
use super::problem::Problem;
use crate::app::App;
use crate::cursor::List;
use crate::history::stock::StockMovement;
use crate::reading::StockHistoryAsked;

/// What a stock item's history can be asked for with.
pub(super) const PARAMETERS: &[Parameter] = &[
    Parameter::of::<Sku>("sku", "Which SKU; needed."),
    Parameter::of::<LocationId>(
        "location",
        "Only what was about this location. A part of the list may then have fewer items than asked for, also none.",
    ),
    parameters::AS_OF,
    parameters::MIN_POSITION,
    parameters::CURSOR,
    parameters::LIMIT,
];

/// Every movement of a SKU, the oldest first.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    ForMerchant(merchant): ForMerchant,
    given: Parameters,
) -> Answered {
    let sku: Sku = given.optional("sku")?.ok_or_else(|| parameters::invalid("sku", "must be given"))?;
    let unknown = || Problem::unknown("unknown_sku", format!("the SKU {sku} was never seen"));
    let after = given.cursor(List::StockMovements)?.and_then(|place| place.parse().ok());
    let asked = StockHistoryAsked {
        sku: sku.clone(),
        location: given.optional("location")?,
        after: after.unwrap_or(0),
        limit: given.limit()?,
        as_of: given.as_of()?,
    };
    given.must_be_there(&app, &merchant).await?;
    let history = app.reading.stock_history(merchant.as_str(), &asked).await?.ok_or_else(unknown)?;
    let next_cursor = history.next.map(|next| List::StockMovements.at(next).encode());
    let items = history.items.into_iter().map(StockMovement::of).collect::<Result<Vec<_>, _>>()?;
    let page = Items::of(items, next_cursor);
    Ok(at_position(Json(page).into_response(), history.position))
}

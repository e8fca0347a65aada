//! `GET /v1/reservations/{reservationId}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use holdfast_views::CartReservationView;

use super::extract::{Answer, Merchant, PathId};
use super::page::at_position;
use super::query::{MinPosition, Params};
use crate::app::App;
use crate::error::ApiError;

/// A cart reservation, with its status now.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Merchant(merchant): Merchant,
    id: PathId,
    Params(min): Params<MinPosition>,
) -> Answer {
    let reservation = id.reservation()?;
    min.check(&app, &merchant).await?;
    let (cart, position) = app.queries.cart_reservation(merchant.as_str(), reservation).await?;
    let view = CartReservationView::of(&cart, app.commands.clock().now());
    let view = view.ok_or(ApiError::UnknownReservation(id.value))?;
    Ok(at_position(Json(view).into_response(), position))
}

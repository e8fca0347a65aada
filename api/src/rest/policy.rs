//! A merchant's rules.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use holdfast_domain::policy::SetMerchantPolicy;

use super::caller::{Answered, Call, ForMerchant};
use super::parameters::Parameters;
use crate::app::App;

/// The rules as they are.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    ForMerchant(merchant): ForMerchant,
    given: Parameters,
) -> Answered {
    given.must_be_there(&app, &merchant).await?;
    Ok(Json(app.reading.policy(merchant.as_str()).await?).into_response())
}

/// Changes them.
pub(super) async fn set(call: Call) -> Answered {
    call.send::<SetMerchantPolicy>().await
}

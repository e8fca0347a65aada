//! Merchants: made known or renamed, each in its own journal.

use std::sync::Arc;

use axum::extract::State;
use holdfast_domain::policy::RegisterMerchant;
use holdfast_domain::values::MerchantId;

use super::caller::{Answered, Call, InPath};
use super::problem::Problem;
use crate::app::App;

/// Makes a merchant known or renames it.
pub(super) async fn register(State(app): State<Arc<App>>, InPath(name): InPath, call: Call) -> Answered {
    let merchant = MerchantId::new(&name)
        .map_err(|why| Problem::bad("invalid_value", why.to_string()).at("/merchant"))?;
    let response = call.about("merchant", name).send_to::<RegisterMerchant>(&merchant).await?;
    if response.status().is_success() {
        app.reading.learn_merchant(merchant.as_str());
    }
    Ok(response)
}

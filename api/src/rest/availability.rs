//! What can still be promised, and what could be at any moment.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use holdfast_domain::values::{ChannelName, Sku, Timestamp};
use holdfast_projections::{Availability, AvailabilityFilter};

use super::caller::{Answered, ForMerchant};
use super::endpoint::Parameter;
use super::listing::{Items, Reached, at_position};
use super::parameters::{self, Parameters};
use crate::app::App;

/// The most SKUs that can be asked for at once.
const MOST_SKUS: usize = 500;

/// What availability can be asked for with.
pub(super) const PARAMETERS: &[Parameter] = &[
    Parameter::of::<Sku>("sku", "Which SKU; 1 to 500 of them, the parameter given once for each."),
    Parameter::of::<ChannelName>("channel", "What this channel may promise, which may have a limit."),
    Parameter::of::<Timestamp>(
        "by",
        "What can be promised by this moment, with what is expected until then.",
    ),
    parameters::AS_OF,
    parameters::MIN_POSITION,
];

/// What can be promised of SKUs, in the order asked for; those never seen are left out.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    ForMerchant(merchant): ForMerchant,
    given: Parameters,
) -> Answered {
    let skus: Vec<Sku> = given.all("sku")?;
    if skus.is_empty() || skus.len() > MOST_SKUS {
        return Err(parameters::invalid("sku", format_args!("must be given 1 to {MOST_SKUS} times")));
    }
    let asked = AvailabilityFilter { channel: given.optional("channel")?, by: given.optional("by")? };
    let moment = given.as_of()?;
    given.wait(&app, &merchant).await?;
    if let Some(moment) = moment {
        let past = app.reading.availability_as_of(merchant.as_str(), &skus, &asked, moment).await?;
        let (position, items) = past;
        return Ok(at_position(Json(Items::of(items, None)).into_response(), position));
    }
    let reached = Reached::of(&app, Availability::NAME, &merchant);
    Ok(reached.answer(app.reading.availability(merchant.as_str(), &skus, &asked).await?, None))
}

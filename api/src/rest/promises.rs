//! `/v1/promises`: when, and from where, goods could be delivered.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use holdfast_domain::values::{ChannelName, Quantity, Sku, Text};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::body::{self, MAX_COMMAND_BYTES};
use super::extract::{Answer, Merchant};
use super::page::at_position;
use super::query::Params;
use crate::app::App;
use crate::error::ApiError;
use crate::json;
use crate::json::tolerance::read_tolerantly;
use crate::promises::{PromiseDestination, PromiseLine, PromiseOption, PromiseRequest, options};

/// A product page may show a promise for half a minute without asking again.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("private, max-age=30");

/// Promises by service.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Promises {
    /// In the order of the requested services.
    options: Vec<PromiseOption>,
}

impl Promises {
    fn respond((options, position): (Vec<PromiseOption>, u64)) -> Response {
        at_position(Json(Self { options }).into_response(), position)
    }
}

/// Units of one SKU, and where they should go.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PromiseParams {
    sku: Sku,
    /// The number of units. Default: 1.
    quantity: Option<Quantity>,
    /// The channel, whose rules and limits apply.
    channel: ChannelName,
    /// Country by ISO 3166 alpha-2. Default: unknown.
    country: Option<Text<2>>,
    /// State or province. Default: unknown.
    region: Option<Text<100>>,
    /// Default: unknown.
    postal_code: Option<Text<20>>,
    /// A service, such as `express`. Give the parameter once for each service, at most 10 times. Default: no service.
    #[serde(default)]
    service_level: Vec<Text<64>>,
}

impl PromiseParams {
    fn request(self) -> PromiseRequest {
        let quantity = self.quantity.unwrap_or(Quantity::ONE);
        PromiseRequest {
            channel: self.channel,
            lines: vec![PromiseLine { sku: self.sku, quantity, requires_stock: None }],
            destination: Some(PromiseDestination {
                region: self.region,
                postal_code: self.postal_code,
                country: self.country,
                latitude: None,
                longitude: None,
            }),
            delivery: None,
            service_levels: Some(self.service_level),
            allow_split: None,
        }
    }
}

/// The promise for one SKU. Clients may store it for half a minute.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Merchant(merchant): Merchant,
    Params(params): Params<PromiseParams>,
) -> Answer {
    let found = options(&app, &merchant, &params.request()).await.map_err(about_parameter)?;
    let mut response = Promises::respond(found);
    response.headers_mut().insert(header::CACHE_CONTROL, CACHE_CONTROL);
    Ok(response)
}

/// An error in a field of the [`PromiseRequest`] is one in the parameter that the field was read from.
fn about_parameter(error: ApiError) -> ApiError {
    let parameter = |pointer: &str| match pointer.rsplit('/').next().unwrap_or_default() {
        "serviceLevels" => "serviceLevel".to_owned(),
        "lines" => "sku".to_owned(),
        field => field.to_owned(),
    };
    match error {
        ApiError::At(pointer, error) => ApiError::parameter(&parameter(&pointer), &error),
        ApiError::Refused(mut refused) => {
            if let Some(pointer) = refused.pointer.take() {
                refused.details.insert("parameter".to_owned(), parameter(&pointer).into());
            }
            ApiError::Refused(refused)
        }
        error => error,
    }
}

/// The promise for several lines.
pub(super) async fn post(
    State(app): State<Arc<App>>,
    Merchant(merchant): Merchant,
    request: Request,
) -> Answer {
    let (parts, body) = request.into_parts();
    let body: Bytes = body::read(body, MAX_COMMAND_BYTES).await?;
    if body::media_type(&parts.headers).is_some_and(|media_type| media_type != "application/json") {
        return Err(ApiError::UnsupportedMediaType("application/json"));
    }
    let wanted: PromiseRequest = read_tolerantly(&body, |body| json::parse(body))?;
    Ok(Promises::respond(options(&app, &merchant, &wanted).await?))
}

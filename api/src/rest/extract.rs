//! Extractors: a request's merchant, the id in its path, and its command.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use holdfast_commands::{AnyCommand, Metadata};
use holdfast_domain::Command;
use holdfast_domain::values::{
    CartReservationId, FulfillmentOrderId, IdempotencyKey, MerchantId, OrderId, ReturnId, ShipmentId,
};

use super::body::{self, MAX_COMMAND_BYTES};
use super::entity_tag::required_versions;
use super::problem::Outcome;
use super::query::{DryRun, Params};
use crate::app::App;
use crate::error::ApiError;
use crate::json::tolerance::read_tolerantly;
use crate::{headers, json, submit};

/// The result of a handler.
pub(super) type Answer = Result<Response, ApiError>;

/// The merchant of a query.
pub(super) struct Merchant(pub(super) MerchantId);

impl FromRequestParts<Arc<App>> for Merchant {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let name = headers::text(&parts.headers, "merchant")?;
        headers::merchant(app, name.as_deref()).await.map(Self)
    }
}

/// The name and value of the variable segment of a path, such as `orderId`.
pub(super) struct PathId {
    name: String,
    pub(super) value: String,
}

impl FromRequestParts<Arc<App>> for PathId {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        path_id(parts, app).await?.ok_or(ApiError::UnknownRoute)
    }
}

/// `None` for a path without a variable segment. An error for one that is not UTF-8.
async fn path_id(parts: &mut Parts, app: &Arc<App>) -> Result<Option<PathId>, ApiError> {
    let segments = Path::<Vec<(String, String)>>::from_request_parts(parts, app).await;
    let Path(segments) = segments.map_err(|_| ApiError::UnknownRoute)?;
    Ok(segments.into_iter().next().map(|(name, value)| PathId { name, value }))
}

impl PathId {
    /// The id of an order.
    pub(super) fn order(&self) -> Result<OrderId, ApiError> {
        self.value.parse().map_err(|_| ApiError::UnknownOrder(self.value.clone()))
    }

    /// The id of a cart reservation.
    pub(super) fn reservation(&self) -> Result<CartReservationId, ApiError> {
        self.value.parse().map_err(|_| ApiError::UnknownReservation(self.value.clone()))
    }

    /// An error if the value is not an id of its kind, because then nothing has this id.
    fn check(&self) -> Result<(), ApiError> {
        let id = &self.value;
        match self.name.as_str() {
            "orderId" => self.order().map(drop),
            "fulfillmentOrderId" if id.parse::<FulfillmentOrderId>().is_err() => {
                Err(ApiError::UnknownFulfillmentOrder(id.clone()))
            }
            "shipmentId" if id.parse::<ShipmentId>().is_err() => Err(ApiError::UnknownShipment(id.clone())),
            "reservationId" => self.reservation().map(drop),
            "returnId" if id.parse::<ReturnId>().is_err() => Err(ApiError::UnknownReturn(id.clone())),
            _ => Ok(()),
        }
    }
}

/// A request that carries one command.
pub(super) struct CommandRequest {
    app: Arc<App>,
    merchant: Option<String>,
    key: Option<IdempotencyKey>,
    if_match: Option<Vec<u64>>,
    dry_run: bool,
    metadata: Metadata,
    body: Bytes,
    id: Option<PathId>,
}

impl FromRequest<Arc<App>> for CommandRequest {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        // The body is read first: the connection stays usable even if the request is rejected.
        let body = body::read(body, MAX_COMMAND_BYTES).await?;
        let id = path_id(&mut parts, app).await?;
        let Params(DryRun { dry_run }) = Params::read(&parts)?;
        let headers = &parts.headers;
        if body::media_type(headers).is_some_and(|media_type| media_type != "application/json") {
            return Err(ApiError::UnsupportedMediaType("application/json"));
        }
        let key = idempotency_key(headers)?;
        if key.is_none() && !dry_run && parts.method == Method::POST {
            return Err(ApiError::KeyRequired);
        }
        Ok(Self {
            app: Arc::clone(app),
            merchant: headers::text(headers, "merchant")?,
            key,
            if_match: required_versions(headers)?,
            dry_run,
            metadata: headers::metadata(headers)?,
            body,
            id,
        })
    }
}

impl CommandRequest {
    /// Submits the command and waits for its answer.
    pub(super) async fn submit<C: Command + Into<AnyCommand>>(self) -> Answer {
        if let Some(id) = &self.id {
            id.check()?;
        }
        let command: C = read_tolerantly(&self.body, |body| match &self.id {
            Some(id) => json::parse_with(body, &id.name, &id.value),
            None => json::parse(body),
        })?;
        let (app, command) = (&self.app, command.into());
        let merchant = headers::merchant_of(app, &command, self.merchant.as_deref()).await?;
        let request = submit::request(app, &merchant, self.key.as_ref(), command, self.metadata)?;
        let requests = vec![submit::require_version(request, self.if_match)?.dry_run(self.dry_run)];
        let reply = submit::submit(app, &merchant, requests).await.pop().ok_or(ApiError::Internal)?;
        Ok(Outcome::from(reply).into_response())
    }
}

/// The key of a request. In quotes, as the draft of the header's standard writes it, and without them, it is the same key.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, ApiError> {
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(ApiError::InvalidKey("is given twice; send one".to_owned()));
    }
    let not_ascii =
        |_| ApiError::InvalidKey("must be printable ASCII characters; choose another key".to_owned());
    let value = value.to_str().map_err(not_ascii)?.trim();
    let unquoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    headers::idempotency_key(unquoted.unwrap_or(value)).map(Some)
}

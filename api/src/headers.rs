//! Request headers that REST and GraphQL share: the merchant, and the metadata stored with every event of a command.

use axum::http::HeaderMap;
use holdfast_commands::{AnyCommand, Metadata};
use holdfast_domain::values::{IdempotencyKey, MerchantId};
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;

/// The longest value of a header that is stored, in bytes.
const MAX_HEADER_BYTES: usize = 200;

/// The value of a header: 1 to 200 printable ASCII characters. `None` if the header is absent.
pub(crate) fn text(headers: &HeaderMap, name: &str) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let invalid = |reason| ApiError::InvalidHeader { header: name.to_owned(), reason };
    external_id(value.to_str().unwrap_or_default()).map(Some).map_err(invalid)
}

/// Actor, correlation id, causation id and trace context of a command.
pub(crate) fn metadata(headers: &HeaderMap) -> Result<Metadata, ApiError> {
    Ok(Metadata {
        actor: text(headers, "actor")?,
        correlation_id: text(headers, "correlation-id")?,
        causation_id: text(headers, "causation-id")?.map(canonical_event_id),
        traceparent: text(headers, "traceparent")?,
        ..Metadata::default()
    })
}

/// The idempotency key of a request.
pub(crate) fn idempotency_key(key: &str) -> Result<IdempotencyKey, ApiError> {
    IdempotencyKey::new(key).map_err(|reason| ApiError::InvalidKey(reason.to_string()))
}

/// Checks an id that the client chose. The error is the reason for which it is invalid.
pub(crate) fn external_id(id: &str) -> Result<String, &'static str> {
    let is_valid = (1..=MAX_HEADER_BYTES).contains(&id.len())
        && id.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if is_valid { Ok(id.to_owned()) } else { Err("must have 1 to 200 printable ASCII characters") }
}

/// The id of an event in the spelling of this API, such as lower case. Other texts stay as they are.
pub(crate) fn canonical_event_id(id: String) -> String {
    Uuid::parse_str(&id).map_or(id, |event| event.to_string())
}

/// The merchant of a name; without a name, the only merchant of the store.
pub(crate) async fn merchant(app: &App, name: Option<&str>) -> Result<MerchantId, ApiError> {
    let name = match name {
        Some(name) => name.to_owned(),
        None => app.queries.only_merchant().await?.ok_or(ApiError::MerchantRequired)?,
    };
    match MerchantId::new(&name) {
        Ok(merchant) if app.queries.knows_merchant(&name).await? => Ok(merchant),
        _ => Err(ApiError::UnknownMerchant(name)),
    }
}

/// The merchant in whose journal a command is decided. `RegisterMerchant` names it itself.
pub(crate) async fn merchant_of(
    app: &App,
    command: &AnyCommand,
    name: Option<&str>,
) -> Result<MerchantId, ApiError> {
    match command {
        AnyCommand::RegisterMerchant(command) => Ok(command.merchant.clone()),
        _ => merchant(app, name).await.map_err(ApiError::before_submission),
    }
}

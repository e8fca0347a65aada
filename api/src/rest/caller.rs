//! What a request's headers say: for which merchant, under which key, by whom.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use holdfast_commands::{AnyCommand, Metadata};
use holdfast_domain::Command;
use holdfast_domain::values::{IdempotencyKey, MerchantId};
use uuid::Uuid;

use super::body::{self, COMMAND_BYTES};
use super::parameters::Parameters;
use super::problem::Problem;
use super::sending;
use crate::app::App;

/// The longest value of a header that is only kept.
const KEPT_HEADER: usize = 200;

/// What a handler gives.
pub(super) type Answered = Result<Response, Problem>;

/// The last part of a path that is given by the caller.
pub(super) struct InPath(pub(super) String);

impl FromRequestParts<Arc<App>> for InPath {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        // The only thing that can be wrong is that it is not UTF-8, and nothing has such a name.
        let unknown = |_| Problem::unknown("unknown_route", "the path is not UTF-8");
        Path::from_request_parts(parts, app).await.map(|Path(name)| Self(name)).map_err(unknown)
    }
}

/// The merchant that is asked about.
pub(super) struct ForMerchant(pub(super) MerchantId);

impl FromRequestParts<Arc<App>> for ForMerchant {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        merchant(app, header_text(&parts.headers, "merchant")?.as_deref()).await.map(Self)
    }
}

/// The merchant of a name, or the only one there is.
pub(crate) async fn merchant(app: &App, name: Option<&str>) -> Result<MerchantId, Problem> {
    let name = match name {
        Some(name) => name.to_owned(),
        None => app.reading.only_merchant().await?.ok_or_else(|| {
            let detail = "there are several merchants: say which by the Merchant header";
            Problem::bad("merchant_required", detail)
        })?,
    };
    let unknown = || Problem::unknown("unknown_merchant", format!("there is no merchant {name}"));
    let merchant = MerchantId::new(&name).map_err(|_| unknown())?;
    if app.reading.knows_merchant(&name).await? { Ok(merchant) } else { Err(unknown()) }
}

/// What commands by REST have beside their fields.
pub(super) struct Call {
    app: Arc<App>,
    merchant: Option<String>,
    key: Option<IdempotencyKey>,
    if_match: Option<u64>,
    dry_run: bool,
    metadata: Metadata,
    body: Bytes,
    in_path: Option<(&'static str, String)>,
}

impl FromRequest<Arc<App>> for Call {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        // Read first, so that a connection stays usable whatever else is wrong.
        let body = body::read(body, COMMAND_BYTES).await?;
        let dry_run = dry_run(&mut parts, app).await;
        let headers = &parts.headers;
        if body::media_type(headers).is_some_and(|media_type| media_type != "application/json") {
            return Err(body::unsupported_media_type("application/json"));
        }
        let key = idempotency_key(headers)?;
        let dry_run = dry_run?;
        if key.is_none() && !dry_run && parts.method == Method::POST {
            let detail = "an Idempotency-Key header is needed, so that the command can be sent again safely";
            return Err(Problem::bad("idempotency_key_required", detail));
        }
        Ok(Self {
            app: Arc::clone(app),
            merchant: header_text(headers, "merchant")?,
            key,
            if_match: if_match(headers)?,
            dry_run,
            metadata: metadata(headers)?,
            body,
            in_path: None,
        })
    }
}

impl Call {
    /// The same, with a field that is given by the path.
    pub(super) fn about(mut self, field: &'static str, id: String) -> Self {
        self.in_path = Some((field, id));
        self
    }

    /// Sends the command to its merchant and waits for the answer.
    pub(super) async fn send<C: Command + Into<AnyCommand>>(self) -> Answered {
        let merchant = merchant(&self.app, self.merchant.as_deref()).await;
        // Not knowing whose it is, nothing was done.
        let merchant = merchant.map_err(Problem::not_executed_where_unavailable)?;
        self.send_to::<C>(&merchant).await
    }

    /// Sends the command to a merchant and waits for the answer.
    pub(super) async fn send_to<C: Command + Into<AnyCommand>>(self, merchant: &MerchantId) -> Answered {
        let command: C = match &self.in_path {
            Some((field, id)) => body::parse_with(&self.body, field, id)?,
            None => body::parse(&self.body)?,
        };
        let request =
            sending::request(&self.app, merchant, self.key.as_ref(), command.into(), self.metadata)?;
        let requests = vec![request.if_match(self.if_match).dry_run(self.dry_run)];
        let outcome = sending::submit(&self.app, merchant, requests).await.pop();
        Ok(outcome.unwrap_or_else(|| Problem::internal().into()).into_response())
    }
}

/// Whether only to tell what would happen.
pub(super) async fn dry_run(parts: &mut Parts, app: &Arc<App>) -> Result<bool, Problem> {
    Parameters::from_request_parts(parts, app).await?.flag("dryRun")
}

/// A header's text, at most 200 printable characters.
pub(super) fn header_text(headers: &HeaderMap, name: &str) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let text = kept(value.to_str().unwrap_or_default()).map_err(|why| {
        Problem::bad("header_invalid", format!("the header {name} {why}")).with("header", name)
    })?;
    Ok(Some(text))
}

/// The sender's name for the command.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    value.to_str().ok().and_then(|text| IdempotencyKey::new(text).ok()).map(Some).ok_or_else(|| {
        let detail = "the Idempotency-Key header must have 1 to 255 printable ASCII characters";
        Problem::bad("idempotency_key_invalid", detail)
    })
}

/// The version that the order must still have.
fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let version = value.to_str().ok().and_then(|text| text.strip_prefix('"')?.strip_suffix('"'));
    let version = version.and_then(|digits| digits.parse().ok());
    version.map(Some).ok_or_else(|| {
        Problem::bad("if_match_malformed", "If-Match must be one version in quotes, such as \"3\"")
    })
}

/// What the headers say of who and why.
pub(crate) fn metadata(headers: &HeaderMap) -> Result<Metadata, Problem> {
    Ok(Metadata {
        actor: header_text(headers, "actor")?,
        correlation_id: header_text(headers, "correlation-id")?,
        causation_id: header_text(headers, "causation-id")?.map(written_as_here),
        traceparent: header_text(headers, "traceparent")?,
        ..Metadata::default()
    })
}

/// An id that somebody else gave: what a header may be that is only kept; else why not.
pub(crate) fn kept(id: &str) -> Result<String, String> {
    let is_sound = (1..=KEPT_HEADER).contains(&id.len())
        && id.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    let why = || format!("must have 1 to {KEPT_HEADER} printable ASCII characters");
    is_sound.then(|| id.to_owned()).ok_or_else(why)
}

/// An event's id as it is told here, however it was written; anything else as it is.
pub(crate) fn written_as_here(id: String) -> String {
    Uuid::parse_str(&id).map_or(id, |event| event.to_string())
}

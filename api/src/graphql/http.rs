//! GraphQL over HTTP: parses, checks and executes a request within a time limit.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Request, Response, ServerError};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::IntoResponse;

use super::context::{Headers, RequestContext};
use super::error::{Problem, with_codes};
use super::mutation::defer_input_validation;
use super::{GraphQlSchema, graphiql, limits, socket};
use crate::app::App;
use crate::error::ApiError;
use crate::{headers, submit};

pub(super) const MAX_BODY_BYTES: usize = 256 << 10;
const QUERY_TIMEOUT: Duration = Duration::from_secs(10);
/// Longer than the timeout of one command, so that the answer names the command that timed out.
const MUTATION_TIMEOUT: Duration = submit::COMMAND_TIMEOUT.saturating_add(Duration::from_secs(5));

/// Executes a query or mutation sent as JSON.
pub(super) async fn post(
    schema: GraphQlSchema,
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> axum::response::Response {
    let has_json = |value: &HeaderValue| value.to_str().is_ok_and(is_json);
    if !headers.get(header::CONTENT_TYPE).is_some_and(has_json) {
        return reject(ApiError::UnsupportedMediaType("application/json"));
    }
    let body = match body {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return reject(ApiError::BodyTooLarge(MAX_BODY_BYTES));
        }
        Err(_) => return reject(ApiError::BodyIncomplete),
    };
    let request: Request = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => return reject(ApiError::MalformedJson(error.to_string())),
    };
    let merchant = match headers::text(&headers, "merchant") {
        Ok(merchant) => merchant,
        Err(error) => return reject(error),
    };
    let headers = Headers { merchant, metadata: headers::metadata(&headers) };
    Json(execute(&schema, app, headers, request).await).into_response()
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn reject(error: ApiError) -> axum::response::Response {
    (error.status(), Json(Response::from(Problem(error)))).into_response()
}

/// Executes a query or mutation, or rejects it.
pub(super) async fn execute(
    schema: &GraphQlSchema,
    app: Arc<App>,
    headers: Headers,
    mut request: Request,
) -> Response {
    let is_mutation = match parse(&mut request, &app) {
        Ok(kind) => kind == OperationType::Mutation,
        Err(rejection) => return *rejection,
    };
    let execution = async {
        let request = request.data(RequestContext::new(app, headers).await);
        with_codes(schema.execute(request).await)
    };
    let timeout = if is_mutation { MUTATION_TIMEOUT } else { QUERY_TIMEOUT };
    tokio::time::timeout(timeout, execution).await.unwrap_or_else(|_| Problem(timed_out(is_mutation)).into())
}

/// Parses a request and checks its limits before any part of it runs. Returns the type of the operation to execute.
pub(super) fn parse(request: &mut Request, app: &App) -> Result<OperationType, Box<Response>> {
    let digest = app.persisted_queries.resolve(request).map_err(boxed)?;
    limits::check_text(&request.query).map_err(boxed)?;
    let document = parse_query(&request.query);
    let mut document =
        document.map_err(|error| with_codes(Response::from_errors(vec![ServerError::from(error)])))?;
    limits::check_document(&document, app.introspection).map_err(boxed)?;
    if let Some(digest) = digest {
        app.persisted_queries.insert(digest, &request.query);
    }
    let operation = operation_type(&document, request.operation_name.as_deref());
    defer_input_validation(&mut document);
    request.set_parsed_query(document);
    Ok(operation)
}

fn boxed(error: ApiError) -> Box<Response> {
    Box::new(Problem(error).into())
}

/// The type of the operation with this name. Without a name, a mutation takes precedence over a subscription, and both over a
/// query.
fn operation_type(document: &ExecutableDocument, operation_name: Option<&str>) -> OperationType {
    let has = |kind| {
        document.operations.iter().any(|(name, operation)| {
            let is_selected = operation_name
                .is_none_or(|operation_name| name.is_some_and(|name| name.as_str() == operation_name));
            is_selected && operation.node.ty == kind
        })
    };
    let precedence = [OperationType::Mutation, OperationType::Subscription];
    precedence.into_iter().find(|kind| has(*kind)).unwrap_or(OperationType::Query)
}

/// The error of a request that exceeded its time limit. Submitted commands are still executed.
fn timed_out(is_mutation: bool) -> ApiError {
    if is_mutation { ApiError::OutcomeUnknown } else { ApiError::TimedOut(QUERY_TIMEOUT.as_secs()) }
}

/// Upgrades to a WebSocket if the client requests one; otherwise returns GraphiQL to browsers.
#[allow(clippy::unused_async, reason = "a handler")]
pub(super) async fn open(
    schema: GraphQlSchema,
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> axum::response::Response {
    match upgrade {
        Ok(upgrade) => socket::upgrade(schema, app, headers, upgrade),
        Err(_) => page(&headers),
    }
}

/// GraphiQL for browsers, an error for other clients.
fn page(headers: &HeaderMap) -> axum::response::Response {
    let accepts_html = |value: &HeaderValue| value.to_str().is_ok_and(|accept| accept.contains("text/html"));
    if headers.get(header::ACCEPT).is_some_and(accepts_html) {
        return graphiql::page();
    }
    let allow = [(header::ALLOW, HeaderValue::from_static("POST"))];
    (allow, reject(ApiError::MethodNotAllowed(Method::GET))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operation_name_selects_the_operation_type() {
        let query = "query A { policy { name } } mutation B { createOrder { position } }";
        for (text, operation_name, is_mutation) in [
            ("{ policy { name } }", None, false),
            ("mutation { createOrder { position } }", None, true),
            (query, Some("A"), false),
            (query, Some("B"), true),
            (query, Some("C"), false),
        ] {
            let operation = operation_type(&parse_query(text).unwrap(), operation_name);
            assert_eq!(operation == OperationType::Mutation, is_mutation, "{text} {operation_name:?}");
        }
    }

    #[test]
    fn a_mutation_that_times_out_has_an_unknown_outcome() {
        assert_eq!((timed_out(true).code(), timed_out(true).is_retryable()), ("outcome_unknown", true));
        assert_eq!((timed_out(false).code(), timed_out(false).is_retryable()), ("timed_out", true));
        assert!(MUTATION_TIMEOUT > submit::COMMAND_TIMEOUT);
    }
}

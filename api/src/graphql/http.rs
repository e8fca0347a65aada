//! GraphQL over HTTP: from bytes to a question, and its answer in time.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::http::GraphiQLSource;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Request, Response, ServerError};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse};

use super::context::{Headers, RequestContext};
use super::error::{Problem, with_codes};
use super::mutation::judge_by_command;
use super::{Questions, limits, socket};
use crate::app::App;
use crate::{headers, submit};

/// The most bytes of a request.
pub(super) const BODY_BYTES: usize = 256 << 10;
/// The longest that an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same for commands: longer than one of them is waited for, so that it can be told which one it was.
const COMMANDS_PATIENCE: Duration = submit::COMMAND_TIMEOUT.saturating_add(Duration::from_secs(5));

/// Answers a query or mutation sent as JSON.
pub(super) async fn answer(
    schema: Questions,
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> axum::response::Response {
    let json = |value: &HeaderValue| value.to_str().is_ok_and(is_json);
    if !headers.get(header::CONTENT_TYPE).is_some_and(json) {
        let problem = Problem::new("unsupported_media_type", "send the query as application/json");
        return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, problem);
    }
    let body = match body {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let message = format!("a request may have {BODY_BYTES} bytes");
            return refused(rejection.status(), Problem::new("body_too_large", message));
        }
        Err(rejection) => {
            let problem = Problem::new("body_incomplete", "the body ended before its end");
            return refused(rejection.status(), problem);
        }
    };
    let request: Request = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => {
            let message =
                format!("the request must be {{\"query\", \"variables\", \"operationName\"}}: {error}");
            return refused(StatusCode::BAD_REQUEST, Problem::new("malformed_json", message));
        }
    };
    let Ok(merchant) = headers.get("merchant").map(HeaderValue::to_str).transpose() else {
        let problem = Problem::new("header_invalid", "the header Merchant must be printable ASCII");
        return refused(StatusCode::BAD_REQUEST, problem);
    };
    let headers = Headers { merchant: merchant.map(str::to_owned), metadata: headers::metadata(&headers) };
    Json(execute(&schema, app, headers, request).await).into_response()
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn refused(status: StatusCode, problem: Problem) -> axum::response::Response {
    (status, Json(Response::from(problem))).into_response()
}

/// Answers a query or mutation, or says why not.
pub(super) async fn execute(
    schema: &Questions,
    app: Arc<App>,
    headers: Headers,
    mut request: Request,
) -> Response {
    let commands = match judged(&mut request, app.introspection) {
        Ok(kind) => kind == OperationType::Mutation,
        Err(refused) => return *refused,
    };
    let answered = async {
        let request = request.data(RequestContext::new(app, headers).await);
        with_codes(schema.execute(request).await)
    };
    let patience = if commands { COMMANDS_PATIENCE } else { PATIENCE };
    tokio::time::timeout(patience, answered).await.unwrap_or_else(|_| too_late(commands).into())
}

/// Reads a request and judges what it asks, before anything of it runs. Gives what is to be executed, or why not.
/// `introspection` tells whether it may ask about the schema.
pub(super) fn judged(request: &mut Request, introspection: bool) -> Result<OperationType, Box<Response>> {
    limits::check_text(&request.query).map_err(refusal)?;
    let document = parse_query(&request.query);
    let mut document =
        document.map_err(|error| with_codes(Response::from_errors(vec![ServerError::from(error)])))?;
    limits::check_document(&document, introspection).map_err(refusal)?;
    let kind = kind(&document, request.operation_name.as_deref());
    judge_by_command(&mut document);
    request.set_parsed_query(document);
    Ok(kind)
}

fn refusal(problem: Problem) -> Box<Response> {
    Box::new(problem.into())
}

/// What is to be executed: a mutation where it may be one, else a subscription where it may be one.
fn kind(document: &ExecutableDocument, wanted: Option<&str>) -> OperationType {
    let is_there = |kind| {
        document.operations.iter().any(|(name, operation)| {
            let is_wanted = wanted.is_none_or(|wanted| name.is_some_and(|name| name.as_str() == wanted));
            is_wanted && operation.node.ty == kind
        })
    };
    let others = [OperationType::Mutation, OperationType::Subscription];
    others.into_iter().find(|kind| is_there(*kind)).unwrap_or(OperationType::Query)
}

/// What is said when nobody waits any longer. A command that was submitted is carried out all the same.
fn too_late(commands: bool) -> Problem {
    if commands {
        let message =
            "which of the commands were carried out is not known yet: send them again with the same keys";
        return Problem::passing("outcome_unknown", message);
    }
    Problem::passing("timed_out", format!("there was no answer within {} s", PATIENCE.as_secs()))
}

/// A WebSocket where one is asked for, and to browsers a page to write queries in.
#[allow(clippy::unused_async, reason = "a handler")]
pub(super) async fn open(
    schema: Questions,
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> axum::response::Response {
    match upgrade {
        Ok(upgrade) => socket::upgrade(schema, app, headers, upgrade),
        Err(_) => graphiql(&headers),
    }
}

/// A page to write queries in, for browsers.
fn graphiql(headers: &HeaderMap) -> axum::response::Response {
    let html = |value: &HeaderValue| value.to_str().is_ok_and(|accepted| accepted.contains("text/html"));
    if headers.get(header::ACCEPT).is_some_and(html) {
        let page = GraphiQLSource::build().endpoint("/graphql").subscription_endpoint("/graphql");
        return Html(page.title("Holdfast").finish()).into_response();
    }
    let problem = Problem::new("method_not_allowed", "send queries by POST; GET shows a page to browsers");
    let allow = [(header::ALLOW, HeaderValue::from_static("POST"))];
    (allow, refused(StatusCode::METHOD_NOT_ALLOWED, problem)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_to_be_executed_makes_a_request_one_of_commands() {
        let query = "query A { policy { name } } mutation B { createOrder { position } }";
        for (text, wanted, commands) in [
            ("{ policy { name } }", None, false),
            ("mutation { createOrder { position } }", None, true),
            (query, Some("A"), false),
            (query, Some("B"), true),
            (query, Some("C"), false),
        ] {
            let is_mutation = kind(&parse_query(text).unwrap(), wanted) == OperationType::Mutation;
            assert_eq!(is_mutation, commands, "{text} {wanted:?}");
        }
    }

    #[test]
    fn commands_that_nobody_waits_for_any_longer_may_have_been_carried_out() {
        assert_eq!(too_late(true).code, "outcome_unknown");
        assert_eq!(too_late(false).code, "timed_out");
        assert!(too_late(true).retryable && too_late(false).retryable);
        assert!(COMMANDS_PATIENCE > submit::COMMAND_TIMEOUT);
    }
}

//! Many commands in one request: a line each, or an array, decided in the order given.

mod envelope;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use holdfast_commands::{AnyCommand, Metadata};
use holdfast_domain::Command;
use holdfast_domain::policy::RegisterMerchant;
use holdfast_domain::values::{IdempotencyKey, MerchantId};
use schemars::JsonSchema;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use self::envelope::{Envelope, Item};
use super::body::{self, BULK_BYTES};
use super::caller::{self, Answered};
use super::problem::Problem;
use super::sending::{self, Outcome};
use crate::app::App;

/// The most commands of one request.
pub(super) const MOST_COMMANDS: usize = 1_000;

/// One command a line.
const NDJSON: &str = "application/x-ndjson";

/// What is answered to one command of several.
#[derive(JsonSchema)]
#[schemars(rename = "CommandAnswer")]
#[allow(dead_code, reason = "written as text, because bodies are stored as text; this describes it")]
pub(super) struct AnswerView {
    /// The command's key; null where it could not be read.
    key: Option<IdempotencyKey>,
    /// The status that it would be answered with alone.
    status: u16,
    /// The body that it would be answered with alone.
    body: Map<String, Value>,
}

/// Carries commands out and answers each where it stands.
pub(super) async fn submit(State(app): State<Arc<App>>, request: Request) -> Answered {
    let (mut parts, body) = request.into_parts();
    let body = body::read(body, BULK_BYTES).await?;
    let by_line = by_line(&parts.headers, &body)?;
    let texts = if by_line { lines(&body) } else { elements(&body)? };
    if texts.len() > MOST_COMMANDS {
        let detail = format!("{} commands were sent; {MOST_COMMANDS} may be", texts.len());
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many_commands", detail));
    }
    let implied = caller::header_text(&parts.headers, "merchant")?;
    let metadata = caller::metadata(&parts.headers)?;
    let items: Vec<Item> = texts.into_iter().map(envelope::read).collect();
    let keys: Vec<Option<String>> = items.iter().map(|item| item.key.clone()).collect();
    let dry_run = caller::dry_run(&mut parts, &app).await?;
    let with = With { implied: implied.as_deref(), metadata: &metadata, dry_run };
    let outcomes = carry_out(&app, &with, items).await;
    Ok(answer(by_line, &keys, &outcomes))
}

/// Whether commands come one a line: by the media type, and where that does not say, by the first character.
fn by_line(headers: &HeaderMap, body: &Bytes) -> Result<bool, Problem> {
    match body::media_type(headers).as_deref() {
        Some(NDJSON | "application/ndjson" | "application/jsonl") => Ok(true),
        Some("application/json") | None => Ok(!body.trim_ascii_start().starts_with(b"[")),
        Some(_) => Err(body::unsupported_media_type("application/x-ndjson or application/json")),
    }
}

fn lines(body: &[u8]) -> Vec<&[u8]> {
    body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()).collect()
}

fn elements(body: &[u8]) -> Result<Vec<&[u8]>, Problem> {
    let elements: Vec<&RawValue> = serde_json::from_slice(body).map_err(|e| body::malformed(&e))?;
    Ok(elements.into_iter().map(|element| element.get().as_bytes()).collect())
}

/// What all commands of a request were sent with.
struct With<'a> {
    implied: Option<&'a str>,
    metadata: &'a Metadata,
    dry_run: bool,
}

/// What stands where an answer will be.
type Places = Vec<Option<Outcome>>;

/// Commands of one merchant go to its writer together, so that they are decided in as few transactions as possible.
async fn carry_out(app: &App, with: &With<'_>, items: Vec<Item>) -> Vec<Outcome> {
    let mut places: Places = vec![None; items.len()];
    let mut queues = Queues::new();
    for (index, item) in items.into_iter().enumerate() {
        let read = match item.read {
            Ok(envelope) => submission(app, with, envelope).await,
            Err(problem) => Err(problem),
        };
        match read {
            Ok((merchant, request)) => {
                let registers = matches!(request.command, AnyCommand::RegisterMerchant(_));
                let queue = queues.entry(merchant).or_default();
                queue.0.push(index);
                queue.1.push(request);
                if registers {
                    // Whether the merchant exists decides what becomes of the commands after it.
                    send(app, std::mem::take(&mut queues), &mut places).await;
                }
            }
            Err(problem) => places[index] = Some(problem.into()),
        }
    }
    send(app, queues, &mut places).await;
    places.into_iter().map(|place| place.unwrap_or_else(|| Problem::internal().into())).collect()
}

/// Commands by merchant, each with its place.
type Queues = BTreeMap<MerchantId, (Vec<usize>, Vec<holdfast_commands::Request>)>;

async fn send(app: &App, queues: Queues, places: &mut Places) {
    let sent = queues.into_iter().map(|(merchant, (indices, requests))| async move {
        (indices, sending::submit(app, &merchant, requests).await)
    });
    for (indices, outcomes) in futures::future::join_all(sent).await {
        for (index, outcome) in indices.into_iter().zip(outcomes) {
            places[index] = Some(outcome);
        }
    }
}

async fn submission(
    app: &App,
    with: &With<'_>,
    envelope: Envelope,
) -> Result<(MerchantId, holdfast_commands::Request), Problem> {
    let name = envelope.merchant.as_deref().or(with.implied);
    let merchant = match &envelope.command {
        // It runs in the journal of the merchant that it makes known.
        AnyCommand::RegisterMerchant(command) => command.merchant.clone(),
        _ => caller::merchant(app, name).await.map_err(Problem::not_executed_where_unavailable)?,
    };
    let request =
        sending::request(app, &merchant, Some(&envelope.key), envelope.command, with.metadata.clone())?;
    Ok((merchant, request.dry_run(with.dry_run)))
}

/// Every answer is a line or an element: `{key, status, body}`.
fn answer(by_line: bool, keys: &[Option<String>], outcomes: &[Outcome]) -> Response {
    let size: usize = outcomes.iter().map(|outcome| outcome.body.len() + 128).sum();
    let mut text = Vec::with_capacity(size);
    for (index, (key, outcome)) in keys.iter().zip(outcomes).enumerate() {
        text.extend_from_slice(match (by_line, index) {
            (true, _) => b"",
            (false, 0) => b"[",
            (false, _) => b",",
        });
        let key = Value::from(key.as_deref());
        let status = outcome.status.as_u16();
        text.extend_from_slice(format!("{{\"key\":{key},\"status\":{status},\"body\":").as_bytes());
        text.extend_from_slice(&outcome.body);
        text.push(b'}');
        if by_line {
            text.push(b'\n');
        }
    }
    if !by_line {
        text.extend_from_slice(if outcomes.is_empty() { b"[]" } else { b"]" });
    }
    let media_type = if by_line { NDJSON } else { "application/json" };
    let mut response = text.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Some(position) = outcomes.iter().filter_map(|outcome| outcome.position).max() {
        response.headers_mut().insert("journal-position", HeaderValue::from(position));
    }
    response
}

/// Whether a command has a field called `merchant` itself.
fn names_merchant_itself(command: &str) -> bool {
    command == RegisterMerchant::NAME
}

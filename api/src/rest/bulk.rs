//! Commands in one request: an object, an array, or NDJSON with one command per line. They are decided in the order of the request.
//! A group of commands is executed as one command, all or nothing.

mod envelope;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use holdfast_commands::{AnyCommand, Metadata, Request as CommandRequest};
use holdfast_domain::values::{IdempotencyKey, MerchantId};
use schemars::JsonSchema;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use self::envelope::{Envelope, Item};
use super::body::{self, MAX_BULK_BYTES};
use super::extract::Answer;
use super::problem::Outcome;
use super::query::{DryRun, Params};
use crate::app::App;
use crate::error::ApiError;
use crate::{headers, json, submit};

/// The most commands of one request.
pub(super) const MAX_COMMANDS: usize = 1_000;

/// One command per line.
const NDJSON: &str = "application/x-ndjson";

/// The answer to one command of several.
#[derive(JsonSchema)]
#[schemars(rename = "CommandAnswer")]
#[allow(dead_code, reason = "describes the JSON that `respond` writes, because bodies are stored as text")]
pub(super) struct AnswerView {
    /// The command's idempotency key. `null` if it could not be read.
    key: Option<IdempotencyKey>,
    /// The HTTP status of the answer to a single command.
    status: u16,
    /// The body of the answer to a single command; of a group that was executed, the answers to its commands.
    body: Map<String, Value>,
}

/// Executes commands and groups. Each succeeds or fails alone.
pub(super) async fn submit(State(app): State<Arc<App>>, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let body = body::read(body, MAX_BULK_BYTES).await?;
    let form = form(&parts.headers, &body)?;
    let texts = form.split(&body)?;
    if texts.len() > MAX_COMMANDS {
        return Err(ApiError::TooManyCommands { sent: texts.len(), limit: MAX_COMMANDS });
    }
    if parts.headers.contains_key(header::IF_MATCH) {
        return Err(ApiError::IfMatchUnsupported);
    }
    let Params(DryRun { dry_run }) = Params::read(&parts)?;
    let defaults = Defaults {
        merchant: headers::text(&parts.headers, "merchant")?,
        metadata: headers::metadata(&parts.headers)?,
        dry_run,
    };
    let items: Vec<Item> = texts.into_iter().map(envelope::read).collect();
    let sent = items.iter().map(Item::commands).sum();
    if sent > MAX_COMMANDS {
        return Err(ApiError::TooManyCommands { sent, limit: MAX_COMMANDS });
    }
    let keys: Vec<Option<String>> = items.iter().map(|item| item.key.clone()).collect();
    let outcomes = execute(&app, &defaults, items).await;
    Ok(respond(form, &keys, &outcomes))
}

/// The form of a request, and of its answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One command.
    Object,
    /// A JSON array of commands.
    Array,
    /// NDJSON: one command per line.
    Lines,
}

/// The form of a body: `application/json` is one document, NDJSON is lines. Without a media type, a body that is one document is
/// read as one.
fn form(headers: &HeaderMap, body: &[u8]) -> Result<Form, ApiError> {
    let document = if body.trim_ascii_start().starts_with(b"[") { Form::Array } else { Form::Object };
    match body::media_type(headers).as_deref() {
        Some(NDJSON | "application/ndjson" | "application/jsonl") => Ok(Form::Lines),
        Some("application/json") => Ok(document),
        None if document == Form::Array || serde_json::from_slice::<IgnoredAny>(body).is_ok() => Ok(document),
        None => Ok(Form::Lines),
        Some(_) => Err(ApiError::UnsupportedMediaType("application/x-ndjson or application/json")),
    }
}

impl Form {
    /// The texts of the commands.
    fn split(self, body: &[u8]) -> Result<Vec<&[u8]>, ApiError> {
        let read: Result<Vec<&RawValue>, _> = match self {
            Self::Object => serde_json::from_slice(body).map(|command| vec![command]),
            Self::Array => serde_json::from_slice(body),
            Self::Lines => {
                let lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
                return Ok(lines.filter(|line| !line.is_empty()).collect());
            }
        };
        let elements = read.map_err(|error| json::malformed(&error))?;
        Ok(elements.into_iter().map(|element| element.get().as_bytes()).collect())
    }
}

/// The headers and parameters of the request, which apply to each of its commands.
struct Defaults {
    merchant: Option<String>,
    metadata: Metadata,
    dry_run: bool,
}

/// The outcome of each command, by its index in the request.
type Outcomes = Vec<Option<Outcome>>;

/// Commands by merchant, with their indexes in the request.
type Batches = BTreeMap<MerchantId, (Vec<usize>, Vec<CommandRequest>)>;

/// Submits the commands of each merchant together, so that few transactions are needed.
async fn execute(app: &App, defaults: &Defaults, items: Vec<Item>) -> Vec<Outcome> {
    let mut outcomes: Outcomes = vec![None; items.len()];
    let mut batches = Batches::new();
    for (index, item) in items.into_iter().enumerate() {
        let request = match item.read {
            Ok(envelope) => request(app, defaults, envelope).await,
            Err(error) => Err(error),
        };
        match request {
            Ok((merchant, request)) => {
                let registers = matches!(request.command, AnyCommand::RegisterMerchant(_));
                let (indexes, requests) = batches.entry(merchant).or_default();
                indexes.push(index);
                requests.push(request);
                if registers {
                    // Later commands may need the merchant.
                    submit_batches(app, std::mem::take(&mut batches), &mut outcomes).await;
                }
            }
            Err(error) => outcomes[index] = Some(error.into()),
        }
    }
    submit_batches(app, batches, &mut outcomes).await;
    outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(|| ApiError::Internal.into())).collect()
}

async fn submit_batches(app: &App, batches: Batches, outcomes: &mut Outcomes) {
    let submitted = batches.into_iter().map(|(merchant, (indexes, requests))| async move {
        (indexes, submit::submit(app, &merchant, requests).await)
    });
    for (indexes, replies) in futures::future::join_all(submitted).await {
        for (index, reply) in indexes.into_iter().zip(replies) {
            outcomes[index] = Some(reply.into());
        }
    }
}

async fn request(
    app: &App,
    defaults: &Defaults,
    envelope: Envelope,
) -> Result<(MerchantId, CommandRequest), ApiError> {
    let Envelope { key, merchant, command } = envelope;
    let name = merchant.as_deref().or(defaults.merchant.as_deref());
    let merchant = headers::merchant_of(app, &command, name).await?;
    let request = submit::request(app, &merchant, Some(&key), command, defaults.metadata.clone())?;
    Ok((merchant, request.dry_run(defaults.dry_run)))
}

/// `{key, status, body}` for each command, in the form of the request.
fn respond(form: Form, keys: &[Option<String>], outcomes: &[Outcome]) -> Response {
    let size: usize = outcomes.iter().map(|outcome| outcome.body.len() + 128).sum();
    let mut text = Vec::with_capacity(size);
    if form == Form::Array {
        text.push(b'[');
    }
    for (index, (key, outcome)) in keys.iter().zip(outcomes).enumerate() {
        if form == Form::Array && index > 0 {
            text.push(b',');
        }
        let key = Value::from(key.as_deref());
        let status = outcome.status.as_u16();
        text.extend_from_slice(format!("{{\"key\":{key},\"status\":{status},\"body\":").as_bytes());
        text.extend_from_slice(&outcome.body);
        text.push(b'}');
        if form == Form::Lines {
            text.push(b'\n');
        }
    }
    if form == Form::Array {
        text.push(b']');
    }
    let media_type = if form == Form::Lines { NDJSON } else { "application/json" };
    let mut response = text.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Some(position) = outcomes.iter().filter_map(|outcome| outcome.position).max() {
        response.headers_mut().insert("journal-position", HeaderValue::from(position));
    }
    response
}

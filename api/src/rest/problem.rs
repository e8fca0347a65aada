//! Answers over HTTP: the outcome of a command, and errors as RFC 9457 `application/problem+json`.

use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use holdfast_commands::{Answer, Refused, Reply};
use holdfast_journal::OutcomeKind;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::submit;

/// An error (RFC 9457). Errors of some codes have more members, for example `shortages`.
#[serde_with::skip_serializing_none]
#[derive(Serialize, JsonSchema)]
pub(super) struct Problem<'a> {
    /// The code as a relative reference: `/problems/{code}`.
    #[serde(rename = "type")]
    kind: String,
    /// The code in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// The stable code, for programs.
    code: &'a str,
    /// The cause of this error, for people.
    detail: &'a str,
    /// Whether the same request may succeed later. With the same idempotency key a retry is always safe.
    retryable: bool,
    /// The invalid field of the request, if the error is about one.
    errors: Option<[FieldError<'a>; 1]>,
    #[serde(flatten)]
    details: Map<String, Value>,
}

/// An invalid field of a request.
#[derive(Serialize, JsonSchema)]
pub(super) struct FieldError<'a> {
    /// A JSON pointer (RFC 6901) into the command, which includes the ids in the path.
    pointer: &'a str,
    /// The cause of the error.
    detail: &'a str,
}

/// The body of an error.
fn body(error: &ApiError) -> Vec<u8> {
    let (code, detail) = (error.code(), error.to_string());
    let problem = Problem {
        kind: format!("/problems/{code}"),
        title: title(code),
        status: error.status().as_u16(),
        code,
        detail: &detail,
        retryable: error.is_retryable(),
        errors: error.pointer().map(|pointer| [FieldError { pointer, detail: &detail }]),
        details: error.details(),
    };
    // Serialization cannot fail: all keys are strings.
    serde_json::to_vec(&problem).unwrap_or_default()
}

/// Turns `insufficient_stock` into `Insufficient stock`.
pub(super) fn title(code: &str) -> String {
    let words = code.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// The answer to a command.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
    /// The journal position that the answer includes, if the command was decided.
    pub(super) position: Option<u64>,
    is_error: bool,
    replayed: bool,
}

impl From<ApiError> for Outcome {
    fn from(error: ApiError) -> Self {
        let body = body(&error).into();
        Self { status: error.status(), body, position: None, is_error: true, replayed: false }
    }
}

impl From<Reply> for Outcome {
    fn from(reply: Reply) -> Self {
        match submit::decided(reply) {
            Ok((answer, replayed)) => Self { replayed, ..Self::from(answer) },
            Err(error) => error.into(),
        }
    }
}

impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Self {
        let position = Some(answer.position);
        let status = match answer.kind {
            OutcomeKind::Created => StatusCode::CREATED,
            OutcomeKind::Done => StatusCode::OK,
            OutcomeKind::Refused => {
                let refused = serde_json::from_slice::<Refused>(&answer.body);
                let error = refused.map_or_else(|error| ApiError::internal(&error), ApiError::Refused);
                return Self { position, ..Self::from(error) };
            }
        };
        Self { status, body: answer.body.into(), position, is_error: false, replayed: false }
    }
}

impl IntoResponse for Outcome {
    fn into_response(self) -> Response {
        let kind = if self.is_error { "application/problem+json" } else { "application/json" };
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        if let Some(position) = self.position {
            headers.insert("journal-position", HeaderValue::from(position));
        }
        if self.replayed {
            headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        Outcome::from(self).into_response()
    }
}

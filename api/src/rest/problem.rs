//! Problems: everything that is not a success is told as RFC 9457 `application/problem+json`.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use holdfast_commands::{NotExecuted, Refused};
use holdfast_domain::Class;
use holdfast_journal::JournalError;
use holdfast_projections::ViewError;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::sending::Outcome;
use crate::reading::{MOST_COMMANDS, PastError};

/// What is wrong with a request, or with the service.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: Cow<'static, str>,
    pub(crate) detail: String,
    pub(crate) pointer: Option<String>,
    pub(crate) more: Map<String, Value>,
}

/// What is wrong, by RFC 9457. Some codes carry more fields, such as `shortages`.
#[serde_with::skip_serializing_none]
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(super) struct ProblemBody<'a> {
    /// The problem's type: the code as a relative reference.
    #[serde(rename = "type")]
    kind: String,
    /// The code in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// The stable code, for programs.
    code: &'a str,
    /// What is wrong this time, for people.
    detail: &'a str,
    /// Whether the same request may succeed later. With the same idempotency key that is always safe.
    retryable: bool,
    /// The parts of the request that are wrong.
    errors: Option<[FieldError<'a>; 1]>,
    /// What the code has to tell beside.
    #[serde(flatten)]
    more: &'a Map<String, Value>,
}

/// A part of a request that is wrong.
#[derive(Serialize, JsonSchema)]
pub(super) struct FieldError<'a> {
    /// Which: a JSON pointer (RFC 6901) into the command, the ids of its path included.
    pointer: &'a str,
    /// What is wrong with it.
    detail: &'a str,
}

impl Problem {
    /// A problem with a stable code.
    pub(super) fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        Self { status, code: code.into(), detail: detail.into(), pointer: None, more: Map::new() }
    }

    /// A request that cannot be understood.
    pub(crate) fn bad(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// Something that does not exist.
    pub(super) fn unknown(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, detail)
    }

    /// A defect of this program, which the log tells about.
    pub(crate) fn internal() -> Self {
        let detail =
            "the request met a defect of this program; if it carried a key, that tells what became of it";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", detail)
    }

    /// Whether a command was carried out is not known.
    pub(crate) fn outcome_unknown() -> Self {
        let detail = "whether the command was carried out is not known yet: send it again with the same key, \
                      or ask for GET /v1/commands/{key}";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "outcome_unknown", detail)
    }

    /// The same, about a part of the request.
    pub(crate) fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    /// The same, with more for programs.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// A field that is given by the path is not one that a body may have.
    pub(super) fn repeated_as_unknown(mut self, field: &str) -> Self {
        if self.detail == format!("duplicate field `{field}`") {
            self.code = "unknown_field".into();
            self.detail = format!("`{field}` is given by the path");
            self.pointer = Some(format!("/{field}"));
        }
        self
    }

    /// Whether the same request may succeed later.
    pub(crate) fn is_retryable(&self) -> bool {
        matches!(self.status.as_u16(), 408 | 503 | 504)
    }

    /// Its JSON.
    pub(super) fn body(&self) -> Vec<u8> {
        let body = ProblemBody {
            kind: format!("/problems/{}", self.code),
            title: title(&self.code),
            status: self.status.as_u16(),
            code: &self.code,
            detail: &self.detail,
            retryable: self.is_retryable(),
            errors: self.pointer.as_deref().map(|pointer| [FieldError { pointer, detail: &self.detail }]),
            more: &self.more,
        };
        // Maps with text for keys always have a JSON form.
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

/// `insufficient_stock` as `Insufficient stock`.
fn title(code: &str) -> String {
    let words = code.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        Outcome::from(self).into_response()
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let status = match refused.class {
            Class::NotFound => StatusCode::NOT_FOUND,
            Class::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Class::Conflict => StatusCode::CONFLICT,
            Class::Outdated => StatusCode::PRECONDITION_FAILED,
        };
        Self {
            status,
            code: Cow::Owned(refused.code),
            detail: refused.message,
            pointer: refused.pointer,
            more: refused.details,
        }
    }
}

impl Problem {
    /// What is said of a command where the store was not available before anything was done.
    pub(crate) fn not_executed_where_unavailable(self) -> Self {
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            Self::from(NotExecuted::StoreUnavailable)
        } else {
            self
        }
    }
}

impl From<NotExecuted> for Problem {
    fn from(reason: NotExecuted) -> Self {
        let detail =
            format!("this request did nothing, though an earlier one with the same key may have: {reason}");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_executed", detail).with("reason", reason.code())
    }
}

impl From<JournalError> for Problem {
    fn from(error: JournalError) -> Self {
        tracing::error!(%error, "the journal could not be read");
        match error {
            JournalError::Unavailable(_) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", "the store cannot be reached")
            }
            _ => Self::internal(),
        }
    }
}

impl From<PastError> for Problem {
    fn from(error: PastError) -> Self {
        match error {
            PastError::Journal(error) => error.into(),
            PastError::View(error) => error.into(),
            PastError::TooManyEvents(most) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_events", error.to_string())
                    .with("mostEvents", most)
            }
            PastError::TooMuchFollowed => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_consequences", error.to_string())
                    .with("mostCommands", MOST_COMMANDS)
            }
            PastError::TooMuchToCompare => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "too_much_to_compare", error.to_string())
            }
        }
    }
}

impl From<ViewError> for Problem {
    fn from(error: ViewError) -> Self {
        match error {
            ViewError::Behind { reached, wanted } => Self::new(
                StatusCode::GATEWAY_TIMEOUT,
                "projection_behind",
                format!("the read model has reached position {reached}, not {wanted}"),
            )
            .with("reached", reached),
            ViewError::BeyondHead { head, wanted } => {
                let detail = format!("the journal ends at position {head}, and {wanted} was asked for");
                Self::new(StatusCode::BAD_REQUEST, "invalid_parameter", detail)
            }
            ViewError::Halted { projection, position, .. } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "projection_halted",
                format!("the read model {projection} has stopped at position {position}"),
            ),
            ViewError::Building(projection) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "projection_building",
                format!("the read model {projection} is being built"),
            ),
            ViewError::TooManyMetrics(_) => {
                Self::new(StatusCode::BAD_REQUEST, "too_many_figures", error.to_string())
            }
            ViewError::InvalidGeneration(detail) => Self::new(StatusCode::CONFLICT, "no_such_build", detail),
            ViewError::Journal(error) => error.into(),
            ViewError::Store(error) => {
                tracing::error!(%error, "the read models could not be read");
                let detail = "the read models cannot be reached";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "read_model_unavailable", detail)
            }
            other => {
                tracing::error!(error = %other, "the read models could not be read");
                Self::internal()
            }
        }
    }
}

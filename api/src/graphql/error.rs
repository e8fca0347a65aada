//! Errors with the codes that REST uses, and a code for every error that the library makes.

use std::borrow::Cow;

use async_graphql::{Error, ErrorExtensionValues, Response, ServerError, Value};
use holdfast_journal::JournalError;
use holdfast_projections::ViewError;

use crate::error::ApiError;

/// More errors than this in one answer help nobody.
const MOST_ERRORS: usize = 20;

/// Why a question, or a part of it, has no answer.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    /// The stable code.
    pub(super) code: Cow<'static, str>,
    /// For people.
    pub(super) message: String,
    /// The argument that it is about.
    pub(super) argument: Option<&'static str>,
    /// Whether the same question may be answered later.
    pub(super) retryable: bool,
    /// What the code has to tell beside.
    pub(super) more: serde_json::Map<String, serde_json::Value>,
}

impl Problem {
    /// A problem that the same question will always have.
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        let more = serde_json::Map::new();
        Self { code: code.into(), message: message.into(), argument: None, retryable: false, more }
    }

    /// An argument's value that is not accepted.
    pub(super) fn invalid(argument: &'static str, reason: impl std::fmt::Display) -> Self {
        let message = format!("{argument} {reason}");
        Self { argument: Some(argument), ..Self::new("invalid_value", message) }
    }

    /// A problem that may be gone when the question is asked again.
    pub(super) fn passing(code: &'static str, message: impl Into<String>) -> Self {
        Self { retryable: true, ..Self::new(code, message) }
    }

    /// A defect: told to the log, not to the caller.
    pub(super) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a GraphQL query failed");
        Self::new("internal_error", "the query could not be answered")
    }

    fn extensions(&self) -> ErrorExtensionValues {
        let mut extensions = ErrorExtensionValues::default();
        for (name, value) in &self.more {
            if let Ok(value) = Value::from_json(value.clone()) {
                extensions.set(name, value);
            }
        }
        extensions.set("code", &*self.code);
        extensions.set("retryable", self.retryable);
        if let Some(argument) = self.argument {
            extensions.set("argument", argument);
        }
        extensions
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        let extensions = Some(problem.extensions());
        Self { extensions, ..Self::new(problem.message) }
    }
}

impl From<Problem> for Response {
    fn from(problem: Problem) -> Self {
        let extensions = Some(problem.extensions());
        Self::from_errors(vec![ServerError { extensions, ..ServerError::new(problem.message, None) }])
    }
}

impl From<ApiError> for Problem {
    fn from(error: ApiError) -> Self {
        if let ApiError::BeyondHead { head, wanted } = error {
            let reason = format!("is {wanted}, but the journal ends at position {head}");
            return Self::invalid("minPosition", reason);
        }
        Self {
            code: error.code().to_owned().into(),
            message: error.to_string(),
            argument: None,
            retryable: error.is_retryable(),
            more: error.details(),
        }
    }
}

impl From<JournalError> for Problem {
    fn from(error: JournalError) -> Self {
        ApiError::from(error).into()
    }
}

impl From<ViewError> for Problem {
    fn from(error: ViewError) -> Self {
        ApiError::from(error).into()
    }
}

/// Gives every error a code. Those without one are the library's: of the query as a whole where they have no path,
/// of an argument's value where they have one.
pub(super) fn with_codes(mut response: Response) -> Response {
    response.errors.truncate(MOST_ERRORS);
    for error in &mut response.errors {
        let extensions = error.extensions.get_or_insert_default();
        if extensions.get("code").is_some() {
            continue;
        }
        let code = match error.message.as_str() {
            "Query is too complex." => "query_too_complex",
            "Query is nested too deep." => "query_too_deep",
            text if text.starts_with("The recursion depth") => "query_too_deep",
            _ if error.path.is_empty() => "invalid_query",
            _ => "invalid_value",
        };
        extensions.set("code", code);
        extensions.set("retryable", false);
    }
    response
}

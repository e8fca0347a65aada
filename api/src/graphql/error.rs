//! Errors in GraphQL's form, with the codes of REST, and a code for every error that `async_graphql` produces.

use std::fmt::Display;

use async_graphql::{Error, ErrorExtensionValues, Response, ServerError, Value};
use holdfast_journal::JournalError;
use holdfast_projections::ViewError;

use crate::error::ApiError;

/// The maximum number of errors in a response. Further errors are dropped.
const MAX_ERRORS: usize = 20;

/// The reason why a request or a field failed. A type of its own, because `async_graphql` converts an [`ApiError`], like every
/// type that implements `Display`, to an error without a code.
#[derive(Debug, Clone)]
pub(super) struct Problem(pub(super) ApiError);

impl Problem {
    /// An invalid argument. The message is the argument's name, followed by the reason.
    pub(super) fn invalid(argument: &str, reason: impl Display) -> Self {
        Self(ApiError::InvalidValue(format!("{argument} {reason}")).at(argument))
    }

    /// An internal error. The cause is logged and not returned.
    pub(super) fn internal(error: &dyn Display) -> Self {
        Self(ApiError::internal(error))
    }

    fn extensions(&self) -> ErrorExtensionValues {
        let mut extensions = ErrorExtensionValues::default();
        for (name, value) in self.0.details() {
            if let Ok(value) = Value::from_json(value) {
                extensions.set(name, value);
            }
        }
        let (code, argument) = match &self.0 {
            ApiError::BeyondHead { parameter, .. } => ("invalid_value", Some(*parameter)),
            other => (other.code(), other.pointer()),
        };
        extensions.set("code", code);
        extensions.set("retryable", self.0.is_retryable());
        if let Some(argument) = argument {
            extensions.set("argument", argument);
        }
        extensions
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        let extensions = Some(problem.extensions());
        Self { extensions, ..Self::new(problem.0.to_string()) }
    }
}

impl From<Problem> for Response {
    fn from(problem: Problem) -> Self {
        let extensions = Some(problem.extensions());
        Self::from_errors(vec![ServerError { extensions, ..ServerError::new(problem.0.to_string(), None) }])
    }
}

impl From<ApiError> for Problem {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl From<JournalError> for Problem {
    fn from(error: JournalError) -> Self {
        Self(error.into())
    }
}

impl From<ViewError> for Problem {
    fn from(error: ViewError) -> Self {
        Self(error.into())
    }
}

/// Adds a code to each error of the library. Such an error is about an argument if it has a path, otherwise about the query.
pub(super) fn with_codes(mut response: Response) -> Response {
    response.errors.truncate(MAX_ERRORS);
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

//! Every error that the API reports: text, code and HTTP status, the same for REST and GraphQL.

use axum::http::{Method, StatusCode};
use holdfast_commands::{NotExecuted, Refused};
use holdfast_domain::Class;
use holdfast_journal::JournalError;
use holdfast_projections::ViewError;
use serde_json::{Map, Value, json};

/// Why a request failed. The texts are for people, the codes for programs.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum ApiError {
    /// An error in one field of the request, given as a JSON pointer (RFC 6901).
    #[error("{1}")]
    At(String, Box<ApiError>),

    // The route and who may call it.
    #[error("no such route; see /docs")]
    UnknownRoute,
    #[error("{0} is not allowed on this route; the Allow header lists the allowed methods")]
    MethodNotAllowed(Method),
    #[error(
        "only requests to localhost are served without authentication; a proxy must set the Host header to localhost"
    )]
    MisdirectedRequest,
    #[error("requests from web pages of this origin are not served; see --cors-origin")]
    CrossOrigin,
    #[error("the request took longer than {0} seconds; retry later")]
    TimedOut(u64),
    #[error(
        "the node serves its maximum number of event feeds and subscriptions; close some or use another node"
    )]
    TooManyFeeds,
    #[error("the service is not ready; see reasons")]
    NotReady(Vec<String>),

    // Headers and query parameters.
    #[error("several merchants exist; name one in the Merchant header")]
    MerchantRequired,
    #[error("merchant {0} does not exist")]
    UnknownMerchant(String),
    #[error("header {header} {reason}")]
    InvalidHeader { header: String, reason: &'static str },
    #[error("Last-Event-ID must be the id of an event of this feed")]
    InvalidLastEventId,
    #[error("If-Match must be * or a list of at most 100 versions in quotes, such as \"3\"")]
    InvalidIfMatch,
    #[error("only a single command on an order checks If-Match; omit it")]
    IfMatchUnsupported,
    #[error("the command has no idempotency key; send one, so that a retry is safe")]
    KeyRequired,
    #[error("the idempotency key {0}")]
    InvalidKey(String),
    #[error("the idempotency key was used for another command; use a new key")]
    KeyReused,
    #[error("the query string cannot be decoded")]
    InvalidQuery,
    #[error("this route has no parameter {0}")]
    UnknownParameter(String),
    #[error("{parameter} {reason}")]
    InvalidParameter { parameter: String, reason: String },
    #[error("the cursor was not issued by this list, or the list was sorted differently")]
    InvalidCursor,

    // The body.
    #[error("the connection closed before the body was complete, or the body is not valid gzip")]
    BodyIncomplete,
    #[error("the body exceeds {0} bytes")]
    BodyTooLarge(usize),
    #[error("the body must be {0}")]
    UnsupportedMediaType(&'static str),
    #[error("the content encoding {0} is not supported; send the body uncompressed or as gzip")]
    UnsupportedContentEncoding(String),
    #[error("the body is not JSON: {0}")]
    MalformedJson(String),
    #[error("{0}")]
    InvalidValue(String),
    #[error("{0}")]
    MissingField(String),
    #[error("{0}")]
    UnknownField(String),
    #[error("{sent} commands were sent; at most {limit} are allowed in one request")]
    TooManyCommands { sent: usize, limit: usize },
    #[error("command {0} does not exist")]
    UnknownCommand(String),

    // What the request names.
    #[error("order {0} does not exist")]
    UnknownOrder(String),
    #[error("fulfillment order {0} does not exist")]
    UnknownFulfillmentOrder(String),
    #[error("shipment {0} does not exist")]
    UnknownShipment(String),
    #[error("return {0} does not exist")]
    UnknownReturn(String),
    #[error("reservation {0} does not exist")]
    UnknownReservation(String),
    #[error("SKU {0} has no stock records")]
    UnknownSku(String),
    #[error("no command has the idempotency key {0}")]
    UnknownKey(String),
    #[error("no event has position {0}")]
    UnknownPosition(u64),
    #[error("read model {0} does not exist")]
    UnknownProjection(String),

    // What became of the command.
    #[error("{}", .0.message)]
    Refused(Refused),
    #[error("not executed ({0}); an earlier attempt with this key may have succeeded")]
    NotExecuted(#[from] NotExecuted),
    #[error(
        "the outcome of the command is unknown; send it again with the same key, or query GET /v1/commands/KEY"
    )]
    OutcomeUnknown,

    // Reads.
    #[error("the store is unreachable; retry later")]
    StoreUnavailable,
    #[error("the read models are unreachable; retry later")]
    ReadModelUnavailable,
    #[error("the read model has reached position {reached}, not {wanted}; retry later")]
    ProjectionBehind { reached: u64, wanted: u64 },
    #[error("{parameter} {wanted} is beyond the end of the journal: it ends at position {head}")]
    BeyondHead { parameter: &'static str, head: u64, wanted: u64 },
    #[error("the read model {projection} has halted at position {position}; see GET /v1/projections")]
    ProjectionHalted { projection: &'static str, position: u64 },
    #[error("the read model {0} is being built; retry later")]
    ProjectionBuilding(&'static str),
    #[error("the query exceeds {0} metrics; choose a shorter time, or one channel or location")]
    TooManyMetrics(usize),
    #[error("{0}")]
    UnknownBuild(String),
    #[error(
        "the query would replay more than {0} events; request less at once, or use `holdfast audit`, which has no limit"
    )]
    TooManyEvents(usize),
    #[error(
        "the order has too many lines and events to compare; omit the differences, or use `holdfast audit order --differences`, which has no limit"
    )]
    TooMuchToCompare,
    #[error(
        "the command caused more than {0} commands, or very large ones; use `holdfast audit command`, which has no limit"
    )]
    TooManyConsequences(usize),

    // GraphQL.
    #[error("the query is too deep: {0}")]
    QueryTooDeep(String),
    #[error("the query is too complex: {0}")]
    QueryTooComplex(String),
    #[error("fragment {0} contains itself")]
    CyclicFragment(String),
    /// Clients compare this text.
    #[error("PersistedQueryNotFound")]
    PersistedQueryNotFound,
    #[error("introspection is disabled on this server")]
    IntrospectionDisabled,
    #[error("the request has more than {0} mutations; use POST /v1/commands")]
    TooManyMutations(usize),
    #[error("more than {0} operations run on this connection; complete some or open another connection")]
    TooManyOperations(usize),

    #[error("internal error; retry with the same Idempotency-Key to learn the outcome of a command")]
    Internal,
}

impl ApiError {
    /// The stable code and the HTTP status.
    #[allow(clippy::too_many_lines, reason = "one row per code")]
    fn code_and_status(&self) -> (&str, StatusCode) {
        match self {
            Self::At(_, error) => error.code_and_status(),
            Self::UnknownRoute => ("unknown_route", StatusCode::NOT_FOUND),
            Self::MethodNotAllowed(_) => ("method_not_allowed", StatusCode::METHOD_NOT_ALLOWED),
            Self::MisdirectedRequest => ("misdirected_request", StatusCode::MISDIRECTED_REQUEST),
            Self::CrossOrigin => ("cross_origin", StatusCode::FORBIDDEN),
            Self::TimedOut(_) => ("timed_out", StatusCode::GATEWAY_TIMEOUT),
            Self::TooManyFeeds => ("too_many_feeds", StatusCode::SERVICE_UNAVAILABLE),
            Self::NotReady(_) => ("not_ready", StatusCode::SERVICE_UNAVAILABLE),
            Self::MerchantRequired => ("merchant_required", StatusCode::BAD_REQUEST),
            Self::UnknownMerchant(_) => ("unknown_merchant", StatusCode::NOT_FOUND),
            Self::InvalidHeader { .. } => ("header_invalid", StatusCode::BAD_REQUEST),
            Self::InvalidLastEventId => ("invalid_header", StatusCode::BAD_REQUEST),
            Self::InvalidIfMatch => ("if_match_malformed", StatusCode::BAD_REQUEST),
            Self::IfMatchUnsupported => ("if_match_unsupported", StatusCode::BAD_REQUEST),
            Self::KeyRequired => ("idempotency_key_required", StatusCode::BAD_REQUEST),
            Self::InvalidKey(_) => ("idempotency_key_invalid", StatusCode::BAD_REQUEST),
            Self::KeyReused => ("idempotency_key_reused", StatusCode::UNPROCESSABLE_ENTITY),
            Self::UnknownParameter(_) => ("unknown_parameter", StatusCode::BAD_REQUEST),
            Self::InvalidQuery | Self::InvalidParameter { .. } | Self::BeyondHead { .. } => {
                ("invalid_parameter", StatusCode::BAD_REQUEST)
            }
            Self::InvalidCursor => ("invalid_cursor", StatusCode::BAD_REQUEST),
            Self::BodyIncomplete => ("body_incomplete", StatusCode::BAD_REQUEST),
            Self::BodyTooLarge(_) => ("body_too_large", StatusCode::PAYLOAD_TOO_LARGE),
            Self::UnsupportedMediaType(_) => ("unsupported_media_type", StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Self::UnsupportedContentEncoding(_) => {
                ("unsupported_content_encoding", StatusCode::UNSUPPORTED_MEDIA_TYPE)
            }
            Self::MalformedJson(_) => ("malformed_json", StatusCode::BAD_REQUEST),
            Self::InvalidValue(_) => ("invalid_value", StatusCode::BAD_REQUEST),
            Self::MissingField(_) => ("missing_field", StatusCode::BAD_REQUEST),
            Self::UnknownField(_) => ("unknown_field", StatusCode::BAD_REQUEST),
            Self::TooManyCommands { .. } => ("too_many_commands", StatusCode::PAYLOAD_TOO_LARGE),
            Self::UnknownCommand(_) => ("unknown_command", StatusCode::BAD_REQUEST),
            Self::UnknownOrder(_) => ("unknown_order", StatusCode::NOT_FOUND),
            Self::UnknownFulfillmentOrder(_) => ("unknown_fulfillment_order", StatusCode::NOT_FOUND),
            Self::UnknownShipment(_) => ("unknown_shipment", StatusCode::NOT_FOUND),
            Self::UnknownReturn(_) => ("unknown_return", StatusCode::NOT_FOUND),
            Self::UnknownReservation(_) => ("unknown_reservation", StatusCode::NOT_FOUND),
            Self::UnknownSku(_) => ("unknown_sku", StatusCode::NOT_FOUND),
            Self::UnknownKey(_) => ("unknown_command", StatusCode::NOT_FOUND),
            Self::UnknownPosition(_) => ("unknown_position", StatusCode::NOT_FOUND),
            Self::UnknownProjection(_) => ("unknown_projection", StatusCode::NOT_FOUND),
            Self::Refused(refused) => (&refused.code, status_of(refused.class)),
            Self::NotExecuted(_) => ("not_executed", StatusCode::SERVICE_UNAVAILABLE),
            Self::OutcomeUnknown => ("outcome_unknown", StatusCode::SERVICE_UNAVAILABLE),
            Self::StoreUnavailable => ("store_unavailable", StatusCode::SERVICE_UNAVAILABLE),
            Self::ReadModelUnavailable => ("read_model_unavailable", StatusCode::SERVICE_UNAVAILABLE),
            Self::ProjectionBehind { .. } => ("projection_behind", StatusCode::GATEWAY_TIMEOUT),
            Self::ProjectionHalted { .. } => ("projection_halted", StatusCode::SERVICE_UNAVAILABLE),
            Self::ProjectionBuilding(_) => ("projection_building", StatusCode::SERVICE_UNAVAILABLE),
            Self::TooManyMetrics(_) => ("too_many_metrics", StatusCode::BAD_REQUEST),
            Self::UnknownBuild(_) => ("no_such_build", StatusCode::CONFLICT),
            Self::TooManyEvents(_) => ("too_many_events", StatusCode::UNPROCESSABLE_ENTITY),
            Self::TooMuchToCompare => ("too_much_to_compare", StatusCode::UNPROCESSABLE_ENTITY),
            Self::TooManyConsequences(_) => ("too_many_consequences", StatusCode::UNPROCESSABLE_ENTITY),
            Self::QueryTooDeep(_) => ("query_too_deep", StatusCode::BAD_REQUEST),
            Self::QueryTooComplex(_) => ("query_too_complex", StatusCode::BAD_REQUEST),
            Self::CyclicFragment(_) => ("invalid_query", StatusCode::BAD_REQUEST),
            Self::PersistedQueryNotFound => ("PERSISTED_QUERY_NOT_FOUND", StatusCode::NOT_FOUND),
            Self::IntrospectionDisabled => ("introspection_disabled", StatusCode::BAD_REQUEST),
            Self::TooManyMutations(_) => ("too_many_commands", StatusCode::BAD_REQUEST),
            Self::TooManyOperations(_) => ("too_many_operations", StatusCode::BAD_REQUEST),
            Self::Internal => ("internal_error", StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// The stable code, for programs.
    pub(crate) fn code(&self) -> &str {
        self.code_and_status().0
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        self.code_and_status().1
    }

    /// Whether the same request may succeed later.
    pub(crate) fn is_retryable(&self) -> bool {
        match self {
            Self::At(_, error) => error.is_retryable(),
            Self::Refused(refused) => refused.class == Class::Transient,
            _ => matches!(self.status(), StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT),
        }
    }

    /// The field of the request that the error is about, as a JSON pointer.
    pub(crate) fn pointer(&self) -> Option<&str> {
        match self {
            Self::At(pointer, _) => Some(pointer),
            Self::Refused(refused) => refused.pointer.as_deref(),
            _ => None,
        }
    }

    /// More values for programs, by name.
    pub(crate) fn details(&self) -> Map<String, Value> {
        let (name, value) = match self {
            Self::At(_, error) => return error.details(),
            Self::Refused(refused) => return refused.details.clone(),
            Self::NotReady(reasons) => ("reasons", json!(reasons)),
            Self::InvalidHeader { header, .. } => ("header", json!(header)),
            Self::UnknownParameter(parameter) | Self::InvalidParameter { parameter, .. } => {
                ("parameter", json!(parameter))
            }
            Self::BeyondHead { parameter, .. } => ("parameter", json!(parameter)),
            Self::NotExecuted(reason) => ("reason", json!(reason.code())),
            Self::ProjectionBehind { reached, .. } => ("reached", json!(reached)),
            Self::TooManyEvents(limit) => ("mostEvents", json!(limit)),
            Self::TooManyConsequences(limit) => ("mostCommands", json!(limit)),
            _ => return Map::new(),
        };
        Map::from_iter([(name.to_owned(), value)])
    }

    /// The same error, in a field of the request.
    pub(crate) fn at(self, pointer: impl Into<String>) -> Self {
        Self::At(pointer.into(), Box::new(self))
    }

    /// Prefixes the error's pointer with `part`: `/lines` in `/commands/1` becomes `/commands/1/lines`.
    pub(crate) fn within(self, part: &str) -> Self {
        match self {
            Self::At(pointer, error) => Self::At(format!("{part}{pointer}"), error),
            error => error.at(part),
        }
    }

    /// An invalid value of a query parameter.
    pub(crate) fn parameter(name: &str, reason: &(impl ToString + ?Sized)) -> Self {
        Self::InvalidParameter { parameter: name.to_owned(), reason: reason.to_string() }
    }

    /// The same failure before a command was submitted: the command was certainly not executed.
    pub(crate) fn before_submission(self) -> Self {
        match self {
            Self::StoreUnavailable => Self::NotExecuted(NotExecuted::StoreUnavailable),
            other => other,
        }
    }

    /// An internal error, which is logged and not shown to the client.
    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "internal error in the API");
        Self::Internal
    }
}

/// The HTTP status of a refusal.
fn status_of(class: Class) -> StatusCode {
    match class {
        Class::NotFound => StatusCode::NOT_FOUND,
        Class::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Class::Conflict | Class::Transient => StatusCode::CONFLICT,
        Class::Outdated => StatusCode::PRECONDITION_FAILED,
    }
}

impl From<JournalError> for ApiError {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Unavailable(_) => {
                tracing::error!(%error, "failed to read the journal");
                Self::StoreUnavailable
            }
            other => Self::internal(&other),
        }
    }
}

impl From<ViewError> for ApiError {
    fn from(error: ViewError) -> Self {
        match error {
            ViewError::Behind { reached, wanted } => Self::ProjectionBehind { reached, wanted },
            ViewError::BeyondHead { head, wanted } => {
                Self::BeyondHead { parameter: "minPosition", head, wanted }
            }
            ViewError::Halted { projection, position, .. } => Self::ProjectionHalted { projection, position },
            ViewError::Building(projection) => Self::ProjectionBuilding(projection),
            ViewError::TooManyMetrics(limit) => Self::TooManyMetrics(limit),
            ViewError::InvalidGeneration(reason) => Self::UnknownBuild(reason),
            ViewError::Journal(error) => error.into(),
            ViewError::Store(error) => {
                tracing::error!(%error, "failed to query the read models");
                Self::ReadModelUnavailable
            }
            other => Self::internal(&other),
        }
    }
}

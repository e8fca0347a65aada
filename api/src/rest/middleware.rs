//! The middleware of all routes: access from this machine and from configured origins only, a time limit, compression, and
//! answers for unknown routes and panics.

use std::any::Any;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::decompression::RequestDecompressionLayer;

use super::compression::{check_content_encoding, compress};
use super::endpoint::unknown_route;
use super::entity_tag::check_if_none_match;
use crate::app::App;
use crate::cors;
use crate::error::ApiError;

/// The longest time that a request may take, its body included. Longer than the wait for a command.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);

/// Adds the middleware to all routes. The layer that is added last sees a request first.
pub fn protect(routes: Router<Arc<App>>, app: Arc<App>) -> Router {
    let mut routes = routes
        .fallback(unknown_route)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(RequestDecompressionLayer::new())
        .layer(from_fn(check_content_encoding))
        .layer(compress())
        .layer(from_fn(check_if_none_match))
        .layer(from_fn(limit_time))
        .layer(CatchPanicLayer::custom(panicked));
    if !app.cors_origins.is_empty() {
        routes = routes.layer(cors::layer(&app.cors_origins));
    }
    routes.layer(from_fn_with_state(Arc::clone(&app), reject_remote)).with_state(app)
}

/// The router adds the `Allow` header.
async fn method_not_allowed(method: Method) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    ApiError::MethodNotAllowed(method).into_response()
}

async fn limit_time(request: Request, next: Next) -> Response {
    let is_safe = request.method().is_safe();
    match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        // A submitted command is executed even if its client stops waiting.
        Err(_) if !is_safe => ApiError::OutcomeUnknown.into_response(),
        Err(_) => ApiError::TimedOut(REQUEST_TIMEOUT.as_secs()).into_response(),
    }
}

/// There is no authentication, so only programs on this machine may send requests. A browser on this machine also sends
/// requests for pages of other hosts. Their `Origin` header names the other host, which must be configured. So does their
/// `Host` header if the name of the other host resolves to this machine (DNS rebinding).
async fn reject_remote(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (uri, headers) = (request.uri(), request.headers());
    let is_local = |host: &HeaderValue| host.to_str().is_ok_and(is_loopback);
    if !uri.host().is_none_or(is_loopback) || !headers.get_all(header::HOST).iter().all(is_local) {
        return ApiError::MisdirectedRequest.into_response();
    }
    let is_allowed = |value: &HeaderValue| {
        value.to_str().is_ok_and(is_loopback_origin)
            || app.cors_origins.iter().any(|origin| origin.matches(value))
    };
    if !headers.get_all(header::ORIGIN).iter().all(is_allowed) {
        return ApiError::CrossOrigin.into_response();
    }
    next.run(request).await
}

fn is_loopback_origin(origin: &str) -> bool {
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(is_loopback)
}

/// Whether a host, with or without a port, can only be this machine.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or(address),
        None => host.split(':').next().unwrap_or(host),
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    match name.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => name == "localhost" || name.ends_with(".localhost"),
    }
}

#[allow(clippy::needless_pass_by_value, reason = "the signature that `CatchPanicLayer` requires")]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic.downcast_ref::<String>().map(String::as_str);
    let message = message.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    tracing::error!(message, "a handler panicked");
    ApiError::Internal.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_and_localhost_names_are_local() {
        for host in
            ["localhost", "LOCALHOST:80", "127.0.0.1:8080", "[::1]:8080", "shop.localhost", "127.9.9.9"]
        {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["", "example.com", "localhost.example.com", "10.0.0.1", "[::2]", "127.0.0.1.example.com"]
        {
            assert!(!is_loopback(host), "{host}");
        }
        assert!(is_loopback_origin("http://localhost:3000"));
        for origin in ["null", "http://example.com", "file://", "http://localhost@example.com"] {
            assert!(!is_loopback_origin(origin), "{origin}");
        }
    }
}

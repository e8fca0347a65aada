//! What stands before every route: who may ask, for how long, and what is said where there is nothing.

use std::any::Any;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

use super::endpoint::unknown_route;
use super::problem::Problem;
use crate::app::App;

/// How long a request may take, its body included. Longer than a command is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// Puts the guards around routes and gives them the app.
pub fn protect(routes: Router<Arc<App>>, app: Arc<App>) -> Router {
    routes
        .fallback(unknown_route)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn(in_time))
        .layer(from_fn(from_here))
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(app)
}

/// The methods that a path has are told by the router, which adds the `Allow` header.
async fn method_not_allowed(method: Method) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    let detail = format!("{method} cannot be done here; the Allow header says what can");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail).into_response()
}

async fn in_time(request: Request, next: Next) -> Response {
    let safe = request.method().is_safe();
    match tokio::time::timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        // A command that has been submitted is carried out, whether or not somebody waits for it.
        Err(_) if !safe => Problem::outcome_unknown().into_response(),
        Err(_) => {
            let detail = format!("the answer took longer than {} seconds", PATIENCE.as_secs());
            Problem::new(StatusCode::GATEWAY_TIMEOUT, "timed_out", detail).into_response()
        }
    }
}

/// There is no authentication, so only this machine's own programs may ask: not a page of the web that a browser
/// on this machine shows, whether it says where it comes from or has had its name resolved to this machine.
async fn from_here(request: Request, next: Next) -> Response {
    let by_address = request.uri().host().is_none_or(is_loopback);
    if !by_address || !all_are(request.headers(), header::HOST, is_loopback) {
        let detail = "without authentication only requests to localhost are answered; a proxy in front must \
                      send a Host header that says so";
        return Problem::new(StatusCode::MISDIRECTED_REQUEST, "misdirected_request", detail).into_response();
    }
    if !all_are(request.headers(), header::ORIGIN, is_loopback_origin) {
        let detail = "without authentication requests from other origins' pages are not answered";
        return Problem::new(StatusCode::FORBIDDEN, "cross_origin", detail).into_response();
    }
    next.run(request).await
}

fn all_are(headers: &HeaderMap, name: header::HeaderName, rule: fn(&str) -> bool) -> bool {
    headers.get_all(name).iter().all(|value| value.to_str().is_ok_and(rule))
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

#[allow(clippy::needless_pass_by_value, reason = "a responder")]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic.downcast_ref::<String>().map(String::as_str);
    let message = message.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    tracing::error!(message, "a handler panicked");
    Problem::internal().into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_loopback() {
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

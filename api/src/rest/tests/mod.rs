//! Tests of the router in process, each over an embedded store in a temporary directory.

mod availability;
mod bad_input;
mod bulk;
mod bundles;
mod cart_reservations;
mod causation;
mod description;
mod http_semantics;
mod late_reports;
mod lines_without_stock;
mod lists;
mod long_orders;
mod merchants;
mod order_history;
mod order_metrics;
mod orders;
mod other_systems;
mod payloads;
mod promises;
mod scheduled_orders;
mod service;
mod shipments;
mod stock_history;
mod stock_reports;
mod stock_thresholds;
mod terms;
mod urgency;
mod working_days;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::App;
use crate::server::{Callers, router};

/// An application and its router.
struct TestServer {
    app: Arc<App>,
    router: Router,
    _directory: TempDir,
}

/// A response.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Bytes,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    fn position(&self) -> u64 {
        self.header("journal-position").unwrap().parse().unwrap()
    }

    /// The body of a success.
    #[track_caller]
    fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        assert_eq!(self.header("content-type"), Some("application/json"));
        self.json()
    }

    /// The body of a problem.
    #[track_caller]
    fn problem(&self, status: u16, code: &str) -> Value {
        let text = String::from_utf8_lossy(&self.bytes);
        assert_eq!(self.status.as_u16(), status, "{text}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let body = self.json();
        assert_eq!(body["code"], code, "{text}");
        assert_eq!(body["status"], status);
        assert_eq!(body["type"], format!("/problems/{code}"));
        let pages = include_str!("../error_codes.json");
        assert!(pages.contains(&format!("{{\"code\":\"{code}\",")), "{code} has no page");
        for member in ["title", "detail"] {
            assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{text}");
        }
        assert!(body["retryable"].is_boolean());
        body
    }
}

/// The pointer of a problem.
fn pointer(problem: &Value) -> &str {
    problem["errors"][0]["pointer"].as_str().unwrap_or("none")
}

impl TestServer {
    async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// Opens a server after a change of its application.
    async fn open_with(change: impl FnOnce(&mut App)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut app = App::open(directory.path()).await.unwrap();
        change(&mut app);
        let app = Arc::new(app);
        Self { router: router(Arc::clone(&app), Callers::All), app, _directory: directory }
    }

    /// A server with one location and units of two SKUs.
    async fn stocked() -> Self {
        Self::stocked_with(|_| {}).await
    }

    /// A server with stock, after a change of its application.
    async fn stocked_with(change: impl FnOnce(&mut App)) -> Self {
        let server = Self::open_with(change).await;
        let place = json!({ "latitude": 48.1, "longitude": 11.6 });
        server.put("/v1/locations/munich", &place).await.ok(200);
        for sku in ["TEA", "CUP"] {
            let received = json!({ "sku": sku, "location": "munich", "quantity": 100 });
            server.post("/v1/stock/receive", &format!("receive-{sku}"), &received).await.ok(200);
        }
        server
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.post_text(path, key, &body.to_string()).await
    }

    async fn post_text(&self, path: &str, key: &str, body: &str) -> Answer {
        let request = Request::post(path).header("idempotency-key", key);
        let request = request.header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// Sends a command with additional headers.
    async fn post_with(&self, path: &str, key: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let request = Request::post(path).header("idempotency-key", key);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Request::put(path).body(Body::from(body.to_string())).unwrap()).await
    }

    /// An order as its read model has it after everything that was written.
    async fn read_order(&self, order: &Value) -> Value {
        let path =
            format!("/v1/orders/{}?minPosition={}", order["orderId"].as_str().unwrap(), self.head().await);
        self.get(&path).await.ok(200)
    }

    /// Creates an order for units of tea and returns its id.
    async fn order(&self, key: &str, quantity: u32) -> String {
        let answer = self.post("/v1/orders", key, &order(quantity)).await.ok(201);
        answer["orderId"].as_str().unwrap().to_owned()
    }

    async fn head(&self) -> u64 {
        self.app.journal.head("default").await.unwrap().position
    }
}

/// An order for units of tea.
fn order(quantity: u32) -> Value {
    json!({ "channel": "web", "payment": "not_required", "lines": [{ "sku": "TEA", "quantity": quantity }] })
}

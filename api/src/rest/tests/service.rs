//! Health, metrics, and errors of the service.

use std::time::Duration;

use axum::routing::get;
use serde_json::json;

use super::*;
use crate::rest::protect;

#[tokio::test]
async fn a_healthy_service_is_live_and_ready() {
    let server = TestServer::stocked().await;
    for path in ["/livez", "/readyz"] {
        assert_eq!(server.get(path).await.ok(200), json!({ "status": "ok" }));
    }
    let head = server.head().await;
    for list in ["orders", "metrics"] {
        server.get(&format!("/v1/{list}?minPosition={head}")).await.ok(200);
    }
    // A query of the causation index waits until the index is complete.
    server.get("/v1/events?correlationId=none").await.ok(200);
    let caught_up = async {
        loop {
            let projections = server.get("/v1/projections").await.ok(200);
            // Not every read model has a query that waits for a position.
            if projections["items"].as_array().unwrap().iter().all(|one| one["lag"] == 0) {
                return projections;
            }
            tokio::task::yield_now().await;
        }
    };
    let projections = tokio::time::timeout(Duration::from_secs(30), caught_up).await.expect("no lag");
    for projection in projections["items"].as_array().unwrap() {
        assert_eq!((&projection["state"], &projection["lag"]), (&json!("running"), &json!(0)));
        assert_eq!(projection["folded"].as_u64(), Some(head));
    }
}

async fn fails() -> &'static str {
    assert!(std::env::consts::OS.is_empty(), "a defect");
    "unreachable"
}

#[tokio::test]
async fn a_panic_fails_its_own_request_only() {
    let server = TestServer::open().await;
    let router = protect(Router::new().route("/fails", get(fails)), Arc::clone(&server.app));
    let server = TestServer { router, ..server };
    server.get("/fails").await.problem(500, "internal_error");
}

#[tokio::test]
async fn a_service_that_shuts_down_executes_no_command() {
    let server = TestServer::stocked().await;
    server.app.shutdown().await;
    let answer = server.post("/v1/orders", "late", &order(1)).await;
    let problem = answer.problem(503, "not_executed");
    assert_eq!((&problem["reason"], &problem["retryable"]), (&json!("shutting_down"), &json!(true)));
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn metrics_have_the_openmetrics_format() {
    let server = TestServer::stocked().await;
    let position = server.head().await;
    server.get(&format!("/v1/orders?minPosition={position}")).await.ok(200);
    let answer = server.get("/metrics").await;
    assert_eq!(answer.status.as_u16(), 200);
    assert!(answer.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    let text = String::from_utf8(answer.bytes.to_vec()).unwrap();
    let of = "{projection=\"order_status\",merchant=\"default\"}";
    for line in [
        format!("holdfast_projection_position{of} {position}"),
        format!("holdfast_projection_lag_events{of} 0"),
        format!("holdfast_projection_parked_events{of} 0"),
        format!("holdfast_projection_halted{of} 0"),
        format!("holdfast_journal_position{{merchant=\"default\"}} {position}"),
        "holdfast_projection_builds{projection=\"order_status\",generation=\"1\",state=\"serving\"} 1"
            .to_owned(),
        "holdfast_followers 0".to_owned(),
        "# EOF".to_owned(),
    ] {
        assert!(text.lines().any(|known| known == line), "{line} is not in\n{text}");
    }
}

#[tokio::test]
async fn the_type_of_a_problem_is_the_address_of_its_page() {
    let server = TestServer::stocked().await;
    let problem = server.post("/v1/orders", "o1", &order(101)).await.problem(409, "insufficient_stock");
    let page = server.get(problem["type"].as_str().unwrap()).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let text = String::from_utf8_lossy(&page.bytes).into_owned();
    for part in ["<h1>Insufficient stock</h1>", "Status: 409", "too few units are available"] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    let list = String::from_utf8_lossy(&server.get("/problems").await.bytes).into_owned();
    assert!(list.contains("href=\"/problems/insufficient_stock\""), "{list}");
    server.get("/problems/%3Cscript%3E").await.problem(404, "unknown_route");
}

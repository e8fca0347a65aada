//! Health, read models, and what is said when a handler fails.

use axum::routing::get;
use serde_json::json;

use super::*;
use crate::rest::protect;

#[tokio::test]
async fn a_service_in_good_health_says_so() {
    let house = House::stocked().await;
    for path in ["/livez", "/readyz"] {
        assert_eq!(house.get(path).await.ok(200), json!({ "status": "ok" }));
    }
    let head = house.head().await;
    house.get(&format!("/v1/orders?minPosition={head}")).await.ok(200);
    let projections = house.get("/v1/projections").await.ok(200);
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
async fn a_panic_is_a_problem_for_its_own_caller_only() {
    let house = House::open().await;
    let router = protect(Router::new().route("/fails", get(fails)), Arc::clone(&house.app));
    let house = House { router, ..house };
    house.get("/fails").await.problem(500, "internal_error");
}

#[tokio::test]
async fn a_service_that_is_ending_carries_nothing_out() {
    let house = House::stocked().await;
    house.app.shutdown().await;
    let answer = house.post("/v1/orders", "late", &order(1)).await;
    let problem = answer.problem(503, "not_executed");
    assert_eq!((&problem["reason"], &problem["retryable"]), (&json!("shutting_down"), &json!(true)));
    assert_eq!(answer.header("retry-after"), Some("1"));
}

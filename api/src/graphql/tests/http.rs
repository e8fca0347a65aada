//! The routes, as a client or a browser would use them.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use tower::ServiceExt;

use super::*;
use crate::graphql::routes;

async fn send(house: &House, request: Request<Body>) -> (StatusCode, Vec<u8>) {
    let router = routes().with_state(Arc::clone(&house.app));
    let response = router.oneshot(request).await.unwrap();
    (response.status(), to_bytes(response.into_body(), 1 << 24).await.unwrap().to_vec())
}

fn post(media_type: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post("/graphql").header(header::CONTENT_TYPE, media_type).body(body.into()).unwrap()
}

async fn answer(house: &House, request: Request<Body>) -> (StatusCode, Value) {
    let (status, body) = send(house, request).await;
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn a_query_comes_by_post_as_json() {
    let house = House::stocked().await;
    let body = json!({"query": "query L { locations { nodes { location } } }", "operationName": "L", "variables": {}});
    let (status, answer) = answer(&house, post("application/json; charset=utf-8", body.to_string())).await;
    assert_eq!(
        (status, answer),
        (StatusCode::OK, json!({"data": {"locations": {"nodes": [{"location": "DC-1"}]}}}))
    );
}

#[tokio::test]
async fn the_merchant_comes_by_header() {
    let house = House::empty().await;
    let body = json!({"query": "{ policy { name } }"}).to_string();
    let mut request = post("application/json", body);
    request.headers_mut().insert("Merchant", "nobody".parse().unwrap());
    let (status, answer) = answer(&house, request).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["errors"][0]["extensions"]["code"], "unknown_merchant");
    assert_eq!(answer["errors"][0]["path"], json!(["policy"]));
}

#[tokio::test]
async fn what_is_no_query_is_refused_with_a_code() {
    let house = House::empty().await;
    let query = r#"{"query": "{ merchants { nodes { merchant } } }"}"#;
    let long = format!(r#"{{"query": "{}"}}"#, " ".repeat(300_000));
    let deep = "[".repeat(100_000);
    for (request, status, code) in [
        (post("text/plain", query), StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
        (post("application/json", "{"), StatusCode::BAD_REQUEST, "malformed_json"),
        (post("application/json", ""), StatusCode::BAD_REQUEST, "malformed_json"),
        (post("application/json", deep), StatusCode::BAD_REQUEST, "malformed_json"),
        (post("application/json", format!("[{query}]")), StatusCode::BAD_REQUEST, "malformed_json"),
        (post("application/json", long), StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
        (
            Request::get("/graphql?query={merchants{merchant}}").body(Body::empty()).unwrap(),
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
        ),
    ] {
        let (found, answer) = answer(&house, request).await;
        assert_eq!((found, &answer["errors"][0]["extensions"]["code"]), (status, &json!(code)));
    }
}

#[tokio::test]
async fn a_browser_gets_a_page_to_write_queries_in() {
    let house = House::empty().await;
    let accepted = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8";
    let request = Request::get("/graphql").header(header::ACCEPT, accepted).body(Body::empty()).unwrap();
    let (status, page) = send(&house, request).await;
    assert_eq!(status, StatusCode::OK);
    assert!(String::from_utf8(page).unwrap().contains("GraphiQL"));
}

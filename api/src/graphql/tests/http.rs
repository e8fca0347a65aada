//! The HTTP routes, with the requests of clients and browsers.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use tower::ServiceExt;

use super::*;
use crate::graphql::routes;

async fn send(server: &TestServer, request: Request<Body>) -> (StatusCode, Vec<u8>) {
    let router = routes().with_state(Arc::clone(&server.app));
    let response = router.oneshot(request).await.unwrap();
    (response.status(), to_bytes(response.into_body(), 1 << 24).await.unwrap().to_vec())
}

pub(super) fn post(media_type: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post("/graphql").header(header::CONTENT_TYPE, media_type).body(body.into()).unwrap()
}

pub(super) async fn answer(server: &TestServer, request: Request<Body>) -> (StatusCode, Value) {
    let (status, body) = send(server, request).await;
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn a_query_is_posted_as_json() {
    let server = TestServer::stocked().await;
    let body = json!({"query": "query L { locations { nodes { location } } }", "operationName": "L", "variables": {}});
    let (status, answer) = answer(&server, post("application/json; charset=utf-8", body.to_string())).await;
    assert_eq!(
        (status, answer),
        (StatusCode::OK, json!({"data": {"locations": {"nodes": [{"location": "DC-1"}]}}}))
    );
}

#[tokio::test]
async fn the_merchant_header_selects_the_merchant() {
    let server = TestServer::empty().await;
    let body = json!({"query": "{ policy { name } }"}).to_string();
    let mut request = post("application/json", body);
    request.headers_mut().insert("Merchant", "unknown".parse().unwrap());
    let (status, answer) = answer(&server, request).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["errors"][0]["extensions"]["code"], "unknown_merchant");
    assert_eq!(answer["errors"][0]["path"], json!(["policy"]));
}

#[tokio::test]
async fn a_malformed_request_is_rejected_with_a_code() {
    let server = TestServer::empty().await;
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
        let (found, answer) = answer(&server, request).await;
        assert_eq!((found, &answer["errors"][0]["extensions"]["code"]), (status, &json!(code)));
    }
}

/// Requests a path with the headers of a browser. Returns the Content-Security-Policy and the text.
async fn browse(server: &TestServer, path: &str) -> (String, String) {
    let accepted = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8";
    let request = Request::get(path).header(header::ACCEPT, accepted).body(Body::empty()).unwrap();
    let router = routes().with_state(Arc::clone(&server.app));
    let response = router.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    let policy = response.headers().get(header::CONTENT_SECURITY_POLICY);
    let policy = policy.map(|policy| policy.to_str().unwrap().to_owned()).unwrap_or_default();
    let body = to_bytes(response.into_body(), 1 << 24).await.unwrap();
    (policy, String::from_utf8(body.to_vec()).unwrap())
}

/// The values of an attribute of a page's elements.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!("{name}=\"");
    page.split(&start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn graphiql_loads_files_from_this_server_only() {
    let server = TestServer::empty().await;
    let (policy, page) = browse(&server, "/graphql").await;
    assert!(policy.starts_with("default-src 'self';"), "{policy}");
    assert!(!policy.contains("http") && !policy.contains('*'), "{policy}");
    assert!(!page.contains("//"), "a URL with a host: {page}");
    let files = [attributes(&page, "src"), attributes(&page, "href")].concat();
    let mut size = page.len();
    for file in files.iter().filter(|file| **file != "data:,") {
        let (_, text) = browse(&server, file).await;
        if *file == "/graphql/graphiql.css" {
            let mut urls = text.match_indices("url(").map(|(at, _)| &text[at..]);
            assert!(urls.all(|url| url.starts_with("url(data:")), "{file}");
        }
        for loader in ["@import", "importScripts(", "sourceMappingURL", "//unpkg.com", "//cdn."] {
            assert!(!text.contains(loader), "{file} has {loader}");
        }
        size += text.len();
    }
    assert_eq!(files.len(), 6, "{files:?}");
    assert!(size < 1_500_000, "{size} bytes");
    let request = Request::get("/graphql/unknown.js").body(Body::empty()).unwrap();
    assert_eq!(send(&server, request).await.0, StatusCode::NOT_FOUND);
}

//! Automatic persisted queries, as Apollo clients send them.

use super::http::{answer, post};
use super::*;
use crate::digest::sha256;

const QUERY: &str = "query Stock($skus: [String!]!) { availability(skus: $skus, minPosition: 2) { nodes { sku available } } }";

fn digest(query: &str) -> String {
    sha256(query.as_bytes())
}

/// The body of a request with the digest of a query, and with its text if that is given.
fn body(text: Option<&str>, digest: &str) -> Value {
    let mut body = json!({
        "variables": {"skus": ["MUG"]},
        "extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}},
    });
    if let Some(text) = text {
        body["query"] = json!(text);
    }
    body
}

impl TestServer {
    async fn post(&self, body: &Value) -> Value {
        let (status, answer) = answer(self, post("application/json", body.to_string())).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }
}

#[tokio::test]
async fn a_query_is_sent_once_and_then_named_by_its_digest() {
    let server = TestServer::stocked().await;
    let by_digest = body(None, &digest(QUERY));
    let unknown = server.post(&by_digest).await;
    assert_eq!(unknown["errors"][0]["message"], "PersistedQueryNotFound");
    assert_eq!(unknown["errors"][0]["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND");
    let data = json!({"data": {"availability": {"nodes": [{"sku": "MUG", "available": 1000}]}}});
    assert_eq!(server.post(&body(Some(QUERY), &digest(QUERY))).await, data);
    assert_eq!(server.post(&by_digest).await, data);
    let upper = body(None, &digest(QUERY).to_uppercase());
    assert_eq!(server.post(&upper).await, data);
}

#[tokio::test]
async fn only_a_valid_query_is_remembered_under_its_own_digest() {
    let server = TestServer::stocked().await;
    let other = "{ policy { name } }";
    let mismatch = server.post(&body(Some(other), &digest(QUERY))).await;
    assert_eq!(mismatch["errors"][0]["extensions"]["code"], "invalid_value");
    let malformed = "{ policy {";
    let rejected = server.post(&body(Some(malformed), &digest(malformed))).await;
    assert_eq!(rejected["errors"][0]["extensions"]["code"], "invalid_query");
    for query in [QUERY, other, malformed] {
        let answer = server.post(&body(None, &digest(query))).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND", "{query}");
    }
}

#[tokio::test]
async fn an_unsupported_version_is_rejected() {
    let server = TestServer::empty().await;
    for (field, value) in [("version", json!(2)), ("version", json!("one")), ("sha256Hash", json!(null))] {
        let mut body = body(Some(QUERY), &digest(QUERY));
        body["extensions"]["persistedQuery"][field] = value;
        let answer = server.post(&body).await;
        assert_eq!(answer["errors"][0]["extensions"]["argument"], "persistedQuery", "{answer}");
        assert_eq!(answer["errors"][0]["extensions"]["code"], "invalid_value");
    }
}

#[tokio::test]
async fn a_subscription_may_be_named_by_its_digest() {
    let server = TestServer::stocked().await;
    let query = "subscription { availabilityChanged(skus: [\"MUG\"]) { availability { available } } }";
    let mut request: Request = serde_json::from_value(body(Some(query), &digest(query))).unwrap();
    over_http::parse(&mut request, &server.app).unwrap();
    let mut request: Request = serde_json::from_value(body(None, &digest(query))).unwrap();
    let kind = over_http::parse(&mut request, &server.app).unwrap();
    assert_eq!(kind, async_graphql::parser::types::OperationType::Subscription);
}

//! HTTP beyond the routes: compression, entity tags, conditions, other origins, methods and HTTP/2.

use std::io::{Read, Write};

use axum::http::Method;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::*;
use crate::server::Server;

const ORIGIN: &str = "https://shop.example";

/// A request without a body.
fn request(method: Method, path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Body::empty()).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut decoded).unwrap();
    decoded
}

impl TestServer {
    async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(request(Method::GET, path, headers)).await
    }

    async fn post_bytes(&self, path: &str, key: &str, encoding: &str, body: Vec<u8>) -> Answer {
        let request = Request::post(path).header("idempotency-key", key);
        let request = request.header("content-type", "application/json").header("content-encoding", encoding);
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    async fn with_origin() -> Self {
        Self::stocked_with(|app| app.cors_origins = vec![ORIGIN.parse().unwrap()]).await
    }
}

#[tokio::test]
async fn a_gzip_body_is_decompressed() {
    let server = TestServer::stocked().await;
    let body = order(1).to_string();
    let first = server.post_bytes("/v1/orders", "o", "gzip", gzip(body.as_bytes())).await.ok(201);
    assert_eq!(server.post_text("/v1/orders", "o", &body).await.ok(201), first);
    for (key, encoding) in [("x", "x-gzip"), ("upper", "GZIP")] {
        server.post_bytes("/v1/orders", key, encoding, gzip(body.as_bytes())).await.ok(201);
    }
    server.post_bytes("/v1/orders", "plain", "identity", body.into_bytes()).await.ok(201);
    let bulk = json!([{ "key": "b", "command": "SetMerchantPolicy", "name": "Tea" }]).to_string();
    server.post_bytes("/v1/commands", "unused", "gzip", gzip(bulk.as_bytes())).await.ok(200);
    let query = json!({ "query": "{ policy { name } }" }).to_string();
    let answer = server.post_bytes("/graphql", "unused", "gzip", gzip(query.as_bytes())).await.ok(200);
    assert!(answer["data"]["policy"].is_object(), "{answer}");
}

#[tokio::test]
async fn an_unsupported_content_encoding_answers_415_with_accept_encoding() {
    let server = TestServer::stocked().await;
    for (key, encoding) in [("b", "br"), ("d", "deflate"), ("t", "gzip, gzip"), ("z", "zstd")] {
        let answer = server.post_bytes("/v1/orders", key, encoding, gzip(b"{}")).await;
        answer.problem(415, "unsupported_content_encoding");
        assert_eq!(answer.header("accept-encoding"), Some("gzip"), "{encoding}");
    }
}

#[tokio::test]
async fn the_size_limit_applies_to_the_decompressed_body() {
    let server = TestServer::stocked().await;
    let bomb = gzip(&vec![b' '; 100 << 20]);
    assert!(bomb.len() < 200_000, "{} bytes", bomb.len());
    for path in ["/v1/orders", "/v1/commands"] {
        server.post_bytes(path, "bomb", "gzip", bomb.clone()).await.problem(413, "body_too_large");
    }
    let answer = server.post_bytes("/graphql", "bomb", "gzip", bomb).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_damaged_gzip_body_is_rejected() {
    let server = TestServer::stocked().await;
    let body = gzip(order(1).to_string().as_bytes());
    let mut corrupt = body.clone();
    corrupt[20] ^= 0xff;
    for (key, damaged) in [("cut", &body[..body.len() - 9]), ("corrupt", &corrupt), ("plain", b"{}")] {
        let answer = server.post_bytes("/v1/orders", key, "gzip", damaged.to_vec()).await;
        answer.problem(400, "body_incomplete");
    }
}

#[tokio::test]
async fn large_answers_are_compressed_for_clients_that_accept_gzip() {
    let server = TestServer::stocked().await;
    server.order("o", 1).await;
    let path = format!("/v1/orders?minPosition={}", server.head().await);
    let accepts = [("accept-encoding", "br, gzip;q=0.5")];
    let plain = server.get(&path).await;
    assert_eq!((plain.header("content-encoding"), plain.header("vary")), (None, Some("accept-encoding")));
    let compressed = server.get_with(&path, &accepts).await;
    assert_eq!(compressed.header("content-encoding"), Some("gzip"));
    assert_eq!(compressed.header("vary"), Some("accept-encoding"));
    assert!(compressed.bytes.len() < plain.bytes.len());
    assert_eq!(gunzip(&compressed.bytes), plain.bytes);
    for headers in [&[("accept-encoding", "gzip;q=0")][..], &[("accept-encoding", "br")]] {
        assert_eq!(server.get_with(&path, headers).await.header("content-encoding"), None);
    }
    let small = server.get_with("/livez", &accepts).await;
    assert_eq!(small.header("content-encoding"), None);
}

#[tokio::test]
async fn event_feeds_are_not_compressed() {
    let server = TestServer::stocked().await;
    let headers = [("accept", "text/event-stream"), ("accept-encoding", "gzip")];
    let feed = request(Method::GET, "/v1/events", &headers);
    let response = server.router.clone().oneshot(feed).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    for absent in ["content-encoding", "etag"] {
        assert!(!response.headers().contains_key(absent), "{absent}");
    }
}

#[tokio::test]
async fn an_unchanged_answer_is_304_without_a_body() {
    let server = TestServer::stocked().await;
    let id = server.order("o", 1).await;
    let paths = [
        format!("/v1/orders/{id}"),
        format!("/v1/orders/{id}/history"),
        "/v1/orders".to_owned(),
        "/v1/fulfillment-orders".to_owned(),
        "/v1/availability?sku=TEA".to_owned(),
        "/v1/stock/history?sku=TEA".to_owned(),
        "/v1/locations".to_owned(),
        "/v1/policy".to_owned(),
        "/v1/events".to_owned(),
        "/v1/commands/o".to_owned(),
        "/openapi.json".to_owned(),
        "/docs".to_owned(),
    ];
    server.get(&format!("/v1/orders?minPosition={}", server.head().await)).await.ok(200);
    for path in paths {
        let full = server.get(&path).await;
        assert_eq!(full.status, StatusCode::OK, "{path}");
        let tag = full.header("etag").unwrap();
        for known in [tag, "*", &format!("\"other\", W/{tag}")] {
            let unchanged = server.get_with(&path, &[("if-none-match", known)]).await;
            assert_eq!(unchanged.status, StatusCode::NOT_MODIFIED, "{path} {known}");
            assert!(unchanged.bytes.is_empty());
            assert_eq!(unchanged.header("etag"), Some(tag));
            assert_eq!(unchanged.header("cache-control"), Some("private, no-cache"));
            assert_eq!(unchanged.header("journal-position"), full.header("journal-position"), "{path}");
            assert_eq!(unchanged.header("content-length"), None, "{path}");
        }
        for unknown in ["\"other\"", "malformed", ""] {
            let changed = server.get_with(&path, &[("if-none-match", unknown)]).await;
            assert_eq!((changed.status, &changed.bytes), (StatusCode::OK, &full.bytes), "{path} {unknown}");
        }
    }
}

#[tokio::test]
async fn a_change_of_an_order_changes_the_entity_tags_of_orders_and_lists() {
    let server = TestServer::stocked().await;
    let id = server.order("o", 1).await;
    let paths = [format!("/v1/orders/{id}"), "/v1/orders".to_owned(), "/v1/availability?sku=TEA".to_owned()];
    let mut tags = Vec::new();
    let position = server.head().await;
    for path in &paths {
        let separator = if path.contains('?') { '&' } else { '?' };
        let answer = server.get(&format!("{path}{separator}minPosition={position}")).await;
        tags.push(answer.header("etag").unwrap().to_owned());
    }
    let cancel = json!({ "reason": "changed her mind" });
    let position = server.post(&format!("/v1/orders/{id}/cancel"), "c", &cancel).await.position();
    for (path, tag) in paths.iter().zip(&tags) {
        let separator = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{separator}minPosition={position}");
        let answer = server.get_with(&path, &[("if-none-match", tag)]).await;
        answer.ok(200);
        assert_ne!(answer.header("etag"), Some(tag.as_str()), "{path}");
    }
}

#[tokio::test]
async fn a_compressed_answer_has_an_entity_tag_of_its_own() {
    let server = TestServer::stocked().await;
    let id = server.order("o", 1).await;
    let path = format!("/v1/orders/{id}");
    let gzip = ("accept-encoding", "gzip");
    let version = server.get(&path).await.ok(200)["version"].clone();
    let compressed = server.get_with(&path, &[gzip]).await;
    let tag = format!("\"{version}-gzip\"");
    assert_eq!(compressed.header("etag"), Some(tag.as_str()));
    let unchanged = server.get_with(&path, &[gzip, ("if-none-match", &tag)]).await;
    assert_eq!((unchanged.status, unchanged.header("etag")), (StatusCode::NOT_MODIFIED, Some(tag.as_str())));
    assert_eq!(unchanged.header("content-encoding"), None);
    server.get_with(&path, &[("if-none-match", &tag)]).await.ok(200);
    let cancel = json!({ "reason": "changed her mind" });
    server.post_with(&format!("{path}/cancel"), "c", &[("if-match", &tag)], &cancel).await.ok(200);
}

#[tokio::test]
async fn if_match_is_an_asterisk_or_a_list_of_versions() {
    let server = TestServer::stocked().await;
    let id = server.order("o", 1).await;
    let path = format!("/v1/orders/{id}/cancel");
    let cancel = json!({ "reason": "changed her mind" });
    let current = server.get(&format!("/v1/orders/{id}")).await.header("etag").unwrap().to_owned();
    let outdated = ["\"0\"", "\"0\", \"99\"", "\"abc\"", &format!("W/{current}")].map(str::to_owned);
    for (index, tags) in outdated.iter().enumerate() {
        let headers = [("if-match", tags.as_str())];
        let answer = server.post_with(&path, &format!("no-{index}"), &headers, &cancel).await;
        answer.problem(412, "precondition_failed");
    }
    let malformed = server.post_with(&path, "malformed", &[("if-match", "*, \"3\"")], &cancel).await;
    malformed.problem(400, "if_match_malformed");
    for (key, tags) in [("any", "*".to_owned()), ("list", format!("\"0\", {current}, W/\"7\""))] {
        let path = format!("{path}?dryRun=true");
        let answer = server.post_with(&path, key, &[("if-match", &tags)], &cancel).await;
        assert_eq!(answer.ok(200)["status"], "cancelled", "{tags}");
    }
    let missing = "/v1/orders/0198c0de-0000-7000-8000-000000000001/cancel";
    server.post_with(missing, "missing", &[("if-match", "*")], &cancel).await.problem(404, "unknown_order");
}

#[tokio::test]
async fn if_match_is_rejected_where_nothing_checks_it() {
    let server = TestServer::stocked().await;
    let any = [("if-match", "\"3\"")];
    let received = json!({ "sku": "TEA", "location": "munich", "quantity": 1 });
    let answer = server.post_with("/v1/stock/receive", "r", &any, &received).await;
    answer.problem(400, "if_match_unsupported");
    let answer = server.post_with("/v1/commands", "unused", &any, &json!([])).await;
    answer.problem(400, "if_match_unsupported");
}

#[tokio::test]
async fn pages_of_configured_origins_may_send_requests_and_read_answers() {
    let server = TestServer::with_origin().await;
    let preflight = request(
        Method::OPTIONS,
        "/v1/orders",
        &[
            ("origin", ORIGIN),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "idempotency-key,content-type"),
        ],
    );
    let allowed = server.send(preflight).await;
    assert!(allowed.status.is_success());
    assert_eq!(allowed.header("access-control-allow-origin"), Some(ORIGIN));
    let has = |name: &str, wanted: &str| {
        let found = allowed.header(name).unwrap_or_default().to_ascii_lowercase();
        assert!(found.split(',').any(|item| item.trim() == wanted), "{name}: {found}");
    };
    for method in ["get", "post", "put"] {
        has("access-control-allow-methods", method);
    }
    for name in ["idempotency-key", "if-match", "merchant"] {
        has("access-control-allow-headers", name);
    }

    let answer = server.get_with("/v1/orders", &[("origin", ORIGIN)]).await;
    answer.ok(200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    assert!(answer.header("access-control-allow-credentials").is_none());
    let exposed = answer.header("access-control-expose-headers").unwrap();
    for name in ["etag", "location", "retry-after", "idempotency-replayed", "journal-position"] {
        assert!(exposed.split(',').any(|item| item == name), "{name}: {exposed}");
    }
    let problem = server.get_with("/v1/none", &[("origin", ORIGIN)]).await;
    problem.problem(404, "unknown_route");
    assert_eq!(problem.header("access-control-allow-origin"), Some(ORIGIN));
}

#[tokio::test]
async fn pages_of_other_origins_are_rejected() {
    for server in [TestServer::with_origin().await, TestServer::stocked().await] {
        for origin in ["https://evil.example", "http://shop.example", "https://shop.example:444", "null"] {
            let answer = server.get_with("/v1/orders", &[("origin", origin)]).await;
            answer.problem(403, "cross_origin");
            assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
        }
        // Tools on this machine send their own origin.
        let local = server.get_with("/v1/orders", &[("origin", "http://localhost:3000")]).await;
        local.ok(200);
        assert_eq!(local.header("access-control-allow-origin"), None);
    }
    let without = TestServer::stocked().await.get_with("/v1/orders", &[("origin", ORIGIN)]).await;
    without.problem(403, "cross_origin");
}

#[tokio::test]
async fn head_is_get_without_the_body_and_options_lists_the_methods() {
    let server = TestServer::stocked().await;
    let id = server.order("o", 1).await;
    for path in [format!("/v1/orders/{id}"), "/v1/locations".to_owned(), "/livez".to_owned()] {
        let get = server.get(&path).await;
        let head = server.send(request(Method::HEAD, &path, &[])).await;
        assert_eq!((head.status, head.bytes.len()), (get.status, 0));
        for name in ["content-type", "etag", "cache-control", "journal-position"] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
        assert_eq!(head.header("content-length"), Some(get.bytes.len().to_string().as_str()), "{path}");
    }
    for server in [server, TestServer::with_origin().await] {
        for (path, methods) in [("/v1/orders", "POST,GET,HEAD"), ("/v1/policy", "GET,HEAD,PUT")] {
            let options = server.send(request(Method::OPTIONS, path, &[])).await;
            assert!(options.status.is_success());
            let mut allowed: Vec<&str> = options.header("allow").unwrap().split(',').collect();
            let mut methods: Vec<&str> = methods.split(',').collect();
            allowed.sort_unstable();
            methods.sort_unstable();
            assert_eq!(allowed, methods, "{path}");
            let wrong = server.send(request(Method::DELETE, path, &[])).await;
            wrong.problem(405, "method_not_allowed");
            assert!(wrong.header("allow").is_some());
        }
    }
}

#[tokio::test]
async fn http_2_without_tls_is_served() {
    let server = TestServer::stocked().await;
    let listener = Server::bind("127.0.0.1:0".parse().unwrap(), Callers::Clients).await.unwrap();
    let address = listener.address();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(listener.run(Arc::clone(&server.app), async move {
        stopped.await.unwrap();
    }));
    let connection = TcpStream::connect(address).await.unwrap();
    let (mut client, connection) = h2::client::handshake(connection).await.unwrap();
    let connection = tokio::spawn(connection);
    for path in ["/livez", "/v1/locations"] {
        let get = Request::get(format!("http://{address}{path}")).body(()).unwrap();
        let (response, _) = client.send_request(get, true).unwrap();
        let response = response.await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let mut body = response.into_body();
        let mut bytes = Vec::new();
        while let Some(chunk) = body.data().await {
            bytes.extend_from_slice(&chunk.unwrap());
        }
        assert!(serde_json::from_slice::<Value>(&bytes).unwrap().is_object());
    }
    drop(client);
    connection.await.unwrap().unwrap();
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_answer_with_personal_data_is_not_stored_in_caches() {
    let server = TestServer::stocked().await;
    let mut body = order(1);
    body["shipTo"] = json!({ "name": "Ada", "city": "Bonn" });
    let created = server.post("/v1/orders", "o", &body).await.ok(201);
    let path =
        format!("/v1/orders/{}?minPosition={}", created["orderId"].as_str().unwrap(), server.head().await);
    let answer = server.get(&path).await;
    assert_eq!(answer.json()["shipTo"]["name"], "Ada");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

//! GraphQL and REST agree: fields, fingerprints and answers of commands, and fields of objects.

use std::collections::BTreeSet;

use axum::body::{Body, to_bytes};
use axum::http::{Request as HttpRequest, StatusCode};
use holdfast_commands::COMMANDS;
use tower::ServiceExt;

use super::*;
use crate::graphql::descriptions::VIEWS;
use crate::server::{Callers, router};

async fn send(
    server: &TestServer,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> (StatusCode, Value) {
    let mut request = HttpRequest::post(path).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_string())).unwrap();
    let response = router(Arc::clone(&server.app), Callers::All).oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 1 << 24).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

fn order() -> Value {
    json!({
        "channel": "web", "channelRef": "W-9", "currency": "USD", "payment": "required",
        "onShortage": "cancel_remainder", "placedAt": "2026-03-01T12:00:00+02:00", "allowSplit": false,
        "lines": [{"sku": "MUG", "quantity": 2, "total": "21.50", "attributes": {"gift": "yes"}}],
        "shipTo": {"name": "Grace Hopper", "street": ["1 Main St"], "city": "Arlington", "country": "US"},
    })
}

const CREATE: &str = "mutation($input: CreateOrderInput!, $key: String!) { createOrder(input: $input, \
    idempotencyKey: $key) { userErrors { code } replayed result } }";

#[tokio::test]
async fn an_idempotency_key_is_shared_by_rest_bulk_and_graphql() {
    let server = TestServer::stocked().await;
    let mut by_graphql = order();
    by_graphql["payment"] = json!("REQUIRED");
    by_graphql["onShortage"] = json!("CANCEL_REMAINDER");
    by_graphql["lines"][0]["quantity"] = json!("2");
    by_graphql["lines"][0]["lineRef"] = Value::Null;
    by_graphql["placedAt"] = json!("2026-03-01T10:00:00Z");
    let create = json!({"query": CREATE, "variables": {"input": by_graphql, "key": "o1"}});

    let (status, first) = send(&server, "/v1/orders", &[("idempotency-key", "o1")], &order()).await;
    assert_eq!(status, StatusCode::CREATED, "{first}");
    let (_, second) = send(&server, "/graphql", &[], &create).await;
    assert_eq!(second["data"]["createOrder"], json!({"userErrors": [], "replayed": true, "result": first}));
    let mut in_bulk = order();
    in_bulk["key"] = json!("o1");
    in_bulk["command"] = json!("CreateOrder");
    let (_, third) = send(&server, "/v1/commands", &[], &json!([in_bulk])).await;
    assert_eq!(third[0]["body"], first);

    let cancel = format!(
        r#"mutation {{ cancelOrder(idempotencyKey: "c1", input: {{orderId: {}, reason: "customer request"}}) {{ result }} }}"#,
        first["orderId"]
    );
    let (_, cancelled) = send(&server, "/graphql", &[], &json!({"query": cancel})).await;
    let path = format!("/v1/orders/{}/cancel", first["orderId"].as_str().unwrap());
    let (_, again) =
        send(&server, &path, &[("idempotency-key", "c1")], &json!({"reason": "customer request"})).await;
    assert_eq!(again, cancelled["data"]["cancelOrder"]["result"]);
    let (status, other) =
        send(&server, &path, &[("idempotency-key", "c1")], &json!({"reason": "other"})).await;
    assert_eq!((status.as_u16(), &other["code"]), (422, &json!("idempotency_key_reused")));
}

#[tokio::test]
async fn headers_set_actor_and_correlation_id_of_a_mutation() {
    let server = TestServer::stocked().await;
    let create = json!({"query": CREATE, "variables": {"input": order(), "key": "o1"}});
    let headers = [("actor", "ada"), ("correlation-id", "case-7")];
    let (_, created) = send(&server, "/graphql", &headers, &create).await;
    let id = &created["data"]["createOrder"]["result"]["orderId"];
    let query = format!(
        "{{ order(id: {id}) {{ history {{ nodes {{ metadata {{ command actor correlationId key }} }} }} }} }}"
    );
    let history = server.query(&query).await["order"]["history"]["nodes"].clone();
    let expected = json!({"command": "CreateOrder", "actor": "ada", "correlationId": "case-7", "key": "o1"});
    assert_eq!(history[0]["metadata"], expected);
    let long = "a".repeat(201);
    let (_, rejected) = send(&server, "/graphql", &[("actor", &*long)], &create).await;
    assert_eq!(rejected["data"]["createOrder"]["userErrors"], json!([{"code": "header_invalid"}]));
    let query = json!({"query": "{ policy { name } }"});
    let (_, answer) = send(&server, "/graphql", &[("actor", &*long)], &query).await;
    assert_eq!(answer["errors"], Value::Null);
}

/// A type in GraphQL's notation, such as `[String!]!`.
fn notation(kind: &Value) -> String {
    match kind["kind"].as_str().unwrap() {
        "NON_NULL" => format!("{}!", notation(&kind["ofType"])),
        "LIST" => format!("[{}]", notation(&kind["ofType"])),
        _ => kind["name"].as_str().unwrap().to_owned(),
    }
}

fn by_name<'a>(items: &'a Value, name: &str) -> &'a Value {
    let items = items.as_array().unwrap();
    items.iter().find(|item| item["name"] == name).unwrap_or_else(|| panic!("{name}"))
}

const TYPES: &str = "{ __schema { mutationType { name } types { name kind
    inputFields { name description type { ...T } } enumValues { name }
    fields { name description args { name type { ...T } } } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

#[tokio::test]
async fn every_command_is_a_mutation_with_the_fields_of_its_json_schema() {
    let server = TestServer::empty().await;
    let schema = server.query(TYPES).await["__schema"].clone();
    let mutations = &by_name(&schema["types"], "Mutation")["fields"];
    assert_eq!(mutations.as_array().unwrap().len(), COMMANDS.len());
    let mut generator = schemars::SchemaGenerator::default();
    for command in COMMANDS {
        (command.schema)(&mut generator);
        let described = &generator.definitions()[command.name];
        let (first, rest) = command.name.split_at(1);
        let mutation = by_name(mutations, &format!("{}{rest}", first.to_lowercase()));
        let description = described["description"].as_str().unwrap().replace('\n', " ");
        assert_eq!(mutation["description"], description);
        let input = format!("{}Input", command.name);
        assert_eq!(notation(&by_name(&mutation["args"], "input")["type"]), format!("{input}!"));
        let fields = &by_name(&schema["types"], &input)["inputFields"];
        let properties = described["properties"].as_object().unwrap();
        assert_eq!(fields.as_array().unwrap().len(), properties.len(), "{input}");
        let required = described["required"].as_array().cloned().unwrap_or_default();
        for (name, property) in properties {
            let field = by_name(fields, name);
            assert_eq!(
                notation(&field["type"]).ends_with('!'),
                required.contains(&json!(name)),
                "{input}.{name}"
            );
            // Descriptions in GraphQL have one line.
            let description = property["description"].as_str().map(|text| text.replace('\n', " "));
            assert_eq!(field["description"], json!(description), "{input}.{name}");
        }
    }
}

#[tokio::test]
async fn inputs_use_the_scalars_of_the_answers() {
    let server = TestServer::empty().await;
    let schema = server.query(TYPES).await["__schema"].clone();
    for (input, field, kind) in [
        ("CreateOrderInput", "orderId", "ID"),
        ("CreateOrderInput", "lines", "[NewLineInput!]!"),
        ("CreateOrderInput", "onShortage", "OnShortage"),
        ("CreateOrderInput", "attributes", "JSON"),
        ("CreateOrderInput", "placedAt", "DateTime"),
        ("CreateOrderInput", "allowSplit", "Boolean"),
        ("NewLineInput", "quantity", "Long!"),
        ("NewLineInput", "total", "Decimal"),
        ("LineQuantityInput", "line", "Int"),
        ("LineQuantityInput", "serials", "[String!]"),
        ("ShipToInput", "latitude", "Float"),
        ("ReceiveStockInput", "location", "ID!"),
        ("AdjustStockInput", "delta", "Int!"),
        ("SetStockPolicyInput", "safetyStock", "JSON"),
        ("SetMerchantPolicyInput", "sourcing", "[SourcingCriterion!]"),
    ] {
        let fields = &by_name(&schema["types"], input)["inputFields"];
        assert_eq!(notation(&by_name(fields, field)["type"]), kind, "{input}.{field}");
    }
}

#[tokio::test]
async fn enums_of_queries_and_inputs_have_the_same_values() {
    let server = TestServer::empty().await;
    let schema = server.query(TYPES).await["__schema"].clone();
    let mut generator = schemars::SchemaGenerator::default();
    for command in COMMANDS {
        (command.schema)(&mut generator);
    }
    let mut compared = 0;
    for (name, definition) in generator.definitions() {
        let Some(values) = definition["oneOf"].as_array().filter(|values| values[0]["const"].is_string())
        else {
            continue;
        };
        let expected: Vec<String> =
            values.iter().map(|value| value["const"].as_str().unwrap().to_ascii_uppercase()).collect();
        let found = by_name(&schema["types"], name);
        assert_eq!(found["kind"], "ENUM", "{name}");
        let values: Vec<&str> =
            found["enumValues"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(values, expected, "{name}");
        compared += 1;
    }
    assert!(compared > 10, "{compared} enums");
}

async fn openapi(server: &TestServer) -> Value {
    let request = HttpRequest::get("/openapi.json").body(Body::empty()).unwrap();
    let response = router(Arc::clone(&server.app), Callers::All).oneshot(request).await.unwrap();
    serde_json::from_slice(&to_bytes(response.into_body(), 1 << 24).await.unwrap()).unwrap()
}

#[tokio::test]
async fn mutations_require_a_key_where_rest_requires_one() {
    let server = TestServer::empty().await;
    let schema = server.query(TYPES).await["__schema"].clone();
    let document = openapi(&server).await;
    let operations =
        document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap());
    let mut compared = 0;
    for (method, operation) in operations {
        let name = operation["operationId"].as_str().unwrap();
        if !COMMANDS.iter().any(|command| command.name == name) {
            continue;
        }
        let (first, rest) = name.split_at(1);
        let mutations = &by_name(&schema["types"], "Mutation")["fields"];
        let mutation = by_name(mutations, &format!("{}{rest}", first.to_lowercase()));
        let key = notation(&by_name(&mutation["args"], "idempotencyKey")["type"]);
        assert_eq!(key, if method == "post" { "String!" } else { "String" }, "{name}");
        compared += 1;
    }
    assert_eq!(compared, COMMANDS.len());
}

/// The names of a JSON Schema's properties, with those of the schemas that it includes.
fn properties(document: &Value, schema: &Value) -> BTreeSet<String> {
    let mut names: BTreeSet<String> =
        schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    if let Some(reference) = schema["$ref"].as_str() {
        names.append(&mut properties(document, document.pointer(&reference[1..]).unwrap()));
    }
    for part in ["allOf", "anyOf"].iter().filter_map(|key| schema[key].as_array()).flatten() {
        names.append(&mut properties(document, part));
    }
    names
}

#[tokio::test]
async fn objects_have_the_fields_of_the_rest_views_that_they_are_read_from() {
    let server = TestServer::empty().await;
    let schema = server.query(TYPES).await["__schema"].clone();
    let document = openapi(&server).await;
    for (object, view) in VIEWS {
        let of_view = properties(&document, &json!({"$ref": format!("#/components/schemas/{view}")}));
        for field in by_name(&schema["types"], object)["fields"].as_array().unwrap() {
            let name = field["name"].as_str().unwrap();
            // Not part of a view: global ids, fields with resolvers, and fields with another name.
            let is_resolved = ["id", "order", "history", "timeline"].contains(&name);
            let own = ["ChannelPolicy.channel", "Event.metadata", "StockMovement.event"];
            let is_own = is_resolved || own.contains(&&*format!("{object}.{name}"));
            assert!(is_own || of_view.contains(name), "{view} has no {name}: {of_view:?}");
        }
    }
}

//! A command is the same by GraphQL and by REST: its fields, its fingerprint, its answer.

use axum::body::{Body, to_bytes};
use axum::http::{Request as HttpRequest, StatusCode};
use holdfast_commands::COMMANDS;
use tower::ServiceExt;

use super::*;
use crate::server::{Callers, router};

async fn send(house: &House, path: &str, headers: &[(&str, &str)], body: &Value) -> (StatusCode, Value) {
    let mut request = HttpRequest::post(path).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_string())).unwrap();
    let response = router(Arc::clone(&house.app), Callers::All).oneshot(request).await.unwrap();
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
async fn the_same_key_by_rest_in_bulk_and_by_graphql_replays_the_first_answer() {
    let house = House::stocked().await;
    let mut by_graphql = order();
    by_graphql["payment"] = json!("REQUIRED");
    by_graphql["onShortage"] = json!("CANCEL_REMAINDER");
    by_graphql["lines"][0]["quantity"] = json!("2");
    by_graphql["lines"][0]["lineRef"] = Value::Null;
    by_graphql["placedAt"] = json!("2026-03-01T10:00:00Z");
    let create = json!({"query": CREATE, "variables": {"input": by_graphql, "key": "o1"}});

    let (status, first) = send(&house, "/v1/orders", &[("idempotency-key", "o1")], &order()).await;
    assert_eq!(status, StatusCode::CREATED, "{first}");
    let (_, second) = send(&house, "/graphql", &[], &create).await;
    assert_eq!(second["data"]["createOrder"], json!({"userErrors": [], "replayed": true, "result": first}));
    let mut in_bulk = order();
    in_bulk["key"] = json!("o1");
    in_bulk["command"] = json!("CreateOrder");
    let (_, third) = send(&house, "/v1/commands", &[], &json!([in_bulk])).await;
    assert_eq!(third[0]["body"], first);

    let cancel = format!(
        r#"mutation {{ cancelOrder(idempotencyKey: "c1", input: {{orderId: {}, reason: "asked"}}) {{ result }} }}"#,
        first["orderId"]
    );
    let (_, cancelled) = send(&house, "/graphql", &[], &json!({"query": cancel})).await;
    let path = format!("/v1/orders/{}/cancel", first["orderId"].as_str().unwrap());
    let (_, again) = send(&house, &path, &[("idempotency-key", "c1")], &json!({"reason": "asked"})).await;
    assert_eq!(again, cancelled["data"]["cancelOrder"]["result"]);
    let (status, other) =
        send(&house, &path, &[("idempotency-key", "c1")], &json!({"reason": "other"})).await;
    assert_eq!((status.as_u16(), &other["code"]), (422, &json!("idempotency_key_reused")));
}

#[tokio::test]
async fn who_acted_and_what_belongs_together_comes_by_header() {
    let house = House::stocked().await;
    let create = json!({"query": CREATE, "variables": {"input": order(), "key": "o1"}});
    let headers = [("actor", "ada"), ("correlation-id", "case-7")];
    let (_, created) = send(&house, "/graphql", &headers, &create).await;
    let id = &created["data"]["createOrder"]["result"]["orderId"];
    let query = format!(
        "{{ order(id: {id}) {{ history {{ nodes {{ metadata {{ command actor correlationId key }} }} }} }} }}"
    );
    let history = house.ask(&query).await["order"]["history"]["nodes"].clone();
    let expected = json!({"command": "CreateOrder", "actor": "ada", "correlationId": "case-7", "key": "o1"});
    assert_eq!(history[0]["metadata"], expected);
    let long = "a".repeat(201);
    let (_, refused) = send(&house, "/graphql", &[("actor", &*long)], &create).await;
    assert_eq!(refused["data"]["createOrder"]["userErrors"], json!([{"code": "header_invalid"}]));
    let question = json!({"query": "{ policy { name } }"});
    let (_, answered) = send(&house, "/graphql", &[("actor", &*long)], &question).await;
    assert_eq!(answered["errors"], Value::Null);
}

/// A type of the schema, as `TypeRef` tells it.
fn spelt(kind: &Value) -> String {
    match kind["kind"].as_str().unwrap() {
        "NON_NULL" => format!("{}!", spelt(&kind["ofType"])),
        "LIST" => format!("[{}]", spelt(&kind["ofType"])),
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
async fn every_command_has_its_mutation_with_the_fields_of_its_schema() {
    let house = House::empty().await;
    let schema = house.ask(TYPES).await["__schema"].clone();
    let mutations = &by_name(&schema["types"], "Mutation")["fields"];
    assert_eq!(mutations.as_array().unwrap().len(), COMMANDS.len());
    let mut generator = schemars::SchemaGenerator::default();
    for command in COMMANDS {
        (command.schema)(&mut generator);
        let described = &generator.definitions()[command.name];
        let (first, rest) = command.name.split_at(1);
        let mutation = by_name(mutations, &format!("{}{rest}", first.to_lowercase()));
        let about = described["description"].as_str().unwrap().replace('\n', " ");
        assert_eq!(mutation["description"], about);
        let input = format!("{}Input", command.name);
        assert_eq!(spelt(&by_name(&mutation["args"], "input")["type"]), format!("{input}!"));
        let fields = &by_name(&schema["types"], &input)["inputFields"];
        let properties = described["properties"].as_object().unwrap();
        assert_eq!(fields.as_array().unwrap().len(), properties.len(), "{input}");
        let required = described["required"].as_array().cloned().unwrap_or_default();
        for (name, property) in properties {
            let field = by_name(fields, name);
            assert_eq!(
                spelt(&field["type"]).ends_with('!'),
                required.contains(&json!(name)),
                "{input}.{name}"
            );
            // GraphQL has descriptions on one line.
            let about = property["description"].as_str().map(|about| about.replace('\n', " "));
            assert_eq!(field["description"], json!(about), "{input}.{name}");
        }
    }
}

#[tokio::test]
async fn values_have_the_types_that_answers_have() {
    let house = House::empty().await;
    let schema = house.ask(TYPES).await["__schema"].clone();
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
        assert_eq!(spelt(&by_name(fields, field)["type"]), kind, "{input}.{field}");
    }
}

/// A choice of the domain has one enum for questions and commands: both have all of its names.
#[tokio::test]
async fn enums_have_the_names_that_commands_take() {
    let house = House::empty().await;
    let schema = house.ask(TYPES).await["__schema"].clone();
    for (name, domain) in crate::graphql::mutation::choices() {
        let told = by_name(&schema["types"], name);
        assert_eq!(told["kind"], "ENUM", "{name}");
        let values: Vec<&str> =
            told["enumValues"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
        let expected: Vec<String> = domain.iter().map(|one| one.to_ascii_uppercase()).collect();
        assert_eq!(values, expected, "{name}");
    }
}

#[tokio::test]
async fn a_key_is_needed_where_rest_needs_one() {
    let house = House::empty().await;
    let schema = house.ask(TYPES).await["__schema"].clone();
    let request = HttpRequest::get("/openapi.json").body(Body::empty()).unwrap();
    let response = router(Arc::clone(&house.app), Callers::All).oneshot(request).await.unwrap();
    let document: Value =
        serde_json::from_slice(&to_bytes(response.into_body(), 1 << 24).await.unwrap()).unwrap();
    let operations =
        document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap());
    let mut seen = 0;
    for (method, operation) in operations {
        let name = operation["operationId"].as_str().unwrap();
        if !COMMANDS.iter().any(|command| command.name == name) {
            continue;
        }
        let (first, rest) = name.split_at(1);
        let mutations = &by_name(&schema["types"], "Mutation")["fields"];
        let mutation = by_name(mutations, &format!("{}{rest}", first.to_lowercase()));
        let key = spelt(&by_name(&mutation["args"], "idempotencyKey")["type"]);
        assert_eq!(key, if method == "post" { "String!" } else { "String" }, "{name}");
        seen += 1;
    }
    assert_eq!(seen, COMMANDS.len());
}

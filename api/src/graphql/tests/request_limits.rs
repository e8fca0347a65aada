//! A request that exceeds a limit is rejected before any part of it runs.

use std::fmt::Write;

use futures::StreamExt;

use super::*;
use crate::graphql::context::RequestContext;
use crate::graphql::limits::MAX_ITEMS;

async fn assert_rejected(server: &TestServer, query: &str, code: &str) {
    let answer = server.query_with(None, query, json!({})).await;
    let shown = &query[..query.len().min(80)];
    assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{shown}");
    assert_eq!(answer["data"], Value::Null, "{shown}");
    assert!(answer.to_string().len() < 10_000, "{shown}");
}

#[tokio::test]
async fn a_query_that_is_too_deep_is_rejected() {
    let server = TestServer::empty().await;
    // Each repetition has three levels of fields: an order, the connection of its fulfillment orders, and their nodes.
    let nested = |count: usize| {
        format!(
            r#"{{ order(id: "x") {{ {} status {} }} }}"#,
            "fulfillmentOrders { nodes { order { ".repeat(count),
            "} } } ".repeat(count)
        )
    };
    assert_eq!(server.code(&nested(4)).await, "invalid_value", "14 levels are accepted");
    assert_rejected(&server, &nested(5), "query_too_deep").await;
    assert_rejected(&server, &nested(24), "query_too_deep").await;
    assert_rejected(&server, &nested(3_000), "query_too_deep").await;
}

#[tokio::test]
async fn brackets_that_would_exhaust_the_stack_are_rejected() {
    let server = TestServer::empty().await;
    for (open, close) in [("{ a ", "}"), ("[", "]"), ("{a:", "}"), ("... {", "}"), ("(", ")")] {
        let (begin, end) = if open.starts_with(['[', '(']) || open == "{a:" {
            ("{ order(id: ", ") { status } }")
        } else {
            ("{ ", "}")
        };
        for levels in [60, 3_000, 40_000] {
            let query = format!("{begin}{}{}{end}", open.repeat(levels), close.repeat(levels));
            assert_rejected(&server, &query, "query_too_deep").await;
            assert_rejected(&server, &format!("{begin}{}", open.repeat(levels)), "query_too_deep").await;
        }
    }
    // Brackets after quotes in comments and strings count.
    let hidden =
        format!("# \"\n{{ a(b: \"\\\"}}\", c: \"\"\"}}\\\"\"\"}}\"\"\") {} }}", "{ a ".repeat(40_000));
    assert_rejected(&server, &hidden, "query_too_deep").await;
}

#[tokio::test]
async fn brackets_in_strings_and_comments_do_not_count() {
    let server = TestServer::empty().await;
    let brackets = "{[(".repeat(100);
    let query =
        format!("# {brackets}\n{{ a: orderByRef(channel: \"web\", ref: \"\\\"{brackets}\") {{ status }} }}");
    assert_eq!(server.code(&query).await, "invalid_value");
    let block =
        format!("{{ orderByRef(channel: \"web\", ref: \"\"\"\\\"\"\"{brackets}\"\"\") {{ status }} }}");
    assert_eq!(server.code(&block).await, "invalid_value");
}

#[tokio::test]
async fn ten_thousand_aliases_are_rejected() {
    let server = TestServer::empty().await;
    let mut query = String::from("{");
    for number in 0..10_000 {
        write!(query, " a{number}: policy {{ name }}").unwrap();
    }
    assert_rejected(&server, &(query + "}"), "query_too_complex").await;
}

#[tokio::test]
async fn a_page_that_is_too_large_is_rejected() {
    let server = TestServer::empty().await;
    for first in ["1000000", "2147483647"] {
        let query = format!("{{ orders(first: {first}) {{ edges {{ node {{ status }} }} }} }}");
        assert_rejected(&server, &query, "query_too_complex").await;
    }
    for first in ["0", "-1", "-2147483648", "201"] {
        let query = format!("{{ orders(first: {first}) {{ edges {{ cursor }} }} }}");
        assert_eq!(server.code(&query).await, "invalid_value", "{first}");
    }
    // The page has an allowed size, but its items have too many fields.
    let query = "{ orders(first: 200) { edges { node { history { nodes { type at data } } lines { nodes { sku quantity } } } } } }";
    assert_rejected(&server, query, "query_too_complex").await;
    let item = "id orderId status version position channel channelRef customerRef currency amountDue amountPaid createdAt";
    let list = |name: &str| format!("{name}: orders(first: 200) {{ edges {{ node {{ {item} {item} }} }} }} ");
    server.query(&format!("{{ {} }}", list("a"))).await;
    let sum = format!("{{ {} }}", ["a", "b", "c", "d", "e"].map(list).concat());
    assert_rejected(&server, &sum, "query_too_complex").await;
    let by_variable = "query($first: Int!) { orders(first: $first) { edges { node { status } } } }";
    let answer = server.query_with(None, by_variable, json!({"first": 1_000_000})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "query_too_complex");
    let skus = "\"A\",".repeat(50_000);
    assert_rejected(
        &server,
        &format!("{{ availability(skus: [{skus}]) {{ nodes {{ sku }} }} }}"),
        "query_too_complex",
    )
    .await;
}

#[tokio::test]
async fn fragments_that_grow_exponentially_or_contain_themselves_are_rejected() {
    let server = TestServer::empty().await;
    let id = r#"order(id: "01890a5d-ac96-774b-bcce-b302099a8057")"#;
    let mut query = format!("{{ {id} {{ ...F20 }} }} fragment F0 on Order {{ status }}");
    for number in 1..=20 {
        let before = number - 1;
        write!(query, " fragment F{number} on Order {{ ...F{before} ...F{before} }}").unwrap();
    }
    assert_rejected(&server, &query, "query_too_complex").await;
    // The library expands unused fragments too.
    assert_rejected(&server, &query.replace("...F20", "status"), "query_too_complex").await;
    let cycle = format!(
        "{{ {id} {{ ...A }} }} fragment A on Order {{ status ...B ...B }} fragment B on Order {{ ...A ...A }}"
    );
    assert_rejected(&server, &cycle, "invalid_query").await;
    let mut chain = format!("{{ {id} {{ ...F0 }} }} fragment F5000 on Order {{ status }}");
    for number in 0..5_000 {
        write!(chain, " fragment F{number} on Order {{ ...F{} }}", number + 1).unwrap();
    }
    assert_rejected(&server, &chain, "query_too_complex").await;
}

#[tokio::test]
async fn many_validation_errors_do_not_make_the_answer_large() {
    let server = TestServer::empty().await;
    let fields: String = (0..1_500).fold(String::new(), |mut fields, number| {
        let _ = write!(fields, " nothing{number}");
        fields
    });
    assert_rejected(&server, &format!("{{{fields} }}"), "invalid_query").await;
    let directives = "@skip(if: false) ".repeat(10_000);
    assert_rejected(&server, &format!("{{ policy {directives} {{ name }} }}"), "invalid_query").await;
}

/// The introspection query of GraphiQL and other tools.
const INTROSPECTION: &str =
    "query IntrospectionQuery { __schema { queryType { name kind } mutationType { name kind }
    subscriptionType { name kind } types { ...FullType }
    directives { name description locations args { ...InputValue } } } }
  fragment FullType on __Type { kind name description
    fields(includeDeprecated: true) { name description args { ...InputValue } type { ...TypeRef }
      isDeprecated deprecationReason }
    inputFields { ...InputValue } interfaces { ...TypeRef }
    enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
    possibleTypes { ...TypeRef } }
  fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue }
  fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name
    ofType { kind name ofType { kind name ofType { kind name ofType { kind name
    ofType { kind name ofType { kind name } } } } } } } } } }";

#[tokio::test]
async fn introspection_is_allowed_up_to_a_size() {
    let server = TestServer::empty().await;
    let answer = server.query(INTROSPECTION).await;
    let types = answer["__schema"]["types"].as_array().unwrap();
    assert!(types.iter().any(|one| one["name"] == "FulfillmentOrder"));
    assert!(types.len() < 230, "{} types: adapt estimated_items in limits.rs", types.len());
    let nested = |levels: usize| {
        let inner = "fields { type { ".repeat(levels);
        format!("{{ __schema {{ types {{ {inner} name {} }} }} }}", "} } ".repeat(levels))
    };
    server.query(&nested(2)).await;
    assert_rejected(&server, &nested(6), "query_too_complex").await;
    assert_rejected(&server, &nested(9), "query_too_deep").await;
    let mut repeated = String::from("{");
    for number in 0..300 {
        write!(repeated, " a{number}: __schema {{ types {{ fields {{ args {{ name }} }} }} }}").unwrap();
    }
    assert_rejected(&server, &(repeated + "}"), "query_too_complex").await;
}

#[tokio::test]
async fn introspection_can_be_disabled() {
    let directory = tempfile::tempdir().unwrap();
    let database = crate::database::Database::Sqlite(directory.path().to_owned());
    let options = crate::app::Options { introspection: false, ..crate::app::Options::default() };
    let app = Arc::new(App::start(&database, options).await.unwrap());
    let server = TestServer { app, schema: schema(), submitted: AtomicU64::new(0), _directory: directory };
    for query in [
        "{ __schema { types { name } } }",
        "{ __type(name: \"Order\") { name } }",
        "{ policy { __typename } ...F } fragment F on Query { __schema { queryType { name } } }",
    ] {
        assert_eq!(server.code(query).await, "introspection_disabled", "{query}");
    }
    assert_eq!(server.query("{ policy { __typename } }").await["policy"]["__typename"], "Policy");
}

#[tokio::test]
async fn a_request_can_replay_events_only_a_few_times() {
    let server = TestServer::stocked().await;
    let (order, _) = server.create("W-1").await;
    for field in [
        "stockHistory(sku: \"MUG\", first: 1) { pageInfo { endCursor } }".to_owned(),
        "availability(skus: [\"MUG\"], asOf: \"2\") { nodes { sku } }".to_owned(),
        "consequences(position: 2) { nodes { depth } }".to_owned(),
        format!("order(id: {}) {{ timeline {{ nodes {{ status }} }} }}", order["orderId"]),
    ] {
        let repeated = |count: usize| -> String { (0..count).map(|n| format!("q{n}: {field} ")).collect() };
        server.query(&format!("{{ {} }}", repeated(5))).await;
        assert_eq!(server.code(&format!("{{ {} }}", repeated(10))).await, "query_too_complex", "{field}");
    }
}

/// The example in the reference of GraphQL.
const ADMIN_LIST: &str = "query Orders($after: String) {
  orders(first: 100, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id orderId status channel channelRef customerRef placedAt createdAt priority currency amountDue amountPaid
      statusAxes { reservation fulfillment delivery payment }
      lines { nodes { id line sku quantity total reserved backordered shipped delivered cancelled returned } }
      fulfillmentOrders { nodes {
        id fulfillmentOrderId location status supportedActions
        lines { nodes { id sku quantity picked packed shipped } }
        shipments { nodes { id shippedAt packages { nodes { id carrier trackingNumber status statusAt } } } }
      } }
    }
  }
}
";

#[tokio::test]
async fn a_list_of_100_orders_with_lines_fulfillment_orders_and_packages_is_within_the_limits() {
    let page = include_str!("../../../../docs/reference/graphql.md");
    assert!(page.contains(ADMIN_LIST), "docs/reference/graphql.md has another example");
    let server = TestServer::stocked().await;
    let journey = Journey::complete(&server).await;
    let mut position = journey.last();
    for number in 0..99 {
        position = server.create(&format!("M-{number}")).await.1;
    }
    server.query(&format!("{{ orders(minPosition: {position}, first: 1) {{ nodes {{ id }} }} }}")).await;
    let found = server.query(ADMIN_LIST).await;
    let nodes = found["orders"]["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 100);
    let oldest = nodes.last().unwrap();
    assert_eq!(oldest["orderId"], journey.order);
    let shipments = &oldest["fulfillmentOrders"]["nodes"][0]["shipments"];
    let package = &shipments["nodes"][0]["packages"]["nodes"][0];
    assert_eq!((&oldest["status"], &package["trackingNumber"]), (&json!("DELIVERED"), &json!("1Z999")));
}

impl TestServer {
    /// Creates an order of 200 lines. Returns the id, and a selection of all lines, given times.
    async fn create_long_order(&self, times: usize) -> (String, String) {
        let lines = vec![json!({"sku": "MUG", "quantity": 1}); 200];
        let order = json!({"channel": "web", "lines": lines, "payment": "not_required"});
        let (created, _) = self.execute("CreateOrder", order).await;
        let selection =
            (0..times).map(|number| format!("a{number}: lines {{ nodes {{ line }} }} ")).collect();
        (created["orderId"].as_str().unwrap().to_owned(), selection)
    }
}

#[tokio::test]
async fn lists_within_objects_count_the_items_that_they_hold() {
    let server = TestServer::stocked().await;
    let (id, allowed) = server.create_long_order(MAX_ITEMS / 200).await;
    let found = server.query(&format!("{{ order(id: \"{id}\") {{ {allowed} }} }}")).await;
    assert_eq!(found["order"]["a99"]["nodes"].as_array().unwrap().len(), 200);
    let one_more =
        format!("{{ order(id: \"{id}\") {{ {allowed} last: lines(first: 1) {{ nodes {{ line }} }} }} }}");
    assert_eq!(server.code(&one_more).await, "query_too_complex");
}

#[tokio::test]
async fn each_message_of_a_subscription_may_have_all_items() {
    let server = TestServer::stocked().await;
    let (id, lines) = server.create_long_order(60).await;
    let query = format!("subscription {{ orderChanged(id: \"{id}\") {{ order {{ status {lines} }} }} }}");
    let headers = Headers { merchant: None, metadata: Ok(Metadata::default()) };
    let request = Request::new(query).data(RequestContext::new(Arc::clone(&server.app), headers).await);
    let mut messages = server.schema.execute_stream(request).boxed();
    for status in ["RESERVED", "ON_HOLD"] {
        let message = messages.next().await.unwrap();
        assert!(message.errors.is_empty(), "{:?}", message.errors);
        let data = serde_json::to_value(message.data).unwrap();
        assert_eq!(data["orderChanged"]["order"]["status"], status);
        if status == "RESERVED" {
            server.execute("HoldOrder", json!({"orderId": id, "reason": "customer_request"})).await;
        }
    }
}

//! A request that exceeds a limit is rejected before any part of it runs.

use std::fmt::Write;

use super::*;

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
    let sum = "{ a: orders(first: 200) { edges { node { status } } } b: orders(first: 200) { edges { node {
        status channel } } } c: orders(first: 200) { edges { node { status channel orderId } } } }";
    assert_rejected(&server, sum, "query_too_complex").await;
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
async fn an_answer_has_at_most_twenty_errors() {
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
    assert!(types.len() < 200, "{} types: adapt estimated_items in limits.rs", types.len());
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

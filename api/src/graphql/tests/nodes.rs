//! Global ids: each object is found by its id, and two states of an object have different ids.

use std::collections::BTreeMap;

use super::*;

/// Collects the ids of an answer's objects, each with the object's type.
fn collect_ids(value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            if let Some(id) = fields.get("id").and_then(Value::as_str) {
                let kind = fields["__typename"].as_str().unwrap().to_owned();
                let other = found.insert(id.to_owned(), kind.clone());
                assert!(other.is_none_or(|other| other == kind), "{id}");
            }
            fields.values().for_each(|value| collect_ids(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_ids(value, found)),
        _ => {}
    }
}

/// Creates objects of every type. Returns the id of a delivered order.
async fn create_every_type(server: &TestServer) -> String {
    let journey = Journey::complete(server).await;
    let line = json!({"line": 1, "quantity": 1});
    server
        .execute("RequestReturn", json!({"orderId": journey.order, "reason": "too small", "lines": [line]}))
        .await;
    let supply = json!({"sku": "MUG", "location": "DC-1", "quantity": 5, "dueAt": "2090-01-01T00:00:00Z"});
    server.execute("ExpectSupply", supply).await;
    let (open, _) = server.create("W-2").await;
    let open = open["orderId"].as_str().unwrap();
    server.execute("AcceptFulfillmentOrder", json!({"fulfillmentOrderId": format!("{open}.f1")})).await;
    let address = json!({"name": "Ada Byron", "city": "London", "country": "GB"});
    server.execute("AmendOrder", json!({"orderId": open, "shipTo": address})).await;
    let (_, last) = server.execute("HoldOrder", json!({"orderId": open, "reason": "fraud_risk"})).await;
    server.app.queries.wait_for("default", last).await.unwrap();
    journey.order
}

const ORDER: &str = "__typename id shipTo { __typename id } lines { nodes { __typename id } }
    amendment { __typename id shipTo { __typename id } } holds { nodes { __typename id } }
    returns { nodes { __typename id lines { nodes { __typename id } } } } history { nodes { __typename id } }
    fulfillmentOrders { nodes { __typename id lines { nodes { __typename id } }
        shipments { nodes { __typename id packages { nodes { __typename id } } } } } }";

#[tokio::test]
async fn every_object_is_found_by_its_id() {
    let server = TestServer::stocked().await;
    let order = create_every_type(&server).await;
    let queries = [
        format!("{{ orders(first: 5) {{ nodes {{ {ORDER} }} }} }}"),
        format!(r#"{{ order(id: "{order}", asOf: "9") {{ {ORDER} }} }}"#),
        "{ locations { nodes { __typename id } } policy { __typename id } merchants { nodes { __typename id } }
           projections { nodes { __typename id } } }"
            .to_owned(),
        r#"{ now: availability(skus: ["MUG"]) { ...A } then: availability(skus: ["MUG"], asOf: "4") { ...A }
             web: availability(skus: ["MUG"], channel: "web", by: "2091-01-01T00:00:00Z") { ...A } }
           fragment A on AvailabilityConnection { nodes { __typename id
             locations { nodes { __typename id } } supplies { nodes { __typename id } } } }"#
            .to_owned(),
    ];
    let mut found = BTreeMap::new();
    for query in &queries {
        collect_ids(&server.query(query).await, &mut found);
    }
    let kinds: std::collections::BTreeSet<&str> = found.values().map(String::as_str).collect();
    let schema = "{ __type(name: \"Node\") { possibleTypes { name } } }";
    let schema = server.query(schema).await["__type"]["possibleTypes"].clone();
    let all = schema.as_array().unwrap().iter().map(|kind| kind["name"].as_str().unwrap());
    assert_eq!(kinds, all.collect(), "the answers contain objects of every type");
    for chunk in found.iter().collect::<Vec<_>>().chunks(3) {
        let ids: Vec<&str> = chunk.iter().map(|(id, _)| id.as_str()).collect();
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }";
        let answer = server.query_with(None, query, json!({"ids": ids})).await;
        let expected: Vec<Value> =
            chunk.iter().map(|(id, kind)| json!({"id": id, "__typename": kind})).collect();
        assert_eq!(answer["data"]["nodes"], json!(expected), "{answer}");
    }
}

#[tokio::test]
async fn an_unknown_id_is_null_and_a_malformed_id_an_error() {
    let server = TestServer::stocked().await;
    let order = |key: &str| {
        use crate::opaque::encode;
        encode(&json!({"t": "Order", "m": "default", "k": key}))
    };
    let unknown = [
        order("01890a5d-ac96-774b-bcce-b302099a8057"),
        order("17"),
        crate::opaque::encode(&json!({"t": "Order", "m": "unknown", "k": "17"})),
        crate::opaque::encode(&json!({"t": "Event", "m": "default", "k": "0"})),
        crate::opaque::encode(&json!({"t": "Event", "m": "default", "k": "999"})),
        crate::opaque::encode(&json!({"t": "Location", "m": "default", "k": "DC-9"})),
        crate::opaque::encode(&json!({"t": "Supply", "m": "default", "k": "MUG", "p": "s9"})),
    ];
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let answer = server.query_with(None, query, json!({"ids": unknown})).await;
    assert_eq!(answer["data"]["nodes"], json!([null, null, null, null, null, null, null]), "{answer}");
    let extra = crate::opaque::encode(&json!({"t": "Order", "m": "default", "k": "17", "x": 1}));
    for wrong in ["", "17", "!", &extra] {
        assert_eq!(server.code(&format!("{{ node(id: \"{wrong}\") {{ id }} }}")).await, "invalid_value");
    }
    assert_eq!(server.code("{ nodes(ids: []) { id } }").await, "invalid_value");
    let many = json!({"ids": vec![unknown[0].clone(); 201]});
    let answer = server.query_with(None, query, many).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "invalid_value");
}

#[tokio::test]
async fn a_past_state_never_shares_the_id_of_the_current_one() {
    let server = TestServer::stocked().await;
    let journey = Journey::complete(&server).await;
    let (order, then) = (&journey.order, journey.positions[0]);
    let query = format!(
        r#"{{ now: order(id: "{order}", minPosition: {}) {{ ...O }} then: order(id: "{order}", asOf: "{then}") {{ ...O }} }}
           fragment O on Order {{ id status lines {{ nodes {{ id }} }} shipTo {{ id }} history {{ nodes {{ position }} }}
             fulfillmentOrders {{ nodes {{ id order {{ id status }} }} }} }}"#,
        journey.last()
    );
    let data = server.query(&query).await;
    let (now, past) = (&data["now"], &data["then"]);
    assert_eq!((&now["status"], &past["status"]), (&json!("DELIVERED"), &json!("RESERVED")));
    for pointer in ["/id", "/lines/nodes/0/id", "/shipTo/id", "/fulfillmentOrders/nodes/0/id"] {
        assert_ne!(now.pointer(pointer), past.pointer(pointer), "{pointer}");
    }
    let fulfillment_order = &past["fulfillmentOrders"]["nodes"][0];
    assert_eq!(fulfillment_order["order"], json!({"id": past["id"], "status": "RESERVED"}));
    let last = past["history"]["nodes"].as_array().unwrap().last().unwrap();
    assert!(last["position"].as_u64().unwrap() <= then, "{last}");
    let again = "query($id: ID!) { node(id: $id) { ... on Order { id status } } }";
    let again = server.query_with(None, again, json!({"id": past["id"]})).await;
    assert_eq!(again["data"]["node"], json!({"id": past["id"], "status": "RESERVED"}));
}

#[tokio::test]
async fn a_mutation_returns_the_current_object_unless_a_replayed_answer_is_older() {
    let server = TestServer::stocked().await;
    let create = r#"mutation { createOrder(idempotencyKey: "o1", input: {channel: "web", payment: NOT_REQUIRED,
        lines: {sku: "MUG", quantity: 2}, shipTo: {name: "Grace Hopper", city: "Arlington", country: "US"}}) {
        replayed order { id orderId status shipTo { id name } } } }"#;
    let created = server.query(create).await["createOrder"].clone();
    assert_eq!(created["order"]["shipTo"]["name"], "Grace Hopper", "a new answer has personal data");
    let replayed = server.query(create).await["createOrder"].clone();
    assert_eq!((&replayed["replayed"], &replayed["order"]), (&json!(true), &created["order"]));

    let (id, key) = (created["order"]["id"].clone(), created["order"]["orderId"].clone());
    let cancel = format!(
        r#"mutation {{ cancelOrder(idempotencyKey: "c1", input: {{orderId: {key}, reason: "customer request"}}) {{
            order {{ id status }} }} }}"#
    );
    let cancelled = server.query(&cancel).await["cancelOrder"]["order"].clone();
    assert_eq!(cancelled, json!({"id": id, "status": "CANCELLED"}));
    let replayed = server.query(create).await["createOrder"]["order"].clone();
    assert_ne!(replayed["id"], id, "with the same id, a client cache would overwrite the cancelled order");
    assert_eq!(replayed["status"], "RESERVED");
    assert_eq!(replayed["shipTo"]["name"], Value::Null, "an order as of a position has no personal data");

    let count = |key: &str| {
        format!(
            r#"mutation {{ adjustStock(idempotencyKey: "{key}", input: {{sku: "MUG", location: "DC-1", delta: -1,
                reason: LOST}}) {{ availability {{ id available }} }} }}"#
        )
    };
    let first = server.query(&count("a1")).await["adjustStock"]["availability"].clone();
    let second = server.query(&count("a2")).await["adjustStock"]["availability"].clone();
    assert_eq!((&first["id"], &first["available"]), (&second["id"], &json!(999)));
    let replayed = server.query(&count("a1")).await["adjustStock"]["availability"].clone();
    assert_ne!(replayed["id"], first["id"]);
    assert_eq!(replayed["available"], 999);
}

/// Whether a type is a list, and the name of its innermost type.
fn named(kind: &Value) -> (bool, &str) {
    match kind["kind"].as_str().unwrap() {
        "NON_NULL" => named(&kind["ofType"]),
        "LIST" => (true, named(&kind["ofType"]).1),
        _ => (false, kind["name"].as_str().unwrap()),
    }
}

const TYPES: &str =
    "{ __schema { types { name kind interfaces { name } fields { name args { name } type { ...T } } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// Types without an id, whose lists are not connections: a client reads such a list as a whole.
const VALUES: [&str; 14] = [
    "Allocation",
    "BundleComponent",
    "CarrierReport",
    "CartReservationLine",
    "ChannelPolicy",
    "Charge",
    "Closure",
    "Difference",
    "HoldReason",
    "LineUnits",
    "SourcingCriterion",
    "StockMovementAt",
    "TransitDays",
    "Weekday",
];

#[tokio::test]
async fn every_list_of_objects_is_a_connection_and_every_object_with_an_id_a_node() {
    let server = TestServer::empty().await;
    let schema = server.query(TYPES).await["__schema"]["types"].clone();
    let types = schema.as_array().unwrap().iter();
    let objects: Vec<&Value> = types
        .filter(|one| one["kind"] == "OBJECT" && !one["name"].as_str().unwrap().starts_with("__"))
        .collect();
    let mut connections = 0;
    for object in objects {
        let name = object["name"].as_str().unwrap();
        let is_edges = name.ends_with("Connection");
        for field in object["fields"].as_array().unwrap() {
            let (is_list, kind) = named(&field["type"]);
            let of = format!("{name}.{}", field["name"].as_str().unwrap());
            if kind.ends_with("Connection") {
                connections += 1;
                let arguments: Vec<&str> = field["args"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|one| one["name"].as_str().unwrap())
                    .collect();
                for needed in ["first", "after", "last", "before"] {
                    assert!(arguments.contains(&needed), "{of}({needed})");
                }
            }
            let is_value = ["String", "ID"].contains(&kind) || VALUES.contains(&kind);
            let is_known = is_value || ["Query.nodes", "CommandPayload.userErrors"].contains(&&*of);
            assert!(!is_list || is_edges || is_known, "{of} is a list of {kind}");
            if field["name"] == "id" {
                assert_eq!(object["interfaces"], json!([{"name": "Node"}]), "{name}");
            }
        }
    }
    assert!(connections > 25, "{connections}");
    let page_info = schema.as_array().unwrap().iter().find(|one| one["name"] == "PageInfo").unwrap();
    let fields: Vec<&str> =
        page_info["fields"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(fields, ["hasPreviousPage", "hasNextPage", "startCursor", "endCursor"]);
}

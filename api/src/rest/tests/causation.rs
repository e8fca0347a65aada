//! Events by `Correlation-Id` and `Causation-Id`, and the commands that a command caused.

use serde_json::json;

use super::*;

/// The position and id of the first event of a type.
async fn event(server: &TestServer, kind: &str) -> (u64, String) {
    let page = server.get(&format!("/v1/events?type={kind}&limit=1000")).await.ok(200);
    let first = page["items"][0].clone();
    (first["position"].as_u64().unwrap(), first["id"].as_str().unwrap().to_owned())
}

/// Creates orders under two correlation ids. The reservation of one causes its shipment, which causes a tracking report.
async fn create_chain(server: &TestServer) -> String {
    let mut ids = Vec::new();
    for (number, case) in ["case 7", "case 8", "case 7"].into_iter().enumerate() {
        let with = [("correlation-id", case)];
        let taken = server.post_with("/v1/orders", &format!("o{number}"), &with, &order(1)).await.ok(201);
        ids.push(taken["orderId"].as_str().unwrap().to_owned());
    }
    let id = ids.remove(0);
    let (_, reserved) = event(server, "InventoryReserved").await;
    let package = json!({ "packages": [{ "carrier": "dhl", "trackingNumber": "T-1" }] });
    let with = [("causation-id", &*reserved.to_uppercase()), ("correlation-id", "case 7")];
    server.post_with(&format!("/v1/fulfillment-orders/{id}.f1/ship"), "ship", &with, &package).await.ok(201);
    let (_, shipped) = event(server, "ShipmentCreated").await;
    let with = [("causation-id", &*shipped)];
    let seen = json!({ "status": "in_transit", "at": "2026-01-01T00:00:00Z" });
    server.post_with(&format!("/v1/shipments/{id}.s1/track"), "track", &with, &seen).await.ok(200);
    id
}

fn positions(page: &Value) -> Vec<u64> {
    page["items"].as_array().unwrap().iter().map(|item| item["position"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn events_with_a_correlation_or_causation_id_are_listed_page_by_page() {
    let server = TestServer::stocked().await;
    create_chain(&server).await;
    let of = async |query: &str| server.get(&format!("/v1/events?{query}")).await;
    let everything = of("limit=1000").await.ok(200)["items"].clone();
    let with = |name: &str, id: &str| {
        let all = everything.as_array().unwrap().iter();
        let own = all.filter(|event| event[name] == id);
        own.map(|event| event["position"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let case = with("correlationid", "case 7");
    assert!(case.len() > 8, "{everything}");
    for limit in 1..=12 {
        let (mut all, mut after, mut parts) = (Vec::new(), 0, 0);
        loop {
            let page = of(&format!("correlationId=case%207&limit={limit}&after={after}")).await.ok(200);
            let next = page["nextCursor"].as_str().unwrap().parse().unwrap();
            all.extend(positions(&page));
            parts += 1;
            if positions(&page).is_empty() || next == server.head().await {
                break;
            }
            assert_eq!(positions(&page).last(), Some(&next), "the next page begins after the last event");
            after = next;
        }
        assert_eq!(all, case, "limit {limit}");
        assert!(limit > 1 || parts == 3, "the events of a command stay together: {parts}");
    }
    let (_, reserved) = event(&server, "InventoryReserved").await;
    let caused = of(&format!("causationId={}", reserved.to_uppercase())).await.ok(200);
    assert_eq!(positions(&caused), with("causationid", &reserved));
    let both = of(&format!("causationId={reserved}&correlationId=case%208")).await.ok(200);
    assert_eq!(positions(&both), [0; 0]);
    let kinds = of("correlationId=case%207&type=OrderCreated").await.ok(200);
    assert_eq!(positions(&kinds).len(), 2);
    let none = of("correlationId=case%209").await;
    assert_eq!((none.position(), positions(&none.ok(200))), (server.head().await, vec![]));
}

#[tokio::test]
async fn consequences_contain_the_whole_causal_chain() {
    let server = TestServer::stocked().await;
    let id = create_chain(&server).await;
    let (reserved, _) = event(&server, "InventoryReserved").await;
    let (created, _) = event(&server, "OrderCreated").await;
    let all = server.get(&format!("/v1/consequences?position={reserved}")).await;
    let chain = all.ok(200);
    let items = chain["items"].as_array().unwrap();
    let line = |item: &Value| {
        let events = item["events"].as_array().unwrap().len();
        (item["command"].as_str().unwrap().to_owned(), item["depth"].as_u64().unwrap(), events)
    };
    let expected = [("CreateOrder", 0, 4), ("ShipItems", 1, 2), ("TrackShipment", 2, 1)];
    let expected = expected.map(|(name, depth, events)| (name.to_owned(), depth, events));
    assert_eq!(items.iter().map(line).collect::<Vec<_>>(), expected);
    assert_eq!((&items[0]["causedBy"], &items[1]["causedBy"]), (&Value::Null, &json!(reserved)));
    assert_eq!(items[2]["causedBy"], items[1]["firstPosition"]);
    assert_eq!(items[0]["events"][3]["stream"], "stock-TEA");
    assert_eq!(items[1]["events"][0]["stream"], format!("order-{id}"));
    assert_eq!(all.position(), items[2]["position"].as_u64().unwrap());
    for position in created..created + 4 {
        assert_eq!(server.get(&format!("/v1/consequences?position={position}")).await.ok(200), chain);
    }
    assert_eq!(server.get("/v1/consequences?key=o0").await.ok(200), chain);
    let of_shipping = server.get("/v1/consequences?key=ship").await.ok(200);
    assert_eq!(of_shipping["items"].as_array().unwrap().len(), 2);
    assert_eq!(of_shipping["items"][0]["depth"], 0, "the chain begins at the given command");
}

#[tokio::test]
async fn invalid_queries_for_consequences_are_rejected() {
    let server = TestServer::stocked().await;
    create_chain(&server).await;
    let refused = async |query: &str, status: u16, code: &str| {
        server.get(&format!("/v1/consequences{query}")).await.problem(status, code)
    };
    for query in ["", "?position=1&key=o0", "?position=x", "?position=-1"] {
        let problem = refused(query, 400, "invalid_parameter").await;
        assert_eq!(problem["parameter"], "position", "{query}");
    }
    assert_eq!(refused("?key=", 400, "invalid_parameter").await["parameter"], "key");
    refused("?position=0", 404, "unknown_position").await;
    refused(&format!("?position={}", server.head().await + 1), 404, "unknown_position").await;
    refused("?key=never", 404, "unknown_command").await;
    server.post("/v1/orders", "too many", &order(5_000)).await.problem(409, "insufficient_stock");
    let nothing = server.get("/v1/consequences?key=too%20many").await.ok(200);
    assert_eq!(nothing["items"], json!([]), "the command has no events");
    for (query, parameter) in [
        ("correlationId=", "correlationId"),
        ("correlationId=%C3%A4", "correlationId"),
        ("causationId=a%00b", "causationId"),
        ("correlationId=a&correlationId=b", "correlationId"),
    ] {
        let problem = server.get(&format!("/v1/events?{query}")).await.problem(400, "invalid_parameter");
        assert_eq!(problem["parameter"], parameter, "{query}");
    }
    let long = format!("/v1/events?correlationId={}", "x".repeat(201));
    server.get(&long).await.problem(400, "invalid_parameter");
    let with = [("causation-id", "")];
    server.post_with("/v1/orders", "bad", &with, &order(1)).await.problem(400, "header_invalid");
}

#[tokio::test]
async fn more_than_1000_consequences_are_rejected() {
    let server = TestServer::stocked().await;
    let (received, id) = event(&server, "StockReceived").await;
    let one = |number: usize| {
        json!({ "key": format!("{number}"), "command": "AdjustStock", "sku": "TEA",
                "location": "munich", "delta": 1, "reason": "found" })
    };
    let with = [("causation-id", &*id)];
    let some = json!((0..999).map(one).collect::<Vec<_>>());
    server.post_with("/v1/commands", "unused", &with, &some).await.ok(200);
    let answer = server.get(&format!("/v1/consequences?position={received}")).await.ok(200);
    assert_eq!(answer["items"].as_array().unwrap().len(), 1_000);
    let more = json!([one(999)]);
    server.post_with("/v1/commands", "unused", &with, &more).await.ok(200);
    let refused = server
        .get(&format!("/v1/consequences?position={received}"))
        .await
        .problem(422, "too_many_consequences");
    assert_eq!(refused["mostCommands"], 1_000);
    assert!(refused["detail"].as_str().unwrap().contains("holdfast audit command"), "{refused}");
}

#[tokio::test]
async fn a_command_with_many_events_is_found_from_each_of_them() {
    let server = TestServer::stocked().await;
    let line = |number: usize| json!({ "sku": format!("SKU-{number}"), "quantity": 1 });
    let wanted = json!({ "channel": "web", "payment": "not_required", "onShortage": "backorder",
                         "lines": (0..300).map(line).collect::<Vec<_>>() });
    let received = |number: usize| {
        json!({ "key": format!("{number}"), "command": "ReceiveStock", "sku": format!("SKU-{number}"),
                "location": "munich", "quantity": 1 })
    };
    let all = json!((0..300).map(received).collect::<Vec<_>>());
    server.post("/v1/commands", "unused", &all).await.ok(200);
    server.order("before", 1).await;
    let first = server.head().await + 1;
    server.post("/v1/orders", "large", &wanted).await.ok(201);
    let last = server.head().await;
    server.order("after", 1).await;
    assert!(last - first > 300, "{first} to {last}");
    for position in [first, first + 1, u64::midpoint(first, last), last] {
        let answer = server.get(&format!("/v1/consequences?position={position}")).await.ok(200);
        let command = &answer["items"][0];
        assert_eq!((&command["firstPosition"], &command["position"]), (&json!(first), &json!(last)));
        assert_eq!(command["events"].as_array().unwrap().len() as u64, last - first + 1);
    }
}

#[tokio::test]
async fn large_events_with_one_correlation_id_are_split_into_pages() {
    let server = TestServer::stocked().await;
    let note = "x".repeat(500);
    let attributes: serde_json::Map<String, Value> =
        (0..40).map(|n| (format!("a{n}"), json!(note))).collect();
    let line = |_| json!({ "sku": "TEA", "quantity": 1, "attributes": attributes });
    let large = json!({ "channel": "web", "payment": "not_required", "onShortage": "backorder",
                        "lines": (0..40).map(line).collect::<Vec<_>>() });
    for number in 0..25 {
        let with = [("correlation-id", "case 7")];
        server.post_with("/v1/orders", &format!("large {number}"), &with, &large).await.ok(201);
    }
    let (mut all, mut after, mut parts) = (Vec::new(), 0, 0);
    loop {
        let page =
            server.get(&format!("/v1/events?correlationId=case%207&limit=1000&after={after}")).await.ok(200);
        after = page["nextCursor"].as_str().unwrap().parse().unwrap();
        all.extend(positions(&page));
        parts += 1;
        if after == server.head().await {
            break;
        }
    }
    assert_eq!(parts, 2, "the events do not fit into one page");
    let everything = server.get("/v1/events?type=OrderCreated&limit=1000").await.ok(200);
    let created = positions(&everything);
    assert_eq!(all.iter().filter(|position| created.contains(position)).count(), 25);
    assert!(all.is_sorted());
}

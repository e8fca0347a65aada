//! The fulfillment board.

use super::*;

const BOARD: &str = "query($stage: Stage!, $after: String) {
    fulfillmentBoard(location: \"DC-1\", stage: $stage, first: 2, after: $after) {
        edges { node { stage dueAt overdue ageSeconds fulfillmentOrder { order { channelRef } } } }
        pageInfo { hasNextPage endCursor } } }";

/// The references of the orders in a stage, in the order of the board.
async fn orders_in_stage(server: &TestServer, stage: &str) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), Value::Null);
    loop {
        let answer = server.query_with(None, BOARD, json!({"stage": stage, "after": after})).await;
        let list = &answer["data"]["fulfillmentBoard"];
        for edge in list["edges"].as_array().unwrap_or_else(|| panic!("{answer}")) {
            assert_eq!(edge["node"]["stage"], stage);
            let order = &edge["node"]["fulfillmentOrder"]["order"];
            found.push(order["channelRef"].as_str().unwrap().to_owned());
        }
        after = list["pageInfo"]["endCursor"].clone();
        if list["pageInfo"]["hasNextPage"] == false {
            return found;
        }
    }
}

/// Creates an order that needs no payment. Returns its id and position.
async fn create_order(
    server: &TestServer,
    reference: &str,
    priority: &str,
    ship_by: Option<&str>,
) -> (String, u64) {
    let mut delivery = json!({"method": "ship"});
    if let Some(ship_by) = ship_by {
        delivery["shipBy"] = json!(ship_by);
    }
    let fields = json!({"channel": "web", "channelRef": reference, "payment": "not_required",
        "priority": priority, "delivery": delivery, "lines": [{"sku": "MUG", "quantity": 1}]});
    let (order, position) = server.execute("CreateOrder", fields).await;
    (order["orderId"].as_str().unwrap().to_owned(), position)
}

#[tokio::test]
async fn the_board_is_sorted_by_priority_then_due_date_then_age() {
    let server = TestServer::stocked().await;
    create_order(&server, "no-date", "standard", None).await;
    create_order(&server, "late", "standard", Some("2020-01-01T00:00:00Z")).await;
    create_order(&server, "later", "standard", Some("2090-01-01T00:00:00Z")).await;
    create_order(&server, "express", "express", None).await;
    let (critical, last) = create_order(&server, "critical", "critical", None).await;
    server.app.queries.wait_for("default", last).await.unwrap();
    let expected = ["critical", "express", "late", "later", "no-date"];
    assert_eq!(orders_in_stage(&server, "PICK").await, expected);

    let picked = json!({"fulfillmentOrderId": format!("{critical}.f1"), "all": true});
    let (_, last) = server.execute("PickItems", picked).await;
    server.app.queries.wait_for("default", last).await.unwrap();
    assert_eq!(orders_in_stage(&server, "PICK").await, expected[1..]);
    assert_eq!(orders_in_stage(&server, "PACK").await, ["critical"]);
    let summary = "{ fulfillmentBoardSummary(location: \"DC-1\") { nodes {
        location stage fulfillmentOrders overdue nextDueAt oldestAgeSeconds oldestSince } } }";
    let summary = server.query(summary).await["fulfillmentBoardSummary"]["nodes"].clone();
    let row = |index: usize| {
        ["stage", "fulfillmentOrders", "overdue", "nextDueAt"].map(|field| summary[index][field].clone())
    };
    assert_eq!(row(0), [json!("PICK"), json!(4), json!(1), json!("2020-01-01T00:00:00Z")]);
    assert_eq!(row(1), [json!("PACK"), json!(1), json!(0), Value::Null]);
    assert_eq!(summary.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_board_excludes_held_and_shipped_orders_and_has_pending_requests_in_stage_answer() {
    let server = TestServer::stocked().await;
    let (held, _) = create_order(&server, "held", "standard", None).await;
    let (shipped, _) = create_order(&server, "shipped", "standard", None).await;
    let (cancelled, _) = create_order(&server, "cancelled", "standard", None).await;
    server.execute("HoldOrder", json!({"orderId": held, "reason": "fraud_risk"})).await;
    let package = json!({"carrier": "ups", "trackingNumber": "1Z"});
    server
        .execute("ShipItems", json!({"fulfillmentOrderId": format!("{shipped}.f1"), "packages": [package]}))
        .await;
    server.execute("AcceptFulfillmentOrder", json!({"fulfillmentOrderId": format!("{cancelled}.f1")})).await;
    let (_, last) =
        server.execute("CancelOrder", json!({"orderId": cancelled, "reason": "customer request"})).await;
    server.app.queries.wait_for("default", last).await.unwrap();
    for (stage, expected) in [("PICK", &[][..]), ("PACK", &[]), ("SHIP", &[]), ("ANSWER", &["cancelled"])] {
        assert_eq!(orders_in_stage(&server, stage).await, expected, "{stage}");
    }
}

#[tokio::test]
async fn since_is_the_time_when_the_fulfillment_order_entered_the_stage() {
    let server = TestServer::stocked().await;
    let (id, created) = create_order(&server, "R", "standard", None).await;
    let units = json!({"fulfillmentOrderId": format!("{id}.f1"), "all": true});
    let (_, picked) = server.execute("PickItems", units).await;
    // A payment does not change the stage.
    let (_, last) = server.execute("ConfirmPayment", json!({"orderId": id, "paymentRef": "p"})).await;
    server.app.queries.wait_for("default", last.max(picked)).await.unwrap();
    let events = server.app.journal.read("default", created, 100).await.unwrap();
    let recorded_at = events.iter().find(|event| event.position == picked).unwrap().recorded_at;
    let query = "{ fulfillmentBoard(location: \"DC-1\", stage: PACK) { edges { node { since } } } }";
    let since = server.query(query).await["fulfillmentBoard"]["edges"][0]["node"]["since"].clone();
    assert_eq!(since, holdfast_domain::values::Timestamp::from_microseconds(recorded_at).to_string());
}

#[tokio::test]
async fn the_board_rejects_an_invalid_location_and_the_cursor_of_another_list() {
    let server = TestServer::stocked().await;
    let query = "{ fulfillmentBoard(location: \"\", stage: PICK) { edges { cursor } } }";
    assert_eq!(server.code(query).await, "invalid_value");
    let orders = "{ fulfillmentBoard(location: \"DC-1\", stage: PICK, after: \"WyItY3JlYXRlZCIsIjEiXQ\") { edges { cursor } } }";
    assert_eq!(server.code(orders).await, "invalid_cursor");
}

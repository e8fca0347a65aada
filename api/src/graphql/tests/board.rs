//! What locations have to do next, by GraphQL and REST alike.

use super::*;

const BOARD: &str = "query($stage: Stage!, $after: String) {
    fulfillmentBoard(location: \"DC-1\", stage: $stage, first: 2, after: $after) {
        edges { node { stage dueAt overdue ageSeconds fulfillmentOrder { order { channelRef } } } }
        pageInfo { hasNextPage endCursor } } }";

/// The references of the orders that wait in a stage, page by page.
async fn waiting(house: &House, stage: &str) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), Value::Null);
    loop {
        let answer = house.ask_with(None, BOARD, json!({"stage": stage, "after": after})).await;
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

/// An order that needs no payment, with a priority and a day by which it is to leave.
async fn order(house: &House, reference: &str, priority: &str, ship_by: Option<&str>) -> (String, u64) {
    let mut delivery = json!({"method": "ship"});
    if let Some(ship_by) = ship_by {
        delivery["shipBy"] = json!(ship_by);
    }
    let fields = json!({"channel": "web", "channelRef": reference, "payment": "not_required",
        "priority": priority, "delivery": delivery, "lines": [{"sku": "MUG", "quantity": 1}]});
    let (order, position) = house.granted("CreateOrder", fields).await;
    (order["orderId"].as_str().unwrap().to_owned(), position)
}

#[tokio::test]
async fn the_most_urgent_comes_first_then_what_is_to_leave_first_then_the_oldest() {
    let house = House::stocked().await;
    order(&house, "whenever", "standard", None).await;
    order(&house, "late", "standard", Some("2020-01-01T00:00:00Z")).await;
    order(&house, "later", "standard", Some("2090-01-01T00:00:00Z")).await;
    order(&house, "express", "express", None).await;
    let (critical, last) = order(&house, "critical", "critical", None).await;
    house.app.queries.wait_for("default", last).await.unwrap();
    let in_order = ["critical", "express", "late", "later", "whenever"];
    assert_eq!(waiting(&house, "PICK").await, in_order);

    let picked = json!({"fulfillmentOrderId": format!("{critical}.f1"), "all": true});
    let (_, last) = house.granted("PickItems", picked).await;
    house.app.queries.wait_for("default", last).await.unwrap();
    assert_eq!(waiting(&house, "PICK").await, in_order[1..]);
    assert_eq!(waiting(&house, "PACK").await, ["critical"]);
    let summary = "{ fulfillmentBoardSummary(location: \"DC-1\") { nodes {
        location stage fulfillmentOrders overdue nextDueAt oldestAgeSeconds oldestSince } } }";
    let summary = house.ask(summary).await["fulfillmentBoardSummary"]["nodes"].clone();
    let told = |index: usize| {
        let of = &summary[index];
        (of["stage"].clone(), of["fulfillmentOrders"].clone(), of["overdue"].clone(), of["nextDueAt"].clone())
    };
    assert_eq!(told(0), (json!("PICK"), json!(4), json!(1), json!("2020-01-01T00:00:00Z")));
    assert_eq!(told(1), (json!("PACK"), json!(1), json!(0), Value::Null));
    assert_eq!(summary.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_must_wait_or_is_done_is_on_no_board_and_what_was_asked_is_to_be_answered() {
    let house = House::stocked().await;
    let (held, _) = order(&house, "held", "standard", None).await;
    let (left, _) = order(&house, "left", "standard", None).await;
    let (asked, _) = order(&house, "asked", "standard", None).await;
    house.granted("HoldOrder", json!({"orderId": held, "reason": "fraud_risk"})).await;
    let parcel = json!({"carrier": "ups", "trackingNumber": "1Z"});
    house
        .granted("ShipItems", json!({"fulfillmentOrderId": format!("{left}.f1"), "packages": [parcel]}))
        .await;
    house.granted("AcceptFulfillmentOrder", json!({"fulfillmentOrderId": format!("{asked}.f1")})).await;
    let (_, last) = house.granted("CancelOrder", json!({"orderId": asked, "reason": "no"})).await;
    house.app.queries.wait_for("default", last).await.unwrap();
    for (stage, there) in [("PICK", &[][..]), ("PACK", &[]), ("SHIP", &[]), ("ANSWER", &["asked"])] {
        assert_eq!(waiting(&house, stage).await, there, "{stage}");
    }
}

#[tokio::test]
async fn for_how_long_it_waits_counts_from_when_it_came_into_its_stage() {
    let house = House::stocked().await;
    let (id, created) = order(&house, "R", "standard", None).await;
    let part = json!({"fulfillmentOrderId": format!("{id}.f1"), "all": true});
    let (_, picked) = house.granted("PickItems", part).await;
    // What changes nothing about what there is to do changes nothing about since when.
    let (_, last) = house.granted("ConfirmPayment", json!({"orderId": id, "paymentRef": "p"})).await;
    house.app.queries.wait_for("default", last.max(picked)).await.unwrap();
    let events = house.app.journal.read("default", created, 100).await.unwrap();
    let when = events.iter().find(|event| event.position == picked).unwrap().recorded_at;
    let query = "{ fulfillmentBoard(location: \"DC-1\", stage: PACK) { edges { node { since } } } }";
    let since = house.ask(query).await["fulfillmentBoard"]["edges"][0]["node"]["since"].clone();
    assert_eq!(since, holdfast_domain::values::Timestamp::from_microseconds(when).to_string());
}

#[tokio::test]
async fn a_board_is_of_one_location_and_one_stage() {
    let house = House::stocked().await;
    let query = "{ fulfillmentBoard(location: \"\", stage: PICK) { edges { cursor } } }";
    assert_eq!(house.code(query).await, "invalid_value");
    let orders = "{ fulfillmentBoard(location: \"DC-1\", stage: PICK, after: \"WyItY3JlYXRlZCIsIjEiXQ\") { edges { cursor } } }";
    assert_eq!(house.code(orders).await, "invalid_cursor");
}

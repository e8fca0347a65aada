//! Units and work move between locations: fulfillment orders, transfers, conditions, counts.

use serde_json::{Value, json};

use crate::support::orders::{
    PlacedOrder, assert_verified, availability, one_package, order_with, quantities_at, quantities_in,
};
use crate::support::server::TestServer;
use crate::support::store::{TestStore, on_every_store};

on_every_store!(
    moving_an_unacknowledged_fulfillment_order_applies_at_once,
    moving_an_acknowledged_fulfillment_order_requires_location_approval,
    a_transfer_moves_available_units_between_locations,
    changing_the_condition_of_units_changes_availability,
    a_count_below_the_reserved_units_moves_the_latest_order,
    units_missing_in_a_count_are_backordered,
);

async fn moving_an_unacknowledged_fulfillment_order_applies_at_once(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 5).await;
    server.add_stock("DC-2", "MUG", 5).await;
    server.add_stock("DC-3", "MUG", 1).await;
    let placed = PlacedOrder::new(&server, "order", &order_with("MUG", 3, &json!({}))).await;
    assert_eq!(placed.view["fulfillmentOrders"][0]["location"], "DC-1");
    for (to, status, code) in [
        ("DC-1", 409, "already_there"),
        ("DC-3", 409, "insufficient_stock"),
        ("DC-9", 422, "unknown_location"),
    ] {
        let refused =
            server.post(&placed.fulfillment_order_path(1, "move"), to, &json!({ "location": to })).await;
        refused.assert_refused(status, code);
    }
    let path = format!("{}?dryRun=true", placed.fulfillment_order_path(1, "move"));
    let dry = server.post(&path, "dry", &json!({ "location": "DC-2" })).await.accepted();
    assert_eq!(dry["fulfillmentOrders"][0]["location"], "DC-2");
    assert_eq!(
        placed.at_position(&server, &placed.view["position"]).await["fulfillmentOrders"][0]["location"],
        "DC-1"
    );

    let command = json!([{ "key": "move", "command": "MoveFulfillmentOrder", "location": "DC-2",
                           "fulfillmentOrderId": format!("{}.f1", placed.id), "reason": "nearer" }]);
    let moved = server.post("/v1/commands", "unused", &command).await.accepted()[0]["body"].clone();
    let fulfillment_order = &moved["fulfillmentOrders"][0];
    assert_eq!(
        (&fulfillment_order["location"], &fulfillment_order["status"]),
        (&json!("DC-2"), &json!("open")),
        "{moved}"
    );
    let item = availability(&server, "MUG", &moved["position"]).await;
    assert_eq!((quantities_in(&item, "DC-1"), quantities_in(&item, "DC-2")), ([5, 0, 5], [5, 3, 2]));
    placed.fulfillment_order(&server, 1, "ship", &one_package("1Z")).await;
    let late =
        server.post(&placed.fulfillment_order_path(1, "move"), "late", &json!({ "location": "DC-1" })).await;
    late.assert_refused(409, "nothing_left");
    assert_verified(&store);
}

async fn moving_an_acknowledged_fulfillment_order_requires_location_approval(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 5).await;
    server.add_stock("DC-2", "MUG", 5).await;
    let placed = PlacedOrder::new(&server, "order", &order_with("MUG", 3, &json!({}))).await;
    placed.fulfillment_order(&server, 1, "accept", &json!({ "wmsRef": "W-1" })).await;
    let requested = placed.fulfillment_order(&server, 1, "move", &json!({ "location": "DC-2" })).await;
    let fulfillment_order = &requested["fulfillmentOrders"][0];
    assert_eq!(
        (&fulfillment_order["location"], &fulfillment_order["moveTo"]),
        (&json!("DC-1"), &json!("DC-2")),
        "{requested}"
    );
    assert_eq!(fulfillment_order["cancellationRequested"], true);
    let stays = placed
        .fulfillment_order(&server, 1, "reject-cancellation", &json!({ "reason": "packed soon" }))
        .await;
    assert_eq!(stays["fulfillmentOrders"][0]["moveTo"], Value::Null);

    let again = json!({ "location": "DC-2", "reason": "please" });
    placed.fulfillment_order(&server, 1, "move", &again).await;
    let left = placed.fulfillment_order(&server, 1, "accept-cancellation", &json!({})).await;
    let fulfillment_order = &left["fulfillmentOrders"][0];
    assert_eq!(
        (&fulfillment_order["location"], &fulfillment_order["accepted"], &fulfillment_order["status"]),
        (&json!("DC-2"), &json!(false), &json!("open"))
    );
    assert_eq!((&left["status"], &left["lines"][0]["cancelled"]), (&json!("reserved"), &json!(0)));
    let item = availability(&server, "MUG", &left["position"]).await;
    assert_eq!((quantities_in(&item, "DC-1"), quantities_in(&item, "DC-2")), ([5, 0, 5], [5, 3, 2]));
    assert_verified(&store);
}

async fn a_transfer_moves_available_units_between_locations(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    server.add_stock("DC-2", "MUG", 1).await;
    PlacedOrder::new(&server, "order", &order_with("MUG", 2, &json!({}))).await;
    let send = |quantity: u64| json!({ "transferId": "T-1", "sku": "MUG", "from": "DC-1", "to": "DC-2", "quantity": quantity });
    let mut request = send(9);
    request["onlyAvailable"] = true.into();
    let requested = server.post("/v1/transfers", "requested", &request).await;
    requested.assert_refused(409, "insufficient_stock");
    let sent = server.post("/v1/transfers", "send", &send(8)).await;
    assert_eq!(sent.status, 201, "{sent:?}");
    let position = json!(sent.position);
    assert_eq!(sent.accepted()["transferId"], "T-1");
    let item = availability(&server, "MUG", &position).await;
    assert_eq!(
        (quantities_in(&item, "DC-1"), quantities_in(&item, "DC-2")),
        ([2, 2, 0], [1, 0, 1]),
        "{item}"
    );
    assert_eq!(item["locations"][1]["incoming"], 8);
    let twice = server.post("/v1/transfers", "twice", &send(1)).await;
    twice.assert_refused(409, "transfer_exists");

    let receive = "/v1/transfers/T-1/receive";
    let some = server.post(receive, "some", &json!({ "quantity": 5 })).await.accepted();
    assert_eq!((quantities_in(&some, "DC-2"), &some["locations"][1]["incoming"]), ([6, 0, 6], &json!(3)));
    let rest = server.post(receive, "rest", &json!({ "quantity": 1, "close": true })).await.accepted();
    assert_eq!((quantities_in(&rest, "DC-2"), &rest["locations"][1]["incoming"]), ([7, 0, 7], &json!(0)));
    let closed = server.post(receive, "closed", &json!({ "quantity": 1 })).await;
    closed.assert_refused(409, "transfer_closed");
    let never = server.post("/v1/transfers/T-9/receive", "never", &json!({ "quantity": 1 })).await;
    never.assert_refused(404, "unknown_transfer");
    assert_verified(&store);
}

async fn changing_the_condition_of_units_changes_availability(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    let placed = PlacedOrder::new(&server, "order", &order_with("MUG", 6, &json!({}))).await;
    let change = async |key: &str, from: &str, to: &str, quantity: u64| {
        let body = json!({ "sku": "MUG", "location": "DC-1", "from": from, "to": to, "quantity": quantity,
                           "reason": "inspected" });
        server.post("/v1/stock/condition", key, &body).await
    };
    let too_many = change("too many", "sellable", "damaged", 11).await;
    too_many.assert_refused(409, "too_few_in_condition");
    let quarantined = change("quarantined", "sellable", "quarantine", 4).await.accepted();
    assert_eq!(
        (quantities_in(&quarantined, "DC-1"), &quarantined["locations"][0]["quarantine"]),
        ([6, 6, 0], &json!(4))
    );
    let backorder =
        PlacedOrder::new(&server, "backorder", &order_with("MUG", 2, &json!({ "onShortage": "backorder" })))
            .await;
    change("broken", "quarantine", "damaged", 1).await.accepted();
    let good = change("good", "quarantine", "sellable", 3).await;
    assert_eq!(good.accepted()["available"], 1, "two of the three units are earmarked for the backorder");
    backorder.wait_until_reserved(&server).await;
    let shipped = placed.fulfillment_order(&server, 1, "ship", &one_package("1Z")).await;
    let there = availability(&server, "MUG", &shipped["position"]).await["locations"][0].clone();
    assert_eq!(
        (&there["onHand"], &there["damaged"], &there["quarantine"]),
        (&json!(3), &json!(1), &json!(0))
    );
    assert_verified(&store);
}

/// Counts the units at `DC-1`. Returns the answer and the journal's position.
async fn count(server: &TestServer, on_hand: u64) -> (Value, Value) {
    // The time of the last event: no unit moves between it and the count.
    let events = server.get("/v1/events?limit=1000").await.accepted()["items"].clone();
    let at = events.as_array().unwrap().last().unwrap()["time"].clone();
    let body = json!({ "sku": "MUG", "location": "DC-1", "onHand": on_hand, "countedAt": at });
    let answer = server.post("/v1/stock/count", &format!("count {on_hand}"), &body).await;
    (answer.accepted(), json!(answer.position))
}

async fn a_count_below_the_reserved_units_moves_the_latest_order(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    server.add_stock("DC-2", "MUG", 4).await;
    let first = PlacedOrder::new(&server, "first", &order_with("MUG", 4, &json!({}))).await;
    let urgent =
        PlacedOrder::new(&server, "urgent", &order_with("MUG", 2, &json!({ "priority": "critical" }))).await;
    let last = PlacedOrder::new(&server, "last", &order_with("MUG", 3, &json!({}))).await;
    assert_eq!(quantities_at(&server, "MUG", "DC-1", &last.view["position"]).await, [10, 9, 1]);
    let (counted, position) = count(&server, 7).await;
    assert_eq!(
        counted["affectedOrders"],
        json!([last.id]),
        "the latest of the least urgent orders: {counted}"
    );
    assert_eq!(quantities_in(&counted, "DC-1"), [7, 7, 0]);
    assert_eq!(quantities_in(&counted, "DC-2"), [4, 2, 2]);
    let now = last.at_position(&server, &position).await;
    assert_eq!((&now["status"], &now["lines"][0]["reserved"]), (&json!("reserved"), &json!(3)), "{now}");
    let places: Vec<_> = now["fulfillmentOrders"].as_array().unwrap().iter().collect();
    assert_eq!((&places[0]["location"], &places[0]["lines"][0]["quantity"]), (&json!("DC-1"), &json!(1)));
    assert_eq!((&places[1]["location"], &places[1]["lines"][0]["quantity"]), (&json!("DC-2"), &json!(2)));
    for untouched in [&first, &urgent] {
        assert_eq!(untouched.at_position(&server, &position).await["version"], untouched.view["version"]);
    }
    assert_verified(&store);
}

async fn units_missing_in_a_count_are_backordered(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 5).await;
    let placed = PlacedOrder::new(&server, "order", &order_with("MUG", 5, &json!({}))).await;
    let (counted, position) = count(&server, 2).await;
    assert_eq!(counted["affectedOrders"], json!([placed.id]), "{counted}");
    assert_eq!((quantities_in(&counted, "DC-1"), &counted["backordered"]), ([2, 2, 0], &json!(3)));
    let line = placed.at_position(&server, &position).await["lines"][0].clone();
    assert_eq!((&line["reserved"], &line["backordered"]), (&json!(2), &json!(3)));
    server.receive("DC-1", "MUG", 3).await;
    let now = placed.wait_until_reserved(&server).await;
    assert_eq!(quantities_at(&server, "MUG", "DC-1", &now["position"]).await, [5, 5, 0]);
    assert_verified(&store);
}

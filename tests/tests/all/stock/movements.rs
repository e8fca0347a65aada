//! Goods and work move between locations: parts of orders, transfers, conditions, and what a count does not find.

use serde_json::{Value, json};

use crate::support::orders::{
    PlacedOrder, assert_verified, availability, one_package, order_with, quantities_at, quantities_in,
};
use crate::support::server::TestServer;
use crate::support::store::{TestStore, on_every_store};

on_every_store!(
    another_location_takes_a_part_over,
    who_has_taken_a_part_on_is_asked_to_leave_it,
    goods_are_sent_from_one_location_to_another,
    goods_are_in_another_state_than_they_were,
    a_count_below_what_is_promised_sends_orders_elsewhere,
    what_a_count_does_not_find_is_waited_for,
);

async fn another_location_takes_a_part_over(store: TestStore) {
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
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (status, code), "{refused:?}");
    }
    let path = format!("{}?dryRun=true", placed.fulfillment_order_path(1, "move"));
    let dry = server.post(&path, "dry", &json!({ "location": "DC-2" })).await.accepted();
    assert_eq!(dry["fulfillmentOrders"][0]["location"], "DC-2");
    assert_eq!(
        placed.at(&server, &placed.view["position"]).await["fulfillmentOrders"][0]["location"],
        "DC-1"
    );

    let command = json!([{ "key": "move", "command": "MoveFulfillmentOrder", "location": "DC-2",
                           "fulfillmentOrderId": format!("{}.f1", placed.id), "reason": "nearer" }]);
    let moved = server.post("/v1/commands", "unused", &command).await.accepted()[0]["body"].clone();
    let part = &moved["fulfillmentOrders"][0];
    assert_eq!((&part["location"], &part["status"]), (&json!("DC-2"), &json!("open")), "{moved}");
    let item = availability(&server, "MUG", &moved["position"]).await;
    assert_eq!((quantities_in(&item, "DC-1"), quantities_in(&item, "DC-2")), ([5, 0, 5], [5, 3, 2]));
    placed.fulfillment_order(&server, 1, "ship", &one_package("1Z")).await;
    let late =
        server.post(&placed.fulfillment_order_path(1, "move"), "late", &json!({ "location": "DC-1" })).await;
    assert_eq!((late.status.as_u16(), late.code().as_str()), (409, "nothing_left"));
    assert_verified(&store);
}

async fn who_has_taken_a_part_on_is_asked_to_leave_it(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 5).await;
    server.add_stock("DC-2", "MUG", 5).await;
    let placed = PlacedOrder::new(&server, "order", &order_with("MUG", 3, &json!({}))).await;
    placed.fulfillment_order(&server, 1, "accept", &json!({ "wmsRef": "W-1" })).await;
    let asked = placed.fulfillment_order(&server, 1, "move", &json!({ "location": "DC-2" })).await;
    let part = &asked["fulfillmentOrders"][0];
    assert_eq!((&part["location"], &part["moveTo"]), (&json!("DC-1"), &json!("DC-2")), "{asked}");
    assert_eq!(part["cancellationRequested"], true);
    let stays = placed
        .fulfillment_order(&server, 1, "reject-cancellation", &json!({ "reason": "packed soon" }))
        .await;
    assert_eq!(stays["fulfillmentOrders"][0]["moveTo"], Value::Null);

    let again = json!({ "location": "DC-2", "reason": "please" });
    placed.fulfillment_order(&server, 1, "move", &again).await;
    let left = placed.fulfillment_order(&server, 1, "accept-cancellation", &json!({})).await;
    let part = &left["fulfillmentOrders"][0];
    assert_eq!(
        (&part["location"], &part["accepted"], &part["status"]),
        (&json!("DC-2"), &json!(false), &json!("open"))
    );
    assert_eq!((&left["status"], &left["lines"][0]["cancelled"]), (&json!("reserved"), &json!(0)));
    let item = availability(&server, "MUG", &left["position"]).await;
    assert_eq!((quantities_in(&item, "DC-1"), quantities_in(&item, "DC-2")), ([5, 0, 5], [5, 3, 2]));
    assert_verified(&store);
}

async fn goods_are_sent_from_one_location_to_another(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    server.add_stock("DC-2", "MUG", 1).await;
    PlacedOrder::new(&server, "order", &order_with("MUG", 2, &json!({}))).await;
    let send = |quantity: u64| json!({ "transferId": "T-1", "sku": "MUG", "from": "DC-1", "to": "DC-2", "quantity": quantity });
    let promised = server.post("/v1/transfers", "promised", &send(9)).await;
    assert_eq!((promised.status.as_u16(), promised.code().as_str()), (409, "insufficient_stock"));
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
    assert_eq!((twice.status.as_u16(), twice.code().as_str()), (409, "transfer_exists"));

    let receive = "/v1/transfers/T-1/receive";
    let some = server.post(receive, "some", &json!({ "quantity": 5 })).await.accepted();
    assert_eq!((quantities_in(&some, "DC-2"), &some["locations"][1]["incoming"]), ([6, 0, 6], &json!(3)));
    let rest = server.post(receive, "rest", &json!({ "quantity": 1, "close": true })).await.accepted();
    assert_eq!((quantities_in(&rest, "DC-2"), &rest["locations"][1]["incoming"]), ([7, 0, 7], &json!(0)));
    let closed = server.post(receive, "closed", &json!({ "quantity": 1 })).await;
    assert_eq!((closed.status.as_u16(), closed.code().as_str()), (409, "transfer_closed"));
    let never = server.post("/v1/transfers/T-9/receive", "never", &json!({ "quantity": 1 })).await;
    assert_eq!((never.status.as_u16(), never.code().as_str()), (404, "unknown_transfer"));
    assert_verified(&store);
}

async fn goods_are_in_another_state_than_they_were(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    let placed = PlacedOrder::new(&server, "order", &order_with("MUG", 6, &json!({}))).await;
    let change = async |key: &str, from: &str, to: &str, quantity: u64| {
        let body = json!({ "sku": "MUG", "location": "DC-1", "from": from, "to": to, "quantity": quantity,
                           "reason": "looked at" });
        server.post("/v1/stock/condition", key, &body).await
    };
    let promised = change("promised", "sellable", "damaged", 5).await;
    assert_eq!((promised.status.as_u16(), promised.code().as_str()), (409, "too_few_in_condition"));
    let aside = change("aside", "sellable", "quarantine", 4).await.accepted();
    assert_eq!((quantities_in(&aside, "DC-1"), &aside["locations"][0]["quarantine"]), ([6, 6, 0], &json!(4)));
    let wait =
        PlacedOrder::new(&server, "waits", &order_with("MUG", 2, &json!({ "onShortage": "backorder" })))
            .await;
    change("broken", "quarantine", "damaged", 1).await.accepted();
    let good = change("good", "quarantine", "sellable", 3).await;
    assert_eq!(good.accepted()["available"], 1, "two of three are set aside for who waits");
    wait.wait_until(&server, "served", |now| now["status"] == "reserved").await;
    let shipped = placed.fulfillment_order(&server, 1, "ship", &one_package("1Z")).await;
    let there = availability(&server, "MUG", &shipped["position"]).await["locations"][0].clone();
    assert_eq!(
        (&there["onHand"], &there["damaged"], &there["quarantine"]),
        (&json!(3), &json!(1), &json!(0))
    );
    assert_verified(&store);
}

/// Counts what is there at `DC-1`; gives the answer and the journal's position.
async fn count(server: &TestServer, on_hand: u64) -> (Value, Value) {
    // By the server's clock; nothing moves between the last event and the count.
    let events = server.get("/v1/events?limit=1000").await.accepted()["items"].clone();
    let at = events.as_array().unwrap().last().unwrap()["time"].clone();
    let body = json!({ "sku": "MUG", "location": "DC-1", "onHand": on_hand, "countedAt": at });
    let answer = server.post("/v1/stock/count", &format!("count {on_hand}"), &body).await;
    (answer.accepted(), json!(answer.position))
}

async fn a_count_below_what_is_promised_sends_orders_elsewhere(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    server.add_stock("DC-2", "MUG", 4).await;
    let first = PlacedOrder::new(&server, "first", &order_with("MUG", 4, &json!({}))).await;
    let urgent =
        PlacedOrder::new(&server, "urgent", &order_with("MUG", 2, &json!({ "priority": "critical" }))).await;
    let last = PlacedOrder::new(&server, "last", &order_with("MUG", 3, &json!({}))).await;
    assert_eq!(quantities_at(&server, "MUG", "DC-1", &last.view["position"]).await, [10, 9, 1]);
    let (counted, position) = count(&server, 7).await;
    assert_eq!(counted["affectedOrders"], json!([last.id]), "the latest of the least urgent: {counted}");
    assert_eq!(quantities_in(&counted, "DC-1"), [7, 7, 0]);
    assert_eq!(quantities_in(&counted, "DC-2"), [4, 2, 2]);
    let now = last.at(&server, &position).await;
    assert_eq!((&now["status"], &now["lines"][0]["reserved"]), (&json!("reserved"), &json!(3)), "{now}");
    let places: Vec<_> = now["fulfillmentOrders"].as_array().unwrap().iter().collect();
    assert_eq!((&places[0]["location"], &places[0]["lines"][0]["quantity"]), (&json!("DC-1"), &json!(1)));
    assert_eq!((&places[1]["location"], &places[1]["lines"][0]["quantity"]), (&json!("DC-2"), &json!(2)));
    for untouched in [&first, &urgent] {
        assert_eq!(untouched.at(&server, &position).await["version"], untouched.view["version"]);
    }
    assert_verified(&store);
}

async fn what_a_count_does_not_find_is_waited_for(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 5).await;
    let placed = PlacedOrder::new(&server, "order", &order_with("MUG", 5, &json!({}))).await;
    let (counted, position) = count(&server, 2).await;
    assert_eq!(counted["affectedOrders"], json!([placed.id]), "{counted}");
    assert_eq!((quantities_in(&counted, "DC-1"), &counted["backordered"]), ([2, 2, 0], &json!(3)));
    let line = placed.at(&server, &position).await["lines"][0].clone();
    assert_eq!((&line["reserved"], &line["backordered"]), (&json!(2), &json!(3)));
    let more = json!({ "sku": "MUG", "location": "DC-1", "quantity": 3 });
    server.post("/v1/stock/receive", "more", &more).await.accepted();
    let now = placed.wait_until(&server, "served", |now| now["status"] == "reserved").await;
    assert_eq!(quantities_at(&server, "MUG", "DC-1", &now["position"]).await, [5, 5, 0]);
    assert_verified(&store);
}

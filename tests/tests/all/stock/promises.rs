//! What is promised, and from where: supplies, limits of channels, dates, capacity and the way to the customer.

use serde_json::{Value, json};

use crate::support::orders::{PlacedOrder, assert_verified, availability, order_with, quantities_in};
use crate::support::server::TestServer;
use crate::support::store::{TestStore, on_every_store};

on_every_store!(
    who_waits_is_told_when_supply_is_expected,
    what_is_expected_can_be_asked_for_by_a_date,
    a_channel_promises_no_more_than_its_limit,
    dates_are_promised_by_cut_off_and_transit,
    a_location_takes_so_many_orders_a_day,
    an_order_ships_from_no_more_locations_than_allowed,
    an_order_without_coordinates_is_filled_from_nearby,
);

async fn expect(server: &TestServer, key: &str, quantity: u64, due_at: &str) -> Value {
    let supply =
        json!({ "supplyId": "S-1", "sku": "MUG", "location": "DC-1", "quantity": quantity, "dueAt": due_at });
    server.post("/v1/supplies", key, &supply).await.accepted()
}

async fn who_waits_is_told_when_supply_is_expected(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 1).await;
    let waiting = order_with("MUG", 3, &json!({ "onShortage": "backorder" }));
    let placed = PlacedOrder::new(&server, "order", &waiting).await;
    assert_eq!(placed.view["lines"][0]["promisedAt"], Value::Null, "nothing is known");
    let promised = async |what: &str, moment: Value| {
        placed.wait_until(&server, what, |now| now["lines"][0]["promisedAt"] == moment).await;
    };
    expect(&server, "expected", 5, "2100-01-01T00:00:00Z").await;
    promised("promised", json!("2100-01-01T00:00:00Z")).await;
    let after = PlacedOrder::new(&server, "after", &waiting).await;
    assert_eq!(after.view["lines"][0]["promisedAt"], "2100-01-01T00:00:00Z", "told in the answer");
    let too_late = PlacedOrder::new(&server, "too late", &waiting).await;
    assert_eq!(too_late.view["lines"][0]["promisedAt"], Value::Null, "five are expected");

    expect(&server, "late", 5, "2100-02-01T00:00:00Z").await;
    promised("promised for later", json!("2100-02-01T00:00:00Z")).await;
    let cancel = json!({ "reason": "the factory burnt down" });
    server.post("/v1/supplies/S-1/cancel", "cancelled", &cancel).await.accepted();
    promised("told that nothing is known", Value::Null).await;
    let told = placed.events(&server, "PromiseChanged").await;
    let told: Vec<&Value> = told.iter().map(|data| &data["promisedAt"]).collect();
    assert_eq!(told, [&json!("2100-01-01T00:00:00Z"), &json!("2100-02-01T00:00:00Z"), &Value::Null]);

    expect(&server, "again", 2, "2100-03-01T00:00:00Z").await;
    promised("promised again", json!("2100-03-01T00:00:00Z")).await;
    let came = json!({ "sku": "MUG", "location": "DC-1", "quantity": 2, "supplyId": "S-1" });
    let item = server.post("/v1/stock/receive", "came", &came).await.accepted();
    assert_eq!((&item["supplies"], &item["available"]), (&json!([]), &json!(0)), "{item}");
    let served = placed.wait_until(&server, "served", |now| now["status"] == "reserved").await;
    assert_eq!(served["lines"][0]["promisedAt"], Value::Null);
    assert_verified(&store);
}

async fn what_is_expected_can_be_asked_for_by_a_date(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 2).await;
    let announced = expect(&server, "expected", 5, "2100-01-01T00:00:00Z").await;
    assert_eq!((&announced["supplyId"], &announced["locations"][0]["incoming"]), (&json!("S-1"), &json!(5)));
    let wanted = order_with("MUG", 4, &json!({ "onShortage": "backorder" }));
    let placed = PlacedOrder::new(&server, "order", &wanted).await;
    for (by, available) in [("2099-12-31T23:59:59Z", 0), ("2100-01-01T00:00:00Z", 3)] {
        let path = format!("/v1/availability?sku=MUG&by={by}&minPosition={}", placed.view["position"]);
        let item = server.get(&path).await.accepted()["items"][0].clone();
        assert_eq!(item["available"], available, "by {by}: {item}");
    }
    let never = server.post("/v1/supplies/S-9/cancel", "never", &json!({})).await;
    assert_eq!((never.status.as_u16(), never.code().as_str()), (404, "unknown_supply"));
    assert_verified(&store);
}

async fn a_channel_promises_no_more_than_its_limit(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    let limits = json!({ "sku": "MUG", "channelLimits": { "web": 3 } });
    server.put("/v1/stock-policies", &limits).await.accepted();
    let wanted = |channel: &str, quantity| order_with("MUG", quantity, &json!({ "channel": channel }));
    let refused = server.post("/v1/orders", "too many", &wanted("web", 4)).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "insufficient_stock"));
    let placed = PlacedOrder::new(&server, "web", &wanted("web", 2)).await;
    let mut waits = wanted("web", 2);
    waits["onShortage"] = json!("backorder");
    let waits = server.post("/v1/orders", "waits", &waits).await;
    assert_eq!((waits.status.as_u16(), waits.code().as_str()), (409, "channel_limit_exceeded"), "{waits:?}");
    for (channel, available) in [("web", 1), ("shop", 8)] {
        let path =
            format!("/v1/availability?sku=MUG&channel={channel}&minPosition={}", placed.view["position"]);
        assert_eq!(server.get(&path).await.accepted()["items"][0]["available"], available, "{channel}");
    }
    PlacedOrder::new(&server, "shop", &wanted("shop", 6)).await;
    let fewer = placed.command(&server, "cancel", &json!({ "reason": "never mind" })).await;
    assert_eq!(fewer["status"], "cancelled");
    PlacedOrder::new(&server, "web again", &wanted("web", 3)).await;
    server
        .put("/v1/stock-policies", &json!({ "sku": "MUG", "channelLimits": { "web": null } }))
        .await
        .accepted();
    PlacedOrder::new(&server, "no limit", &wanted("web", 1)).await;
    assert_verified(&store);
}

/// What is said of an order that is not to leave before a moment.
fn not_before(moment: &str) -> Value {
    json!({ "delivery": { "method": "ship", "shipNotBefore": moment },
            "shipTo": { "name": "Somebody", "country": "US" } })
}

async fn dates_are_promised_by_cut_off_and_transit(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    let nothing = PlacedOrder::new(&server, "nothing", &order_with("MUG", 1, &json!({}))).await;
    assert_eq!(
        nothing.view["fulfillmentOrders"][0]["promise"],
        Value::Null,
        "nothing is known of the location"
    );
    // There the clocks stand still all year, 5:45 hours before UTC.
    let hours = json!({ "timezone": "Asia/Kathmandu", "cutOff": "12:00" });
    server.put("/v1/locations/DC-1", &hours).await.accepted();
    let table = json!({ "transit": [{ "country": "US", "days": 2 }, { "from": "DC-9", "days": 9 }] });
    server.put("/v1/policy", &table).await.accepted();
    for (before, ship_at, deliver_at) in [
        ("2100-06-01T06:00:00Z", "2100-06-01T06:15:00Z", "2100-06-03T18:14:59.999999Z"),
        ("2100-06-01T06:30:00Z", "2100-06-02T06:15:00Z", "2100-06-04T18:14:59.999999Z"),
    ] {
        let placed = PlacedOrder::new(&server, before, &order_with("MUG", 1, &not_before(before))).await;
        let promise = &placed.view["fulfillmentOrders"][0]["promise"];
        assert_eq!(*promise, json!({ "shipAt": ship_at, "deliverAt": deliver_at }), "{before}");
    }
    let mut late = order_with("MUG", 1, &not_before("2100-06-01T06:30:00Z"));
    late["delivery"]["shipBy"] = json!("2100-06-01T23:00:00Z");
    let late = server.post("/v1/orders", "late", &late).await;
    assert_eq!((late.status.as_u16(), late.code().as_str()), (409, "ship_by_unattainable"));
    assert_verified(&store);
}

async fn a_location_takes_so_many_orders_a_day(store: TestStore) {
    let server = TestServer::start(&store).await;
    for location in ["DC-1", "DC-2"] {
        server.add_stock(location, "MUG", 10).await;
        let capacity = json!({ "timezone": "UTC", "dailyCapacity": 1 });
        server.put(&format!("/v1/locations/{location}"), &capacity).await.accepted();
    }
    server.put("/v1/policy", &json!({ "sourcing": ["earliest_ship", "rank"] })).await.accepted();
    let wanted = order_with("MUG", 1, &not_before("2100-06-01T06:00:00Z"));
    let mut placed = Vec::new();
    for (key, location, day) in
        [("first", "DC-1", 1), ("second", "DC-2", 1), ("third", "DC-1", 2), ("fourth", "DC-2", 2)]
    {
        let order = PlacedOrder::new(&server, key, &wanted).await;
        let part = &order.view["fulfillmentOrders"][0];
        let ship_at = format!("2100-06-0{day}T23:59:59.999999Z");
        assert_eq!(
            (&part["location"], &part["promise"]["shipAt"]),
            (&json!(location), &json!(ship_at)),
            "{key}"
        );
        placed.push(order);
    }
    // Whoever is cancelled makes room again.
    placed[1].command(&server, "cancel", &json!({ "reason": "never mind" })).await;
    let fifth = PlacedOrder::new(&server, "fifth", &wanted).await;
    let part = &fifth.view["fulfillmentOrders"][0];
    assert_eq!(
        (&part["location"], &part["promise"]["shipAt"]),
        (&json!("DC-2"), &json!("2100-06-01T23:59:59.999999Z"))
    );
    assert_verified(&store);
}

async fn an_order_ships_from_no_more_locations_than_allowed(store: TestStore) {
    let server = TestServer::start(&store).await;
    for location in ["DC-1", "DC-2", "DC-3"] {
        server.add_stock(location, "MUG", 2).await;
    }
    server.put("/v1/policy", &json!({ "splitLimit": 2 })).await.accepted();
    let three = server.post("/v1/orders", "three", &order_with("MUG", 5, &json!({}))).await;
    assert_eq!((three.status.as_u16(), three.code().as_str()), (409, "insufficient_stock"));
    let two = PlacedOrder::new(&server, "two", &order_with("MUG", 4, &json!({}))).await;
    assert_eq!(two.view["fulfillmentOrders"].as_array().unwrap().len(), 2);
    let item = availability(&server, "MUG", &two.view["position"]).await;
    let left = ["DC-1", "DC-2", "DC-3"].map(|location| quantities_in(&item, location)[2]);
    assert_eq!(left, [0, 0, 2]);
    assert_verified(&store);
}

async fn an_order_without_coordinates_is_filled_from_nearby(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("A-EAST", "MUG", 9).await;
    server.put("/v1/locations/B-WEST", &json!({ "latitude": 34.0, "longitude": -118.2 })).await.accepted();
    let receipt = json!({ "sku": "MUG", "location": "B-WEST", "quantity": 9 });
    server.post("/v1/stock/receive", "receive", &receipt).await.accepted();
    for (key, to, location, basis) in [
        ("west", json!({ "country": "US", "postalCode": "90012" }), "B-WEST", "postal_code"),
        ("east", json!({ "country": "US", "postalCode": "10001" }), "A-EAST", "postal_code"),
        ("abroad", json!({ "country": "JP" }), "B-WEST", "country"),
        (
            "exactly",
            json!({ "country": "US", "latitude": 34.0, "longitude": -118.0 }),
            "B-WEST",
            "coordinates",
        ),
        ("nowhere", json!({ "city": "Springfield" }), "A-EAST", "none"),
    ] {
        let placed = PlacedOrder::new(&server, key, &order_with("MUG", 1, &json!({ "shipTo": to }))).await;
        assert_eq!(placed.view["fulfillmentOrders"][0]["location"], location, "{key}");
        let sourced = placed.events(&server, "OrderSourced").await;
        assert_eq!(
            (&sourced[0]["basis"], &sourced[0]["chosen"]),
            (&json!(basis), &json!([location])),
            "{key}"
        );
    }
    assert_verified(&store);
}

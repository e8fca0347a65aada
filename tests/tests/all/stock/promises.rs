//! Promises: expected supplies, channel limits, dates, capacity, split limits and distances.

use serde_json::{Value, json};

use crate::support::orders::{PlacedOrder, assert_verified, availability, order_with, quantities_in};
use crate::support::server::TestServer;
use crate::support::store::{TestStore, on_every_store};

on_every_store!(
    backorder_promises_follow_expected_supplies,
    availability_by_a_date_includes_expected_supplies,
    a_channel_limit_caps_the_units_that_a_channel_promises,
    promised_dates_follow_the_cut_off_and_the_transit_table,
    daily_capacity_limits_the_orders_of_a_location,
    the_split_limit_caps_the_locations_of_an_order,
    an_order_without_coordinates_is_sourced_by_postal_code_or_country,
);

async fn expect_supply(server: &TestServer, key: &str, quantity: u64, due_at: &str) -> Value {
    let supply =
        json!({ "supplyId": "S-1", "sku": "MUG", "location": "DC-1", "quantity": quantity, "dueAt": due_at });
    server.post("/v1/supplies", key, &supply).await.accepted()
}

async fn backorder_promises_follow_expected_supplies(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 1).await;
    let backorder = order_with("MUG", 3, &json!({ "onShortage": "backorder" }));
    let placed = PlacedOrder::new(&server, "order", &backorder).await;
    assert_eq!(placed.view["lines"][0]["promisedAt"], Value::Null, "no supply is expected");
    let wait_for_promise = async |name: &str, time: Value| {
        placed.wait_until(&server, name, |now| now["lines"][0]["promisedAt"] == time).await;
    };
    expect_supply(&server, "expected", 5, "2100-01-01T00:00:00Z").await;
    wait_for_promise("promised", json!("2100-01-01T00:00:00Z")).await;
    let after = PlacedOrder::new(&server, "after", &backorder).await;
    assert_eq!(after.view["lines"][0]["promisedAt"], "2100-01-01T00:00:00Z", "the answer has the promise");
    let too_late = PlacedOrder::new(&server, "too late", &backorder).await;
    assert_eq!(too_late.view["lines"][0]["promisedAt"], Value::Null, "the supply of five is used up");

    expect_supply(&server, "late", 5, "2100-02-01T00:00:00Z").await;
    wait_for_promise("promised for later", json!("2100-02-01T00:00:00Z")).await;
    let cancel = json!({ "reason": "the factory burnt down" });
    server.post("/v1/supplies/S-1/cancel", "cancelled", &cancel).await.accepted();
    wait_for_promise("without a promise", Value::Null).await;
    let events = placed.events(&server, "PromiseChanged").await;
    let promises: Vec<&Value> = events.iter().map(|data| &data["promisedAt"]).collect();
    assert_eq!(promises, [&json!("2100-01-01T00:00:00Z"), &json!("2100-02-01T00:00:00Z"), &Value::Null]);

    expect_supply(&server, "again", 2, "2100-03-01T00:00:00Z").await;
    wait_for_promise("promised again", json!("2100-03-01T00:00:00Z")).await;
    let came = json!({ "sku": "MUG", "location": "DC-1", "quantity": 2, "supplyId": "S-1" });
    let item = server.post("/v1/stock/receive", "came", &came).await.accepted();
    assert_eq!((&item["supplies"], &item["available"]), (&json!([]), &json!(0)), "{item}");
    let filled = placed.wait_until_reserved(&server).await;
    assert_eq!(filled["lines"][0]["promisedAt"], Value::Null);
    assert_verified(&store);
}

async fn availability_by_a_date_includes_expected_supplies(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 2).await;
    let announced = expect_supply(&server, "expected", 5, "2100-01-01T00:00:00Z").await;
    assert_eq!((&announced["supplyId"], &announced["locations"][0]["incoming"]), (&json!("S-1"), &json!(5)));
    let wanted = order_with("MUG", 4, &json!({ "onShortage": "backorder" }));
    let placed = PlacedOrder::new(&server, "order", &wanted).await;
    for (by, available) in [("2099-12-31T23:59:59Z", 0), ("2100-01-01T00:00:00Z", 3)] {
        let path = format!("/v1/availability?sku=MUG&by={by}&minPosition={}", placed.view["position"]);
        let item = server.get(&path).await.accepted()["items"][0].clone();
        assert_eq!(item["available"], available, "by {by}: {item}");
    }
    let never = server.post("/v1/supplies/S-9/cancel", "never", &json!({})).await;
    never.assert_refused(404, "unknown_supply");
    assert_verified(&store);
}

async fn a_channel_limit_caps_the_units_that_a_channel_promises(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    let limits = json!({ "sku": "MUG", "channelLimits": { "web": 3 } });
    server.put("/v1/stock-policies", &limits).await.accepted();
    let wanted = |channel: &str, quantity| order_with("MUG", quantity, &json!({ "channel": channel }));
    let refused = server.post("/v1/orders", "too many", &wanted("web", 4)).await;
    refused.assert_refused(409, "insufficient_stock");
    let placed = PlacedOrder::new(&server, "web", &wanted("web", 2)).await;
    let mut backorder = wanted("web", 2);
    backorder["onShortage"] = json!("backorder");
    let refused = server.post("/v1/orders", "backorder", &backorder).await;
    refused.assert_refused(409, "channel_limit_exceeded");
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

/// Fields of an order that must not ship before a time.
fn not_before(time: &str) -> Value {
    json!({ "delivery": { "method": "ship", "shipNotBefore": time },
            "shipTo": { "name": "Ada", "country": "US" } })
}

async fn promised_dates_follow_the_cut_off_and_the_transit_table(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    let nothing = PlacedOrder::new(&server, "nothing", &order_with("MUG", 1, &json!({}))).await;
    assert_eq!(
        nothing.view["fulfillmentOrders"][0]["promise"],
        Value::Null,
        "the location has no cut-off and no time zone"
    );
    // A time zone without daylight saving time, 5:45 hours ahead of UTC.
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
    late.assert_refused(409, "ship_by_unattainable");
    assert_verified(&store);
}

async fn daily_capacity_limits_the_orders_of_a_location(store: TestStore) {
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
        let fulfillment_order = &order.view["fulfillmentOrders"][0];
        let ship_at = format!("2100-06-0{day}T23:59:59.999999Z");
        assert_eq!(
            (&fulfillment_order["location"], &fulfillment_order["promise"]["shipAt"]),
            (&json!(location), &json!(ship_at)),
            "{key}"
        );
        placed.push(order);
    }
    // A cancelled order frees its booked capacity.
    placed[1].command(&server, "cancel", &json!({ "reason": "never mind" })).await;
    let fifth = PlacedOrder::new(&server, "fifth", &wanted).await;
    let fulfillment_order = &fifth.view["fulfillmentOrders"][0];
    assert_eq!(
        (&fulfillment_order["location"], &fulfillment_order["promise"]["shipAt"]),
        (&json!("DC-2"), &json!("2100-06-01T23:59:59.999999Z"))
    );
    assert_verified(&store);
}

async fn the_split_limit_caps_the_locations_of_an_order(store: TestStore) {
    let server = TestServer::start(&store).await;
    for location in ["DC-1", "DC-2", "DC-3"] {
        server.add_stock(location, "MUG", 2).await;
    }
    server.put("/v1/policy", &json!({ "splitLimit": 2 })).await.accepted();
    let three = server.post("/v1/orders", "three", &order_with("MUG", 5, &json!({}))).await;
    three.assert_refused(409, "insufficient_stock");
    let two = PlacedOrder::new(&server, "two", &order_with("MUG", 4, &json!({}))).await;
    assert_eq!(two.view["fulfillmentOrders"].as_array().unwrap().len(), 2);
    let item = availability(&server, "MUG", &two.view["position"]).await;
    let left = ["DC-1", "DC-2", "DC-3"].map(|location| quantities_in(&item, location)[2]);
    assert_eq!(left, [0, 0, 2]);
    assert_verified(&store);
}

async fn an_order_without_coordinates_is_sourced_by_postal_code_or_country(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("A-EAST", "MUG", 9).await;
    server.put("/v1/locations/B-WEST", &json!({ "latitude": 34.0, "longitude": -118.2 })).await.accepted();
    server.receive("B-WEST", "MUG", 9).await;
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

//! Orders that wait, and what changes meanwhile of that which may serve them.

use serde_json::json;

use super::*;

/// What an order says that waits for whatever is not there.
fn patient(sku: &str, quantity: u32) -> Value {
    let mut wanted = order(sku, quantity);
    wanted["onShortage"] = json!("backorder");
    wanted
}

/// The same order, reserved for ten seconds unless it is paid.
fn unpaid(wanted: Value) -> Value {
    with(wanted, json!({ "payment": "required", "reserveFor": "PT10S" }))
}

fn with(mut fields: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("{more} has no fields") };
    fields.as_object_mut().unwrap().extend(more);
    fields
}

impl House {
    async fn create(&self, key: &str, wanted: Value) -> Value {
        granted(&self.send("CreateOrder", key, wanted).await)
    }

    async fn fill(&self, key: &str, sku: &str) {
        granted(&self.send("FillBackorders", key, json!({ "sku": sku })).await);
    }

    /// Receives units and tells what a location has then: on hand, reserved and set aside.
    async fn receive(&self, key: &str, sku: &str, location: &str, quantity: u32) -> [u64; 3] {
        let fields = json!({ "sku": sku, "location": location, "quantity": quantity });
        let item = granted(&self.send("ReceiveStock", key, fields).await);
        let there = item["locations"].as_array().unwrap().iter().find(|there| there["location"] == location);
        ["onHand", "reserved", "earmarked"].map(|what| there.unwrap()[what].as_u64().unwrap())
    }

    /// What of an order's lines is reserved and waited for.
    async fn lines(&self, key: &str, order: &Value) -> Vec<[u64; 2]> {
        let hold = json!({ "orderId": order["orderId"], "reason": "other" });
        let now = granted(&self.send("HoldOrder", key, hold).await);
        let lines = now["lines"].as_array().unwrap();
        lines
            .iter()
            .map(|line| ["reserved", "backordered"].map(|what| line[what].as_u64().unwrap()))
            .collect()
    }
}

#[tokio::test]
async fn who_has_let_it_expire_leaves_the_turn_to_the_next() {
    let house = House::open().await;
    let first = house.create("first", unpaid(patient("A", 12))).await;
    let second = house.create("second", patient("A", 3)).await;
    house.clock.set(60_000_000);
    // Nobody has told the first order yet, so that some of it is set aside for that.
    assert_eq!(house.receive("more", "A", "DC-1", 1).await, [11, 0, 5]);
    house.fill("fill", "A").await;
    assert_eq!(house.lines("second now", &second).await, [[3, 0]]);
    assert_eq!(house.lines("first now", &first).await, [[0, 0]]);
    assert_eq!(house.receive("after", "A", "DC-1", 1).await, [12, 3, 0], "order and stock say the same");
    house.verify().await;
}

#[tokio::test]
async fn a_location_that_does_not_ship_an_order_is_not_waited_for() {
    let house = House::open().await;
    let created = house.create("order", patient("A", 12)).await;
    let reject = json!({
        "fulfillmentOrderId": created["fulfillmentOrders"][0]["fulfillmentOrderId"], "reason": "too heavy"
    });
    granted(&house.send("RejectFulfillmentOrder", "rejected", reject).await);
    assert_eq!(house.receive("there", "A", "DC-1", 5).await, [15, 0, 0]);
    assert_eq!(house.receive("elsewhere", "A", "DC-2", 20).await, [20, 0, 12]);
    house.fill("fill", "A").await;
    assert_eq!(house.lines("now", &created).await, [[12, 0]]);
    house.verify().await;
}

#[tokio::test]
async fn who_is_to_fetch_it_elsewhere_waits_there() {
    let house = House::open().await;
    let taken = house.create("taken", order("A", 10)).await;
    assert_eq!(taken["status"], "reserved");
    let created = house.create("order", patient("A", 2)).await;
    let amend = json!({
        "orderId": created["orderId"], "delivery": { "method": "pickup", "location": "DC-2" }
    });
    granted(&house.send("AmendOrder", "amended", amend).await);
    assert_eq!(house.receive("there", "A", "DC-1", 5).await, [15, 10, 0]);
    assert_eq!(house.receive("elsewhere", "A", "DC-2", 5).await, [5, 0, 2]);
    house.verify().await;
}

#[tokio::test]
async fn what_must_come_from_one_location_is_waited_for_where_the_rest_has_gone() {
    let house = House::open().await;
    house.receive("A elsewhere", "A", "DC-2", 5).await;
    house.receive("B", "B", "DC-1", 1).await;
    house.create("B is gone", order("B", 1)).await;
    let lines = json!([{ "sku": "A", "quantity": 2 }, { "sku": "B", "quantity": 3 }]);
    let whole = json!({
        "lines": lines, "allowSplit": false, "delivery": { "method": "ship" },
        "shipTo": { "latitude": 40.0, "longitude": 0.0 }
    });
    let created = house.create("order", with(patient("A", 1), whole)).await;
    let part = &created["fulfillmentOrders"][0];
    assert_eq!(
        (&part["location"], &created["lines"][1]["backordered"]),
        (&json!("DC-1"), &json!(3)),
        "{created}"
    );
    let elsewhere = json!({ "fulfillmentOrderId": part["fulfillmentOrderId"], "location": "DC-2" });
    granted(&house.send("MoveFulfillmentOrder", "moved", elsewhere).await);
    assert_eq!(house.receive("there", "B", "DC-1", 5).await, [6, 1, 0]);
    assert_eq!(house.receive("where the rest is", "B", "DC-2", 5).await, [5, 0, 3]);
    house.fill("fill", "B").await;
    assert_eq!(house.lines("now", &created).await, [[2, 0], [3, 0]]);
    house.verify().await;
}

/// Rejects an order's latest part.
async fn reject(house: &House, key: &str, order: &Value) -> Value {
    let part = order["fulfillmentOrders"].as_array().unwrap().last().unwrap();
    let reject = json!({ "fulfillmentOrderId": part["fulfillmentOrderId"], "reason": "too heavy" });
    granted(&house.send("RejectFulfillmentOrder", key, reject).await)
}

/// An order of two A and three B, of which no B is there; its A come from DC-1.
async fn two_of_a_and_no_b(house: &House) -> Value {
    house.receive("A elsewhere", "A", "DC-2", 5).await;
    house.receive("B", "B", "DC-1", 1).await;
    house.create("B is gone", order("B", 1)).await;
    let lines = json!([{ "sku": "A", "quantity": 2 }, { "sku": "B", "quantity": 3 }]);
    let near = json!({
        "lines": lines, "delivery": { "method": "ship" }, "shipTo": { "latitude": 40.0, "longitude": 0.0 }
    });
    let created = house.create("order", with(patient("A", 1), near)).await;
    assert_eq!(created["fulfillmentOrders"][0]["location"], "DC-1", "{created}");
    created
}

/// The locations that ship some of an order.
async fn locations(house: &House, key: &str, order: &Value) -> std::collections::BTreeSet<String> {
    let hold = json!({ "orderId": order["orderId"], "reason": "other" });
    let now = granted(&house.send("HoldOrder", key, hold).await);
    let parts = now["fulfillmentOrders"].as_array().unwrap().iter();
    parts.map(|part| part["location"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn backordered_units_keep_to_the_split_limit() {
    let house = House::open().await;
    granted(&house.send("SetMerchantPolicy", "limit", json!({ "splitLimit": 1 })).await);
    let created = two_of_a_and_no_b(&house).await;
    assert_eq!(house.receive("at another location", "B", "DC-2", 5).await, [5, 0, 0]);
    assert_eq!(house.receive("where the rest is", "B", "DC-1", 2).await, [3, 1, 2]);
    house.fill("fill", "B").await;
    assert_eq!(house.lines("now", &created).await, [[2, 0], [2, 1]]);
    assert_eq!(locations(&house, "where", &created).await, ["DC-1".to_owned()].into());
    house.verify().await;
}

#[tokio::test]
async fn backordered_units_take_what_is_left_of_the_split_limit_once() {
    let house = House::open().await;
    let far = json!({ "location": "DC-3", "latitude": 0.0, "longitude": 0.0 });
    granted(&house.send("RegisterLocation", "third", far).await);
    granted(&house.send("SetMerchantPolicy", "limit", json!({ "splitLimit": 2 })).await);
    let created = two_of_a_and_no_b(&house).await;
    assert_eq!(house.receive("at a second location", "B", "DC-2", 1).await, [1, 0, 1]);
    house.fill("fill", "B").await;
    assert_eq!(house.receive("at a third location", "B", "DC-3", 5).await, [5, 0, 0]);
    assert_eq!(house.receive("at the second again", "B", "DC-2", 5).await, [6, 1, 2]);
    house.fill("fill again", "B").await;
    assert_eq!(house.lines("now", &created).await, [[2, 0], [3, 0]]);
    assert_eq!(locations(&house, "where", &created).await, ["DC-1".to_owned(), "DC-2".to_owned()].into());
    house.verify().await;
}

#[tokio::test]
async fn an_added_line_keeps_to_the_split_limit() {
    let house = House::open().await;
    granted(&house.send("SetMerchantPolicy", "limit", json!({ "splitLimit": 1 })).await);
    let created = two_of_a_and_no_b(&house).await;
    house.receive("C elsewhere", "C", "DC-2", 5).await;
    let changes = json!([{ "op": "add", "sku": "C", "quantity": 1 }]);
    let amend = json!({ "orderId": created["orderId"], "changes": changes });
    let amended = granted(&house.send("AmendOrder", "one more line", amend).await);
    assert_eq!(
        (&amended["lines"][2]["reserved"], &amended["lines"][2]["backordered"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(locations(&house, "where", &created).await, ["DC-1".to_owned()].into());
    house.verify().await;
}

#[tokio::test]
async fn no_location_is_asked_again_that_has_rejected_the_order() {
    let house = House::open().await;
    house.receive("elsewhere", "A", "DC-2", 10).await;
    let created = house.create("order", patient("A", 2)).await;
    let second = reject(&house, "first says no", &created).await;
    assert_eq!(second["status"], "reserved");
    let waits = reject(&house, "second says no", &second).await;
    assert_eq!((&waits["status"], &waits["lines"][0]["backordered"]), (&json!("backordered"), &json!(2)));
    for location in ["DC-1", "DC-2"] {
        assert_eq!(house.receive(&format!("more at {location}"), "A", location, 1).await, [11, 0, 0]);
    }
    house.verify().await;
}

#[tokio::test]
async fn somebody_decides_about_what_the_only_location_does_not_ship() {
    let house = House::open().await;
    let fetched = json!({ "delivery": { "method": "pickup", "location": "DC-1" } });
    let created = house.create("order", with(patient("A", 2), fetched)).await;
    let held = reject(&house, "not here", &created).await;
    assert_eq!(
        (&held["status"], &held["holds"][0]["reason"], &held["lines"][0]["backordered"]),
        (&json!("on_hold"), &json!("inventory_out_of_stock"), &json!(0))
    );
    house.receive("elsewhere", "A", "DC-2", 5).await;
    let amend = json!({ "orderId": held["orderId"], "delivery": { "method": "pickup", "location": "DC-2" } });
    granted(&house.send("AmendOrder", "fetched elsewhere", amend).await);
    let release = json!({ "orderId": held["orderId"], "holdId": held["holds"][0]["holdId"] });
    let released = granted(&house.send("ReleaseHold", "decided", release).await);
    assert_eq!((&released["status"], &released["lines"][0]["reserved"]), (&json!("reserved"), &json!(2)));
    house.verify().await;
}

#[tokio::test]
async fn a_location_that_leaves_a_part_has_left_it_though_the_taker_is_sold_out() {
    let house = House::open().await;
    house.receive("elsewhere", "A", "DC-2", 3).await;
    let far = json!({ "delivery": { "method": "ship" } });
    let created = house.create("order", with(patient("A", 3), far)).await;
    let part = json!({ "fulfillmentOrderId": created["fulfillmentOrders"][0]["fulfillmentOrderId"] });
    granted(&house.send("AcceptFulfillmentOrder", "accepted", part.clone()).await);
    let elsewhere = with(part.clone(), json!({ "location": "DC-2" }));
    granted(&house.send("MoveFulfillmentOrder", "asked", elsewhere).await);
    let theirs = json!({ "delivery": { "method": "pickup", "location": "DC-2" } });
    house.create("another", with(order("A", 3), theirs)).await;
    let left = granted(&house.send("AcceptCancellation", "left", part).await);
    assert_eq!(
        (&left["discrepancies"][0]["code"], &left["lines"][0]["backordered"]),
        (&json!("taker_out_of_stock"), &json!(3))
    );
    house.verify().await;
}

#[tokio::test]
async fn nobody_is_told_of_a_date_that_nothing_stands_behind() {
    let house = House::open().await;
    house.create("gone", order("A", 9)).await;
    let supply = json!({ "sku": "A", "location": "DC-1", "quantity": 5, "dueAt": "2000-01-01T00:00:00Z" });
    granted(&house.send("ExpectSupply", "supply", supply).await);
    let created = house.create("order", patient("A", 2)).await;
    assert_eq!(created["lines"][0]["promisedAt"], "2000-01-01T00:00:00Z");
    let rejected = reject(&house, "too heavy", &created).await;
    assert_eq!(
        (&rejected["status"], &rejected["lines"][0]["promisedAt"]),
        (&json!("backordered"), &Value::Null)
    );
    house.verify().await;
}

#[tokio::test]
async fn an_order_is_sourced_when_the_hold_that_it_waited_under_is_over() {
    let house = House::open().await;
    let created = house.create("order", unpaid(order("A", 2))).await;
    house.clock.set(60_000_000);
    let hold = json!({
        "orderId": created["orderId"], "reason": "inventory_out_of_stock", "until": "1970-01-01T00:02:00Z"
    });
    granted(&house.send("HoldOrder", "held", hold).await);
    let pay = json!({ "orderId": created["orderId"], "paymentRef": "money" });
    let paid = granted(&house.send("ConfirmPayment", "paid", pay).await);
    assert_eq!(paid["lines"][0]["reserved"], 0);
    house.clock.set(180_000_000);
    granted(&house.send("AttendOrder", "attended", json!({ "orderId": created["orderId"] })).await);
    assert_eq!(house.lines("now", &created).await, [[2, 0]]);
    house.verify().await;
}

#[tokio::test]
async fn what_has_expired_is_nobodys_whatever_is_reported() {
    let house = House::open().await;
    house.create("order", unpaid(order("A", 10))).await;
    let broken = json!({ "sku": "A", "location": "DC-1", "delta": -10, "reason": "damaged" });
    assert_eq!(
        refused(&house.send("AdjustStock", "early", broken.clone()).await),
        "adjustment_below_reserved"
    );
    house.clock.set(60_000_000);
    granted(&house.send("AdjustStock", "late", broken).await);
    house.verify().await;
}

#[tokio::test]
async fn what_an_unpaid_order_did_not_ship_is_not_looked_for() {
    let house = House::open().await;
    let created = house.create("order", unpaid(order("A", 2))).await;
    house.clock.set(60_000_000);
    let part = created["fulfillmentOrders"][0]["fulfillmentOrderId"].clone();
    let package =
        json!({ "carrier": "ups", "trackingNumber": "1Z", "lines": [{ "line": 1, "quantity": 1 }] });
    let ship = json!({ "fulfillmentOrderId": part, "packages": [package] });
    let shipped = granted(&house.send("ShipItems", "shipped", ship).await);
    assert_eq!((&shipped["lines"][0]["shipped"], &shipped["lines"][0]["reserved"]), (&json!(1), &json!(0)));
    assert_eq!(house.receive("after", "A", "DC-1", 1).await, [10, 0, 0]);
    house.verify().await;
}

#[tokio::test]
async fn all_of_a_sku_comes_from_where_the_first_of_it_came() {
    let house = House::open().await;
    house.create("gone", order("A", 10)).await;
    let whole = json!({ "allowSplit": false });
    let created = house.create("order", with(patient("A", 5), whole)).await;
    let six = json!([{ "op": "setQuantity", "line": 1, "quantity": 6 }]);
    granted(
        &house.send("AmendOrder", "one more", json!({ "orderId": created["orderId"], "changes": six })).await,
    );
    house.receive("one elsewhere", "A", "DC-2", 1).await;
    house.receive("three here", "A", "DC-1", 3).await;
    house.fill("fill", "A").await;
    house.receive("one here", "A", "DC-1", 1).await;
    house.fill("fill again", "A").await;
    let hold = json!({ "orderId": created["orderId"], "reason": "other" });
    let now = granted(&house.send("HoldOrder", "now", hold).await);
    let parts = now["fulfillmentOrders"].as_array().unwrap().iter();
    let locations: std::collections::BTreeSet<_> = parts.map(|part| part["location"].to_string()).collect();
    assert!(locations.len() <= 1, "{now}");
    house.verify().await;
}

impl House {
    /// From now on the channel may promise so many A.
    async fn limit(&self, key: &str, units: u32) {
        let limit = json!({ "sku": "A", "channelLimits": { "web": units } });
        granted(&self.send("SetStockPolicy", key, limit).await);
    }
}

async fn short(house: &House, key: &str, order: &Value, quantity: u32) -> Value {
    let part = &order["fulfillmentOrders"][0]["fulfillmentOrderId"];
    let lines = json!([{ "line": 1, "quantity": quantity }]);
    let short = json!({ "fulfillmentOrderId": part, "lines": lines, "reason": "not found" });
    granted(&house.send("ShortPick", key, short).await)
}

#[tokio::test]
async fn an_order_that_is_paid_later_promises_no_more_than_its_channel_may() {
    let house = House::open().await;
    granted(&house.send("SetMerchantPolicy", "later", json!({ "reserveAt": "payment" })).await);
    house.limit("limit", 1).await;
    let created = house.create("order", unpaid(patient("A", 3))).await;
    let pay = json!({ "orderId": created["orderId"], "paymentRef": "money" });
    let paid = granted(&house.send("ConfirmPayment", "paid", pay).await);
    let line = &paid["lines"][0];
    assert_eq!((&line["reserved"], &line["backordered"]), (&json!(1), &json!(0)), "{paid}");
    assert_eq!(
        (&paid["status"], &paid["holds"][0]["reason"]),
        (&json!("on_hold"), &json!("inventory_out_of_stock"))
    );
    house.fill("fill", "A").await;
    assert_eq!(house.lines("now", &created).await, [[1, 0]]);
    house.limit("more", 3).await;
    let release = json!({ "orderId": paid["orderId"], "holdId": paid["holds"][0]["holdId"] });
    let released = granted(&house.send("ReleaseHold", "decided", release).await);
    assert_eq!(&released["lines"][0]["reserved"], &json!(3));
    house.verify().await;
}

#[tokio::test]
async fn units_that_were_short_and_are_shipped_all_the_same_count_towards_the_quota() {
    let house = House::open().await;
    house.limit("limit", 2).await;
    let created = house.create("order", patient("A", 2)).await;
    let shorted = short(&house, "short", &created, 2).await;
    assert_eq!(shorted["lines"][0]["backordered"], 2, "{shorted}");
    let part = &created["fulfillmentOrders"][0]["fulfillmentOrderId"];
    let package =
        json!({ "carrier": "ups", "trackingNumber": "1Z", "lines": [{ "line": 1, "quantity": 2 }] });
    let ship = json!({ "fulfillmentOrderId": part, "packages": [package] });
    let shipped = granted(&house.send("ShipItems", "found", ship).await);
    assert_eq!(shipped["lines"][0]["shipped"], 2, "{shipped}");
    assert_eq!(refused(&house.send("CreateOrder", "another", order("A", 1)).await), "insufficient_stock");
    house.verify().await;
}

#[tokio::test]
async fn orders_that_are_older_than_the_quota_do_not_count() {
    let house = House::open().await;
    house.receive("elsewhere", "A", "DC-2", 10).await;
    let near = || json!({ "shipTo": { "latitude": 40.0, "longitude": 0.0 } });
    let moved = house.create("moved", with(order("A", 2), near())).await;
    let cancelled = house.create("cancelled", with(order("A", 2), near())).await;
    house.clock.set(60_000_000);
    house.limit("limit", 2).await;
    let part = &moved["fulfillmentOrders"][0];
    assert_eq!(part["location"], "DC-1");
    let elsewhere = json!({ "fulfillmentOrderId": part["fulfillmentOrderId"], "location": "DC-2" });
    granted(&house.send("MoveFulfillmentOrder", "move", elsewhere).await);
    house.create("new", order("A", 2)).await;
    let cancel = json!({ "orderId": cancelled["orderId"], "reason": "changed their mind" });
    granted(&house.send("CancelOrder", "cancel", cancel).await);
    assert_eq!(refused(&house.send("CreateOrder", "another", order("A", 1)).await), "insufficient_stock");
    house.verify().await;
}

#[tokio::test]
async fn units_that_were_short_are_found_elsewhere_though_the_quota_is_used_up() {
    let house = House::open().await;
    house.receive("elsewhere", "A", "DC-2", 10).await;
    house.limit("limit", 4).await;
    let near = json!({ "shipTo": { "latitude": 40.0, "longitude": 0.0 } });
    let created = house.create("order", with(order("A", 3), near)).await;
    house.limit("lower", 1).await;
    let shorted = short(&house, "short", &created, 2).await;
    assert_eq!(
        (&shorted["lines"][0]["reserved"], &shorted["lines"][0]["backordered"]),
        (&json!(3), &json!(0))
    );
    assert_eq!(shorted["fulfillmentOrders"][1]["location"], "DC-2");
    house.verify().await;
}

//! Backordered orders, and changes of the supply that may fill them.

use serde_json::json;

use super::*;

/// An order that backorders missing units.
fn backorder(sku: &str, quantity: u32) -> Value {
    let mut wanted = order(sku, quantity);
    wanted["onShortage"] = json!("backorder");
    wanted
}

/// The same order, unpaid: its reservation expires after ten seconds.
fn unpaid(wanted: Value) -> Value {
    with(wanted, json!({ "payment": "required", "reserveFor": "PT10S" }))
}

fn with(mut fields: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("{more} has no fields") };
    fields.as_object_mut().unwrap().extend(more);
    fields
}

impl Fixture {
    async fn create(&self, key: &str, wanted: Value) -> Value {
        accepted(&self.send("CreateOrder", key, wanted).await)
    }

    async fn fill(&self, key: &str, sku: &str) {
        accepted(&self.send("FillBackorders", key, json!({ "sku": sku })).await);
    }

    /// Receives units. Returns the on-hand, reserved and earmarked units of the location.
    async fn receive(&self, key: &str, sku: &str, location: &str, quantity: u32) -> [u64; 3] {
        let fields = json!({ "sku": sku, "location": location, "quantity": quantity });
        let item = accepted(&self.send("ReceiveStock", key, fields).await);
        let level = item["locations"].as_array().unwrap().iter().find(|level| level["location"] == location);
        ["onHand", "reserved", "earmarked"].map(|field| level.unwrap()[field].as_u64().unwrap())
    }

    /// The reserved and backordered units of each line.
    async fn lines(&self, key: &str, order: &Value) -> Vec<[u64; 2]> {
        let hold = json!({ "orderId": order["orderId"], "reason": "other" });
        let now = accepted(&self.send("HoldOrder", key, hold).await);
        let lines = now["lines"].as_array().unwrap();
        lines
            .iter()
            .map(|line| ["reserved", "backordered"].map(|field| line[field].as_u64().unwrap()))
            .collect()
    }
}

#[tokio::test]
async fn an_expired_backorder_leaves_its_units_to_the_next() {
    let fixture = Fixture::open().await;
    let first = fixture.create("first", unpaid(backorder("A", 12))).await;
    let second = fixture.create("second", backorder("A", 3)).await;
    fixture.clock.set(60_000_000);
    // The first order has not noticed its expiry yet, so that units stay earmarked for it.
    assert_eq!(fixture.receive("more", "A", "DC-1", 1).await, [11, 0, 5]);
    fixture.fill("fill", "A").await;
    assert_eq!(fixture.lines("second now", &second).await, [[3, 0]]);
    assert_eq!(fixture.lines("first now", &first).await, [[0, 0]]);
    assert_eq!(fixture.receive("after", "A", "DC-1", 1).await, [12, 3, 0], "order and stock agree");
    fixture.verify().await;
}

#[tokio::test]
async fn a_location_that_rejected_an_order_does_not_fill_its_backorder() {
    let fixture = Fixture::open().await;
    let created = fixture.create("order", backorder("A", 12)).await;
    let reject = json!({
        "fulfillmentOrderId": created["fulfillmentOrders"][0]["fulfillmentOrderId"], "reason": "too heavy"
    });
    accepted(&fixture.send("RejectFulfillmentOrder", "rejected", reject).await);
    assert_eq!(fixture.receive("there", "A", "DC-1", 5).await, [15, 0, 0]);
    assert_eq!(fixture.receive("elsewhere", "A", "DC-2", 20).await, [20, 0, 12]);
    fixture.fill("fill", "A").await;
    assert_eq!(fixture.lines("now", &created).await, [[12, 0]]);
    fixture.verify().await;
}

#[tokio::test]
async fn an_order_amended_to_pickup_waits_for_units_at_the_pickup_location() {
    let fixture = Fixture::open().await;
    let taken = fixture.create("taken", order("A", 10)).await;
    assert_eq!(taken["status"], "reserved");
    let created = fixture.create("order", backorder("A", 2)).await;
    let amend = json!({
        "orderId": created["orderId"], "delivery": { "method": "pickup", "location": "DC-2" }
    });
    accepted(&fixture.send("AmendOrder", "amended", amend).await);
    assert_eq!(fixture.receive("there", "A", "DC-1", 5).await, [15, 10, 0]);
    assert_eq!(fixture.receive("elsewhere", "A", "DC-2", 5).await, [5, 0, 2]);
    fixture.verify().await;
}

#[tokio::test]
async fn an_unsplit_order_waits_at_the_location_that_its_fulfillment_order_moved_to() {
    let fixture = Fixture::open().await;
    fixture.receive("A elsewhere", "A", "DC-2", 5).await;
    fixture.receive("B", "B", "DC-1", 1).await;
    fixture.create("last B", order("B", 1)).await;
    let lines = json!([{ "sku": "A", "quantity": 2 }, { "sku": "B", "quantity": 3 }]);
    let whole = json!({
        "lines": lines, "allowSplit": false, "delivery": { "method": "ship" },
        "shipTo": { "latitude": 40.0, "longitude": 0.0 }
    });
    let created = fixture.create("order", with(backorder("A", 1), whole)).await;
    let part = &created["fulfillmentOrders"][0];
    assert_eq!(
        (&part["location"], &created["lines"][1]["backordered"]),
        (&json!("DC-1"), &json!(3)),
        "{created}"
    );
    let elsewhere = json!({ "fulfillmentOrderId": part["fulfillmentOrderId"], "location": "DC-2" });
    accepted(&fixture.send("MoveFulfillmentOrder", "moved", elsewhere).await);
    assert_eq!(fixture.receive("there", "B", "DC-1", 5).await, [6, 1, 0]);
    assert_eq!(fixture.receive("where the rest is", "B", "DC-2", 5).await, [5, 0, 3]);
    fixture.fill("fill", "B").await;
    assert_eq!(fixture.lines("now", &created).await, [[2, 0], [3, 0]]);
    fixture.verify().await;
}

/// Rejects the latest fulfillment order of an order.
async fn reject(fixture: &Fixture, key: &str, order: &Value) -> Value {
    let part = order["fulfillmentOrders"].as_array().unwrap().last().unwrap();
    let reject = json!({ "fulfillmentOrderId": part["fulfillmentOrderId"], "reason": "too heavy" });
    accepted(&fixture.send("RejectFulfillmentOrder", key, reject).await)
}

/// An order of two A and three B. No B is available; the A are reserved at DC-1.
async fn two_of_a_and_no_b(fixture: &Fixture) -> Value {
    fixture.receive("A elsewhere", "A", "DC-2", 5).await;
    fixture.receive("B", "B", "DC-1", 1).await;
    fixture.create("last B", order("B", 1)).await;
    let lines = json!([{ "sku": "A", "quantity": 2 }, { "sku": "B", "quantity": 3 }]);
    let near = json!({
        "lines": lines, "delivery": { "method": "ship" }, "shipTo": { "latitude": 40.0, "longitude": 0.0 }
    });
    let created = fixture.create("order", with(backorder("A", 1), near)).await;
    assert_eq!(created["fulfillmentOrders"][0]["location"], "DC-1", "{created}");
    created
}

/// The locations of an order's fulfillment orders.
async fn locations(fixture: &Fixture, key: &str, order: &Value) -> std::collections::BTreeSet<String> {
    let hold = json!({ "orderId": order["orderId"], "reason": "other" });
    let now = accepted(&fixture.send("HoldOrder", key, hold).await);
    let parts = now["fulfillmentOrders"].as_array().unwrap().iter();
    parts.map(|part| part["location"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn backordered_units_respect_the_split_limit() {
    let fixture = Fixture::open().await;
    accepted(&fixture.send("SetMerchantPolicy", "limit", json!({ "splitLimit": 1 })).await);
    let created = two_of_a_and_no_b(&fixture).await;
    assert_eq!(fixture.receive("at another location", "B", "DC-2", 5).await, [5, 0, 0]);
    assert_eq!(fixture.receive("where the rest is", "B", "DC-1", 2).await, [3, 1, 2]);
    fixture.fill("fill", "B").await;
    assert_eq!(fixture.lines("now", &created).await, [[2, 0], [2, 1]]);
    assert_eq!(locations(&fixture, "where", &created).await, ["DC-1".to_owned()].into());
    fixture.verify().await;
}

#[tokio::test]
async fn backordered_units_use_the_remaining_split_limit_once() {
    let fixture = Fixture::open().await;
    let far = json!({ "location": "DC-3", "latitude": 0.0, "longitude": 0.0 });
    accepted(&fixture.send("RegisterLocation", "third", far).await);
    accepted(&fixture.send("SetMerchantPolicy", "limit", json!({ "splitLimit": 2 })).await);
    let created = two_of_a_and_no_b(&fixture).await;
    assert_eq!(fixture.receive("at a second location", "B", "DC-2", 1).await, [1, 0, 1]);
    fixture.fill("fill", "B").await;
    assert_eq!(fixture.receive("at a third location", "B", "DC-3", 5).await, [5, 0, 0]);
    assert_eq!(fixture.receive("at the second again", "B", "DC-2", 5).await, [6, 1, 2]);
    fixture.fill("fill again", "B").await;
    assert_eq!(fixture.lines("now", &created).await, [[2, 0], [3, 0]]);
    assert_eq!(locations(&fixture, "where", &created).await, ["DC-1".to_owned(), "DC-2".to_owned()].into());
    fixture.verify().await;
}

#[tokio::test]
async fn an_added_line_respects_the_split_limit() {
    let fixture = Fixture::open().await;
    accepted(&fixture.send("SetMerchantPolicy", "limit", json!({ "splitLimit": 1 })).await);
    let created = two_of_a_and_no_b(&fixture).await;
    fixture.receive("C elsewhere", "C", "DC-2", 5).await;
    let changes = json!([{ "op": "add", "sku": "C", "quantity": 1 }]);
    let amend = json!({ "orderId": created["orderId"], "changes": changes });
    let amended = accepted(&fixture.send("AmendOrder", "one more line", amend).await);
    assert_eq!(
        (&amended["lines"][2]["reserved"], &amended["lines"][2]["backordered"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(locations(&fixture, "where", &created).await, ["DC-1".to_owned()].into());
    fixture.verify().await;
}

#[tokio::test]
async fn locations_that_rejected_an_order_are_excluded_from_sourcing() {
    let fixture = Fixture::open().await;
    fixture.receive("elsewhere", "A", "DC-2", 10).await;
    let created = fixture.create("order", backorder("A", 2)).await;
    let second = reject(&fixture, "first says no", &created).await;
    assert_eq!(second["status"], "reserved");
    let waits = reject(&fixture, "second says no", &second).await;
    assert_eq!((&waits["status"], &waits["lines"][0]["backordered"]), (&json!("on_hold"), &json!(2)));
    for location in ["DC-1", "DC-2"] {
        assert_eq!(fixture.receive(&format!("more at {location}"), "A", location, 1).await, [11, 0, 0]);
    }
    fixture.verify().await;
}

#[tokio::test]
async fn an_order_whose_only_location_rejected_it_waits_for_a_decision() {
    let fixture = Fixture::open().await;
    let fetched = json!({ "delivery": { "method": "pickup", "location": "DC-1" } });
    let created = fixture.create("order", with(backorder("A", 2), fetched)).await;
    let held = reject(&fixture, "not here", &created).await;
    assert_eq!(
        (&held["status"], &held["holds"][0]["reason"], &held["lines"][0]["backordered"]),
        (&json!("on_hold"), &json!("inventory_out_of_stock"), &json!(0))
    );
    fixture.receive("elsewhere", "A", "DC-2", 5).await;
    let amend = json!({ "orderId": held["orderId"], "delivery": { "method": "pickup", "location": "DC-2" } });
    accepted(&fixture.send("AmendOrder", "fetched elsewhere", amend).await);
    let release = json!({ "orderId": held["orderId"], "holdId": held["holds"][0]["holdId"] });
    let released = accepted(&fixture.send("ReleaseHold", "decided", release).await);
    assert_eq!((&released["status"], &released["lines"][0]["reserved"]), (&json!("reserved"), &json!(2)));
    fixture.verify().await;
}

#[tokio::test]
async fn accepting_a_cancellation_backorders_the_units_if_the_target_location_is_out_of_stock() {
    let fixture = Fixture::open().await;
    fixture.receive("elsewhere", "A", "DC-2", 3).await;
    let far = json!({ "delivery": { "method": "ship" } });
    let created = fixture.create("order", with(backorder("A", 3), far)).await;
    let part = json!({ "fulfillmentOrderId": created["fulfillmentOrders"][0]["fulfillmentOrderId"] });
    accepted(&fixture.send("AcceptFulfillmentOrder", "accepted", part.clone()).await);
    let elsewhere = with(part.clone(), json!({ "location": "DC-2" }));
    accepted(&fixture.send("MoveFulfillmentOrder", "asked", elsewhere).await);
    let theirs = json!({ "delivery": { "method": "pickup", "location": "DC-2" } });
    fixture.create("another", with(order("A", 3), theirs)).await;
    let left = accepted(&fixture.send("AcceptCancellation", "left", part).await);
    assert_eq!(
        (&left["discrepancies"][0]["code"], &left["lines"][0]["backordered"]),
        (&json!("target_out_of_stock"), &json!(3))
    );
    fixture.verify().await;
}

#[tokio::test]
async fn a_promise_date_without_supply_is_withdrawn() {
    let fixture = Fixture::open().await;
    fixture.create("gone", order("A", 9)).await;
    let supply = json!({ "sku": "A", "location": "DC-1", "quantity": 5, "dueAt": "2000-01-01T00:00:00Z" });
    accepted(&fixture.send("ExpectSupply", "supply", supply).await);
    let created = fixture.create("order", backorder("A", 2)).await;
    assert_eq!(created["lines"][0]["promisedAt"], "2000-01-01T00:00:00Z");
    let rejected = reject(&fixture, "too heavy", &created).await;
    assert_eq!(
        (&rejected["status"], &rejected["lines"][0]["promisedAt"]),
        (&json!("backordered"), &Value::Null)
    );
    fixture.verify().await;
}

#[tokio::test]
async fn an_order_is_sourced_when_its_hold_ends() {
    let fixture = Fixture::open().await;
    let created = fixture.create("order", unpaid(order("A", 2))).await;
    fixture.clock.set(60_000_000);
    let hold = json!({
        "orderId": created["orderId"], "reason": "inventory_out_of_stock", "until": "1970-01-01T00:02:00Z"
    });
    accepted(&fixture.send("HoldOrder", "held", hold).await);
    let pay = json!({ "orderId": created["orderId"], "paymentRef": "money" });
    let paid = accepted(&fixture.send("ConfirmPayment", "paid", pay).await);
    assert_eq!(paid["lines"][0]["reserved"], 0);
    fixture.clock.set(180_000_000);
    accepted(&fixture.send("AttendOrder", "attended", json!({ "orderId": created["orderId"] })).await);
    assert_eq!(fixture.lines("now", &created).await, [[2, 0]]);
    fixture.verify().await;
}

#[tokio::test]
async fn units_of_an_expired_reservation_can_be_adjusted_away() {
    let fixture = Fixture::open().await;
    fixture.create("order", unpaid(order("A", 10))).await;
    fixture.clock.set(60_000_000);
    let broken = json!({ "sku": "A", "location": "DC-1", "delta": -10, "reason": "damaged" });
    let adjusted = accepted(&fixture.send("AdjustStock", "late", broken).await);
    assert_eq!(adjusted["affectedOrders"], json!([]), "the reservation had ended before");
    fixture.verify().await;
}

#[tokio::test]
async fn the_unshipped_units_of_an_expired_reservation_are_released() {
    let fixture = Fixture::open().await;
    let created = fixture.create("order", unpaid(order("A", 2))).await;
    fixture.clock.set(60_000_000);
    let part = created["fulfillmentOrders"][0]["fulfillmentOrderId"].clone();
    let package =
        json!({ "carrier": "ups", "trackingNumber": "1Z", "lines": [{ "line": 1, "quantity": 1 }] });
    let ship = json!({ "fulfillmentOrderId": part, "packages": [package] });
    let shipped = accepted(&fixture.send("ShipItems", "shipped", ship).await);
    assert_eq!((&shipped["lines"][0]["shipped"], &shipped["lines"][0]["reserved"]), (&json!(1), &json!(0)));
    assert_eq!(fixture.receive("after", "A", "DC-1", 1).await, [10, 0, 0]);
    fixture.verify().await;
}

#[tokio::test]
async fn an_unsplit_line_is_filled_from_one_location() {
    let fixture = Fixture::open().await;
    fixture.create("gone", order("A", 10)).await;
    let whole = json!({ "allowSplit": false });
    let created = fixture.create("order", with(backorder("A", 5), whole)).await;
    let six = json!([{ "op": "setQuantity", "line": 1, "quantity": 6 }]);
    accepted(
        &fixture
            .send("AmendOrder", "one more", json!({ "orderId": created["orderId"], "changes": six }))
            .await,
    );
    fixture.receive("one elsewhere", "A", "DC-2", 1).await;
    fixture.receive("three here", "A", "DC-1", 3).await;
    fixture.fill("fill", "A").await;
    fixture.receive("one here", "A", "DC-1", 1).await;
    fixture.fill("fill again", "A").await;
    let hold = json!({ "orderId": created["orderId"], "reason": "other" });
    let now = accepted(&fixture.send("HoldOrder", "now", hold).await);
    let parts = now["fulfillmentOrders"].as_array().unwrap().iter();
    let locations: std::collections::BTreeSet<_> = parts.map(|part| part["location"].to_string()).collect();
    assert!(locations.len() <= 1, "{now}");
    fixture.verify().await;
}

impl Fixture {
    /// Limits the units of A that the channel may promise.
    async fn limit(&self, key: &str, units: u32) {
        let limit = json!({ "sku": "A", "channelLimits": { "web": units } });
        accepted(&self.send("SetStockPolicy", key, limit).await);
    }
}

async fn short(fixture: &Fixture, key: &str, order: &Value, quantity: u32) -> Value {
    let part = &order["fulfillmentOrders"][0]["fulfillmentOrderId"];
    let lines = json!([{ "line": 1, "quantity": quantity }]);
    let short = json!({ "fulfillmentOrderId": part, "lines": lines, "reason": "not found" });
    accepted(&fixture.send("ShortPick", key, short).await)
}

#[tokio::test]
async fn reserving_at_payment_respects_the_channel_quota() {
    let fixture = Fixture::open().await;
    accepted(&fixture.send("SetMerchantPolicy", "later", json!({ "reserveAt": "payment" })).await);
    fixture.limit("limit", 1).await;
    let created = fixture.create("order", unpaid(backorder("A", 3))).await;
    let pay = json!({ "orderId": created["orderId"], "paymentRef": "money" });
    let paid = accepted(&fixture.send("ConfirmPayment", "paid", pay).await);
    let line = &paid["lines"][0];
    assert_eq!((&line["reserved"], &line["backordered"]), (&json!(1), &json!(0)), "{paid}");
    assert_eq!(
        (&paid["status"], &paid["holds"][0]["reason"]),
        (&json!("on_hold"), &json!("inventory_out_of_stock"))
    );
    fixture.fill("fill", "A").await;
    assert_eq!(fixture.lines("now", &created).await, [[1, 0]]);
    fixture.limit("more", 3).await;
    let release = json!({ "orderId": paid["orderId"], "holdId": paid["holds"][0]["holdId"] });
    let released = accepted(&fixture.send("ReleaseHold", "decided", release).await);
    assert_eq!(&released["lines"][0]["reserved"], &json!(3));
    fixture.verify().await;
}

#[tokio::test]
async fn short_units_that_are_shipped_later_count_towards_the_quota() {
    let fixture = Fixture::open().await;
    fixture.limit("limit", 2).await;
    let created = fixture.create("order", backorder("A", 2)).await;
    let shorted = short(&fixture, "short", &created, 2).await;
    assert_eq!(shorted["lines"][0]["backordered"], 2, "{shorted}");
    let part = &created["fulfillmentOrders"][0]["fulfillmentOrderId"];
    let package =
        json!({ "carrier": "ups", "trackingNumber": "1Z", "lines": [{ "line": 1, "quantity": 2 }] });
    let ship = json!({ "fulfillmentOrderId": part, "packages": [package] });
    let shipped = accepted(&fixture.send("ShipItems", "found", ship).await);
    assert_eq!(shipped["lines"][0]["shipped"], 2, "{shipped}");
    assert_eq!(refused(&fixture.send("CreateOrder", "another", order("A", 1)).await), "insufficient_stock");
    fixture.verify().await;
}

#[tokio::test]
async fn orders_older_than_the_quota_do_not_count() {
    let fixture = Fixture::open().await;
    fixture.receive("elsewhere", "A", "DC-2", 10).await;
    let near = || json!({ "shipTo": { "latitude": 40.0, "longitude": 0.0 } });
    let moved = fixture.create("moved", with(order("A", 2), near())).await;
    let cancelled = fixture.create("cancelled", with(order("A", 2), near())).await;
    fixture.clock.set(60_000_000);
    fixture.limit("limit", 2).await;
    let part = &moved["fulfillmentOrders"][0];
    assert_eq!(part["location"], "DC-1");
    let elsewhere = json!({ "fulfillmentOrderId": part["fulfillmentOrderId"], "location": "DC-2" });
    accepted(&fixture.send("MoveFulfillmentOrder", "move", elsewhere).await);
    fixture.create("new", order("A", 2)).await;
    let cancel = json!({ "orderId": cancelled["orderId"], "reason": "changed their mind" });
    accepted(&fixture.send("CancelOrder", "cancel", cancel).await);
    assert_eq!(refused(&fixture.send("CreateOrder", "another", order("A", 1)).await), "insufficient_stock");
    fixture.verify().await;
}

#[tokio::test]
async fn short_units_are_reserved_elsewhere_even_if_the_quota_is_used_up() {
    let fixture = Fixture::open().await;
    fixture.receive("elsewhere", "A", "DC-2", 10).await;
    fixture.limit("limit", 4).await;
    let near = json!({ "shipTo": { "latitude": 40.0, "longitude": 0.0 } });
    let created = fixture.create("order", with(order("A", 3), near)).await;
    fixture.limit("lower", 1).await;
    let shorted = short(&fixture, "short", &created, 2).await;
    assert_eq!(
        (&shorted["lines"][0]["reserved"], &shorted["lines"][0]["backordered"]),
        (&json!(3), &json!(0))
    );
    assert_eq!(shorted["fulfillmentOrders"][1]["location"], "DC-2");
    fixture.verify().await;
}

//! Orders that wait, and what changes meanwhile of that which may serve them.

use serde_json::json;

use super::*;

/// What an order says that waits for whatever is not there.
fn patient(sku: &str, quantity: u32) -> Value {
    let mut wanted = order(sku, quantity);
    wanted["onShortage"] = json!("backorder");
    wanted
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
    let unpaid = json!({ "payment": "required", "reserveFor": "PT10S" });
    let first = house.create("first", with(patient("A", 12), unpaid)).await;
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

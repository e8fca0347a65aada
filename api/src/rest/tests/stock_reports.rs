//! Reports about stock: reserved units that are lost, and units that the sender expects.

use serde_json::json;

use super::*;

impl TestServer {
    /// On hand, reserved and available units of tea at a location.
    async fn tea_at(&self, location: &str) -> [u64; 3] {
        let path = format!("/v1/availability?sku=TEA&minPosition={}", self.head().await);
        let list = self.get(&path).await.ok(200);
        let levels = list["items"][0]["locations"].as_array().unwrap().iter();
        let level = levels.clone().find(|level| level["location"] == location).unwrap();
        ["onHand", "reserved", "available"].map(|name| level[name].as_u64().unwrap())
    }
}

/// A server with 100 units of tea in Munich, 90 of them reserved for an order, and 10 more in Essen.
async fn reserved() -> (TestServer, String) {
    let server = TestServer::stocked().await;
    let order = server.order("order", 90).await;
    server.put("/v1/locations/essen", &json!({ "latitude": 51.4, "longitude": 7.0 })).await.ok(200);
    let more = json!({ "sku": "TEA", "location": "essen", "quantity": 10 });
    server.post("/v1/stock/receive", "essen", &more).await.ok(200);
    (server, order)
}

#[tokio::test]
async fn orders_whose_reserved_units_are_lost_are_named_and_sourced_again() {
    let here = |more: Value| {
        let mut fields = json!({ "sku": "TEA", "location": "munich" });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    let damaged = json!({ "from": "sellable", "to": "damaged", "quantity": 15, "reason": "wet" });
    let sent = json!({ "sku": "TEA", "from": "munich", "to": "essen", "quantity": 15 });
    for (path, status, report) in [
        ("/v1/stock/adjust", 200, here(json!({ "delta": -15, "reason": "theft" }))),
        ("/v1/stock/condition", 200, here(damaged)),
        ("/v1/transfers", 201, sent),
    ] {
        let (server, order) = reserved().await;
        let answer = server.post(path, "report", &report).await.ok(status);
        assert_eq!(answer["affectedOrders"], json!([order]), "{path}: {answer}");
        assert_eq!(server.tea_at("munich").await, [85, 85, 0], "{path}");
        assert_eq!(server.tea_at("essen").await, [10, 5, 5], "{path}");
    }
}

#[tokio::test]
async fn a_count_is_right_however_many_units_moved_since() {
    let server = TestServer::stocked().await;
    let order = server.post("/v1/orders", "order", &order(1)).await.ok(201);
    let receipts: Vec<_> = (0..300)
        .map(|number| {
            json!({ "key": format!("r{number}"), "command": "ReceiveStock", "sku": "TEA", "location": "munich",
                    "quantity": 1 })
        })
        .collect();
    server.post("/v1/commands", "bulk", &json!(receipts)).await.ok(200);
    let counted =
        json!({ "sku": "TEA", "location": "munich", "onHand": 97, "countedAt": order["createdAt"] });
    let answer = server.post("/v1/stock/count", "count", &counted).await.ok(200);
    assert_eq!(answer["locations"][0]["onHand"], 397, "three of the hundred were lost: {answer}");
}

#[tokio::test]
async fn a_requested_transfer_is_refused_if_it_takes_reserved_units() {
    let (server, _) = reserved().await;
    let request = |quantity: u32| json!({ "sku": "TEA", "from": "munich", "to": "essen", "quantity": quantity, "onlyAvailable": true });
    server.post("/v1/transfers", "15", &request(15)).await.problem(409, "insufficient_stock");
    let answer = server.post("/v1/transfers", "10", &request(10)).await.ok(201);
    assert_eq!(answer["affectedOrders"], json!([]), "{answer}");
}

#[tokio::test]
async fn a_report_that_expects_other_units_on_hand_is_refused_with_the_actual_ones() {
    let (server, _) = reserved().await;
    let head = server.head().await;
    let count = |expected: u32| {
        json!({ "sku": "TEA", "location": "munich", "onHand": 98, "countedAt": "2026-01-01T00:00:00Z",
                "expected": expected })
    };
    let adjust = |expected: u32| json!({ "sku": "TEA", "location": "munich", "delta": -1, "reason": "lost", "expected": expected });
    for (path, report) in [("/v1/stock/count", count(99)), ("/v1/stock/adjust", adjust(99))] {
        let problem = server.post(path, path, &report).await.problem(409, "stock_changed");
        assert_eq!((pointer(&problem), &problem["onHand"]), ("/expected", &json!(100)), "{problem}");
    }
    assert_eq!(server.tea_at("munich").await, [100, 90, 10], "nothing is written after {head}");
    server.post("/v1/stock/adjust", "adjust", &adjust(100)).await.ok(200);
    assert_eq!(server.tea_at("munich").await, [99, 90, 9]);
}

#[tokio::test]
async fn units_that_are_missing_are_lost_when_they_are_not_picked_any_more() {
    let (server, order) = reserved().await;
    let fulfillment = |action: &str| format!("/v1/fulfillment-orders/{order}.f1/{action}");
    server.post(&fulfillment("pick"), "pick", &json!({ "all": true })).await.ok(200);
    assert_eq!(server.tea_at("munich").await, [100, 90, 10], "the read model has the picked order");
    let adjustment = json!({ "sku": "TEA", "location": "munich", "delta": -15, "reason": "theft" });
    server.post("/v1/stock/adjust", "adjust", &adjustment).await.ok(200);
    assert_eq!(server.tea_at("munich").await, [85, 90, 0], "picked units stay reserved");
    server.post(&fulfillment("unpick"), "unpick", &json!({ "all": true })).await.ok(200);
    assert_eq!(server.tea_at("munich").await, [85, 85, 0]);
    assert_eq!(server.tea_at("essen").await, [10, 5, 5]);
}

#[tokio::test]
async fn goods_that_are_received_again_under_a_reference_count_once() {
    let server = TestServer::stocked().await;
    let receipt = |quantity: u32, reference: &str| json!({ "sku": "TEA", "location": "munich", "quantity": quantity, "reference": reference });
    let path = "/v1/stock/receive";
    server.post(path, "first", &receipt(5, "ASN 1")).await.ok(200);
    let head = server.head().await;
    server.post(path, "again", &receipt(5, "ASN 1")).await.ok(200);
    assert_eq!(server.head().await, head, "nothing is booked twice");
    let other = server.post(path, "other", &receipt(6, "ASN 1")).await.problem(409, "receipt_exists");
    assert_eq!(pointer(&other), "/reference");
    server.post(path, "next", &receipt(5, "ASN 2")).await.ok(200);
    let cups = json!({ "sku": "CUP", "location": "munich", "quantity": 7, "reference": "ASN 1" });
    server.post(path, "cups", &cups).await.ok(200);
    assert_eq!(server.tea_at("munich").await, [110, 0, 110]);
}

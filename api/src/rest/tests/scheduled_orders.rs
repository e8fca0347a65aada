//! Orders that must not leave yet leave today's units to others, if a supply comes in time. TEA: 100 in Munich.

use super::*;

const SUPPLY: &str = "2100-11-01T00:00:00Z";
const CHRISTMAS: &str = "2100-12-24T00:00:00Z";

async fn with_supply(quantity: u32) -> TestServer {
    let server = TestServer::stocked().await;
    let supply = json!({ "supplyId": "s1", "sku": "TEA", "location": "munich", "quantity": quantity, "dueAt": SUPPLY });
    server.post("/v1/supplies", "supply", &supply).await.ok(201);
    server
}

fn tea(quantity: u32) -> Value {
    json!({ "channel": "web", "payment": "not_required", "lines": [{ "sku": "TEA", "quantity": quantity }] })
}

fn scheduled(quantity: u32) -> Value {
    let mut order = tea(quantity);
    order["delivery"] = json!({ "method": "ship", "shipNotBefore": CHRISTMAS });
    order
}

#[tokio::test]
async fn a_scheduled_order_is_promised_from_a_supply_and_todays_units_stay_available() {
    let server = with_supply(150).await;
    let later = server.post("/v1/orders", "later", &scheduled(100)).await.ok(201);
    let line = &later["lines"][0];
    assert_eq!(json!([line["reserved"], line["backordered"], line["promisedAt"]]), json!([0, 100, SUPPLY]));
    assert_eq!(later["holds"][0]["reason"], "scheduled");
    let by = |time: &'static str| {
        let server = &server;
        async move {
            let path = format!("/v1/availability?sku=TEA&by={time}&minPosition={}", server.head().await);
            server.get(&path).await.ok(200)["items"][0]["available"].clone()
        }
    };
    assert_eq!([by("2100-10-01T00:00:00Z").await, by(CHRISTMAS).await], [json!(100), json!(150)]);
    let today = server.post("/v1/orders", "today", &tea(100)).await.ok(201);
    assert_eq!(today["lines"][0]["reserved"], 100);
    let refused = server.post("/v1/orders", "more", &scheduled(51)).await.problem(409, "insufficient_stock");
    assert_eq!(refused["shortages"], json!([{ "sku": "TEA", "requested": 51, "available": 50 }]));
}

#[tokio::test]
async fn a_supply_that_is_cancelled_leaves_the_order_todays_units() {
    let server = with_supply(100).await;
    let later = server.post("/v1/orders", "later", &scheduled(60)).await.ok(201);
    server.post("/v1/supplies/s1/cancel", "cancel", &json!({})).await.ok(200);
    let path = format!("/v1/availability?sku=TEA&minPosition={}", server.head().await);
    assert_eq!(server.get(&path).await.ok(200)["items"][0]["available"], 40, "they are set apart at once");
    server.post("/v1/orders", "today", &tea(41)).await.problem(409, "insufficient_stock");
    let line = server.read_order(&later).await["lines"][0].clone();
    let units = |name: &str| line[name].as_u64().unwrap();
    assert_eq!(units("backordered") + units("reserved"), 60, "the process manager may have reserved them");
}

#[tokio::test]
async fn a_promise_for_a_later_day_leaves_on_that_day() {
    let server = with_supply(100).await;
    let mut wanted = json!({ "channel": "web", "lines": [{ "sku": "TEA", "quantity": 30 }] });
    wanted["delivery"] = json!({ "method": "ship", "shipNotBefore": CHRISTMAS });
    let option = server.post("/v1/promises", "unused", &wanted).await.ok(200)["options"][0].clone();
    assert_eq!((&option["status"], &option["shipAt"]), (&json!("expected"), &json!(CHRISTMAS)));
    assert_eq!(option["backorders"][0]["promisedAt"], SUPPLY);
}

//! Lines without stock over HTTP: a gift card or a service next to goods.

use super::*;

/// A cup from stock and gift cards that need none.
fn with_cards(cards: u32) -> Value {
    json!({ "channel": "web", "payment": "not_required", "lines": [
        { "sku": "CUP", "quantity": 1 },
        { "sku": "GIFT-CARD", "quantity": cards, "requiresStock": false, "lineRef": "card" } ] })
}

fn only_cards() -> Value {
    json!({ "channel": "web", "payment": "not_required", "lines": [{ "sku": "GIFT-CARD", "quantity": 1 }] })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn actions(order: &Value) -> Vec<&str> {
    order["supportedActions"].as_array().unwrap().iter().filter_map(Value::as_str).collect()
}

impl TestServer {
    /// A server where lines of gift cards need no stock, of which there is none.
    async fn with_card_policy() -> Self {
        let server = Self::stocked().await;
        let policy = json!({ "sku": "GIFT-CARD", "requiresStock": false });
        server.put("/v1/stock-policies", &policy).await.ok(200);
        server
    }

    async fn on_order(&self, order: &Value, action: &str, key: &str, body: &Value) -> Answer {
        let path = format!("/v1/orders/{}/{action}", order["orderId"].as_str().unwrap());
        self.post(&path, key, body).await
    }

    /// Ships all goods of an order, and confirms their delivery.
    async fn deliver_goods(&self, order: &Value) -> Value {
        let part = text(&order["fulfillmentOrders"][0]["fulfillmentOrderId"]);
        let packages = json!({ "packages": [{ "carrier": "DHL", "trackingNumber": "JJD1" }] });
        let path = format!("/v1/fulfillment-orders/{part}/ship");
        let shipped = self.post(&path, "ship", &packages).await.ok(201);
        let path = format!("/v1/shipments/{}/confirm-delivery", text(&shipped["shipmentId"]));
        self.post(&path, "arrived", &json!({})).await.ok(200)
    }

    /// The names of all events of a stream's kind.
    async fn stock_events_of(&self, sku: &str) -> Vec<Value> {
        let path = format!("/v1/stock/history?sku={sku}&minPosition={}", self.head().await);
        let history = self.get(&path).await;
        if history.status == StatusCode::NOT_FOUND {
            return Vec::new();
        }
        let items = history.ok(200)["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["type"].clone()).collect()
    }
}

#[tokio::test]
async fn a_gift_card_next_to_a_cup_is_fulfilled_without_picking() {
    let server = TestServer::stocked().await;
    let order = server.post("/v1/orders", "order", &with_cards(2)).await.ok(201);
    assert_eq!(
        (&order["status"], &order["statusAxes"]["reservation"]),
        (&json!("reserved"), &json!("reserved"))
    );
    assert_eq!(order["fulfillmentOrders"][0]["lines"].as_array().unwrap().len(), 1, "{order}");
    let card = &order["lines"][1];
    assert_eq!(
        (&card["requiresStock"], &card["reserved"], &card["fulfilled"]),
        (&json!(false), &json!(0), &json!(0))
    );
    assert!(actions(&order).contains(&"fulfill-lines") && !actions(&order).contains(&"unfulfill-lines"));

    let one = json!({ "lines": [{ "lineRef": "card", "quantity": 1 }], "reference": "GIFT-8F3K",
                      "occurredAt": "2026-01-01T10:00:00Z" });
    let first = server.on_order(&order, "fulfill-lines", "one", &one).await;
    assert_eq!(first.ok(200)["lines"][1]["fulfilled"], 1);
    assert_eq!(first.json()["status"], "partially_delivered");
    let again = server.on_order(&order, "fulfill-lines", "one", &one).await;
    assert_eq!(again.ok(200), first.json(), "the same key again changes nothing");

    let delivered = server.deliver_goods(&order).await;
    assert_eq!(
        (&delivered["status"], &delivered["statusAxes"]["fulfillment"]),
        (&json!("partially_delivered"), &json!("partially_shipped")),
        "a card is still open"
    );
    let all = server.on_order(&order, "fulfill-lines", "rest", &json!({ "all": true })).await.ok(200);
    assert_eq!((&all["status"], &all["lines"][1]["fulfilled"]), (&json!("delivered"), &json!(2)));
    assert_eq!(server.read_order(&order).await["status"], "delivered");
    assert_eq!(server.stock_events_of("GIFT-CARD").await, Vec::<Value>::new());
    server
        .on_order(&order, "fulfill-lines", "more", &json!({ "all": true }))
        .await
        .problem(409, "nothing_left");
}

#[tokio::test]
async fn the_reference_of_a_fulfilled_line_is_in_no_event_and_no_answer() {
    let server = TestServer::stocked().await;
    let order = server.post("/v1/orders", "order", &with_cards(1)).await.ok(201);
    let code = json!({ "all": true, "reference": "GIFT-8F3K", "occurredAt": "2026-01-01T10:00:00Z" });
    let fulfilled = server.on_order(&order, "fulfill-lines", "card", &code).await.ok(200);
    assert_eq!(fulfilled["personalData"], "sealed");
    let history = server.get(&format!("/v1/orders/{}/history", text(&order["orderId"]))).await.ok(200);
    let event = history["items"].as_array().unwrap().iter().find(|item| item["type"] == "LinesFulfilled");
    let data = &event.unwrap()["data"];
    assert_eq!(data["fulfilledAt"], "2026-01-01T10:00:00Z");
    assert_eq!(data["lines"], json!([{ "line": 2, "quantity": 1 }]));
    let events = server.get("/v1/events?limit=1000").await.ok(200);
    for answer in [&fulfilled, &history, &events] {
        assert!(!answer.to_string().contains("GIFT-8F3K"), "{answer}");
    }
}

#[tokio::test]
async fn the_policy_of_a_sku_decides_about_its_lines() {
    let server = TestServer::with_card_policy().await;
    let order = server.post("/v1/orders", "order", &only_cards()).await.ok(201);
    assert_eq!((&order["status"], &order["lines"][0]["requiresStock"]), (&json!("created"), &json!(false)));
    assert_eq!(order["fulfillmentOrders"], json!([]));
    let done = server.on_order(&order, "fulfill-lines", "all", &json!({ "all": true })).await.ok(200);
    assert_eq!(done["status"], "delivered");
    let mut printed = only_cards();
    printed["lines"][0]["requiresStock"] = json!(true);
    server.post("/v1/orders", "printed", &printed).await.problem(422, "unknown_sku");
    let path = format!("/v1/availability?sku=GIFT-CARD&sku=CUP&minPosition={}", server.head().await);
    let items = server.get(&path).await.ok(200)["items"].clone();
    assert_eq!((&items[0]["requiresStock"], &items[1]["requiresStock"]), (&json!(false), &json!(true)));
    let back = json!({ "sku": "GIFT-CARD", "requiresStock": null });
    server.put("/v1/stock-policies", &back).await.ok(200);
    server.post("/v1/orders", "later", &only_cards()).await.problem(422, "unknown_sku");
    assert_eq!(server.read_order(&order).await["status"], "delivered", "existing lines stay as they are");
    let unknown = json!({ "sku": "NEW", "requiresStock": true });
    server.put("/v1/stock-policies", &unknown).await.problem(422, "unknown_sku");
}

#[tokio::test]
async fn lines_without_stock_wait_for_payment_and_holds() {
    let server = TestServer::stocked().await;
    let mut unpaid = with_cards(1);
    unpaid["payment"] = json!("required");
    let order = server.post("/v1/orders", "order", &unpaid).await.ok(201);
    assert!(!actions(&order).contains(&"fulfill-lines"));
    let all = json!({ "all": true });
    server.on_order(&order, "fulfill-lines", "early", &all).await.problem(409, "payment_not_confirmed");
    let paid = server.on_order(&order, "confirm-payment", "pay", &json!({ "paymentRef": "p" })).await.ok(200);
    assert!(actions(&paid).contains(&"fulfill-lines"));
    server.on_order(&order, "hold", "hold", &json!({ "reason": "fraud_risk" })).await.ok(200);
    server.on_order(&order, "fulfill-lines", "held", &all).await.problem(409, "order_on_hold");
    server.on_order(&order, "release-hold", "go", &json!({ "holdId": "h1" })).await.ok(200);
    server.on_order(&order, "fulfill-lines", "now", &all).await.ok(200);
}

#[tokio::test]
async fn a_fulfillment_by_mistake_is_taken_back() {
    let server = TestServer::stocked().await;
    let order = server.post("/v1/orders", "order", &with_cards(1)).await.ok(201);
    server.on_order(&order, "fulfill-lines", "card", &json!({ "all": true })).await.ok(200);
    let mistake = |line: u32| json!({ "lines": [{ "line": line, "quantity": 1 }], "reason": "not sent" });
    server.on_order(&order, "unfulfill-lines", "cup", &mistake(1)).await.problem(409, "line_requires_stock");
    let open = server.on_order(&order, "unfulfill-lines", "undo", &mistake(2)).await.ok(200);
    assert_eq!((&open["status"], &open["lines"][1]["fulfilled"]), (&json!("reserved"), &json!(0)));
    server.on_order(&order, "unfulfill-lines", "twice", &mistake(2)).await.problem(409, "nothing_left");
}

#[tokio::test]
async fn a_service_does_not_come_back_but_is_refunded() {
    let server = TestServer::stocked().await;
    let order = server.post("/v1/orders", "order", &with_cards(1)).await.ok(201);
    server.on_order(&order, "fulfill-lines", "card", &json!({ "all": true })).await.ok(200);
    let back = json!({ "lines": [{ "lineRef": "card", "quantity": 1 }], "reason": "not wanted" });
    let refused = server.on_order(&order, "returns", "back", &back).await.problem(409, "line_without_stock");
    assert_eq!(pointer(&refused), "/lines");
    let refund = json!({ "refundRef": "r-1", "amount": "25.00" });
    server.on_order(&order, "refund-payment", "refund", &refund).await.ok(200);
}

#[tokio::test]
async fn lines_without_stock_are_amended_cancelled_and_reopened() {
    let server = TestServer::with_card_policy().await;
    let order = server.post("/v1/orders", "order", &with_cards(2)).await.ok(201);
    let service = json!({ "op": "add", "sku": "ENGRAVING", "quantity": 1, "requiresStock": false });
    let changes = json!({ "changes": [service, { "op": "add", "sku": "GIFT-CARD", "quantity": 1 },
                                      { "op": "setQuantity", "line": 2, "quantity": 1 }] });
    let amended = server.on_order(&order, "amend", "amend", &changes).await.ok(200);
    let lines = &amended["lines"];
    assert_eq!([&lines[2]["requiresStock"], &lines[3]["requiresStock"]], [&json!(false), &json!(false)]);
    assert_eq!((&lines[1]["cancelled"], amended["status"].as_str()), (&json!(1), Some("reserved")));
    let unknown = json!({ "changes": [{ "op": "add", "sku": "ENGRAVING", "quantity": 1 }] });
    server.on_order(&order, "amend", "unknown", &unknown).await.problem(422, "unknown_sku");
    let cancelled = server.on_order(&order, "cancel", "cancel", &json!({ "reason": "no" })).await.ok(200);
    assert_eq!(cancelled["status"], "cancelled");
    let reopened = server.on_order(&order, "reopen", "reopen", &json!({})).await.ok(200);
    assert_eq!((&reopened["status"], &reopened["lines"][2]["cancelled"]), (&json!("reserved"), &json!(0)));
}

#[tokio::test]
async fn missing_goods_hold_the_order_and_not_its_promise_for_a_service() {
    let server = TestServer::stocked().await;
    let mut much = with_cards(1);
    much["lines"][0]["quantity"] = json!(101);
    much["onShortage"] = json!("hold");
    let order = server.post("/v1/orders", "order", &much).await.ok(201);
    assert_eq!(order["holds"][0]["reason"], "inventory_out_of_stock");
    server
        .on_order(&order, "fulfill-lines", "card", &json!({ "all": true }))
        .await
        .problem(409, "order_on_hold");
    let mut complete = with_cards(1);
    complete["delivery"] = json!({ "method": "ship", "complete": true });
    let order = server.post("/v1/orders", "complete", &complete).await.ok(201);
    assert_eq!(order["fulfillmentOrders"][0]["waitingFor"], Value::Null);
    server.on_order(&order, "fulfill-lines", "with", &json!({ "all": true })).await.ok(200);
}

#[tokio::test]
async fn limits_of_channels_and_splits_do_not_count_lines_without_stock() {
    let server = TestServer::stocked().await;
    let limits = json!({ "sku": "TEA", "channelLimits": { "web": 1 } });
    server.put("/v1/stock-policies", &limits).await.ok(200);
    let tea = |quantity: u32, requires_stock: bool| {
        json!({ "channel": "web", "payment": "not_required", "allowSplit": false,
        "lines": [{ "sku": "TEA", "quantity": quantity, "requiresStock": requires_stock }] })
    };
    server.post("/v1/orders", "tasting", &tea(5, false)).await.ok(201);
    server.post("/v1/orders", "goods", &tea(1, true)).await.ok(201);
    server.post("/v1/orders", "more", &tea(1, true)).await.problem(409, "insufficient_stock");
}

#[tokio::test]
async fn a_promise_says_which_lines_need_no_stock() {
    let server = TestServer::with_card_policy().await;
    let wanted = json!({ "channel": "web", "lines": [{ "sku": "CUP", "quantity": 1 }, { "sku": "GIFT-CARD", "quantity": 3 }] });
    let options = server.post("/v1/promises", "unused", &wanted).await.ok(200)["options"].clone();
    assert_eq!(options[0]["status"], "in_stock");
    assert_eq!(options[0]["withoutStock"], json!([{ "line": 2, "sku": "GIFT-CARD", "quantity": 3 }]));
    assert_eq!(options[0]["shipments"][0]["lines"].as_array().unwrap().len(), 1);
    let service =
        json!({ "channel": "web", "lines": [{ "sku": "ENGRAVING", "quantity": 1, "requiresStock": false }] });
    let options = server.post("/v1/promises", "unused", &service).await.ok(200)["options"].clone();
    assert_eq!((&options[0]["status"], &options[0]["shipments"]), (&json!("in_stock"), &json!([])));
}

#[tokio::test]
async fn a_cart_reserves_nothing_for_lines_without_stock_and_is_taken_over() {
    let server = TestServer::with_card_policy().await;
    let lines = json!([{ "sku": "CUP", "quantity": 2 }, { "sku": "GIFT-CARD", "quantity": 1 },
                       { "sku": "ENGRAVING", "quantity": 1, "requiresStock": false }]);
    let cart =
        server.post("/v1/reservations", "cart", &json!({ "channel": "web", "lines": lines })).await.ok(201);
    let reserved: Vec<_> =
        cart["lines"].as_array().unwrap().iter().map(|line| line["reserved"].clone()).collect();
    assert_eq!(reserved, [json!(2), json!(0), json!(0)]);
    let mut wanted = only_cards();
    wanted["reservation"] = cart["reservationId"].clone();
    server.post("/v1/orders", "order", &wanted).await.ok(201);
    let path = format!("/v1/reservations/{}", text(&cart["reservationId"]));
    assert_eq!(
        server.get(&path).await.ok(200)["status"],
        "converted",
        "an order that needs no stock ends the cart"
    );
    let path = format!("/v1/availability?sku=CUP&minPosition={}", server.head().await);
    assert_eq!(server.get(&path).await.ok(200)["items"][0]["available"], 100);
    let cards = json!({ "channel": "web", "lines": [{ "sku": "GIFT-CARD", "quantity": 1 }] });
    let cart = server.post("/v1/reservations", "cards", &cards).await.ok(201);
    assert_eq!((&cart["status"], &cart["lines"][0]["reserved"]), (&json!("open"), &json!(0)));
}

#[tokio::test]
async fn a_group_and_a_dry_run_know_lines_without_stock() {
    let server = TestServer::stocked().await;
    let id = "0192f0c1-2345-7678-9abc-def012345678";
    let mut create = with_cards(1);
    create["command"] = json!("CreateOrder");
    create["orderId"] = json!(id);
    let fulfill = json!({ "command": "FulfillLines", "orderId": id, "all": true });
    let wrong = json!({ "command": "FulfillLines", "orderId": id, "lines": [{ "line": 1, "quantity": 1 }] });
    let group = |key: &str, commands: Value| json!([{ "key": key, "atomic": true, "commands": commands }]);
    let refused = group("wrong", json!([create, wrong]));
    let answers = server.post("/v1/commands", "unused", &refused).await.ok(200);
    assert_eq!(answers[0]["body"]["code"], "line_requires_stock", "{answers}");
    server.get(&format!("/v1/orders/{id}")).await.problem(404, "unknown_order");
    let answers =
        server.post("/v1/commands", "unused", &group("both", json!([create, fulfill]))).await.ok(200);
    assert_eq!(answers[0]["status"], 200, "{answers}");
    let undo = json!({ "lines": [{ "line": 2, "quantity": 1 }], "reason": "try" });
    let path = format!("/v1/orders/{id}/unfulfill-lines?dryRun=true");
    assert_eq!(server.post(&path, "try", &undo).await.ok(200)["lines"][1]["fulfilled"], 0);
    let order = json!({ "orderId": id });
    assert_eq!(server.read_order(&order).await["lines"][1]["fulfilled"], 1, "a dry run writes nothing");
}

//! Cart reservations over HTTP.

use super::*;

const CART: &str = "0192f0c1-2345-7678-9abc-def012345678";

fn cart(quantity: u32) -> Value {
    json!({ "channel": "web", "lines": [{ "sku": "TEA", "quantity": quantity }] })
}

fn converting(cart: &Value, quantity: u32) -> Value {
    let mut wanted = order(quantity);
    wanted["reservation"] = cart["reservationId"].clone();
    wanted
}

impl TestServer {
    async fn cart(&self, key: &str, quantity: u32) -> Value {
        self.post("/v1/reservations", key, &cart(quantity)).await.ok(201)
    }

    async fn get_cart(&self, cart: &Value) -> Value {
        self.get(&format!("/v1/reservations/{}", cart["reservationId"].as_str().unwrap())).await.ok(200)
    }

    async fn on_cart(&self, cart: &Value, action: &str, body: &Value) -> Answer {
        let id = cart["reservationId"].as_str().unwrap();
        self.post(&format!("/v1/reservations/{id}/{action}"), &format!("{action}-{id}"), body).await
    }

    /// Units of tea that can be promised.
    async fn available_tea(&self) -> u64 {
        let path = format!("/v1/availability?sku=TEA&minPosition={}", self.head().await);
        self.get(&path).await.ok(200)["items"][0]["available"].as_u64().unwrap()
    }
}

#[tokio::test]
async fn a_cart_reserves_units_until_it_is_cancelled() {
    let server = TestServer::stocked().await;
    let cart = server.cart("cart", 40).await;
    assert_eq!((&cart["status"], &cart["channel"]), (&json!("open"), &json!("web")));
    let line = &cart["lines"][0];
    assert_eq!(line["allocations"], json!([{ "location": "munich", "quantity": 40 }]), "{cart}");
    assert_eq!((&line["quantity"], &line["reserved"]), (&json!(40), &json!(40)), "{cart}");
    assert!(cart["expiresAt"].as_str().unwrap() > cart["createdAt"].as_str().unwrap(), "{cart}");
    assert_eq!((server.get_cart(&cart).await, server.available_tea().await), (cart.clone(), 60));
    let cancelled = server.on_cart(&cart, "cancel", &json!({ "reason": "left" })).await.ok(200);
    assert_eq!((&cancelled["status"], &cancelled["lines"][0]["reserved"]), (&json!("cancelled"), &json!(0)));
    assert_eq!((server.get_cart(&cart).await, server.available_tea().await), (cancelled, 100));
    server.on_cart(&cart, "extend", &json!({})).await.problem(409, "reservation_cancelled");
}

#[tokio::test]
async fn a_cart_is_refused_as_an_order_is() {
    let server = TestServer::stocked().await;
    let problem =
        server.post("/v1/reservations", "much", &cart(101)).await.problem(409, "insufficient_stock");
    assert_eq!(
        problem["shortages"],
        json!([{ "sku": "TEA", "requested": 101, "available": 100 }]),
        "{problem}"
    );
    let refused = async |key: &str, field: &str, value: Value, code: &str, at: &str| {
        let mut cart = cart(1);
        cart[field] = value;
        let problem = server.post("/v1/reservations", key, &cart).await.problem(422, code);
        assert_eq!(pointer(&problem), at, "{problem}");
    };
    let unknown = json!([{ "sku": "NONE", "quantity": 1 }]);
    refused("sku", "lines", unknown, "unknown_sku", "/lines/0/sku").await;
    refused("none", "lines", json!([]), "line_count_out_of_range", "/lines").await;
    refused("place", "pickupLocation", json!("nowhere"), "unknown_location", "/pickupLocation").await;
    refused("long", "expiresAfter", json!("P2D"), "reservation_too_long", "/expiresAfter").await;
    let country = json!({ "country": "de" });
    refused("country", "destination", country, "country_malformed", "/destination/country").await;
    assert_eq!(server.available_tea().await, 100);
}

#[tokio::test]
async fn a_cart_with_an_id_of_the_client_is_reserved_once() {
    let server = TestServer::stocked().await;
    let mut own = cart(10);
    own["reservationId"] = json!(CART);
    let first = server.post("/v1/reservations", "one", &own).await.ok(201);
    assert_eq!(first["reservationId"], CART);
    assert_eq!(server.post("/v1/reservations", "two", &own).await.ok(200), first);
    own["lines"][0]["quantity"] = json!(11);
    server.post("/v1/reservations", "three", &own).await.problem(409, "reservation_exists");
    assert_eq!(server.available_tea().await, 90);
}

#[tokio::test]
async fn an_unknown_cart_is_not_found() {
    let server = TestServer::stocked().await;
    for id in [CART, "none"] {
        server.get(&format!("/v1/reservations/{id}")).await.problem(404, "unknown_reservation");
        let unknown = json!({ "reservationId": id });
        for action in ["extend", "cancel"] {
            server.on_cart(&unknown, action, &json!({})).await.problem(404, "unknown_reservation");
        }
    }
    let converting = converting(&json!({ "reservationId": CART }), 1);
    let problem = server.post("/v1/orders", "order", &converting).await.problem(404, "unknown_reservation");
    assert_eq!(pointer(&problem), "/reservation");
}

#[tokio::test]
async fn an_extension_uses_the_policy_and_never_shortens() {
    let server = TestServer::stocked().await;
    server
        .put("/v1/policy", &json!({ "cartReservationFor": "P2D" }))
        .await
        .problem(422, "reservation_too_long");
    server.put("/v1/policy", &json!({ "cartReservationFor": "PT2H" })).await.ok(200);
    let mut short = cart(1);
    short["expiresAfter"] = json!("PT10M");
    let cart = server.post("/v1/reservations", "short", &short).await.ok(201);
    let extended = server.on_cart(&cart, "extend", &json!({})).await.ok(200);
    assert!(extended["expiresAt"].as_str() > cart["expiresAt"].as_str(), "{extended}");
    let id = cart["reservationId"].as_str().unwrap();
    let path = format!("/v1/reservations/{id}/extend");
    let again = server.post(&path, "again", &json!({ "expiresAfter": "PT1M" })).await.ok(200);
    assert_eq!(again["expiresAt"], extended["expiresAt"]);
}

#[tokio::test]
async fn an_order_takes_over_the_units_of_a_cart_once() {
    let server = TestServer::stocked().await;
    let cart = server.cart("cart", 70).await;
    let rest = server.cart("rest", 30).await;
    server.post("/v1/orders", "other", &order(1)).await.problem(409, "insufficient_stock");
    let order = server.post("/v1/orders", "order", &converting(&cart, 60)).await.ok(201);
    assert_eq!((&order["reservation"], &order["lines"][0]["reserved"]), (&cart["reservationId"], &json!(60)));
    let converted = server.get_cart(&cart).await;
    assert_eq!((&converted["status"], &converted["orderId"]), (&json!("converted"), &order["orderId"]));
    assert_eq!(server.available_tea().await, 10, "what the order does not need is free");
    let again = server.post("/v1/orders", "again", &converting(&cart, 5)).await;
    let problem = again.problem(409, "reservation_converted");
    assert_eq!((pointer(&problem), &problem["orderId"]), ("/reservation", &order["orderId"]));
    server.on_cart(&rest, "cancel", &json!({})).await.ok(200);
    let problem = server.post("/v1/orders", "late", &converting(&rest, 5)).await;
    problem.problem(409, "reservation_cancelled");
}

#[tokio::test]
async fn carts_that_convert_at_once_never_oversell() {
    let server = TestServer::stocked().await;
    let mut carts = Vec::new();
    for number in 0..20 {
        carts.push(server.cart(&format!("cart-{number}"), 5).await);
    }
    let adjusted = json!({ "sku": "TEA", "location": "munich", "delta": -50, "reason": "damaged" });
    server.post("/v1/stock/adjust", "broken", &adjusted).await.ok(200);
    let convert = carts.iter().enumerate().map(async |(number, cart)| {
        server.post("/v1/orders", &format!("order-{number}"), &converting(cart, 5)).await.status.as_u16()
    });
    let statuses = futures::future::join_all(convert).await;
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 10, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 10, "{statuses:?}");
    assert_eq!(server.available_tea().await, 0);
}

#[tokio::test]
async fn a_cart_is_converted_after_the_safety_stock_was_raised_and_the_channel_limited() {
    let server = TestServer::stocked().await;
    let cart = server.cart("cart", 80).await;
    let stricter = json!({ "sku": "TEA", "safetyStock": { "munich": 50 }, "channelLimits": { "web": 10 } });
    server.put("/v1/stock-policies", &stricter).await.ok(200);
    let reject = |quantity: u32| {
        let mut order = converting(&cart, quantity);
        order["onShortage"] = json!("reject");
        order
    };
    server.post("/v1/orders", "more", &reject(81)).await.problem(409, "insufficient_stock");
    let order = server.post("/v1/orders", "same", &reject(80)).await.ok(201);
    assert_eq!(order["fulfillmentOrders"][0]["lines"][0]["quantity"], 80, "{order}");
}

#[tokio::test]
async fn a_cart_that_lost_all_its_units_can_be_extended() {
    let server = TestServer::stocked().await;
    let cart = server.cart("cart", 100).await;
    let all =
        json!({ "sku": "TEA", "location": "munich", "delta": -100, "reason": "damaged", "note": "fire" });
    server.post("/v1/stock/adjust", "fire", &all).await.ok(200);
    let extended = server.on_cart(&cart, "extend", &json!({ "expiresAfter": "PT3H" })).await.ok(200);
    assert_eq!((&extended["status"], &extended["lines"][0]["reserved"]), (&json!("open"), &json!(0)));
    let events = server.get("/v1/events?type=StockCartExtended").await.ok(200);
    assert_eq!(events["items"], json!([]), "{events}");
}

#[tokio::test]
async fn an_expired_cart_is_ended_and_its_units_are_free() {
    let server = TestServer::stocked().await;
    let mut short = cart(100);
    short["expiresAfter"] = json!("PT1S");
    let cart = server.post("/v1/reservations", "short", &short).await.ok(201);
    let ended = async {
        let path = "/v1/events?type=CartReservationExpired";
        while server.get(path).await.ok(200)["items"].as_array().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), ended).await.unwrap();
    assert_eq!(
        (&server.get_cart(&cart).await["status"], server.available_tea().await),
        (&json!("expired"), 100)
    );
    let late = server.post("/v1/orders", "late", &converting(&cart, 5)).await;
    late.problem(409, "reservation_expired");
    server.on_cart(&cart, "extend", &json!({})).await.problem(409, "reservation_expired");
}

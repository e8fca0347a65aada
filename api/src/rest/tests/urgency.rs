//! The order in which waiting commands are decided, and commands that have expired.

use std::collections::BTreeSet;

use futures::future::join_all;
use holdfast_commands::COMMANDS;

use super::*;

/// Creates orders with these priorities at the same time, and returns their positions.
async fn create_orders(server: &TestServer, priorities: &[&str]) -> Vec<u64> {
    let orders = priorities.iter().enumerate().map(async |(index, priority)| {
        let mut wanted = order(1);
        wanted["priority"] = json!(priority);
        let answer = server.post("/v1/orders", &format!("{priority}-{index}"), &wanted).await;
        answer.ok(201)["position"].as_u64().unwrap()
    });
    join_all(orders).await
}

#[tokio::test]
async fn urgent_orders_are_decided_before_earlier_ones() {
    let server = TestServer::stocked().await;
    let at = create_orders(&server, &["standard", "standard", "standard", "express", "critical"]).await;
    let [.., express, critical] = at[..] else { unreachable!() };
    assert!(critical < express && express < at[0], "{at:?}");
    assert!(at[..3].is_sorted(), "orders of the same priority keep their sequence: {at:?}");
}

#[tokio::test]
async fn standard_orders_are_decided_while_urgent_orders_arrive() {
    let server = TestServer::stocked().await;
    let mut priorities = vec!["critical"; 30];
    priorities.extend(["standard", "standard"]);
    let at = create_orders(&server, &priorities).await;
    let (urgent, others) = at.split_at(30);
    let waited = others.iter().filter(|other| urgent.iter().all(|urgent| urgent < *other));
    assert_eq!(waited.count(), 0, "{at:?}");
}

#[tokio::test]
async fn reports_are_decided_before_waiting_orders_but_in_sequence_with_their_own_order() {
    let server = TestServer::stocked().await;
    let id = server.order("first", 1).await;
    let path = |action: &str| format!("/v1/orders/{id}/{action}");
    let (pay, hold) = (path("confirm-payment"), path("hold"));
    let (payment, reason) = (json!({ "paymentRef": "p" }), json!({ "reason": "other" }));
    let (_, paid, held) = tokio::join!(
        create_orders(&server, &["standard", "standard"]),
        server.post(&pay, "paid", &payment),
        server.post(&hold, "held", &reason),
    );
    let history = server.get("/v1/events?limit=100").await.ok(200);
    let types: Vec<_> =
        history["items"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
    let of = |name: &str| types.iter().rposition(|known| known.ends_with(name)).unwrap();
    assert!(of("PaymentConfirmed") < of("OrderCreated"), "{types:?}");
    assert!(paid.position() < held.position(), "the commands on one order keep their sequence");
}

const ORDER: &str = "0192f0c1-2345-7678-9abc-def012345678";
const TIME: &str = "2026-03-01T12:00:00Z";

/// Every command on orders, with its required fields.
fn commands_on_orders() -> Vec<(&'static str, Value)> {
    let of_order = || json!({ "orderId": ORDER, "reason": "other" });
    let paid = || json!({ "orderId": ORDER, "paymentRef": "p" });
    vec![
        ("CreateOrder", order(1)),
        ("ConfirmPayment", paid()),
        ("AuthorizePayment", paid()),
        ("FailPayment", of_order()),
        ("VoidPayment", of_order()),
        ("RefundPayment", json!({ "orderId": ORDER, "refundRef": "r", "amount": "1.00" })),
        ("FulfillLines", json!({ "orderId": ORDER, "all": true })),
        (
            "UnfulfillLines",
            json!({ "orderId": ORDER, "lines": [{ "line": 1, "quantity": 1 }], "reason": "not sent" }),
        ),
        ("HoldOrder", of_order()),
        ("ReleaseHold", json!({ "orderId": ORDER, "holdId": "h1" })),
        ("CancelOrder", of_order()),
        ("ReopenOrder", json!({ "orderId": ORDER })),
        ("AmendOrder", json!({ "orderId": ORDER, "changes": [{ "op": "remove", "line": 1 }] })),
        (
            "RequestReturn",
            json!({ "orderId": ORDER, "lines": [{ "line": 1, "quantity": 1 }], "reason": "broken" }),
        ),
        ("ErasePersonalData", of_order()),
    ]
}

/// Every command on fulfillment orders, shipments and returns.
fn commands_on_fulfillment() -> Vec<(&'static str, Value)> {
    let (part, shipment, back) = (format!("{ORDER}.f1"), format!("{ORDER}.s1"), format!("{ORDER}.r1"));
    let of_part = || json!({ "fulfillmentOrderId": part });
    let refused = || json!({ "fulfillmentOrderId": part, "reason": "no" });
    let all = || json!({ "fulfillmentOrderId": part, "all": true });
    let packages = json!([{ "carrier": "UPS", "trackingNumber": "1Z" }]);
    let scan = json!({ "carrier": "UPS", "trackingNumber": "1Z", "status": "in_transit", "at": TIME });
    let returned = json!([{ "line": 1, "quantity": 1, "disposition": "restock" }]);
    vec![
        ("AcceptFulfillmentOrder", of_part()),
        ("RejectFulfillmentOrder", refused()),
        ("MoveFulfillmentOrder", json!({ "fulfillmentOrderId": part, "location": "munich" })),
        ("AcceptCancellation", of_part()),
        ("RejectCancellation", refused()),
        ("AcceptAmendment", of_part()),
        ("RejectAmendment", refused()),
        ("ShortPick", json!({ "fulfillmentOrderId": part, "reason": "gone", "all": true })),
        ("PickItems", all()),
        ("PackItems", all()),
        ("UnpickItems", all()),
        ("UnpackItems", all()),
        ("UndoRejection", of_part()),
        ("MarkReadyForPickup", of_part()),
        ("ShipItems", json!({ "fulfillmentOrderId": part, "packages": packages })),
        ("CancelShipment", json!({ "shipmentId": shipment, "reason": "not shipped" })),
        ("RelabelPackage", json!({ "shipmentId": shipment, "carrier": "UPS", "trackingNumber": "1Z" })),
        ("ResendPackage", json!({ "shipmentId": shipment, "reason": "lost" })),
        ("TrackShipment", json!({ "shipmentId": shipment, "status": "in_transit", "at": TIME })),
        ("TrackParcel", scan),
        ("ConfirmDelivery", json!({ "shipmentId": shipment })),
        ("CloseReturn", json!({ "returnId": back, "reason": "lost" })),
        ("ReceiveReturn", json!({ "returnId": back, "location": "munich", "lines": returned })),
    ]
}

/// Every command on carts, stock, locations and policies.
fn other_commands() -> Vec<(&'static str, Value)> {
    let at = |more: Value| {
        let mut fields = json!({ "sku": "TEA", "location": "munich" });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    let damaged = json!({ "from": "sellable", "to": "damaged", "quantity": 1, "reason": "damaged" });
    vec![
        ("ReserveCart", json!({ "channel": "web", "lines": [{ "sku": "TEA", "quantity": 1 }] })),
        ("ExtendCartReservation", json!({ "reservationId": ORDER })),
        ("CancelCartReservation", json!({ "reservationId": ORDER })),
        ("ReceiveStock", at(json!({ "quantity": 1 }))),
        ("CountStock", at(json!({ "onHand": 1, "countedAt": TIME }))),
        ("AdjustStock", at(json!({ "delta": 1, "reason": "found" }))),
        ("ChangeStockCondition", at(damaged)),
        ("ShipTransfer", json!({ "sku": "TEA", "from": "munich", "to": "bonn", "quantity": 1 })),
        ("ReceiveTransfer", json!({ "transferId": "t1", "quantity": 1 })),
        ("ExpectSupply", at(json!({ "quantity": 1, "dueAt": TIME }))),
        ("CancelSupply", json!({ "supplyId": "s1" })),
        ("RegisterLocation", json!({ "location": "bonn", "latitude": 50.7, "longitude": 7.1 })),
        ("PauseLocation", json!({ "location": "munich", "reason": "flood" })),
        ("ResumeLocation", json!({ "location": "munich" })),
        ("SetMerchantPolicy", json!({ "allowSplit": false })),
        ("SetStockPolicy", json!({ "sku": "TEA", "backorderable": true })),
        ("RegisterMerchant", json!({ "merchant": "other" })),
    ]
}

fn every_command() -> Vec<(&'static str, Value)> {
    [commands_on_orders(), commands_on_fulfillment(), other_commands()].concat()
}

#[tokio::test]
async fn no_command_is_decided_after_its_expiry() {
    let server = TestServer::stocked().await;
    let known: BTreeSet<&str> = COMMANDS.iter().map(|command| command.name).collect();
    assert_eq!(every_command().iter().map(|(name, _)| *name).collect::<BTreeSet<_>>(), known);
    let head = server.head().await;
    let late = |not_after: &str| -> Vec<Value> {
        let command = |(name, mut fields): (&str, Value)| {
            fields["command"] = json!(name);
            fields["key"] = json!(format!("{name} until {not_after}"));
            fields["notAfter"] = json!(not_after);
            fields
        };
        every_command().into_iter().map(command).collect()
    };
    let answers = server.post("/v1/commands", "unused", &json!(late("2026-01-01T00:00:00Z"))).await.ok(200);
    for answer in answers.as_array().unwrap() {
        assert_eq!(
            (&answer["status"], &answer["body"]["code"]),
            (&json!(409), &json!("command_expired")),
            "{answer}"
        );
        assert_eq!(pointer(&answer["body"]), "/notAfter", "{answer}");
    }
    let events = server.get(&format!("/v1/events?after={head}")).await.ok(200);
    assert_eq!(events["items"], json!([]), "no command was executed");
    let answers = server.post("/v1/commands", "unused", &json!(late("2999-01-01T00:00:00Z"))).await.ok(200);
    for answer in answers.as_array().unwrap() {
        assert_ne!(answer["body"]["code"], "command_expired", "{answer}");
    }
}

#[tokio::test]
async fn a_single_command_that_has_expired_is_refused() {
    let server = TestServer::stocked().await;
    let mut wanted = order(1);
    wanted["notAfter"] = json!("2026-01-01T00:00:00Z");
    let refused = server.post("/v1/orders", "late", &wanted).await.problem(409, "command_expired");
    assert_eq!(pointer(&refused), "/notAfter");
    assert_eq!(server.post("/v1/orders", "late", &wanted).await.header("idempotency-replayed"), Some("true"));
    wanted["notAfter"] = json!("2999-01-01T00:00:00Z");
    server.post("/v1/orders", "in time", &wanted).await.ok(201);
}

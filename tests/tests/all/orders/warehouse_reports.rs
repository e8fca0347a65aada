//! Reports of warehouses, also those that contradict the order; values of units.

use serde_json::{Value, json};

use crate::support::orders::{
    PlacedOrder, assert_verified, availability, one_package, order_with, quantities_at, quantities_in,
    units_of_first_line,
};
use crate::support::server::TestServer;
use crate::support::store::{TestStore, on_every_store};

on_every_store!(
    shipping_cancelled_units_records_a_discrepancy,
    shipping_a_held_or_unpaid_order_records_a_discrepancy,
    picking_more_than_reserved_records_a_discrepancy,
    shipping_a_pickup_order_delivers_it,
    a_short_remainder_is_sourced_from_another_location,
    values_of_shipped_and_returned_units_add_up_to_the_line_total,
);

fn codes(view: &Value) -> Vec<&str> {
    view["discrepancies"].as_array().unwrap().iter().map(|known| known["code"].as_str().unwrap()).collect()
}

/// A shipment of some units of the first line.
fn partial_shipment(tracking_number: &str, quantity: u64) -> Value {
    let mut shipment = one_package(tracking_number);
    shipment["packages"][0]["lines"] = units_of_first_line(quantity);
    shipment
}

async fn shipping_cancelled_units_records_a_discrepancy(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    let placed = PlacedOrder::new(&server, "order", &order_with("MUG", 3, &json!({}))).await;
    let cancelled = placed.command(&server, "cancel", &json!({ "reason": "changed their mind" })).await;
    assert_eq!(quantities_at(&server, "MUG", "DC-1", &cancelled["position"]).await, [10, 0, 10]);
    let path = format!("{}?dryRun=true", placed.fulfillment_order_path(1, "ship"));
    let dry = server.post(&path, "dry", &partial_shipment("1Z", 2)).await.accepted();
    assert_eq!(codes(&dry), ["shipped_after_cancellation"]);
    assert_eq!(codes(&placed.at_position(&server, &cancelled["position"]).await), Vec::<&str>::new());

    let shipped = placed.fulfillment_order(&server, 1, "ship", &partial_shipment("1Z", 2)).await;
    assert_eq!(codes(&shipped), ["shipped_after_cancellation"], "{shipped}");
    let line = &shipped["lines"][0];
    assert_eq!((&line["shipped"], &line["cancelled"]), (&json!(2), &json!(1)), "{shipped}");
    assert_eq!(quantities_at(&server, "MUG", "DC-1", &shipped["position"]).await, [8, 0, 8]);
    let more = placed.fulfillment_order(&server, 1, "ship", &partial_shipment("2Z", 2)).await;
    assert_eq!(codes(&more)[1..], ["shipped_more_than_reserved", "shipped_more_than_ordered"], "{more}");
    assert_eq!(quantities_at(&server, "MUG", "DC-1", &more["position"]).await, [6, 0, 6]);
    assert_verified(&store);
}

async fn shipping_a_held_or_unpaid_order_records_a_discrepancy(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    let held = PlacedOrder::new(&server, "held", &order_with("MUG", 2, &json!({}))).await;
    held.command(&server, "hold", &json!({ "reason": "fraud_risk" })).await;
    let shipped = held.fulfillment_order(&server, 1, "ship", &one_package("1Z")).await;
    assert_eq!((codes(&shipped), &shipped["lines"][0]["shipped"]), (vec!["shipped_on_hold"], &json!(2)));

    let unpaid = order_with("MUG", 3, &json!({ "payment": "required" }));
    let unpaid = PlacedOrder::new(&server, "unpaid", &unpaid).await;
    let command = json!([{ "key": "ship", "command": "ShipItems", "packages": one_package("2Z")["packages"],
                           "fulfillmentOrderId": format!("{}.f1", unpaid.id) }]);
    let answers = server.post("/v1/commands", "unused", &command).await.accepted();
    assert_eq!(answers[0]["status"], 201, "{answers}");
    let shipped = &answers[0]["body"];
    assert_eq!((codes(shipped), &shipped["status"]), (vec!["shipped_unpaid"], &json!("shipped")));
    assert_eq!(unpaid.events(&server, "DiscrepancyRecorded").await[0]["code"], "shipped_unpaid");
    assert_eq!(quantities_at(&server, "MUG", "DC-1", &shipped["position"]).await, [5, 0, 5]);
    assert_verified(&store);
}

async fn picking_more_than_reserved_records_a_discrepancy(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    let placed = PlacedOrder::new(&server, "order", &order_with("MUG", 3, &json!({}))).await;
    let picked =
        placed.fulfillment_order(&server, 1, "pick", &json!({ "lines": units_of_first_line(5) })).await;
    assert_eq!(
        (codes(&picked), &picked["lines"][0]["picked"]),
        (vec!["picked_more_than_reserved"], &json!(3))
    );
    let shipped = placed.fulfillment_order(&server, 1, "ship", &one_package("1Z")).await;
    assert_eq!(shipped["lines"][0]["shipped"], 3);
    assert_eq!(quantities_at(&server, "MUG", "DC-1", &shipped["position"]).await, [7, 0, 7]);
    assert_verified(&store);
}

async fn shipping_a_pickup_order_delivers_it(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    server.add_stock("DC-2", "MUG", 2).await;
    let pickup = json!({ "delivery": { "method": "pickup", "location": "DC-2" } });
    let placed = PlacedOrder::new(&server, "order", &order_with("MUG", 2, &pickup)).await;
    assert_eq!(placed.view["fulfillmentOrders"][0]["location"], "DC-2", "{}", placed.view);
    let ready = placed.fulfillment_order(&server, 1, "ready-for-pickup", &json!({})).await;
    let fulfillment_order = &ready["fulfillmentOrders"][0];
    assert_eq!(
        (&fulfillment_order["status"], &fulfillment_order["lines"][0]["packed"]),
        (&json!("ready_for_pickup"), &json!(2))
    );
    assert!(fulfillment_order["readySince"].is_string(), "{ready}");
    let gone = placed.fulfillment_order(&server, 1, "ship", &json!({ "packages": [{}] })).await;
    assert_eq!((&gone["status"], codes(&gone)), (&json!("delivered"), vec![]), "{gone}");

    let sent = PlacedOrder::new(&server, "sent", &order_with("MUG", 1, &json!({}))).await;
    let not_pickup =
        server.post(&sent.fulfillment_order_path(1, "ready-for-pickup"), "ready", &json!({})).await;
    not_pickup.assert_refused(409, "not_to_be_picked_up");
    let unnamed =
        server.post(&sent.fulfillment_order_path(1, "ship"), "ship", &json!({ "packages": [{}] })).await;
    unnamed.assert_refused(422, "carrier_missing");
    assert_verified(&store);
}

async fn a_short_remainder_is_sourced_from_another_location(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 4).await;
    server.add_stock("DC-2", "MUG", 3).await;
    let placed = PlacedOrder::new(&server, "order", &order_with("MUG", 4, &json!({}))).await;
    let mut three = partial_shipment("1Z", 3);
    three["shortRemainder"] = json!(true);
    let shipped = placed.fulfillment_order(&server, 1, "ship", &three).await;
    assert_eq!(
        (&shipped["status"], &shipped["lines"][0]["reserved"]),
        (&json!("partially_shipped"), &json!(1))
    );
    assert_eq!(shipped["fulfillmentOrders"][1]["location"], "DC-2", "{shipped}");
    let item = availability(&server, "MUG", &shipped["position"]).await;
    assert_eq!(
        (quantities_in(&item, "DC-1"), quantities_in(&item, "DC-2")),
        ([0, 0, 0], [3, 1, 2]),
        "{item}"
    );
    assert_eq!(placed.fulfillment_order(&server, 2, "ship", &one_package("2Z")).await["status"], "shipped");
    assert_verified(&store);
}

async fn values_of_shipped_and_returned_units_add_up_to_the_line_total(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    let mut wanted = order_with("MUG", 3, &json!({ "currency": "USD" }));
    wanted["lines"][0]["total"] = json!("10.00");
    let placed = PlacedOrder::new(&server, "order", &wanted).await;
    placed.fulfillment_order(&server, 1, "ship", &partial_shipment("1Z", 1)).await;
    placed.fulfillment_order(&server, 1, "ship", &partial_shipment("2Z", 2)).await;
    let cents = |line: &Value| {
        let value = line["value"].as_str().unwrap_or_else(|| panic!("{line} has no value"));
        value.replace('.', "").parse::<u64>().unwrap()
    };
    let shipments = placed.events(&server, "ShipmentCreated").await;
    let values: Vec<u64> = shipments.iter().map(|sent| cents(&sent["packages"][0]["lines"][0])).collect();
    assert_eq!((values[0].abs_diff(333) <= 1, values.iter().sum::<u64>()), (true, 1_000), "{values:?}");

    let back = json!({ "lines": units_of_first_line(3), "reason": "too small" });
    let announced = placed.command(&server, "returns", &back).await;
    let path = format!("/v1/returns/{}/receive", announced["returnId"].as_str().unwrap());
    let came = json!({ "location": "DC-1", "lines": [
        { "line": 1, "quantity": 2, "disposition": "restock" },
        { "line": 1, "quantity": 1, "disposition": "scrap" } ] });
    let returned = server.post(&path, "came", &came).await.accepted();
    assert_eq!(returned["status"], "returned");
    let received = placed.events(&server, "ReturnReceived").await;
    let value: u64 = received[0]["lines"].as_array().unwrap().iter().map(cents).sum();
    assert_eq!(value, 1_000, "{received:?}");
    assert_eq!(quantities_at(&server, "MUG", "DC-1", &returned["position"]).await, [9, 0, 9]);
    assert_verified(&store);
}

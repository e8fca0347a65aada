//! Amendments of placed orders: quantities, lines, addresses, deliveries.

use serde_json::{Value, json};

use crate::support::orders::{
    PlacedOrder, assert_verified, one_package, order_with, quantities_at, units_of_first_line,
};
use crate::support::server::TestServer;
use crate::support::store::{TestStore, on_every_store};

on_every_store!(
    added_units_are_reserved_completely_or_the_amendment_is_refused,
    reducing_a_quantity_releases_the_units,
    a_new_address_replaces_the_old_one_and_is_stored_encrypted,
    amending_an_acknowledged_order_requires_location_approval,
    a_new_address_applies_after_the_location_accepts_the_amendment,
    units_of_a_line_can_be_cancelled,
    rest_bulk_and_graphql_amend_an_order,
);

fn quantity(line: u64, quantity: u64) -> Value {
    json!({ "changes": [{ "op": "setQuantity", "line": line, "quantity": quantity }] })
}

/// Ordered, reserved and cancelled units of a line.
fn line(view: &Value, number: usize) -> [u64; 3] {
    ["quantity", "reserved", "cancelled"].map(|name| view["lines"][number - 1][name].as_u64().unwrap())
}

async fn added_units_are_reserved_completely_or_the_amendment_is_refused(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    server.add_stock("DC-1", "TEA", 4).await;
    let placed = PlacedOrder::new(&server, "order", &order_with("MUG", 2, &json!({}))).await;
    let grown = placed.command(&server, "amend", &quantity(1, 5)).await;
    assert_eq!(line(&grown, 1), [5, 5, 0], "{grown}");
    assert_eq!(quantities_at(&server, "MUG", "DC-1", &grown["position"]).await, [10, 5, 5]);

    let more = json!({ "changes": [
        { "op": "setQuantity", "line": 1, "quantity": 6 }, { "op": "add", "sku": "TEA", "quantity": 5 } ] });
    let refused = server.post(&placed.path("amend"), "too much", &more).await;
    refused.assert_refused(409, "insufficient_stock");
    assert_eq!(
        quantities_at(&server, "MUG", "DC-1", &grown["position"]).await,
        [10, 5, 5],
        "no part of the amendment was applied"
    );

    let add = json!({ "changes": [{ "op": "add", "sku": "TEA", "quantity": 4, "lineRef": "tea" }] });
    let version = grown["version"].as_u64().unwrap();
    let late = server
        .post_with(&placed.path("amend"), "late", &[("If-Match", &format!("\"{}\"", version - 1))], &add)
        .await;
    late.assert_refused(412, "precondition_failed");
    let added = server
        .post_with(&placed.path("amend"), "in time", &[("If-Match", &format!("\"{version}\""))], &add)
        .await
        .accepted();
    assert_eq!((line(&added, 1), line(&added, 2)), ([5, 5, 0], [4, 4, 0]), "{added}");
    assert_eq!(quantities_at(&server, "TEA", "DC-1", &added["position"]).await, [4, 4, 0]);
    let unknown = json!({ "changes": [{ "op": "add", "sku": "NONE", "quantity": 1 }] });
    let unknown = server.post(&placed.path("amend"), "unknown", &unknown).await;
    unknown.assert_refused(422, "unknown_sku");
    assert_eq!(unknown.json()["errors"][0]["pointer"], "/changes/0/sku");
    assert_verified(&store);
}

async fn reducing_a_quantity_releases_the_units(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    server.add_stock("DC-1", "TEA", 10).await;
    let mut wanted = order_with("MUG", 6, &json!({}));
    wanted["lines"].as_array_mut().unwrap().push(json!({ "sku": "TEA", "quantity": 3, "lineRef": "tea" }));
    let placed = PlacedOrder::new(&server, "order", &wanted).await;
    let shrunk = placed.command(&server, "amend", &quantity(1, 2)).await;
    assert_eq!(line(&shrunk, 1), [6, 2, 4], "{shrunk}");
    assert_eq!(quantities_at(&server, "MUG", "DC-1", &shrunk["position"]).await, [10, 2, 8]);

    let remove = json!({ "changes": [{ "op": "remove", "lineRef": "tea" }] });
    let removed = placed.command(&server, "amend", &remove).await;
    assert_eq!(line(&removed, 2), [3, 0, 3], "{removed}");
    assert_eq!(quantities_at(&server, "TEA", "DC-1", &removed["position"]).await, [10, 0, 10]);

    // Cancelled units can be ordered again; shipped units cannot be removed.
    let again = placed.command(&server, "amend", &quantity(1, 3)).await;
    assert_eq!(line(&again, 1), [7, 3, 4], "{again}");
    placed.fulfillment_order(&server, 1, "ship", &one_package("1Z-1")).await;
    let less = server.post(&placed.path("amend"), "less", &quantity(1, 1)).await;
    less.assert_refused(409, "quantity_below_shipped");
    placed.fulfillment_order(&server, 2, "ship", &one_package("1Z-2")).await;
    let more = server.post(&placed.path("amend"), "more", &quantity(1, 4)).await;
    more.assert_refused(409, "order_shipped");
    assert_verified(&store);
}

async fn a_new_address_replaces_the_old_one_and_is_stored_encrypted(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    let first = json!({ "shipTo": { "name": "Hedwig Altmann-Quirl", "city": "Jena", "country": "DE" } });
    let placed = PlacedOrder::new(&server, "order", &order_with("MUG", 1, &first)).await;
    let now = placed.at_position(&server, &placed.view["position"]).await;
    assert_eq!(now["shipTo"]["name"], "Hedwig Altmann-Quirl");
    let second = json!({ "shipTo": {
        "name": "Balthasar Neumann-Zwirn", "street": ["Krautgasse 77b"], "city": "Weimar", "country": "DE" } });
    let amended = placed.command(&server, "amend", &second).await;
    assert_eq!(amended["shipTo"]["city"], "Weimar");
    let now = placed.at_position(&server, &amended["position"]).await;
    assert_eq!(now["shipTo"]["name"], "Balthasar Neumann-Zwirn");
    assert_eq!(now["shipTo"]["street"][0], "Krautgasse 77b");
    assert!(!server.get(&placed.path("history")).await.text.contains("Neumann-Zwirn"));
    drop(server);
    for secret in ["Altmann-Quirl", "Neumann-Zwirn", "Krautgasse 77b"] {
        assert_eq!(store.find_text(secret), None, "{secret}");
    }
    assert_verified(&store);
}

async fn amending_an_acknowledged_order_requires_location_approval(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    let placed = PlacedOrder::new(&server, "order", &order_with("MUG", 6, &json!({}))).await;
    placed.fulfillment_order(&server, 1, "accept", &json!({})).await;
    let requested = placed.command(&server, "amend", &quantity(1, 4)).await;
    let fulfillment_order = &requested["fulfillmentOrders"][0];
    assert_eq!(
        (&fulfillment_order["cancellationRequested"], &fulfillment_order["lines"][0]["requestedRelease"]),
        (&json!(true), &json!(2))
    );
    assert_eq!(
        quantities_at(&server, "MUG", "DC-1", &requested["position"]).await,
        [10, 6, 4],
        "not answered yet"
    );
    let moved = json!({ "shipTo": { "name": "Ada", "country": "DE" } });
    let readdressed = placed.command(&server, "amend", &moved).await;
    assert_eq!(readdressed["fulfillmentOrders"][0]["amendmentRequested"], true, "{readdressed}");
    let cancelled = placed.fulfillment_order(&server, 1, "accept-cancellation", &json!({})).await;
    assert_eq!(line(&cancelled, 1), [6, 4, 2], "{cancelled}");
    assert_eq!(quantities_at(&server, "MUG", "DC-1", &cancelled["position"]).await, [10, 4, 6]);
    assert_verified(&store);
}

async fn a_new_address_applies_after_the_location_accepts_the_amendment(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    let to = |name: &str, city: &str| json!({ "shipTo": { "name": name, "city": city, "country": "DE" } });
    let placed =
        PlacedOrder::new(&server, "order", &order_with("MUG", 6, &to("Altmann-Quirl", "Bonn"))).await;
    placed.fulfillment_order(&server, 1, "accept", &json!({})).await;
    // The location can also answer while the order is on hold.
    placed.command(&server, "hold", &json!({ "reason": "incorrect_address" })).await;
    let requested = placed.command(&server, "amend", &to("Neumann-Zwirn", "Kiel")).await;
    assert_eq!(
        (&requested["shipTo"]["city"], &requested["amendment"]["shipTo"]["city"]),
        (&json!("Bonn"), &json!("Kiel"))
    );
    let names = |view: &Value| (view["shipTo"]["name"].clone(), view["amendment"]["shipTo"]["name"].clone());
    let seen = placed.at_position(&server, &requested["position"]).await;
    assert_eq!(
        names(&seen),
        (json!("Altmann-Quirl"), json!("Neumann-Zwirn")),
        "a reader of the order sees both addresses"
    );
    let list = server
        .get(&format!("/v1/fulfillment-orders?location=DC-1&minPosition={}", requested["position"]))
        .await;
    assert_eq!(list.json()["items"][0]["amendmentRequested"], true, "{list:?}");
    let twice = server.post(&placed.path("amend"), "twice", &to("Dritte", "Ulm")).await;
    twice.assert_refused(409, "amendment_pending");

    let rejected = placed
        .fulfillment_order(&server, 1, "reject-amendment", &json!({ "reason": "the label is printed" }))
        .await;
    assert_eq!(
        (&rejected["shipTo"]["city"], rejected.get("amendment")),
        (&json!("Bonn"), None),
        "{rejected}"
    );
    let none = server.post(&placed.fulfillment_order_path(1, "accept-amendment"), "late", &json!({})).await;
    none.assert_refused(409, "no_amendment_requested");

    placed.command(&server, "amend", &to("Neumann-Zwirn", "Kiel")).await;
    let command = json!([{ "key": "accepted", "command": "AcceptAmendment", "amendmentId": "a2", "fulfillmentOrderId": format!("{}.f1", placed.id) }]);
    let accepted = server.post("/v1/commands", "unused", &command).await.accepted()[0]["body"].clone();
    assert_eq!(
        (&accepted["shipTo"]["city"], accepted.get("amendment")),
        (&json!("Kiel"), None),
        "{accepted}"
    );
    let seen = placed.at_position(&server, &accepted["position"]).await;
    assert_eq!(names(&seen), (json!("Neumann-Zwirn"), Value::Null), "{seen}");
    drop(server);
    for secret in ["Altmann-Quirl", "Neumann-Zwirn"] {
        assert_eq!(store.find_text(secret), None, "{secret}");
    }
    assert_verified(&store);
}

async fn units_of_a_line_can_be_cancelled(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 4).await;
    let placed =
        PlacedOrder::new(&server, "order", &order_with("MUG", 6, &json!({ "onShortage": "backorder" })))
            .await;
    let cancel = |quantity| json!({ "reason": "fewer guests", "lines": units_of_first_line(quantity) });
    let first = placed.command(&server, "cancel", &cancel(3)).await;
    assert_eq!((line(&first, 1), &first["lines"][0]["backordered"]), ([6, 3, 3], &json!(0)), "{first}");
    assert_eq!(first["statusAxes"]["cancellation"], "partial");
    assert_eq!(quantities_at(&server, "MUG", "DC-1", &first["position"]).await, [4, 3, 1]);
    let too_many = server.post(&placed.path("cancel"), "too many", &cancel(4)).await;
    too_many.assert_refused(409, "quantity_exceeds_open");
    let rest = placed.command(&server, "cancel", &json!({ "reason": "no party" })).await;
    assert_eq!((&rest["status"], line(&rest, 1)), (&json!("cancelled"), [6, 0, 6]));
    assert_verified(&store);
}

async fn rest_bulk_and_graphql_amend_an_order(store: TestStore) {
    let server = TestServer::start(&store).await;
    server.add_stock("DC-1", "MUG", 10).await;
    let placed = PlacedOrder::new(&server, "order", &order_with("MUG", 1, &json!({}))).await;
    let dry = server.post(&format!("{}?dryRun=true", placed.path("amend")), "key", &quantity(1, 9)).await;
    assert_eq!(line(&dry.accepted(), 1), [9, 9, 0], "the dry run shows the result");
    assert_eq!(
        placed.at_position(&server, &placed.view["position"]).await["version"],
        placed.view["version"],
        "the dry run changed nothing"
    );
    assert_eq!(quantities_at(&server, "MUG", "DC-1", &placed.view["position"]).await, [10, 1, 9]);

    // The key was not used by the dry run.
    let mut two = quantity(1, 2);
    two.as_object_mut().unwrap().extend(
        json!({ "key": "key", "command": "AmendOrder", "orderId": placed.id }).as_object().unwrap().clone(),
    );
    let bulk = server.post("/v1/commands", "unused", &json!([two])).await.accepted();
    assert_eq!((&bulk[0]["status"], line(&bulk[0]["body"], 1)), (&json!(200), [2, 2, 0]), "{bulk}");

    let mutation = format!(
        "mutation {{ amendOrder(input: {{ orderId: \"{}\", changes: [{{ op: \"setQuantity\", line: 1, quantity: 4 }}] }}, \
         idempotencyKey: \"three\") {{ userErrors {{ code pointer }} order {{ lines {{ nodes {{ quantity reserved }} }} }} }} }}",
        placed.id
    );
    let amended = server.graphql(&mutation).await["amendOrder"].clone();
    assert_eq!(amended["userErrors"], json!([]));
    assert_eq!(amended["order"]["lines"]["nodes"][0], json!({ "quantity": 4, "reserved": 4 }));
    let none = server.post(&placed.path("amend"), "none", &json!({})).await;
    none.assert_refused(422, "changes_missing");
    assert_verified(&store);
}

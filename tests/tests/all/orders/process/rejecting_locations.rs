//! A location that rejected an order does not supply it again, and only the pickup location supplies a pickup order. If no
//! location is left, the order is on hold.

use serde_json::json;

use super::{Shop, all_lines, hold_reasons, pickup, reserved_units, units};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_amended_to_pickup_at_a_rejecting_location_waits_for_a_decision() {
    let shop = Shop::open().await;
    shop.receive("A", "DC-1", 2).await;
    let placed = shop.order(&[("A", 2)], json!({ "onShortage": "backorder" })).await;
    placed.fulfillment_order(&shop.server, 1, "reject", &json!({ "reason": "too busy" })).await;
    let amended = placed.command(&shop.server, "amend", &json!({ "delivery": pickup("DC-1") })).await;
    assert_eq!(hold_reasons(&amended), ["inventory_out_of_stock"]);
    // Neither the pickup location, which rejected it, nor another location supplies it: a later order gets the units.
    shop.receive("A", "DC-2", 2).await;
    let later = shop.order(&[("A", 4)], json!({})).await;
    assert_eq!(reserved_units(&later.view), units(&[("DC-1", 1, 2), ("DC-2", 1, 2)]));
    let now = placed.at_position(&shop.server, &later.view["position"]).await;
    assert_eq!((reserved_units(&now), hold_reasons(&now)), (units(&[]), vec!["inventory_out_of_stock"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pickup_location_that_rejected_the_order_does_not_fill_its_backorders() {
    let shop = Shop::open().await;
    shop.receive("A", "DC-1", 2).await;
    shop.sell_out("B").await;
    let terms = json!({ "onShortage": "backorder", "delivery": pickup("DC-1") });
    let placed = shop.order(&[("A", 2), ("B", 1)], terms).await;
    let rejected = placed.fulfillment_order(&shop.server, 1, "reject", &json!({ "reason": "closed" })).await;
    assert_eq!(
        (reserved_units(&rejected), hold_reasons(&rejected)),
        (units(&[]), vec!["inventory_out_of_stock"])
    );
    shop.receive("B", "DC-1", 1).await;
    let later = shop.order(&[("B", 1)], json!({})).await;
    let now = placed.at_position(&shop.server, &later.view["position"]).await;
    assert_eq!((reserved_units(&now), hold_reasons(&now)), (units(&[]), vec!["inventory_out_of_stock"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_single_source_location_that_rejected_a_part_does_not_fill_backorders() {
    let shop = Shop::open().await;
    let placed = shop.order_with_pinned_backorder().await;
    placed.fulfillment_order(&shop.server, 1, "accept", &json!({})).await;
    shop.receive("C", "DC-1", 1).await;
    let add = json!({ "changes": [{ "op": "add", "sku": "C", "quantity": 1 }] });
    placed.command(&shop.server, "amend", &add).await;
    let rejected =
        placed.fulfillment_order(&shop.server, 2, "reject", &json!({ "reason": "too busy" })).await;
    assert_eq!(hold_reasons(&rejected), ["inventory_out_of_stock"]);
    shop.receive("B", "DC-1", 1).await;
    let later = shop.order(&[("B", 1)], json!({})).await;
    let now = placed.at_position(&shop.server, &later.view["position"]).await;
    assert_eq!(
        (reserved_units(&now), hold_reasons(&now)),
        (units(&[("DC-1", 1, 2)]), vec!["inventory_out_of_stock"])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moving_back_to_a_location_that_rejected_the_order_requires_force() {
    let shop = Shop::open().await;
    shop.receive("A", "DC-1", 3).await;
    shop.receive("A", "DC-2", 3).await;
    let placed = shop.order(&[("A", 3)], json!({})).await;
    let rejected =
        placed.fulfillment_order(&shop.server, 1, "reject", &json!({ "reason": "too busy" })).await;
    assert_eq!(reserved_units(&rejected), units(&[("DC-2", 1, 3)]));
    let refused = shop.post(&placed.fulfillment_order_path(2, "move"), &json!({ "location": "DC-1" })).await;
    refused.assert_refused(409, "location_rejected_order");
    let by_force = json!({ "location": "DC-1", "force": true });
    let moved = placed.fulfillment_order(&shop.server, 2, "move", &by_force).await;
    assert_eq!(reserved_units(&moved), units(&[("DC-1", 1, 3)]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moving_to_a_paused_location_requires_force() {
    let shop = Shop::open().await;
    shop.receive("A", "DC-1", 3).await;
    shop.receive("A", "DC-2", 3).await;
    let placed = shop.order(&[("A", 3)], json!({})).await;
    shop.pause("DC-2").await;
    let refused = shop.post(&placed.fulfillment_order_path(1, "move"), &json!({ "location": "DC-2" })).await;
    refused.assert_refused(409, "location_paused");
    let by_force = json!({ "location": "DC-2", "force": true });
    let moved = placed.fulfillment_order(&shop.server, 1, "move", &by_force).await;
    assert_eq!(reserved_units(&moved), units(&[("DC-2", 1, 3)]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_accepted_move_gives_no_units_to_a_location_paused_meanwhile() {
    let shop = Shop::open().await;
    for location in ["DC-1", "DC-2", "DC-3"] {
        shop.receive("A", location, 3).await;
    }
    let placed = shop.order(&[("A", 3)], json!({ "onShortage": "backorder" })).await;
    placed.fulfillment_order(&shop.server, 1, "accept", &json!({})).await;
    placed.fulfillment_order(&shop.server, 1, "move", &json!({ "location": "DC-2" })).await;
    shop.pause("DC-2").await;
    let answered = placed.fulfillment_order(&shop.server, 1, "accept-cancellation", &json!({})).await;
    assert!(reserved_units(&answered).iter().all(|(location, ..)| location != "DC-2"), "{answered}");
    assert_eq!(all_lines(&answered, "cancelled"), 0);
}

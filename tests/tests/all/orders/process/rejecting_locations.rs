//! A location that has rejected an order is not given its units again, and an order that is picked up is held at its own
//! location alone. Where no location is left, the order is on hold.

use serde_json::json;

use super::{Shop, all_lines, held, hold_reasons, pickup, places};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_amended_to_pickup_at_a_rejecting_location_waits_for_a_decision() {
    let shop = Shop::open().await;
    shop.receive("A", "DC-1", 2).await;
    let placed = shop.order(&[("A", 2)], json!({ "onShortage": "backorder" })).await;
    placed.fulfillment_order(&shop.server, 1, "reject", &json!({ "reason": "too busy" })).await;
    let amended = placed.command(&shop.server, "amend", &json!({ "delivery": pickup("DC-1") })).await;
    assert_eq!(hold_reasons(&amended), ["inventory_out_of_stock"]);
    // Neither its own location, which has rejected it, nor another one serves it: the units go to an order placed later.
    shop.receive("A", "DC-2", 2).await;
    let later = shop.order(&[("A", 4)], json!({})).await;
    assert_eq!(held(&later.view), places(&[("DC-1", 1, 2), ("DC-2", 1, 2)]));
    let now = placed.at(&shop.server, &later.view["position"]).await;
    assert_eq!((held(&now), hold_reasons(&now)), (places(&[]), vec!["inventory_out_of_stock"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejecting_pickup_location_does_not_serve_the_lines_that_waited() {
    let shop = Shop::open().await;
    shop.receive("A", "DC-1", 2).await;
    shop.sell_out("B").await;
    let terms = json!({ "onShortage": "backorder", "delivery": pickup("DC-1") });
    let placed = shop.order(&[("A", 2), ("B", 1)], terms).await;
    let rejected = placed.fulfillment_order(&shop.server, 1, "reject", &json!({ "reason": "closed" })).await;
    assert_eq!((held(&rejected), hold_reasons(&rejected)), (places(&[]), vec!["inventory_out_of_stock"]));
    shop.receive("B", "DC-1", 1).await;
    let later = shop.order(&[("B", 1)], json!({})).await;
    let now = placed.at(&shop.server, &later.view["position"]).await;
    assert_eq!((held(&now), hold_reasons(&now)), (places(&[]), vec!["inventory_out_of_stock"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_only_location_of_an_order_does_not_serve_it_after_it_rejected_a_part() {
    let shop = Shop::open().await;
    let placed = shop.order_waiting_at_one_location().await;
    placed.fulfillment_order(&shop.server, 1, "accept", &json!({})).await;
    shop.receive("C", "DC-1", 1).await;
    let add = json!({ "changes": [{ "op": "add", "sku": "C", "quantity": 1 }] });
    placed.command(&shop.server, "amend", &add).await;
    let rejected =
        placed.fulfillment_order(&shop.server, 2, "reject", &json!({ "reason": "too busy" })).await;
    assert_eq!(hold_reasons(&rejected), ["inventory_out_of_stock"]);
    shop.receive("B", "DC-1", 1).await;
    let later = shop.order(&[("B", 1)], json!({})).await;
    let now = placed.at(&shop.server, &later.view["position"]).await;
    assert_eq!((held(&now), hold_reasons(&now)), (places(&[("DC-1", 1, 2)]), vec!["inventory_out_of_stock"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fulfillment_order_is_moved_back_to_a_rejecting_location_only_by_force() {
    let shop = Shop::open().await;
    shop.receive("A", "DC-1", 3).await;
    shop.receive("A", "DC-2", 3).await;
    let placed = shop.order(&[("A", 3)], json!({})).await;
    let rejected =
        placed.fulfillment_order(&shop.server, 1, "reject", &json!({ "reason": "too busy" })).await;
    assert_eq!(held(&rejected), places(&[("DC-2", 1, 3)]));
    let refused = shop.post(&placed.fulfillment_order_path(2, "move"), &json!({ "location": "DC-1" })).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "location_rejected_order"));
    let by_force = json!({ "location": "DC-1", "force": true });
    let moved = placed.fulfillment_order(&shop.server, 2, "move", &by_force).await;
    assert_eq!(held(&moved), places(&[("DC-1", 1, 3)]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fulfillment_order_is_moved_to_a_paused_location_only_by_force() {
    let shop = Shop::open().await;
    shop.receive("A", "DC-1", 3).await;
    shop.receive("A", "DC-2", 3).await;
    let placed = shop.order(&[("A", 3)], json!({})).await;
    shop.pause("DC-2").await;
    let refused = shop.post(&placed.fulfillment_order_path(1, "move"), &json!({ "location": "DC-2" })).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "location_paused"));
    let by_force = json!({ "location": "DC-2", "force": true });
    let moved = placed.fulfillment_order(&shop.server, 1, "move", &by_force).await;
    assert_eq!(held(&moved), places(&[("DC-2", 1, 3)]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn units_do_not_go_to_a_location_that_was_paused_before_the_answer() {
    let shop = Shop::open().await;
    for location in ["DC-1", "DC-2", "DC-3"] {
        shop.receive("A", location, 3).await;
    }
    let placed = shop.order(&[("A", 3)], json!({ "onShortage": "backorder" })).await;
    placed.fulfillment_order(&shop.server, 1, "accept", &json!({})).await;
    placed.fulfillment_order(&shop.server, 1, "move", &json!({ "location": "DC-2" })).await;
    shop.pause("DC-2").await;
    let answered = placed.fulfillment_order(&shop.server, 1, "accept-cancellation", &json!({})).await;
    assert!(held(&answered).iter().all(|(location, ..)| location != "DC-2"), "{answered}");
    assert_eq!(all_lines(&answered, "cancelled"), 0);
}

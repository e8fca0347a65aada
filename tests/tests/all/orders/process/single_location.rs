//! All units of an order with `allowSplit: false` come from one location, its backorders included.

use serde_json::json;

use super::{Shop, package_of_first_line, pickup, reserved_units, units};
use crate::support::orders::{PlacedOrder, one_package};

/// Receives B at the former location, where another order can have it, then at the current location of the order. Asserts
/// which units the order then has.
async fn assert_backorder_follows(
    shop: &Shop,
    placed: &PlacedOrder,
    current: &str,
    former: &str,
    expected: &[(&str, u64, u64)],
) {
    shop.receive("B", former, 5).await;
    shop.order(&[("B", 5)], json!({})).await;
    shop.receive("B", current, 5).await;
    assert_eq!(reserved_units(&shop.wait_until_filled(placed).await), units(expected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backorders_follow_the_order_to_another_location_after_a_short_pick() {
    let shop = Shop::open().await;
    let placed = shop.order_with_pinned_backorder().await;
    shop.receive("A", "DC-2", 5).await;
    let short = json!({ "all": true, "reason": "not in its place" });
    let moved = placed.fulfillment_order(&shop.server, 1, "short", &short).await;
    assert_eq!(reserved_units(&moved), units(&[("DC-2", 1, 2)]));
    assert_backorder_follows(&shop, &placed, "DC-2", "DC-1", &[("DC-2", 1, 2), ("DC-2", 2, 1)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backorders_follow_the_order_to_another_location_after_a_count() {
    let shop = Shop::open().await;
    let placed = shop.order_with_pinned_backorder().await;
    shop.receive("A", "DC-2", 5).await;
    assert_eq!(shop.count("A", "DC-1", 0).await.accepted()["affectedOrders"], json!([placed.id]));
    assert_backorder_follows(&shop, &placed, "DC-2", "DC-1", &[("DC-2", 1, 2), ("DC-2", 2, 1)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backorders_follow_an_added_line_if_no_units_are_reserved() {
    let shop = Shop::open().await;
    shop.sell_out("B").await;
    shop.receive("C", "DC-2", 5).await;
    let terms = json!({ "allowSplit": false, "onShortage": "backorder" });
    let placed = shop.order(&[("B", 1)], terms).await;
    let add = json!({ "changes": [{ "op": "add", "sku": "C", "quantity": 1 }] });
    let amended = placed.command(&shop.server, "amend", &add).await;
    assert_eq!(reserved_units(&amended), units(&[("DC-2", 2, 1)]));
    assert_backorder_follows(&shop, &placed, "DC-2", "DC-1", &[("DC-2", 1, 1), ("DC-2", 2, 1)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backorders_stay_at_a_location_that_ships_shorted_units() {
    let shop = Shop::open().await;
    let placed = shop.order_with_pinned_backorder().await;
    let short = json!({ "all": true, "reason": "not in its place" });
    placed.fulfillment_order(&shop.server, 1, "short", &short).await;
    // The location ships one of the missing units: from now on the order must ship from DC-1.
    placed.fulfillment_order(&shop.server, 1, "ship", &package_of_first_line(1)).await;
    shop.receive("A", "DC-2", 5).await;
    shop.order(&[("A", 5)], json!({})).await;
    shop.receive("A", "DC-1", 5).await;
    assert_backorder_follows(&shop, &placed, "DC-1", "DC-2", &[("DC-1", 1, 1), ("DC-1", 2, 1)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backorders_may_come_from_any_location_after_the_reserved_line_is_cancelled() {
    for (command, body) in [
        ("cancel", json!({ "reason": "too many", "lines": [{ "line": 1, "quantity": 2 }] })),
        ("amend", json!({ "changes": [{ "op": "remove", "line": 1 }] })),
    ] {
        let shop = Shop::open().await;
        let placed = shop.order_with_pinned_backorder().await;
        placed.command(&shop.server, command, &body).await;
        shop.receive("B", "DC-2", 1).await;
        assert_eq!(
            reserved_units(&shop.wait_until_filled(&placed).await),
            units(&[("DC-2", 2, 1)]),
            "{command}"
        );
    }
}

/// An order with two fulfillment orders at `DC-1`: the first was accepted before B arrived.
async fn two_fulfillment_orders(shop: &Shop) -> PlacedOrder {
    let placed = shop.order_with_pinned_backorder().await;
    placed.fulfillment_order(&shop.server, 1, "accept", &json!({})).await;
    shop.receive("B", "DC-1", 1).await;
    let served = shop.wait_until_filled(&placed).await;
    assert_eq!(served["fulfillmentOrders"].as_array().map(Vec::len), Some(2));
    placed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moving_one_of_two_fulfillment_orders_is_refused_as_would_split() {
    let shop = Shop::open().await;
    let placed = two_fulfillment_orders(&shop).await;
    shop.receive("A", "DC-2", 2).await;
    shop.receive("B", "DC-2", 1).await;
    // The second is unacknowledged, the first is acknowledged.
    for number in [2, 1] {
        let path = placed.fulfillment_order_path(number, "move");
        let refused = shop.post(&path, &json!({ "location": "DC-2" })).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "would_split"), "f{number}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn amending_to_pickup_is_refused_after_another_location_shipped() {
    let shop = Shop::open().await;
    let placed = shop.order_with_pinned_backorder().await;
    placed.fulfillment_order(&shop.server, 1, "ship", &one_package("1Z")).await;
    let answer = shop.post(&placed.path("amend"), &json!({ "delivery": pickup("DC-2") })).await;
    answer.assert_refused(409, "reserved_elsewhere");
}

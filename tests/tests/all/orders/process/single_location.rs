//! All units of an order with `allowSplit: false` come from one location, and what waits follows them.

use serde_json::json;

use super::{Shop, held, package_of_first_line, pickup, places};
use crate::support::orders::{PlacedOrder, one_package};

/// B arrives at the location that the order has left, where another order can have it, then at the one where it is now.
async fn assert_rest_follows(
    shop: &Shop,
    placed: &PlacedOrder,
    now: &str,
    left: &str,
    expected: &[(&str, u64, u64)],
) {
    shop.receive("B", left, 5).await;
    shop.order(&[("B", 5)], json!({})).await;
    shop.receive("B", now, 5).await;
    assert_eq!(held(&shop.until_served(placed).await), places(expected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_lines_follow_units_that_were_shorted() {
    let shop = Shop::open().await;
    let placed = shop.order_waiting_at_one_location().await;
    shop.receive("A", "DC-2", 5).await;
    let short = json!({ "all": true, "reason": "not in its place" });
    let moved = placed.fulfillment_order(&shop.server, 1, "short", &short).await;
    assert_eq!(held(&moved), places(&[("DC-2", 1, 2)]));
    assert_rest_follows(&shop, &placed, "DC-2", "DC-1", &[("DC-2", 1, 2), ("DC-2", 2, 1)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_lines_follow_units_that_a_count_took() {
    let shop = Shop::open().await;
    let placed = shop.order_waiting_at_one_location().await;
    shop.receive("A", "DC-2", 5).await;
    assert_eq!(shop.count("A", "DC-1", 0).await.accepted()["affectedOrders"], json!([placed.id]));
    assert_rest_follows(&shop, &placed, "DC-2", "DC-1", &[("DC-2", 1, 2), ("DC-2", 2, 1)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_lines_follow_a_line_that_is_added_when_nothing_is_held() {
    let shop = Shop::open().await;
    shop.sell_out("B").await;
    shop.receive("C", "DC-2", 5).await;
    let terms = json!({ "allowSplit": false, "onShortage": "backorder" });
    let placed = shop.order(&[("B", 1)], terms).await;
    let add = json!({ "changes": [{ "op": "add", "sku": "C", "quantity": 1 }] });
    let amended = placed.command(&shop.server, "amend", &add).await;
    assert_eq!(held(&amended), places(&[("DC-2", 2, 1)]));
    assert_rest_follows(&shop, &placed, "DC-2", "DC-1", &[("DC-2", 1, 1), ("DC-2", 2, 1)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_lines_follow_units_that_leave_after_they_were_shorted() {
    let shop = Shop::open().await;
    let placed = shop.order_waiting_at_one_location().await;
    let short = json!({ "all": true, "reason": "not in its place" });
    placed.fulfillment_order(&shop.server, 1, "short", &short).await;
    // One of them was there after all: from now on the order ships from DC-1.
    placed.fulfillment_order(&shop.server, 1, "ship", &package_of_first_line(1)).await;
    shop.receive("A", "DC-2", 5).await;
    shop.order(&[("A", 5)], json!({})).await;
    shop.receive("A", "DC-1", 5).await;
    assert_rest_follows(&shop, &placed, "DC-1", "DC-2", &[("DC-1", 1, 1), ("DC-1", 2, 1)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_lines_may_come_from_anywhere_once_the_held_line_is_cancelled() {
    for (command, body) in [
        ("cancel", json!({ "reason": "too many", "lines": [{ "line": 1, "quantity": 2 }] })),
        ("amend", json!({ "changes": [{ "op": "remove", "line": 1 }] })),
    ] {
        let shop = Shop::open().await;
        let placed = shop.order_waiting_at_one_location().await;
        placed.command(&shop.server, command, &body).await;
        shop.receive("B", "DC-2", 1).await;
        assert_eq!(held(&shop.until_served(&placed).await), places(&[("DC-2", 2, 1)]), "{command}");
    }
}

/// The two fulfillment orders of an order at `DC-1`: the first was accepted before B arrived.
async fn two_fulfillment_orders(shop: &Shop) -> PlacedOrder {
    let placed = shop.order_waiting_at_one_location().await;
    placed.fulfillment_order(&shop.server, 1, "accept", &json!({})).await;
    shop.receive("B", "DC-1", 1).await;
    let served = shop.until_served(&placed).await;
    assert_eq!(served["fulfillmentOrders"].as_array().map(Vec::len), Some(2));
    placed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_fulfillment_orders_is_not_moved_away_from_the_other() {
    let shop = Shop::open().await;
    let placed = two_fulfillment_orders(&shop).await;
    shop.receive("A", "DC-2", 2).await;
    shop.receive("B", "DC-2", 1).await;
    // The second would be moved at once; the location of the first would be asked.
    for number in [2, 1] {
        let path = placed.fulfillment_order_path(number, "move");
        let refused = shop.post(&path, &json!({ "location": "DC-2" })).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "would_split"), "f{number}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_has_shipped_from_elsewhere_is_not_amended_to_pickup() {
    let shop = Shop::open().await;
    let placed = shop.order_waiting_at_one_location().await;
    placed.fulfillment_order(&shop.server, 1, "ship", &one_package("1Z")).await;
    let answer = shop.post(&placed.path("amend"), &json!({ "delivery": pickup("DC-2") })).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (409, "reserved_elsewhere"));
}

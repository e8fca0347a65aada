//! `splitLimit` counts the locations that an order ships from already.

use serde_json::json;

use super::{Shop, held, places};
use crate::support::orders::one_package;

/// A shop whose orders ship from one location, unless a person decides otherwise.
async fn shop() -> Shop {
    let shop = Shop::open().await;
    shop.server.put("/v1/policy", &json!({ "splitLimit": 1 })).await.accepted();
    shop
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backorder_is_filled_from_the_location_in_use() {
    let shop = shop().await;
    shop.receive("A", "DC-1", 1).await;
    shop.sell_out("B").await;
    let placed = shop.order(&[("A", 1), ("B", 1)], json!({ "onShortage": "backorder" })).await;
    shop.receive("B", "DC-2", 1).await;
    // Another order can have it.
    shop.order(&[("B", 1)], json!({})).await;
    shop.receive("B", "DC-1", 1).await;
    assert_eq!(held(&shop.until_served(&placed).await), places(&[("DC-1", 1, 1), ("DC-1", 2, 1)]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn units_of_one_line_come_from_the_location_that_gave_the_first() {
    let shop = shop().await;
    shop.sell_out("A").await;
    let placed = shop.order(&[("A", 2)], json!({ "onShortage": "backorder" })).await;
    shop.receive("A", "DC-2", 1).await;
    let has_one = |now: &serde_json::Value| super::all_lines(now, "reserved") == 1;
    placed.wait_until(&shop.server, "given the first", has_one).await;
    shop.receive("A", "DC-3", 1).await;
    // Another order can have it.
    shop.order(&[("A", 1)], json!({})).await;
    shop.receive("A", "DC-2", 1).await;
    assert_eq!(held(&shop.until_served(&placed).await), places(&[("DC-2", 1, 2)]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_added_line_comes_from_the_location_in_use() {
    for has_shipped in [false, true] {
        let shop = shop().await;
        shop.receive("A", "DC-1", 1).await;
        shop.receive("B", "DC-2", 1).await;
        let placed = shop.order(&[("A", 1)], json!({})).await;
        if has_shipped {
            placed.fulfillment_order(&shop.server, 1, "ship", &one_package("1Z")).await;
        }
        let add = json!({ "changes": [{ "op": "add", "sku": "B", "quantity": 1 }] });
        let refused = shop.post(&placed.path("amend"), &add).await;
        let code = if has_shipped { "order_shipped" } else { "insufficient_stock" };
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, code));
        if has_shipped {
            continue;
        }
        shop.receive("B", "DC-1", 1).await;
        let amended = placed.command(&shop.server, "amend", &add).await;
        assert!(held(&amended).iter().all(|(location, ..)| location == "DC-1"), "{amended}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_units_are_not_taken_from_one_location_more() {
    for by_count in [false, true] {
        let shop = shop().await;
        shop.receive("A", "DC-1", 2).await;
        shop.receive("A", "DC-2", 1).await;
        let placed = shop.order(&[("A", 2)], json!({})).await;
        if by_count {
            shop.count("A", "DC-1", 1).await.accepted();
        } else {
            let short = json!({ "lines": [{ "line": 1, "quantity": 1 }], "reason": "not in its place" });
            placed.fulfillment_order(&shop.server, 1, "short", &short).await;
        }
        // The unit at DC-2 is free for another order; the one that arrives at DC-1 is not.
        shop.receive("A", "DC-1", 1).await;
        assert_eq!(
            held(&shop.until_served(&placed).await),
            places(&[("DC-1", 1, 2)]),
            "by a count: {by_count}"
        );
    }
}

//! `splitLimit` also counts the locations that already supply the order.

use serde_json::json;

use super::{Shop, reserved_units, units};
use crate::support::orders::one_package;

/// A shop with a split limit of one location.
async fn shop() -> Shop {
    let shop = Shop::open().await;
    shop.server.put("/v1/policy", &json!({ "splitLimit": 1 })).await.accepted();
    shop
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backorder_is_filled_from_a_location_in_use() {
    let shop = shop().await;
    shop.receive("A", "DC-1", 1).await;
    shop.sell_out("B").await;
    let placed = shop.order(&[("A", 1), ("B", 1)], json!({ "onShortage": "backorder" })).await;
    shop.receive("B", "DC-2", 1).await;
    // The unit is available to another order.
    shop.order(&[("B", 1)], json!({})).await;
    shop.receive("B", "DC-1", 1).await;
    assert_eq!(
        reserved_units(&shop.wait_until_filled(&placed).await),
        units(&[("DC-1", 1, 1), ("DC-1", 2, 1)])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_units_of_a_line_come_from_the_location_of_the_first() {
    let shop = shop().await;
    shop.sell_out("A").await;
    let placed = shop.order(&[("A", 2)], json!({ "onShortage": "backorder" })).await;
    shop.receive("A", "DC-2", 1).await;
    let has_one = |now: &serde_json::Value| super::all_lines(now, "reserved") == 1;
    placed.wait_until(&shop.server, "partly reserved", has_one).await;
    shop.receive("A", "DC-3", 1).await;
    // The unit is available to another order.
    shop.order(&[("A", 1)], json!({})).await;
    shop.receive("A", "DC-2", 1).await;
    assert_eq!(reserved_units(&shop.wait_until_filled(&placed).await), units(&[("DC-2", 1, 2)]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_added_line_is_sourced_from_a_location_in_use() {
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
        refused.assert_refused(409, code);
        if has_shipped {
            continue;
        }
        shop.receive("B", "DC-1", 1).await;
        let amended = placed.command(&shop.server, "amend", &add).await;
        assert!(reserved_units(&amended).iter().all(|(location, ..)| location == "DC-1"), "{amended}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_units_are_not_sourced_from_an_additional_location() {
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
        // The unit at DC-2 is not used; the unit that arrives at DC-1 is.
        shop.receive("A", "DC-1", 1).await;
        assert_eq!(
            reserved_units(&shop.wait_until_filled(&placed).await),
            units(&[("DC-1", 1, 2)]),
            "by a count: {by_count}"
        );
    }
}

//! A channel promises no more units of a SKU than its limit to orders created since the limit was set.

use serde_json::json;

use super::{Shop, all_lines, package_of_first_line, reserved_units, units};
use crate::support::server::HttpResponse;

fn is_refused(answer: &HttpResponse) -> bool {
    answer.status == 409 && ["insufficient_stock", "channel_limit_exceeded"].contains(&answer.code().as_str())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn units_reserved_at_payment_count_towards_the_limit() {
    let shop = Shop::open().await;
    shop.receive("A", "DC-1", 10).await;
    shop.set_limit("A", Some(1)).await;
    shop.server.put("/v1/policy", &json!({ "reserveAt": "payment" })).await.accepted();
    let terms = || json!({ "payment": "required", "onShortage": "backorder" });
    let mut promised = 0;
    for quantity in [1, 3, 1] {
        let placed = shop.order(&[("A", quantity)], terms()).await;
        let paid = placed.command(&shop.server, "confirm-payment", &json!({ "paymentRef": "p" })).await;
        promised += all_lines(&paid, "reserved") + all_lines(&paid, "backordered");
    }
    assert_eq!(promised, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shipped_units_count_towards_the_limit_even_if_shorted_or_cancelled() {
    for (on_shortage, is_cancelled) in [("backorder", false), ("reject", true)] {
        let shop = Shop::open().await;
        shop.receive("A", "DC-1", 10).await;
        shop.set_limit("A", Some(2)).await;
        let placed = shop.order(&[("A", 2)], json!({ "onShortage": on_shortage })).await;
        if is_cancelled {
            placed.command(&shop.server, "cancel", &json!({ "reason": "too late" })).await;
        } else {
            let short = json!({ "all": true, "reason": "not in its place" });
            placed.fulfillment_order(&shop.server, 1, "short", &short).await;
        }
        placed.fulfillment_order(&shop.server, 1, "ship", &package_of_first_line(2)).await;
        let more = shop.try_order(&[("A", 1)], json!({})).await;
        assert!(is_refused(&more), "cancelled: {is_cancelled}: {more:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_an_order_older_than_the_limit_frees_no_quota() {
    let shop = Shop::open().await;
    shop.receive("A", "DC-1", 20).await;
    let older = shop.order(&[("A", 3)], json!({})).await;
    shop.set_limit("A", Some(2)).await;
    shop.order(&[("A", 2)], json!({})).await;
    older.command(&shop.server, "cancel", &json!({ "reason": "too late" })).await;
    let more = shop.try_order(&[("A", 1)], json!({})).await;
    assert!(is_refused(&more), "{more:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_a_backorder_older_than_the_limit_frees_no_quota() {
    let shop = Shop::open().await;
    shop.sell_out("A").await;
    let older = shop.order(&[("A", 3)], json!({ "onShortage": "backorder" })).await;
    shop.set_limit("A", Some(2)).await;
    shop.order(&[("A", 2)], json!({ "onShortage": "backorder" })).await;
    older.command(&shop.server, "cancel", &json!({ "reason": "too late" })).await;
    shop.receive("A", "DC-1", 20).await;
    let more = shop.try_order(&[("A", 1)], json!({})).await;
    assert!(is_refused(&more), "{more:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_an_order_of_an_earlier_limit_frees_no_quota_of_a_later_one() {
    let shop = Shop::open().await;
    shop.receive("A", "DC-1", 20).await;
    shop.set_limit("A", Some(3)).await;
    let older = shop.order(&[("A", 3)], json!({})).await;
    shop.set_limit("A", None).await;
    shop.set_limit("A", Some(3)).await;
    shop.order(&[("A", 3)], json!({})).await;
    older.command(&shop.server, "cancel", &json!({ "reason": "too late" })).await;
    let more = shop.try_order(&[("A", 1)], json!({})).await;
    assert!(is_refused(&more), "{more:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moving_or_rejecting_an_order_older_than_the_limit_uses_no_quota() {
    for (command, body) in
        [("move", json!({ "location": "DC-2" })), ("reject", json!({ "reason": "too busy" }))]
    {
        let shop = Shop::open().await;
        shop.receive("A", "DC-1", 5).await;
        shop.receive("A", "DC-2", 5).await;
        let older = shop.order(&[("A", 3)], json!({})).await;
        shop.set_limit("A", Some(3)).await;
        let moved = older.fulfillment_order(&shop.server, 1, command, &body).await;
        assert_eq!(reserved_units(&moved), units(&[("DC-2", 1, 3)]), "{command}");
        shop.order(&[("A", 3)], json!({})).await;
        let more = shop.try_order(&[("A", 1)], json!({})).await;
        assert!(is_refused(&more), "{command}: {more:?}");
    }
}

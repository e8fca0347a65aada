//! An order that cannot leave by its `shipBy` is refused.

use serde_json::{Value, json};

use super::{Shop, all_lines};

/// A shop with 18 units at `DC-1`, whose capacity is booked for today and tomorrow. The other locations have no units.
async fn busy_shop() -> Shop {
    let shop = Shop::open().await;
    let busy = json!({ "dailyCapacity": 1, "timezone": "UTC" });
    shop.server.put("/v1/locations/DC-1", &busy).await.accepted();
    shop.receive("A", "DC-1", 20).await;
    // They book today and tomorrow.
    shop.order(&[("A", 1)], json!({})).await;
    shop.order(&[("A", 1)], json!({})).await;
    shop
}

/// A delivery that must leave within a day.
fn leaving_within_a_day() -> Value {
    let by = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
    json!({ "method": "ship", "shipBy": by.to_string() })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_cannot_ship_in_time_is_refused() {
    let shop = busy_shop().await;
    let refused = shop.try_order(&[("A", 1)], json!({ "delivery": leaving_within_a_day() })).await;
    refused.assert_refused(409, "ship_by_unattainable");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_cannot_ship_in_time_is_not_backordered() {
    let shop = busy_shop().await;
    let terms = json!({ "onShortage": "backorder", "delivery": leaving_within_a_day() });
    let refused = shop.try_order(&[("A", 1)], terms).await;
    refused.assert_refused(409, "ship_by_unattainable");
    // The units are still available to an order without `shipBy`.
    let later = shop.order(&[("A", 18)], json!({})).await;
    assert_eq!(all_lines(&later.view, "reserved"), 18);
}

//! An order that must leave by some time is not promised to leave later.

use serde_json::{Value, json};

use super::{Shop, all_lines};

/// A shop whose `DC-1` has handled all that it can today, and 18 units left. The other locations have none.
async fn busy_shop() -> Shop {
    let shop = Shop::open().await;
    let busy = json!({ "dailyCapacity": 1, "timezone": "UTC" });
    shop.server.put("/v1/locations/DC-1", &busy).await.accepted();
    shop.receive("A", "DC-1", 20).await;
    // Today and tomorrow.
    shop.order(&[("A", 1)], json!({})).await;
    shop.order(&[("A", 1)], json!({})).await;
    shop
}

/// A delivery that has to leave within a day, which is booked already.
fn leaving_within_a_day() -> Value {
    let by = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
    json!({ "method": "ship", "shipBy": by.to_string() })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_no_location_can_ship_in_time_is_refused_as_such() {
    let shop = busy_shop().await;
    let refused = shop.try_order(&[("A", 1)], json!({ "delivery": leaving_within_a_day() })).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "ship_by_unattainable"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_for_supply_does_not_help_an_order_that_leaves_too_late() {
    let shop = busy_shop().await;
    let terms = json!({ "onShortage": "backorder", "delivery": leaving_within_a_day() });
    let refused = shop.try_order(&[("A", 1)], terms).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "ship_by_unattainable"));
    // A later order that may leave at any time has the units.
    let later = shop.order(&[("A", 18)], json!({})).await;
    assert_eq!(all_lines(&later.view, "reserved"), 18);
}

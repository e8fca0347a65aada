//! Backorders are filled as soon as a paused location is resumed.

use std::time::Duration;

use serde_json::json;

use super::{Shop, reserved_units, units};

/// A process manager that retries the paused location doubles the time between attempts: after this time, the next
/// attempt would follow about 15 seconds later.
const PAUSED_FOR: Duration = Duration::from_secs(17);
/// Much longer than the second within which a backorder is filled.
const FILL_TIMEOUT: Duration = Duration::from_secs(8);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backorder_is_filled_as_soon_as_its_location_is_resumed() {
    let shop = Shop::open().await;
    shop.sell_out("A").await;
    let placed = shop.order(&[("A", 1)], json!({ "onShortage": "backorder" })).await;
    shop.pause("DC-1").await;
    shop.receive("A", "DC-1", 1).await;
    let reserved = until_reserved(&shop, placed.view["position"].as_u64().unwrap());
    let reserved = tokio::time::timeout(PAUSED_FOR, reserved).await;
    assert!(reserved.is_err(), "a paused location fills no backorder: {reserved:?}");
    shop.post("/v1/locations/DC-1/resume", &json!({})).await.accepted();
    let served = tokio::time::timeout(FILL_TIMEOUT, shop.wait_until_filled(&placed)).await;
    assert_eq!(reserved_units(&served.expect("the backorder is filled")), units(&[("DC-1", 1, 1)]));
}

/// Reads the feed until it has an `InventoryReserved`.
async fn until_reserved(shop: &Shop, after: u64) -> String {
    let path = format!("/v1/events?type=InventoryReserved&after={after}");
    let request = reqwest::Client::new().get(shop.server.url(&path)).header("Accept", "text/event-stream");
    let mut feed = request.send().await.expect("an answer");
    let mut text = String::new();
    while !text.contains("InventoryReserved") {
        let chunk = feed.chunk().await.expect("the feed goes on").expect("the feed is open");
        text.push_str(std::str::from_utf8(&chunk).expect("text"));
    }
    text
}

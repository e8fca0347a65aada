//! Backorders at a location that was paused are filled as soon as it is resumed.

use std::time::Duration;

use serde_json::json;

use super::{Shop, held, places};

/// A process manager that tries the paused location in vain doubles the time between attempts: after this time the next
/// attempt would be about 15 seconds away.
const PAUSED_FOR: Duration = Duration::from_secs(17);
/// Far more than the second in which a backorder is filled.
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
    assert!(reserved.is_err(), "a paused location gives nothing: {reserved:?}");
    shop.post("/v1/locations/DC-1/resume", &json!({})).await.accepted();
    let served = tokio::time::timeout(FILL_TIMEOUT, shop.until_served(&placed)).await;
    assert_eq!(held(&served.expect("the backorder is filled")), places(&[("DC-1", 1, 1)]));
}

/// Follows the feed until units of some order are reserved.
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

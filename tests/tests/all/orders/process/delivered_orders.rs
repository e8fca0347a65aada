//! An order that has been delivered stays delivered.

use serde_json::json;

use super::Shop;
use crate::support::orders::one_package;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn amending_a_delivered_order_is_refused() {
    let shop = Shop::open().await;
    shop.receive("A", "DC-1", 5).await;
    let placed = shop.order(&[("A", 1)], json!({})).await;
    placed.fulfillment_order(&shop.server, 1, "ship", &one_package("1Z")).await;
    let path = format!("/v1/shipments/{}.s1/confirm-delivery", placed.id);
    let delivered = shop.post(&path, &json!({})).await.accepted();
    assert_eq!(delivered["status"], "delivered");
    let actions = delivered["supportedActions"].as_array().unwrap();
    assert!(!actions.contains(&json!("amend")), "{actions:?}");
    for change in [
        json!({ "op": "add", "sku": "A", "quantity": 1 }),
        json!({ "op": "setQuantity", "line": 1, "quantity": 2 }),
    ] {
        let refused = shop.post(&placed.path("amend"), &json!({ "changes": [change] })).await;
        assert_eq!(refused.status, 409, "{refused:?}");
    }
    let now = placed.at_position(&shop.server, &delivered["position"]).await;
    assert_eq!(now["status"], "delivered");
}

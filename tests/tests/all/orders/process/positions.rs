//! The answer to a command that changed nothing has the order's position, not the journal's.

use serde_json::{Value, json};

use super::Shop;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_without_a_change_has_the_position_of_the_last_event_of_the_order() {
    let shop = Shop::open().await;
    shop.receive("A", "DC-1", 5).await;
    let placed = shop.order(&[("A", 1)], json!({ "channelRef": "web-1" })).await;
    let payment = json!({ "paymentRef": "p" });
    let paid = placed.command(&shop.server, "confirm-payment", &payment).await;
    shop.receive("A", "DC-1", 5).await;
    let again = placed.command(&shop.server, "confirm-payment", &payment).await;
    let same = shop.try_order(&[("A", 1)], json!({ "channelRef": "web-1" })).await.accepted();
    let read = placed.at_position(&shop.server, &paid["position"]).await;
    let placed_at = |view: &Value| (view["version"].clone(), view["position"].clone());
    for (name, view) in [("confirmed again", &again), ("ordered again", &same), ("read", &read)] {
        assert_eq!(placed_at(view), placed_at(&paid), "{name}");
    }
}

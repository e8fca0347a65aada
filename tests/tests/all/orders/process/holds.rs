//! An order with the hold `inventory_out_of_stock` is not sourced until the hold is released.

use serde_json::{Value, json};

use super::{Shop, hold_reasons, package_of_first_line};
use crate::support::orders::PlacedOrder;

/// An order with two reserved units of A at `DC-1`, on hold for three units of B. B has arrived since.
async fn order_on_hold(shop: &Shop) -> PlacedOrder {
    shop.receive("A", "DC-1", 2).await;
    shop.receive("B", "DC-1", 2).await;
    let mut placed = shop.order(&[("A", 2)], json!({ "onShortage": "hold" })).await;
    placed.fulfillment_order(&shop.server, 1, "accept", &json!({})).await;
    let add = json!({ "changes": [{ "op": "add", "sku": "B", "quantity": 3 }] });
    placed.view = placed.command(&shop.server, "amend", &add).await;
    assert_still_pending(&placed.view);
    shop.receive("B", "DC-1", 5).await;
    placed
}

/// Asserts that the second line is neither reserved nor backordered, and the order is on hold.
fn assert_still_pending(view: &Value) {
    let line = &view["lines"][1];
    assert_eq!((&line["reserved"], &line["backordered"]), (&json!(0), &json!(0)), "{view}");
    assert_eq!(hold_reasons(view), ["inventory_out_of_stock"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_count_of_another_line_does_not_source_an_order_on_hold() {
    let shop = Shop::open().await;
    let placed = order_on_hold(&shop).await;
    let counted = shop.count("A", "DC-1", 1).await;
    assert_eq!(counted.accepted()["affectedOrders"], json!([placed.id]));
    assert_still_pending(&placed.at_position(&shop.server, &json!(counted.position)).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_move_does_not_source_an_order_on_hold() {
    let shop = Shop::open().await;
    let placed = order_on_hold(&shop).await;
    shop.receive("A", "DC-2", 2).await;
    placed.fulfillment_order(&shop.server, 1, "move", &json!({ "location": "DC-2" })).await;
    shop.count("A", "DC-2", 0).await.accepted();
    assert_still_pending(&placed.fulfillment_order(&shop.server, 1, "accept-cancellation", &json!({})).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_shipment_does_not_source_an_order_on_hold() {
    let shop = Shop::open().await;
    let placed = order_on_hold(&shop).await;
    let mut shipment = package_of_first_line(1);
    shipment["shortRemainder"] = json!(true);
    assert_still_pending(&placed.fulfillment_order(&shop.server, 1, "ship", &shipment).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn releasing_the_hold_sources_the_order() {
    let shop = Shop::open().await;
    let placed = order_on_hold(&shop).await;
    let hold = json!({ "holdId": placed.view["holds"][0]["holdId"] });
    let released = placed.command(&shop.server, "release-hold", &hold).await;
    assert_eq!((&released["lines"][1]["reserved"], hold_reasons(&released)), (&json!(3), vec![]));
}

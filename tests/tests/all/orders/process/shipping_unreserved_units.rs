//! Shipped units that the order has not reserved may be reserved for another order, which loses them in the same decision.

use serde_json::json;

use super::{Shop, all_lines, package_of_first_line};
use crate::support::orders::quantities_at;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shipping_unreserved_units_takes_them_from_another_order_at_once() {
    let shop = Shop::open().await;
    shop.receive("A", "DC-1", 2).await;
    let cancelled = shop.order(&[("A", 1)], json!({})).await;
    cancelled.command(&shop.server, "cancel", &json!({ "reason": "too late" })).await;
    let other = shop.order(&[("A", 2)], json!({})).await;
    let shipped = cancelled.fulfillment_order(&shop.server, 1, "ship", &package_of_first_line(1)).await;
    let position = &shipped["position"];
    let [on_hand, reserved, _] = quantities_at(&shop.server, "A", "DC-1", position).await;
    assert!(reserved <= on_hand, "{reserved} of {on_hand} units are reserved");
    let now = other.at_position(&shop.server, position).await;
    assert_eq!((all_lines(&now, "reserved"), all_lines(&now, "backordered")), (1, 1));
}

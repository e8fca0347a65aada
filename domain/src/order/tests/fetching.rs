//! What is fetched by the customer, brought by a location's own people, or nothing that can be carried.

use super::*;

fn delivered_by(method: &str) -> Order {
    let delivery = json!({ "method": method, "location": "DC-1" });
    given([create_with(json!({ "delivery": delivery })), reserve_all(), pay("money")])
}

/// A package without a carrier.
fn hand_over(stuck_after: Option<&str>) -> OrderCommand {
    let fields = json!({ "fulfillmentOrderId": fulfillment_order_id(1), "packages": [{}] });
    let stuck_after = stuck_after.map(|period| period.parse().unwrap());
    OrderCommand::ShipItems(read(fields, json!({})), stuck_after, time(50))
}

fn some(quantity: u32) -> Value {
    json!({ "lines": [{ "line": 1, "quantity": quantity }] })
}

#[test]
fn ready_for_pickup_implies_packed() {
    let order = delivered_by("pickup");
    let is_ready = || ReadyForPickup { fulfillment_order_id: fulfillment_order_id(1), at: time(46) };
    assert_eq!(when(&order, ready(1)), [packed(1, &[(1, 5), (2, 3)]), is_ready().into()]);
    let started = after(&order, pack(1, some(2)));
    assert_eq!(when(&started, ready(1)), [packed(1, &[(1, 3), (2, 3)]), is_ready().into()]);
    assert_eq!(when(&after(&order, pack_all(1)), ready(1)), [is_ready().into()]);
}

#[test]
fn a_part_waits_to_be_fetched_until_it_is_and_it_is_said_once() {
    let order = after(&delivered_by("pickup"), ready(1));
    let part = &order.fulfillment_orders[0];
    assert_eq!(
        (part.status(&order), part.ready_since),
        (FulfillmentOrderStatus::ReadyForPickup, Some(time(46)))
    );
    assert_eq!(when(&order, ready(1)), []);
    let order = after(&order, hand_over(None));
    assert_eq!(order.fulfillment_orders[0].status(&order), FulfillmentOrderStatus::Delivered);
}

#[test]
fn goods_that_must_not_leave_cannot_be_ready_for_pickup() {
    let unpaid = given([create_with(json!({ "delivery": { "method": "pickup" } })), reserve_all()]);
    assert_eq!(refusal(&unpaid, ready(1)), ("payment_not_confirmed", None));
    let held = after(&delivered_by("pickup"), hold_with(json!({})));
    assert_eq!(refusal(&held, ready(1)), ("order_on_hold", None));
}

#[test]
fn picked_up_goods_are_delivered_when_they_leave() {
    for (method, arrives) in [("pickup", true), ("none", true), ("local", false)] {
        let order = after(&delivered_by(method), hand_over(None));
        assert_eq!(order.shipments[0].packages[0].delivered_at.is_some(), arrives, "{method}");
        let expected = if arrives { OrderStatus::Delivered } else { OrderStatus::Shipped };
        assert_eq!(order.status(), expected, "{method}");
    }
    let events = when(&delivered_by("pickup"), hand_over(None));
    let (shipment_id, packages) = (shipment_id(1), vec![name("p1")]);
    assert_eq!(events[1], DeliveryConfirmed { shipment_id, packages, delivered_at: time(50) }.into());
}

#[test]
fn packages_without_a_carrier_are_named_after_the_delivery_method() {
    for method in ["pickup", "local", "none"] {
        let order = after(&delivered_by(method), hand_over(None));
        let package = &order.shipments[0].packages[0].shipped;
        assert_eq!(package.carrier, name(method));
        assert_eq!(package.tracking_number, name(&format!("{}.p1", shipment_id(1))));
    }
}

#[test]
fn a_given_carrier_is_stored_for_every_delivery_method() {
    let order = after(&delivered_by("local"), ship_all(1));
    let package = &order.shipments[0].packages[0].shipped;
    assert_eq!((package.carrier.clone(), package.tracking_number.clone()), (name("UPS"), name("1Z0")));
}

#[test]
fn shipped_goods_require_carrier_and_tracking_number() {
    for method in ["ship", "dropship"] {
        for missing in [json!({ "carrier": null }), json!({ "trackingNumber": null })] {
            let expected = ("carrier_missing", Some("/packages/0/carrier".to_owned()));
            assert_eq!(refusal(&delivered_by(method), ship(1, &[missing])), expected, "{method}");
        }
    }
}

#[test]
fn packages_without_a_carrier_are_never_stuck() {
    for method in ["pickup", "local", "none"] {
        let order = after(&delivered_by(method), hand_over(Some("PT1M")));
        assert_eq!((order.shipments[0].stuck_after, order.due_at()), (None, None), "{method}");
    }
}

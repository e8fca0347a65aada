//! Where an order stands: the axes, the summary and its precedence, the fulfillment orders.

use super::*;

/// Reservation, fulfillment, delivery, payment and cancellation, as they are written.
fn axes(order: &Order) -> [String; 5] {
    let axes = serde_json::to_value(order.status_axes()).unwrap();
    ["reservation", "fulfillment", "delivery", "payment", "cancellation"]
        .map(|axis| axes[axis].as_str().unwrap().to_owned())
}

fn stands(order: &Order, summary: OrderStatus, expected: [&str; 5]) {
    assert_eq!(order.status(), summary);
    assert_eq!(axes(order), expected);
}

fn one_package_each() -> Order {
    given([create(), reserve_at_two(), pay("money")])
}

#[test]
fn an_order_walks_from_created_to_delivered() {
    use OrderStatus::{Created, Delivered, InTransit, Packed, Picking, Reserved, Shipped};
    let mut order = given([create()]);
    stands(&order, Created, ["none", "none", "none", "pending", "none"]);
    for (command, summary, expected) in [
        (reserve_all(), Reserved, ["reserved", "open", "none", "pending", "none"]),
        (pay("money"), Reserved, ["reserved", "open", "none", "confirmed", "none"]),
        (
            pick(1, json!({ "lines": [{ "line": 1, "quantity": 1 }] })),
            Picking,
            ["reserved", "picking", "none", "confirmed", "none"],
        ),
        (pick_all(1), Picking, ["reserved", "picked", "none", "confirmed", "none"]),
        (pack_all(1), Packed, ["reserved", "packed", "none", "confirmed", "none"]),
        (ship_all(1), Shipped, ["reserved", "shipped", "none", "confirmed", "none"]),
        (track(1, "label_created", 60), Shipped, ["reserved", "shipped", "none", "confirmed", "none"]),
        (track(1, "in_transit", 61), InTransit, ["reserved", "shipped", "in_transit", "confirmed", "none"]),
        (track(1, "delivered", 62), Delivered, ["reserved", "shipped", "delivered", "confirmed", "none"]),
    ] {
        order = after(&order, command);
        stands(&order, summary, expected);
    }
}

#[test]
fn tracking_statuses_map_to_six_delivery_statuses() {
    for (status, expected) in [
        ("label_created", "none"),
        ("picked_up", "in_transit"),
        ("in_transit", "in_transit"),
        ("delayed", "in_transit"),
        ("out_for_delivery", "out_for_delivery"),
        ("ready_for_pickup", "out_for_delivery"),
        ("attempted_delivery", "attempted"),
        ("failure", "failed"),
        ("returned_to_sender", "failed"),
        ("delivered", "delivered"),
    ] {
        assert_eq!(axes(&after(&on_its_way(), track(1, status, 60)))[2], expected, "{status}");
    }
}

#[test]
fn the_summary_follows_the_carrier_after_complete_shipping() {
    use OrderStatus::{Delivered, DeliveryFailed, InTransit, Shipped};
    for (status, expected) in [
        ("label_created", Shipped),
        ("picked_up", InTransit),
        ("out_for_delivery", InTransit),
        ("attempted_delivery", InTransit),
        ("failure", DeliveryFailed),
        ("returned_to_sender", DeliveryFailed),
        ("delivered", Delivered),
    ] {
        assert_eq!(after(&on_its_way(), track(1, status, 60)).status(), expected, "{status}");
    }
}

#[test]
fn the_worst_tracking_status_counts() {
    let packages: Vec<Value> = (0..4).map(|_| json!({ "lines": [{ "line": 1, "quantity": 1 }] })).collect();
    let mut order = after(&paid_and_reserved(), ship(1, &packages));
    for (number, status, expected) in [
        (1, "in_transit", "in_transit"),
        (2, "out_for_delivery", "out_for_delivery"),
        (3, "attempted_delivery", "attempted"),
        (4, "failure", "failed"),
        (1, "delivered", "failed"),
    ] {
        let id = format!("p{number}");
        let scan = json!({ "status": status, "at": time(60 + number), "packageId": id });
        order = after(&order, track_with(1, scan));
        assert_eq!(axes(&order)[2], expected);
    }
}

#[test]
fn cancelled_wins_over_everything() {
    let order = given([create(), reserve_all(), pay("money"), cancel()]);
    stands(&order, OrderStatus::Cancelled, ["released", "none", "none", "confirmed", "cancelled"]);
    let order = given([create(), cancel()]);
    stands(&order, OrderStatus::Cancelled, ["none", "none", "none", "pending", "cancelled"]);
}

#[test]
fn failed_takes_precedence_over_partially_delivered_and_that_over_open() {
    let order = [ship_all(1), ship_all(2), track(1, "delivered", 60), track(2, "failure", 60)]
        .into_iter()
        .fold(one_package_each(), |order, command| after(&order, command));
    stands(&order, OrderStatus::DeliveryFailed, ["reserved", "shipped", "failed", "confirmed", "none"]);
    let order = after(&after(&one_package_each(), ship_all(1)), track(1, "delivered", 60));
    stands(
        &order,
        OrderStatus::PartiallyDelivered,
        ["reserved", "partially_shipped", "partially_delivered", "confirmed", "none"],
    );
}

#[test]
fn failed_takes_precedence_over_not_shipped() {
    let order = after(&after(&one_package_each(), ship_all(1)), track(1, "returned_to_sender", 60));
    stands(
        &order,
        OrderStatus::DeliveryFailed,
        ["reserved", "partially_shipped", "failed", "confirmed", "none"],
    );
}

#[test]
fn an_incomplete_shipment_is_partially_shipped() {
    let order = after(&after(&one_package_each(), ship_all(1)), track(1, "out_for_delivery", 60));
    stands(
        &order,
        OrderStatus::PartiallyShipped,
        ["reserved", "partially_shipped", "out_for_delivery", "confirmed", "none"],
    );
}

#[test]
fn on_hold_takes_precedence_until_all_has_shipped() {
    let held = |order: Order| {
        let mut order = order;
        order.apply(held(1, HoldReason::InventoryOutOfStock).into());
        order
    };
    assert_eq!(held(given([create()])).status(), OrderStatus::OnHold);
    assert_eq!(held(after(&paid_and_reserved(), pack_all(1))).status(), OrderStatus::OnHold);
    assert_eq!(held(after(&one_package_each(), ship_all(1))).status(), OrderStatus::OnHold);
    assert_eq!(held(on_its_way()).status(), OrderStatus::Shipped);
    assert_eq!(held(on_its_way()).status_axes().holds, [HoldReason::InventoryOutOfStock]);
}

#[test]
fn cancel_remainder_leads_to_reserved_and_partially_cancelled() {
    let short = sourced(&[("DC-1", &[("A", 2), ("B", 3)])], &[("A", 5, 2)]);
    let rest = create_with(json!({ "onShortage": "cancel_remainder" }));
    let order = given([rest, reserve_sourced(short, ReservationTrigger::Creation), pay("money")]);
    stands(&order, OrderStatus::Reserved, ["reserved", "open", "none", "confirmed", "partial"]);
    let order = after(&after(&order, ship_all(1)), track(1, "delivered", 60));
    stands(&order, OrderStatus::Delivered, ["reserved", "shipped", "delivered", "confirmed", "partial"]);
}

#[test]
fn an_order_of_which_a_part_is_held_is_partially_reserved() {
    let mut order = given([create()]);
    order.apply(reserved(vec![part(1, "DC-1", &[(1, 5)])]));
    stands(&order, OrderStatus::Created, ["partial", "open", "none", "pending", "none"]);
    let shipped = after(&order, ship_all(1));
    stands(
        &shipped,
        OrderStatus::PartiallyShipped,
        ["partial", "partially_shipped", "none", "pending", "none"],
    );
}

#[test]
fn money_is_not_required_pending_or_confirmed() {
    let free = given([create_with(json!({ "payment": "not_required" }))]);
    assert_eq!(free.status_axes().payment, PaymentStatus::NotRequired);
    assert_eq!(after(&free, pay("money")).status_axes().payment, PaymentStatus::Confirmed);
    assert_eq!(given([create()]).status_axes().payment, PaymentStatus::Pending);
}

#[test]
fn a_fulfillment_order_goes_from_open_to_delivered() {
    use FulfillmentOrderStatus::{Delivered, Open, Packed, Picked, Picking, Shipped};
    let one_a = json!({ "lines": [{ "line": 1, "quantity": 1 }] });
    let mut order = one_package_each();
    for (command, expected) in [
        (pick(1, one_a.clone()), Picking),
        (pick_all(1), Picked),
        (pack(1, one_a.clone()), Picked),
        (pack_all(1), Packed),
        (ship(1, &[one_a]), Packed),
        (ship_all(1), Shipped),
        (track(1, "delivered", 60), Shipped),
        (track(2, "delivered", 60), Delivered),
    ] {
        order = after(&order, command);
        let statuses: Vec<_> = order.fulfillment_orders.iter().map(|part| part.status(&order)).collect();
        assert_eq!(statuses, [expected, Open]);
    }
}

#[test]
fn every_status_is_written_as_it_is_named() {
    use FulfillmentOrderStatus as F;
    use OrderStatus as S;
    for status in [
        S::Created,
        S::Backordered,
        S::Reserved,
        S::OnHold,
        S::Picking,
        S::Packed,
        S::PartiallyShipped,
        S::Shipped,
        S::InTransit,
        S::PartiallyDelivered,
        S::Delivered,
        S::DeliveryFailed,
        S::Cancelled,
        S::PartiallyReturned,
        S::Returned,
    ] {
        assert_eq!(serde_json::to_value(status).unwrap(), status.name());
    }
    for status in
        [F::Open, F::Accepted, F::Picking, F::Picked, F::Packed, F::Shipped, F::Delivered, F::Cancelled]
    {
        assert_eq!(serde_json::to_value(status).unwrap(), status.name());
    }
}

#[test]
fn every_unit_of_a_line_is_pending_waiting_reserved_shipped_or_cancelled() {
    let steps = [
        reserve_at_two(),
        pay("money"),
        pick(1, json!({ "lines": [{ "line": 1, "quantity": 2 }] })),
        pack_all(1),
        ship(1, &[json!({ "lines": [{ "line": 1, "quantity": 3 }] })]),
        ship_all(2),
        track(2, "delivered", 60),
        ship_all(1),
    ];
    let mut order = given([create()]);
    for step in steps {
        order = after(&order, step);
        for totals in order.line_totals() {
            let sum =
                totals.pending() + totals.backordered + totals.reserved + totals.shipped + totals.cancelled;
            assert_eq!(sum, totals.ordered);
        }
    }
    assert_eq!(line(&order, 1), [0, 5, 5, 5, 1, 0]);
}

//! Shipments that contradict the order. The order records the shipment and a discrepancy, or refuses a
//! quantity that exceeds its open units.

use super::*;

fn package(line: usize, quantity: u32) -> Value {
    json!({ "lines": [{ "line": line, "quantity": quantity }] })
}

/// The codes of the recorded discrepancies.
fn codes(events: &[OrderEvent]) -> Vec<String> {
    let code = |event: &OrderEvent| match event {
        OrderEvent::DiscrepancyRecorded(recorded) => Some(recorded.code.name().to_owned()),
        _ => None,
    };
    events.iter().filter_map(code).collect()
}

fn backordered_units(order: &Order) -> u64 {
    order.line_totals()[0].backordered.number()
}

/// A paid order: 2 of 5 units of A and 3 of B are reserved, 3 units of A are backordered.
fn partly_reserved() -> Order {
    let allocated = sourced(&[("DC-1", &[("A", 2), ("B", 3)])], &[("A", 5, 2)]);
    let backorderable = create_with(json!({ "onShortage": "backorder" }));
    given([backorderable, reserve_sourced(allocated, ReservationTrigger::Creation), pay("money")])
}

fn cancel_some(quantity: u32) -> OrderCommand {
    let lines = json!([{ "line": 1, "quantity": quantity }]);
    let fields = json!({ "orderId": order_id(), "reason": "changed their mind", "lines": lines });
    OrderCommand::CancelOrder(read(fields, json!({})))
}

#[test]
fn units_that_ship_after_the_cancellation_are_not_cancelled() {
    let order = after(&paid_and_reserved(), cancel());
    let events = when(&order, ship(1, &[package(1, 4)]));
    assert_eq!(names(&events), ["ShipmentCreated", "DiscrepancyRecorded"]);
    assert_eq!(codes(&events), ["shipped_after_cancellation"]);
    let order = after(&order, ship(1, &[package(1, 4)]));
    assert_eq!((line(&order, 1), line(&order, 2)), ([0, 4, 4, 4, 0, 1], [0, 0, 0, 0, 0, 3]));
    assert_eq!((order.is_cancelled(), order.status()), (false, OrderStatus::Shipped));
}

#[test]
fn units_shipped_in_excess_reduce_the_backorder() {
    let events = when(&partly_reserved(), ship(1, &[package(1, 4)]));
    assert_eq!((names(&events).len(), codes(&events)), (2, vec!["shipped_more_than_reserved".to_owned()]));
    let order = after(&partly_reserved(), ship(1, &[package(1, 4)]));
    assert_eq!((line(&order, 1), backordered_units(&order)), ([0, 4, 4, 4, 0, 0], 1));
}

#[test]
fn units_shipped_in_excess_reduce_the_backorder_before_the_cancellation() {
    let order = after(&partly_reserved(), cancel_some(1));
    assert_eq!((line(&order, 1), backordered_units(&order)), ([2, 0, 0, 0, 0, 1], 2));
    let all_backordered = after(&order, ship(1, &[package(1, 4)]));
    assert_eq!((line(&all_backordered, 1), backordered_units(&all_backordered)), ([0, 4, 4, 4, 0, 1], 0));
    let one_more = after(&order, ship(1, &[package(1, 5)]));
    assert_eq!((line(&one_more, 1), backordered_units(&one_more)), ([0, 5, 5, 5, 0, 0], 0));
}

#[test]
fn the_number_of_packages_does_not_change_the_totals() {
    let order = after(&partly_reserved(), cancel_some(2));
    let one = after(&order, ship(1, &[package(1, 5)]));
    for packages in [[4, 1], [3, 2], [2, 3], [1, 4]] {
        let two = after(&order, ship(1, &packages.map(|quantity| package(1, quantity))));
        assert_eq!(
            (line(&two, 1), backordered_units(&two)),
            (line(&one, 1), backordered_units(&one)),
            "{packages:?}"
        );
    }
}

#[test]
fn units_shipped_in_excess_are_released_by_other_fulfillment_orders() {
    let order = given([create(), reserve_at_two(), pay("money")]);
    let events = when(&order, ship(1, &[package(1, 5)]));
    assert_eq!(names(&events), ["InventoryReleased", "ShipmentCreated", "DiscrepancyRecorded"]);
    assert_eq!(events[0], released(vec![part(2, "DC-2", &[(1, 1)])]));
    let order = after(&order, ship(1, &[package(1, 5)]));
    assert_eq!(line(&order, 1), [0, 5, 5, 5, 0, 0]);
    assert_eq!(order.fulfillment_orders[1].status(&order), FulfillmentOrderStatus::Cancelled);
}

#[test]
fn cancelled_units_count_as_shipped_only_when_no_other_fulfillment_order_releases_units() {
    let order = given([create(), reserve_at_two(), pay("money"), cancel_some(1)]);
    assert_eq!(line(&order, 1), [4, 0, 0, 0, 0, 1], "the latest fulfillment order releases units first");
    let shipped = after(&order, ship(2, &[package(1, 2)]));
    assert_eq!(line(&shipped, 1), [2, 2, 2, 2, 0, 1]);
    assert_eq!(shipped.fulfillment_orders[0].lines[0].outstanding(), Units::new(2));
    let acknowledged = after(&order, accept(1));
    assert_eq!(line(&after(&acknowledged, ship(2, &[package(1, 1)])), 1), [4, 1, 1, 1, 0, 0]);
    assert_eq!(refusal(&acknowledged, ship(2, &[package(1, 2)])), ("quantity_exceeds_open", None));
}

#[test]
fn acknowledged_fulfillment_orders_release_no_units_to_another_shipment() {
    let order = given([create(), reserve_at_two(), pay("money"), accept(2)]);
    assert_eq!(refusal(&order, ship(1, &[package(1, 5)])), ("quantity_exceeds_open", None));
}

#[test]
fn more_units_than_were_ordered_are_recorded_with_a_discrepancy() {
    for order in [paid_and_reserved(), partly_reserved(), after(&partly_reserved(), cancel())] {
        let events = when(&order, ship(1, &[package(1, 7)]));
        let excess =
            DiscrepancyRecorded { code: DiscrepancyCode::ShippedMoreThanOrdered, units: Some(Units::new(2)) };
        assert_eq!(events.last(), Some(&excess.into()));
        let order = after(&order, ship(1, &[package(1, 7)]));
        assert_eq!((line(&order, 1), backordered_units(&order)), ([0, 7, 7, 7, 0, 0], 0));
        assert_eq!(order.line_totals()[0].excess(), Units::new(2));
        assert_eq!(order.returnable()[0], Units::new(7));
    }
}

#[test]
fn an_excess_of_one_line_does_not_stand_for_another_line() {
    let order = after(&paid_and_reserved(), ship(1, &[package(1, 8)]));
    assert_eq!(order.status(), OrderStatus::PartiallyShipped);
    let order = after(&order, confirm_delivery(1, json!({})));
    assert_eq!(order.status(), OrderStatus::PartiallyDelivered);
}

#[test]
fn a_location_can_ship_after_a_rejection() {
    let order = after(&paid_and_reserved(), reject(1));
    let events = when(&order, ship(1, &[package(1, 5)]));
    assert_eq!(codes(&events), ["shipped_after_cancellation"]);
    let order = after(&order, ship(1, &[package(1, 5)]));
    assert_eq!((line(&order, 1), order.pending_demand().len()), ([0, 5, 5, 5, 0, 0], 1));
}

#[test]
fn shipments_on_hold_or_unpaid_are_recorded_with_a_discrepancy() {
    let on_hold = after(&paid_and_reserved(), hold_with(json!({})));
    assert_eq!(codes(&when(&on_hold, ship_all(1))), ["shipped_on_hold"]);
    let unpaid = given([create(), reserve_all()]);
    assert_eq!(codes(&when(&unpaid, ship_all(1))), ["shipped_unpaid"]);
    let both = after(&unpaid, hold_with(json!({})));
    assert_eq!(codes(&when(&both, ship_all(1))), ["shipped_on_hold", "shipped_unpaid"]);
    assert_eq!(after(&both, ship_all(1)).status(), OrderStatus::Shipped);
}

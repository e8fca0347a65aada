use super::*;

fn may_wait() -> OrderCommand {
    create_with(json!({ "onShortage": "backorder" }))
}

fn short(from: &[(&str, Stock<'_>)], missing: &[(&str, u64, u64)]) -> OrderCommand {
    reserve_sourced(sourced(from, missing), ReservationTrigger::Creation)
}

fn waits_for(lines: &[(usize, u64)]) -> OrderEvent {
    InventoryBackordered { lines: units(lines) }.into()
}

fn waiting(order: &Order) -> Vec<u64> {
    order.line_totals().iter().map(|line| line.backordered.number()).collect()
}

/// Three of five A wait.
fn partly() -> Order {
    given([may_wait(), short(&[("DC-1", &[("A", 2), ("B", 3)])], &[("A", 5, 2)])])
}

/// All wait.
fn wholly() -> Order {
    given([may_wait(), short(&[], &[("A", 5, 0), ("B", 3, 0)])])
}

#[test]
fn available_units_are_reserved_and_the_rest_is_backordered() {
    let events = when(&given([may_wait()]), short(&[("DC-1", &[("A", 2), ("B", 3)])], &[("A", 5, 2)]));
    assert_eq!(names(&events), ["OrderSourced", "InventoryReserved", "InventoryBackordered"]);
    assert_eq!(events[2], waits_for(&[(1, 3)]));
    assert_eq!((waiting(&partly()), line(&partly(), 1)), (vec![3, 0], [2, 0, 0, 0, 0, 0]));
}

#[test]
fn an_order_without_available_units_is_backordered_completely() {
    let events = when(&given([may_wait()]), short(&[], &[("A", 5, 0), ("B", 3, 0)]));
    assert_eq!(events[1..], [waits_for(&[(1, 5), (2, 3)])]);
    assert!(wholly().pending_demand().is_empty(), "it was decided: it waits");
}

#[test]
fn it_is_said_to_wait_until_the_last_unit_is_held() {
    assert_eq!(wholly().status(), OrderStatus::Backordered);
    assert_eq!(partly().status_axes().reservation, ReservationStatus::Backordered);
    let order = after(&partly(), fill("A", &[("DC-2", 2)]));
    assert_eq!((order.status(), waiting(&order)), (OrderStatus::Backordered, vec![1, 0]));
    let order = after(&order, fill("A", &[("DC-2", 1)]));
    assert_eq!((order.status(), waiting(&order)), (OrderStatus::Reserved, vec![0, 0]));
}

#[test]
fn filled_backorders_create_new_fulfillment_orders() {
    let events = when(&partly(), fill("A", &[("DC-2", 1), ("DC-3", 2)]));
    let fulfillment_orders = vec![part(2, "DC-2", &[(1, 1)]), part(3, "DC-3", &[(1, 2)])];
    assert_eq!(events, [InventoryReserved { fulfillment_orders, waited: true, until: None }.into()]);
}

#[test]
fn filled_backorders_join_a_fulfillment_order_that_is_not_started() {
    let order = after(&partly(), fill("A", &[("DC-1", 1), ("DC-2", 1)]));
    let parts: Vec<_> =
        order.fulfillment_orders.iter().map(|part| part.total(FulfillmentLine::outstanding)).collect();
    assert_eq!(parts, [Units::new(6), Units::new(1)]);
    let started = after(&after(&after(&partly(), pay("money")), accept(1)), fill("A", &[("DC-1", 3)]));
    assert_eq!(started.fulfillment_orders.len(), 2);
}

#[test]
fn lines_with_the_same_sku_are_filled_in_order() {
    let lines = json!([{ "sku": "A", "quantity": 2 }, { "sku": "A", "quantity": 3 }]);
    let create = create_with(json!({ "onShortage": "backorder", "lines": lines }));
    let order = given([create, short(&[], &[("A", 5, 0)]), fill("A", &[("DC-1", 3)])]);
    assert_eq!(waiting(&order), [0, 2]);
}

#[test]
fn a_backorder_is_not_filled_beyond_its_quantity() {
    assert_eq!(refusal(&partly(), fill("A", &[("DC-1", 4)])), ("nothing_to_reserve", None));
    assert_eq!(refusal(&partly(), fill("B", &[("DC-1", 1)])), ("nothing_to_reserve", None));
}

#[test]
fn the_part_that_is_held_is_shipped_while_the_rest_waits() {
    let order = after(&after(&partly(), pay("money")), ship_all(1));
    assert_eq!(order.status(), OrderStatus::PartiallyShipped);
    assert_eq!(order.status_axes().fulfillment, FulfillmentStatus::PartiallyShipped);
    let order = after(&after(&order, fill("A", &[("DC-1", 3)])), ship_all(2));
    assert_eq!(order.status(), OrderStatus::Shipped);
}

#[test]
fn cancelling_ends_the_backorder() {
    let order = after(&partly(), cancel());
    assert_eq!((order.status(), waiting(&order)), (OrderStatus::Cancelled, vec![0, 0]));
    assert_eq!(line(&order, 1), [0, 0, 0, 0, 0, 5]);
    assert!(order.backordered_demand().is_empty());
}

#[test]
fn a_paid_order_may_wait_too() {
    let order = given([may_wait(), pay("money")]);
    let short = sourced(&[], &[("A", 5, 0), ("B", 3, 0)]);
    let events = when(&order, reserve_sourced(short, ReservationTrigger::Existing));
    assert_eq!(names(&events), ["OrderSourced", "InventoryBackordered"]);
}

/// One A and three B are found; a quota leaves so many A in all.
fn under_a_quota(a: u64, trigger: ReservationTrigger) -> OrderCommand {
    let found = sourced(&[("DC-1", &[("A", 1), ("B", 3)])], &[("A", 5, 1)]);
    let OrderCommand::ReserveInventory(command) = reserve_sourced(found, trigger) else { unreachable!() };
    let quotas = Demand::from([(Sku::new("A").unwrap(), Units::new(a))]);
    OrderCommand::ReserveInventory(ReserveInventory { quotas, ..command })
}

#[test]
fn units_beyond_the_channel_quota_stay_pending_on_hold() {
    let order = given([may_wait(), pay("money")]);
    let held = OrderEvent::from(held(1, HoldReason::InventoryOutOfStock));
    for (quota, rest) in
        [(1, vec![held.clone()]), (3, vec![waits_for(&[(1, 2)]), held]), (5, vec![waits_for(&[(1, 4)])])]
    {
        let events = when(&order, under_a_quota(quota, ReservationTrigger::Existing));
        assert_eq!(names(&events)[..2], ["OrderSourced", "InventoryReserved"]);
        assert_eq!(events[2..], rest, "{quota} units may be promised");
    }
    let waits = when(&order, under_a_quota(1, ReservationTrigger::Creation));
    assert_eq!(waits[2..], [waits_for(&[(1, 4)])], "the stock item refuses it");
}

//! What of an order may be other than it was, and what becomes of the difference.

use super::*;
use crate::values::Amount;

const REASON: &str = "order_amended";

#[allow(clippy::needless_pass_by_value, reason = "a sentence has no ampersands")]
fn changes(changes: Value) -> OrderCommand {
    amend(json!({ "changes": changes }))
}

fn set(line: usize, quantity: u32) -> OrderCommand {
    changes(json!([{ "op": "setQuantity", "line": line, "quantity": quantity }]))
}

fn asked(lines: &[(usize, u64)]) -> OrderEvent {
    let reason = Text::new(REASON).unwrap();
    let (fulfillment_order_id, lines) = (fulfillment_order_id(1), Some(units(lines)));
    CancellationRequested { fulfillment_order_id, lines, move_to: None, forced: false, reason }.into()
}

fn amended(order: &Order, command: OrderCommand) -> OrderAmended {
    match when(order, command).into_iter().next() {
        Some(OrderEvent::OrderAmended(amended)) => amended,
        other => panic!("{other:?} is not an amendment"),
    }
}

fn pending(order: &Order) -> Vec<u64> {
    order.line_totals().iter().map(|line| line.pending().number()).collect()
}

fn ordered(order: &Order) -> Vec<u64> {
    order.line_totals().iter().map(|line| line.ordered.number()).collect()
}

#[test]
fn added_units_are_pending() {
    let order = given([create(), reserve_all()]);
    assert_eq!(names(&when(&order, set(1, 7))), ["OrderAmended"]);
    let order = after(&order, set(1, 7));
    assert_eq!((ordered(&order), pending(&order)), (vec![7, 3], vec![2, 0]));
    let order = after(&order, reserve(&[("DC-1", &[("A", 2)])]));
    assert_eq!((line(&order, 1), order.fulfillment_orders.len()), ([7, 0, 0, 0, 0, 0], 2));
}

#[test]
fn lines_are_added_behind_the_others() {
    let add = || {
        changes(json!([
            { "op": "add", "sku": "A", "quantity": 1 }, { "op": "add", "sku": "C", "quantity": 4, "lineRef": "last" }
        ]))
    };
    let order = given([create(), reserve_all()]);
    let numbers: Vec<_> = amended(&order, add()).added.iter().map(|line| line.line.number()).collect();
    assert_eq!(numbers, [3, 4]);
    let order = after(&order, add());
    assert_eq!((ordered(&order), pending(&order)), (vec![5, 3, 1, 4], vec![0, 0, 1, 4]));
    let last = changes(json!([{ "op": "setQuantity", "lineRef": "last", "quantity": 6 }]));
    assert_eq!(ordered(&after(&order, last)), [5, 3, 1, 6], "a new line has its names like the others");
}

#[test]
fn unacknowledged_units_are_cancelled_at_once() {
    let order = given([create(), reserve_all()]);
    let expected = [released(vec![part(1, "DC-1", &[(1, 2)])]), cancelled(&[(1, 2)], REASON)];
    assert_eq!(when(&order, set(1, 3)), expected);
    assert_eq!(line(&after(&order, set(1, 3)), 1), [3, 0, 0, 0, 0, 2]);
}

#[test]
fn cancelling_acknowledged_units_requires_location_approval() {
    let order = after(&paid_and_reserved(), accept(1));
    assert_eq!(when(&order, set(1, 3)), [asked(&[(1, 2)])]);
    let order = after(&order, set(1, 3));
    assert_eq!(when(&order, set(1, 3)), [], "a location is requested once");
    assert_eq!(line(&after(&order, accept_cancellation(1)), 1), [3, 0, 0, 0, 0, 2]);
}

#[test]
fn units_that_wait_end_before_those_that_are_held() {
    let short = sourced(&[("DC-1", &[("A", 2), ("B", 3)])], &[("A", 5, 2)]);
    let may_wait = create_with(json!({ "onShortage": "backorder" }));
    let order = given([may_wait, reserve_sourced(short, ReservationTrigger::Creation)]);
    assert_eq!(when(&order, set(1, 2)), [cancelled(&[(1, 3)], REASON)]);
}

#[test]
fn a_line_that_is_removed_is_not_delivered_and_keeps_its_number() {
    let remove = || changes(json!([{ "op": "remove", "line": 1 }]));
    let order = given([create(), reserve_all(), remove()]);
    assert_eq!((line(&order, 1), line(&order, 2)), ([0, 0, 0, 0, 0, 5], [3, 0, 0, 0, 0, 0]));
    assert_eq!(when(&order, remove()), []);
}

#[test]
fn an_order_of_which_every_line_is_removed_is_cancelled() {
    let remove =
        changes(json!([{ "op": "remove", "line": 1 }, { "op": "remove", "lineRef": null, "line": 2 }]));
    let order = given([create(), hold_with(json!({})), remove]);
    assert_eq!((order.status(), order.holds.len()), (OrderStatus::Cancelled, 0));
}

#[test]
fn growing_a_line_keeps_cancelled_units_cancelled() {
    let order = given([create(), reserve_all(), set(1, 3), set(1, 4)]);
    assert_eq!((ordered(&order), pending(&order)), (vec![6, 3], vec![1, 0]));
    assert_eq!(line(&order, 1), [3, 0, 0, 0, 0, 2]);
}

#[test]
fn shipped_units_count_towards_the_new_quantity() {
    let some = json!({ "lines": [{ "line": 1, "quantity": 2 }] });
    let order = after(&paid_and_reserved(), ship(1, &[some]));
    assert_eq!(line(&after(&after(&order, set(1, 2)), accept_cancellation(1)), 1), [0, 2, 2, 2, 0, 3]);
    assert_eq!(refusal(&order, set(1, 1)), ("quantity_below_shipped", Some("/changes".into())));
}

#[test]
fn one_line_may_grow_while_another_shrinks() {
    let both = changes(json!([
        { "op": "setQuantity", "line": 1, "quantity": 6 }, { "op": "setQuantity", "line": 2, "quantity": 1 }
    ]));
    let order = given([create(), reserve_all()]);
    assert_eq!(names(&when(&order, both)), ["OrderAmended", "InventoryReleased", "OrderCancelled"]);
}

#[test]
fn a_change_that_changes_nothing_leads_to_nothing() {
    assert_eq!(when(&given([create(), reserve_all()]), set(1, 5)), []);
}

#[test]
fn a_growing_line_gets_new_amounts_and_keeps_its_unit_price_by_default() {
    let lines = json!([{ "sku": "A", "quantity": 5, "unit": "2.00", "total": "10.00", "tax": "1.00" }]);
    let order = given([create_with(json!({ "currency": "EUR", "lines": lines }))]);
    let grown = |unit: Value| {
        changes(json!([{
            "op": "setQuantity", "line": 1, "quantity": 6, "unit": unit, "total": "12.00", "tax": "1.20"
        }]))
    };
    for (unit, expected) in [(json!(null), "2.00"), (json!("1.90"), "1.90")] {
        let order = after(&order, grown(unit));
        let line = &order.lines()[0];
        let amounts = [line.unit, line.total, line.tax, line.discount];
        assert_eq!(amounts, [Amount::parse(expected), Amount::parse("12.00"), Amount::parse("1.20"), None]);
    }
}

#[test]
fn a_line_may_get_another_price_with_the_same_quantity_or_a_smaller_one() {
    let lines = json!([{ "sku": "A", "quantity": 5, "unit": "2.00", "total": "10.00" }]);
    let order = given([create_with(json!({ "currency": "EUR", "lines": lines })), reserve_all()]);
    let priced = |quantity: u32, total: &str| {
        changes(
            json!([{ "op": "setQuantity", "line": 1, "quantity": quantity, "unit": "1.60", "total": total }]),
        )
    };
    for (quantity, total, value) in [(5, "8.00", "1.60"), (4, "6.00", "1.50")] {
        let order = after(&order, priced(quantity, total));
        let line = &order.lines()[0];
        assert_eq!((line.quantity.units(), line.total), (Units::new(5), Amount::parse(total)));
        assert_eq!(order.amount_due(), Amount::parse(total));
        let shipped = after(
            &after(&order, pay("money")),
            ship(1, &[json!({ "lines": [{ "line": 1, "quantity": 1 }] })]),
        );
        let first = &shipped.shipments[0].packages[0].shipped.lines[0];
        assert_eq!(first.value, Amount::parse(value));
        assert_eq!(when(&order, priced(quantity, total)), [], "it has the price already");
    }
}

#[test]
fn a_new_address_replaces_the_old_one_and_personal_data_stays_sealed() {
    let order =
        given([create_with(json!({ "shipTo": { "city": "London", "postalCode": "SW1Y" } })), reserve_all()]);
    let to = || amend(json!({ "shipTo": { "name": "Ada Lovelace", "city": "Paris" } }));
    let amended = amended(&order, to());
    assert!(amended.has_new_address && amended.has_personal_data && amended.personal.is_some());
    assert!(!serde_json::to_string(&OrderEvent::from(amended)).unwrap().contains("Lovelace"));
    let order = after(&order, to());
    let destination = order.created.as_ref().unwrap().destination.clone().unwrap();
    assert_eq!((destination.city, destination.postal_code), (Text::new("Paris").ok(), None));
    assert_eq!((order.personal_data, order.has_new_address), (PersonalDataState::Sealed, true));
    assert!(!serde_json::to_string(&order).unwrap().contains("Lovelace"));
}

#[test]
fn a_delivery_takes_the_place_of_the_former_one() {
    let fetched = || amend(json!({ "delivery": { "method": "pickup", "location": "DC-1" } }));
    let order = given([create(), reserve_all(), fetched()]);
    assert_eq!(
        (order.delivery_method(), order.delivery_location()),
        (DeliveryMethod::Pickup, Some(&place("DC-1")))
    );
    let order = after(&order, amend(json!({ "delivery": { "method": "ship" } })));
    assert_eq!((order.delivery_method(), order.delivery_location()), (DeliveryMethod::Ship, None));
    let shipped = given([create(), reserve_at_two(), pay("money"), ship_all(2)]);
    assert_eq!(names(&when(&shipped, fetched())), ["OrderAmended"], "what has left is not fetched any more");
}

#[test]
fn a_completely_shipped_order_cannot_be_amended() {
    let offered = |order: &Order| order.supported_actions().contains(&OrderAction::Amend);
    let add = || changes(json!([{ "op": "add", "sku": "C", "quantity": 1 }]));
    let some = json!({ "lines": [{ "line": 1, "quantity": 5 }] });
    let partly = after(&paid_and_reserved(), ship(1, &[some]));
    assert!(offered(&partly));
    assert_eq!(names(&when(&partly, add())), ["OrderAmended"]);
    // Line 2 is taken off: what was shipped is all of it.
    let without_the_rest = after(&partly, changes(json!([{ "op": "remove", "line": 2 }])));
    let delivered = after(&on_its_way(), track(1, "delivered", 60));
    for order in [on_its_way(), delivered, after(&without_the_rest, accept_cancellation(1))] {
        assert!(!offered(&order), "{:?}", order.status());
        for command in [add(), set(1, 7), amend(json!({ "shipTo": { "name": "Ada" } }))] {
            assert_eq!(refusal(&order, command), ("order_shipped", None), "{:?}", order.status());
        }
    }
}

#[test]
fn an_amendment_without_changes_names_every_field_that_can_be_changed() {
    let Err(refusal) = given([create()]).decide(&amend(json!({ "changes": [] }))) else {
        panic!("not refused")
    };
    let schema = serde_json::to_value(schemars::schema_for!(AmendOrder)).unwrap();
    let common = ["orderId", "occurredAt", "notAfter"];
    let fields =
        schema["properties"].as_object().unwrap().keys().filter(|name| !common.contains(&name.as_str()));
    let fields: std::collections::BTreeSet<&str> = fields.map(String::as_str).collect();
    let text = refusal.to_string();
    let named = text.split_once("at least one of ").unwrap().1.split(", ").collect();
    assert_eq!(fields, named, "{text}");
}

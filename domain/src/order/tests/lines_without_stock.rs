//! Lines without stock: gift cards and services, next to lines that require stock.

use super::refusals::{Row, row};
use super::*;
use crate::Class::{Conflict, Invalid, NotFound};

/// Five mugs from stock, and two gift cards that need none.
fn mixed(more: Value) -> OrderCommand {
    let lines = json!([
        { "sku": "A", "quantity": 5, "unit": "10.00" },
        { "sku": "CARD", "quantity": 2, "unit": "25.00", "requiresStock": false, "lineRef": "card" },
    ]);
    let fields = json!({ "lines": lines, "currency": "EUR" });
    create_with(read(fields, more))
}

/// Two gift cards and nothing else.
fn cards(more: Value) -> OrderCommand {
    let lines = json!([{ "sku": "CARD", "quantity": 2, "requiresStock": false }]);
    let fields = json!({ "lines": lines, "payment": "not_required" });
    create_with(read(fields, more))
}

fn fulfill(more: Value) -> OrderCommand {
    OrderCommand::FulfillLines(read(json!({ "orderId": order_id() }), more), time(50))
}

fn fulfill_all() -> OrderCommand {
    fulfill(json!({ "all": true }))
}

fn unfulfill(line: usize, quantity: u32) -> OrderCommand {
    let lines = json!([{ "line": line, "quantity": quantity }]);
    let fields = json!({ "orderId": order_id(), "lines": lines, "reason": "not sent" });
    OrderCommand::UnfulfillLines(read(fields, json!({})))
}

fn mugs() -> OrderCommand {
    reserve(&[("DC-1", &[("A", 5)])])
}

fn status(order: &Order) -> (OrderStatus, FulfillmentStatus, DeliveryStatus) {
    let axes = order.status_axes();
    (order.status(), axes.fulfillment, axes.delivery)
}

/// Unfulfilled and fulfilled units of a line.
fn card(order: &Order, number: usize) -> [u64; 2] {
    let totals = order.line_totals()[number - 1];
    [totals.unfulfilled, totals.fulfilled].map(Units::number)
}

#[test]
fn lines_without_stock_are_never_sourced() {
    let order = given([mixed(json!({}))]);
    assert_eq!(order.pending_demand(), Demand::from([(Sku::new("A").unwrap(), Units::new(5))]));
    let events = when(&order, mugs());
    assert_eq!(events[1..], [reserved(vec![part(1, "DC-1", &[(1, 5)])])]);
    let only = given([cards(json!({}))]);
    assert!(only.pending_demand().is_empty() && !only.needs_sourcing());
    assert_eq!(refusal(&only, mugs()).0, "nothing_to_reserve");
}

#[test]
fn missing_units_are_backordered_or_cancelled_without_lines_that_need_no_stock() {
    let short =
        || reserve_sourced(sourced(&[("DC-1", &[("A", 2)])], &[("A", 5, 2)]), ReservationTrigger::Creation);
    let backordered = given([mixed(json!({ "onShortage": "backorder" })), short()]);
    assert_eq!(backordered.backordered, [Units::new(3), Units::ZERO]);
    let cut = given([mixed(json!({ "onShortage": "cancel_remainder" })), short()]);
    assert_eq!(cut.cancelled, [Units::new(3), Units::ZERO]);
}

#[test]
fn an_order_of_lines_without_stock_is_delivered_when_all_are_fulfilled() {
    let order = given([cards(json!({}))]);
    assert_eq!(status(&order), (OrderStatus::Created, FulfillmentStatus::None, DeliveryStatus::None));
    let first = after(&order, fulfill(json!({ "lines": [{ "line": 1, "quantity": 1 }] })));
    assert_eq!(card(&first, 1), [1, 1]);
    let partly = (
        OrderStatus::PartiallyDelivered,
        FulfillmentStatus::PartiallyShipped,
        DeliveryStatus::PartiallyDelivered,
    );
    assert_eq!((status(&first), first.is_complete()), (partly, false));
    let all = after(&first, fulfill_all());
    let done = (OrderStatus::Delivered, FulfillmentStatus::Shipped, DeliveryStatus::Delivered);
    assert_eq!((status(&all), all.is_complete()), (done, true));
    assert_eq!(refusal(&all, fulfill_all()).0, "nothing_left");
    assert_eq!(refusal(&all, cancel()).0, "nothing_left");
    assert_eq!(
        refusal(&all, amend(json!({ "changes": [{ "op": "remove", "line": 1 }] }))).0,
        "order_shipped"
    );
}

#[test]
fn a_mixed_order_is_complete_when_both_kinds_are() {
    let paid = given([mixed(json!({})), mugs(), pay("money")]);
    let goods_first = after(&after(&paid, ship_all(1)), confirm_delivery(1, json!({})));
    assert!(!goods_first.is_complete());
    assert_eq!(goods_first.status(), OrderStatus::PartiallyDelivered);
    assert_eq!(goods_first.status_axes().fulfillment, FulfillmentStatus::PartiallyShipped);
    let both = after(&goods_first, fulfill_all());
    assert_eq!((both.status(), both.is_complete()), (OrderStatus::Delivered, true));
    let cards_first = after(&paid, fulfill_all());
    assert!(!cards_first.is_complete());
    assert_eq!(cards_first.status_axes().fulfillment, FulfillmentStatus::PartiallyShipped);
    assert_eq!(after(&cards_first, ship_all(1)).status_axes().fulfillment, FulfillmentStatus::Shipped);
}

#[test]
fn fulfilled_goods_do_not_hide_units_that_are_pending_again() {
    let paid = given([mixed(json!({})), mugs(), pay("money"), fulfill_all(), reject(1)]);
    assert_eq!(paid.line_totals()[0].pending(), Units::new(5));
    assert_eq!(paid.status_axes().fulfillment, FulfillmentStatus::PartiallyShipped);
    assert!(!paid.is_complete());
}

#[test]
fn lines_without_stock_wait_for_what_all_work_waits_for() {
    let order = given([mixed(json!({})), mugs()]);
    assert_eq!(refusal(&order, fulfill_all()).0, "payment_not_confirmed");
    let held = given([mixed(json!({})), mugs(), pay("money"), hold_with(json!({}))]);
    assert_eq!(refusal(&held, fulfill_all()).0, "order_on_hold");
    let part = json!({ "fulfillmentOrderId": fulfillment_order_id(1) });
    let part_held = given([mixed(json!({})), mugs(), pay("money"), hold_with(part)]);
    assert_eq!(names(&when(&part_held, fulfill_all())), ["LinesFulfilled"]);
    assert_eq!(refusal(&given([cards(json!({})), cancel()]), fulfill_all()).0, "order_cancelled");
}

#[test]
fn an_order_that_is_delivered_complete_does_not_wait_for_lines_without_stock() {
    let complete = json!({ "delivery": { "method": "ship", "complete": true } });
    let order = given([mixed(complete.clone()), mugs(), pay("money")]);
    assert_eq!(order.waiting_for(fulfillment_order_id(1)), None);
    let short = reserve(&[("DC-1", &[("A", 4)])]);
    let waiting = given([mixed(complete), short, pay("money")]);
    assert_eq!(refusal(&waiting, fulfill_all()).0, "order_incomplete");
}

#[test]
fn the_values_of_units_that_are_fulfilled_open_again_and_cancelled_add_up() {
    let lines = json!([{ "sku": "CARD", "quantity": 3, "total": "10.00", "requiresStock": false }]);
    let create = create_with(json!({ "lines": lines, "currency": "EUR", "payment": "not_required" }));
    let one = || fulfill(json!({ "lines": [{ "line": 1, "quantity": 1 }] }));
    let order = given([create, one(), one(), unfulfill(1, 1)]);
    let value = |order: &Order| order.fulfilled.values().next().and_then(|units| units.value);
    let all = after(&after(&order, one()), one());
    assert_eq!(value(&all), Some("10.00".parse().unwrap()));
    let rest = after(&order, cancel());
    assert_eq!((value(&rest), card(&rest, 1)), (rest.amount_due(), [0, 1]));
}

#[test]
fn a_fulfillment_has_time_value_and_an_encrypted_reference() {
    let paid = given([mixed(json!({})), mugs(), pay("money")]);
    let code = json!({ "lines": [{ "lineRef": "card", "quantity": 1 }], "reference": "GIFT-1",
                       "occurredAt": time(40) });
    let command = fulfill(code);
    assert!(!format!("{command:?}").contains("GIFT-1"));
    let events = when(&paid, command);
    let OrderEvent::LinesFulfilled(fulfilled) = &events[0] else { panic!("{events:?}") };
    assert_eq!((fulfilled.fulfilled_at, fulfilled.has_personal_data), (time(40), true));
    assert_eq!(fulfilled.lines[0].value, Some("25.00".parse().unwrap()));
    assert!(!String::from_utf8(events[0].payload().unwrap()).unwrap().contains("GIFT-1"));
    let mut open = events[0].clone();
    let sealed = open.take_personal().unwrap().unwrap();
    open.restore_personal(&sealed).unwrap();
    assert_eq!(open, events[0]);
    let state = after(&paid, fulfill(json!({ "all": true, "reference": "GIFT-2" })));
    assert_eq!(state.personal_data, PersonalDataState::Sealed);
    assert!(!serde_json::to_string(&state).unwrap().contains("GIFT-2"));
    let erased = after(&after(&state, unfulfill(2, 2)), erase());
    let again = when(&erased, fulfill(json!({ "all": true, "reference": "GIFT-3" })));
    assert!(matches!(&again[0], OrderEvent::LinesFulfilled(LinesFulfilled { reference: None, .. })));
}

#[test]
fn a_time_in_the_future_is_the_time_of_the_command() {
    let order = given([cards(json!({}))]);
    let events = when(&order, fulfill(json!({ "all": true, "occurredAt": time(9_000) })));
    assert_eq!(names(&events), ["LinesFulfilled", "DiscrepancyRecorded"]);
    assert!(
        matches!(&events[0], OrderEvent::LinesFulfilled(fulfilled) if fulfilled.fulfilled_at == time(50))
    );
}

#[test]
fn a_fulfillment_by_mistake_is_taken_back() {
    let order = given([cards(json!({})), fulfill_all()]);
    let open = after(&order, unfulfill(1, 1));
    assert_eq!((card(&open, 1), open.is_complete()), ([1, 1], false));
    assert_eq!(refusal(&open, unfulfill(1, 2)).0, "quantity_exceeds_fulfilled");
    let none = after(&open, unfulfill(1, 1));
    assert_eq!(none, given([cards(json!({}))]));
    assert_eq!(refusal(&none, unfulfill(1, 1)).0, "nothing_left");
}

/// The refusals of the commands on lines without stock.
pub(super) fn rows() -> Vec<Row> {
    let paid = given([mixed(json!({})), mugs(), pay("money")]);
    let shipped = given([mixed(json!({})), mugs(), pay("money"), ship_all(1), request_return(&[(1, 1)])]);
    let one = after(&paid, fulfill(json!({ "lines": [{ "line": 2, "quantity": 1 }] })));
    let of = |line: u32, quantity: u32| fulfill(json!({ "lines": [{ "line": line, "quantity": quantity }] }));
    let unknown = ("unknown_order", Some("/orderId"), NotFound);
    let stock = ("line_requires_stock", Some("/lines"), Conflict);
    let without = ("line_without_stock", Some("/lines"), Conflict);
    vec![
        row(&Order::default(), fulfill_all(), unknown),
        row(&Order::default(), unfulfill(1, 1), unknown),
        row(&paid, fulfill(json!({})), ("lines_missing", Some("/lines"), Invalid)),
        row(&paid, of(3, 1), ("unknown_line", Some("/lines/0"), Invalid)),
        row(&paid, of(1, 1), stock),
        row(&paid, unfulfill(1, 1), stock),
        row(&paid, of(2, 3), ("quantity_exceeds_open", None, Conflict)),
        row(&one, unfulfill(2, 2), ("quantity_exceeds_fulfilled", Some("/lines"), Conflict)),
        row(&paid, unfulfill(2, 1), ("nothing_left", None, Conflict)),
        row(&shipped, request_return(&[(2, 1)]), without),
        row(&shipped, receive_return(1, &[(2, 1, "scrap")]), without),
    ]
}

#[test]
fn lines_are_fulfilled_or_shipped_but_not_the_other_way() {
    let paid = given([mixed(json!({})), mugs(), pay("money")]);
    assert_eq!(refusal(&paid, fulfill(json!({ "lines": [] }))).0, "lines_missing");
    let both = json!({ "all": true, "lines": [{ "line": 2, "quantity": 1 }] });
    assert_eq!(refusal(&paid, fulfill(both)).0, "lines_missing");
    assert_eq!(
        refusal(&paid, ship(1, &[json!({ "lines": [{ "line": 2, "quantity": 1 }] })])).0,
        "unknown_line"
    );
}

#[test]
fn nothing_comes_back_of_a_line_without_stock() {
    let shipped = given([mixed(json!({})), mugs(), pay("money"), ship_all(1), fulfill_all()]);
    assert_eq!(shipped.returnable(), [Units::new(5), Units::ZERO]);
    assert_eq!(refusal(&shipped, request_return(&[(2, 1)])).0, "line_without_stock");
    let announced = after(&shipped, request_return(&[(1, 5)]));
    assert_eq!(refusal(&announced, receive_return(1, &[(2, 1, "restock")])).0, "line_without_stock");
    let back = after(&announced, receive_return(1, &[(1, 5, "restock")]));
    assert_eq!(back.status(), OrderStatus::PartiallyReturned);
    assert_eq!(when(&back, refund("r-1", "25.00")).len(), 2, "a refund needs no return");
}

#[test]
fn open_units_of_lines_without_stock_are_cancelled_at_once() {
    let one = fulfill(json!({ "lines": [{ "line": 2, "quantity": 1 }] }));
    let order = given([mixed(json!({})), mugs(), pay("money"), one]);
    assert_eq!(order.amount_due(), Some("100.00".parse().unwrap()));
    let events = when(&order, cancel());
    assert_eq!(names(&events), ["InventoryReleased", "OrderCancelled"]);
    let cancelled = after(&order, cancel());
    assert_eq!(cancelled.cancelled, [Units::new(5), Units::new(1)]);
    assert_eq!(cancelled.amount_due(), Some("25.00".parse().unwrap()));
    assert_eq!((cancelled.status(), cancelled.is_complete()), (OrderStatus::Delivered, true));
    assert_eq!(
        refusal(&order, amend(json!({ "changes": [{ "op": "remove", "line": 2 }] }))).0,
        "quantity_below_shipped"
    );
}

#[test]
fn amending_adds_and_changes_lines_without_stock() {
    let order = given([create(), reserve_all(), pay("money")]);
    let add = json!({ "op": "add", "sku": "CARD", "quantity": 1, "requiresStock": false });
    let added = after(&order, amend(json!({ "changes": [add] })));
    assert!(!added.needs_sourcing());
    assert_eq!(card(&added, 3), [1, 0]);
    let set = |quantity: u32| {
        amend(json!({ "changes": [{ "op": "setQuantity", "line": 3, "quantity": quantity }] }))
    };
    let grown = after(&added, set(4));
    assert_eq!((card(&grown, 3), grown.needs_sourcing()), ([4, 0], false));
    let reduced = after(&grown, set(2));
    assert_eq!(card(&reduced, 3), [2, 0]);
    let removed = after(&reduced, amend(json!({ "changes": [{ "op": "remove", "line": 3 }] })));
    assert_eq!(card(&removed, 3), [0, 0]);
}

#[test]
fn a_reopened_order_has_its_lines_without_stock_open_again() {
    let order = given([mixed(json!({})), mugs(), cancel(), reopen(json!({}))]);
    assert_eq!((card(&order, 2), order.needs_sourcing()), ([2, 0], true));
    let only = given([cards(json!({})), cancel(), reopen(json!({}))]);
    assert_eq!((card(&only, 1), only.needs_sourcing()), ([2, 0], false));
}

#[test]
fn a_fulfilled_line_confirms_the_reservations_of_the_order() {
    let order = given([mixed(json!({ "payment": "not_required", "reserveFor": "PT1H" })), mugs()]);
    assert!(order.expires_at.is_some());
    assert_eq!(names(&when(&order, fulfill_all())), ["LinesFulfilled", "ReservationExtended"]);
    let fulfilled = after(&order, fulfill_all());
    assert!(fulfilled.expires_at.is_none() && fulfilled.is_confirmed());
}

#[test]
fn an_order_whose_lines_are_fulfilled_needs_no_personal_data() {
    let recipient = json!({ "shipTo": { "email": "ada@example.com" } });
    let order = given([cards(recipient)]);
    let erase = || {
        OrderCommand::ErasePersonalData(read(json!({ "orderId": order_id(), "reason": "asked" }), json!({})))
    };
    assert_eq!(refusal(&order, erase()).0, "personal_data_needed");
    assert_eq!(names(&when(&after(&order, fulfill_all()), erase())), ["PersonalDataErased"]);
}

#[test]
fn voiding_the_payment_of_a_fulfilled_line_is_a_discrepancy() {
    let order = given([mixed(json!({})), mugs(), pay("money"), fulfill_all()]);
    let void = OrderCommand::VoidPayment(
        read(json!({ "orderId": order_id(), "reason": "fraud" }), json!({})),
        time(60),
    );
    assert_eq!(names(&when(&order, void)).last(), Some(&"DiscrepancyRecorded"));
}

#[test]
fn lines_written_before_the_field_require_stock() {
    let created = |line: Value| {
        json!({ "orderId": order_id(), "channel": "web", "lines": [line],
        "hasPersonalData": false, "onShortage": "reject", "allowSplit": true, "priority": "standard",
        "payment": "required", "reserveAt": "creation", "content": "digest", "at": time(1) })
    };
    let old = created(json!({ "line": 1, "sku": "A", "quantity": 5 }));
    for version in 1..=3 {
        let event = OrderEvent::decode("OrderCreated", version, old.to_string().as_bytes()).unwrap();
        let OrderEvent::OrderCreated(event) = event else { panic!("{event:?}") };
        assert!(event.lines[0].requires_stock);
    }
    let amended = json!({ "grown": [], "added": [{ "line": 2, "sku": "B", "quantity": 1 }], "hasNewAddress": false,
        "hasPersonalData": false });
    let event = OrderEvent::decode("OrderAmended", 1, amended.to_string().as_bytes()).unwrap();
    assert!(matches!(event, OrderEvent::OrderAmended(event) if event.added[0].requires_stock));
}

//! A row for every refusal: the state, the command, the code and the field.

use super::*;
use crate::Class;

pub(super) struct Row {
    order: Order,
    command: OrderCommand,
    code: &'static str,
    pointer: Option<&'static str>,
    class: Class,
}

pub(super) fn row(
    order: &Order,
    command: OrderCommand,
    (code, pointer, class): (&'static str, Option<&'static str>, Class),
) -> Row {
    Row { order: order.clone(), command, code, pointer, class }
}

/// Another order with the same id.
fn other() -> OrderCommand {
    let OrderCommand::CreateOrder(fields, terms, at) = create() else { unreachable!("it creates an order") };
    OrderCommand::CreateOrder(fields, CreationTerms { content: Text::new("other").unwrap(), ..terms }, at)
}

fn creations() -> Vec<Row> {
    use Class::{Conflict, Invalid};
    let line = |number: usize| json!({ "sku": "A", "quantity": 1, "lineRef": format!("l{number}") });
    let lines = |count: usize| json!({ "lines": (0..count).map(line).collect::<Vec<_>>() });
    let charges = |count: usize| json!({ "currency": "EUR", "charges": vec![json!({ "code": "fee", "amount": "1" }); count] });
    let priced = |field: &str| json!({ "lines": [{ "sku": "A", "quantity": 1, field: "1.00" }] });
    let to = |place: Value| json!({ "shipTo": place });
    let twice = json!({ "lines": [line(1), line(2), line(1)] });
    let new = Order::default();
    let coordinates = ("coordinates_out_of_range", Some("/shipTo/latitude"), Invalid);
    let country = ("country_malformed", Some("/shipTo/country"), Invalid);
    let line_count = ("line_count_out_of_range", Some("/lines"), Invalid);
    let currency = ("currency_missing", Some("/currency"), Invalid);
    vec![
        row(&given([create()]), other(), ("order_exists", None, Conflict)),
        row(&new, create_with(lines(0)), line_count),
        row(&new, create_with(lines(2_001)), line_count),
        row(&new, create_with(twice), ("line_ref_not_unique", Some("/lines/2/lineRef"), Invalid)),
        row(&new, create_with(charges(51)), ("too_many", Some("/charges"), Invalid)),
        row(&new, create_with(json!({ "charges": [{ "code": "fee", "amount": "1" }] })), currency),
        row(&new, create_with(priced("unit")), currency),
        row(&new, create_with(priced("total")), currency),
        row(&new, create_with(priced("tax")), currency),
        row(&new, create_with(priced("discount")), currency),
        row(
            &new,
            create_with(to(json!({ "street": vec!["a"; 6] }))),
            ("too_many", Some("/shipTo/street"), Invalid),
        ),
        row(&new, create_with(to(json!({ "latitude": 90.1, "longitude": 0.0 }))), coordinates),
        row(&new, create_with(to(json!({ "latitude": 0.0, "longitude": -180.1 }))), coordinates),
        row(&new, create_with(to(json!({ "latitude": 0.0 }))), coordinates),
        row(&new, create_with(to(json!({ "longitude": 0.0 }))), coordinates),
        row(&new, create_with(to(json!({ "country": "gb" }))), country),
        row(&new, create_with(to(json!({ "country": "G" }))), country),
    ]
}

/// Everything is there, and leaves too late.
fn too_late() -> OrderCommand {
    let short = reserve_sourced(sourced(&[], &[("A", 5, 2)]), ReservationTrigger::Creation);
    let OrderCommand::ReserveInventory(reserve) = short else { unreachable!("it reserves") };
    OrderCommand::ReserveInventory(ReserveInventory { ships_too_late: Some(Some(time(99))), ..reserve })
}

fn orders() -> Vec<Row> {
    use Class::{Conflict, Invalid, NotFound};
    let new = Order::default();
    let order = given([create()]);
    let with_recipient = given([create_with(json!({ "shipTo": { "name": "Ada Lovelace" } }))]);
    let unknown = ("unknown_order", Some("/orderId"), NotFound);
    let short = reserve_sourced(sourced(&[], &[("A", 5, 2)]), ReservationTrigger::Creation);
    vec![
        row(&new, pay("money"), unknown),
        row(&paid_and_reserved(), cancel_too_many(), ("quantity_exceeds_open", None, Conflict)),
        row(&paid_and_reserved(), pick_serials(), ("serial_not_unique", None, Invalid)),
        row(&order, pay_of("0.00"), ("amount_not_positive", Some("/amount"), Invalid)),
        row(&order, pay_of("-5.00"), ("amount_not_positive", Some("/amount"), Invalid)),
        row(&new, cancel(), unknown),
        row(&new, erase(), unknown),
        row(&new, reserve_all(), ("nothing_to_reserve", None, Conflict)),
        row(&order, short, ("insufficient_stock", Some("/lines"), Conflict)),
        row(&order, too_late(), ("no_capacity", None, Conflict)),
        row(
            &given([create_with(json!({ "delivery": { "method": "ship", "shipBy": time(90) } }))]),
            too_late(),
            ("ship_by_unattainable", Some("/delivery/shipBy"), Conflict),
        ),
        row(&given([create(), cancel()]), cancel(), ("order_cancelled", None, Conflict)),
        row(&after(&paid_and_reserved(), pick_all(1)), reject(1), ("picking_started", None, Conflict)),
        row(&on_its_way(), cancel(), ("nothing_left", None, Conflict)),
        row(&new, reopen(json!({})), unknown),
        row(&order, reopen(json!({})), ("order_not_cancelled", None, Conflict)),
        row(
            &given([create(), pay("money"), cancel(), refund("r-1", "1.00")]),
            reopen(json!({})),
            ("order_refunded", None, Conflict),
        ),
        row(
            &given([
                create_with(
                    json!({ "payment": "not_required", "delivery": { "method": "ship", "complete": true } }),
                ),
                reserve(&[("DC-1", &[("A", 5)])]),
            ]),
            pick_all(1),
            ("order_incomplete", None, Conflict),
        ),
        row(&order, erase(), ("no_personal_data", None, Conflict)),
        row(&with_recipient, erase_needed(), ("personal_data_needed", None, Conflict)),
        row(&new, authorize(), unknown),
        row(&new, fail(), unknown),
        row(&new, void(), unknown),
        row(&new, hold_with(json!({})), unknown),
        row(&new, release_hold("h1"), unknown),
        row(&new, fill("A", &[("DC-1", 1)]), ("nothing_to_reserve", None, Conflict)),
        row(&order, fill("A", &[("DC-1", 1)]), ("nothing_to_reserve", None, Conflict)),
    ]
}

fn holds() -> Vec<Row> {
    use Class::{Conflict, NotFound};
    let order = given([create()]);
    let many = given(std::iter::once(create()).chain((0..20).map(|_| hold_with(json!({})))));
    let part = |number: u32| hold_with(json!({ "fulfillmentOrderId": fulfillment_order_id(number) }));
    let left = on_its_way();
    let unknown = ("unknown_fulfillment_order", Some("/fulfillmentOrderId"), NotFound);
    vec![
        row(&given([create(), cancel()]), hold_with(json!({})), ("order_cancelled", None, Conflict)),
        row(&many, hold_with(json!({})), ("too_many_holds", None, Conflict)),
        row(&left, hold_with(json!({})), ("nothing_left", None, Conflict)),
        row(&left, part(1), ("nothing_left", None, Conflict)),
        row(&order, part(1), unknown),
        row(&order, release_hold("h1"), ("unknown_hold", Some("/holdId"), Conflict)),
        row(
            &after(&many, release_hold("h3")),
            release_hold("h3"),
            ("unknown_hold", Some("/holdId"), Conflict),
        ),
    ]
}

fn authorize() -> OrderCommand {
    OrderCommand::AuthorizePayment(read(json!({ "orderId": order_id(), "paymentRef": "money" }), json!({})))
}

fn fail() -> OrderCommand {
    OrderCommand::FailPayment(read(json!({ "orderId": order_id(), "reason": "no money" }), json!({})))
}

fn pay_of(amount: &str) -> OrderCommand {
    let fields = json!({ "orderId": order_id(), "paymentRef": "money", "amount": amount });
    OrderCommand::ConfirmPayment(read(fields, json!({})))
}

fn cancel_too_many() -> OrderCommand {
    let fields = json!({ "orderId": order_id(), "reason": "try", "lines": [{ "line": 1, "quantity": 6 }] });
    OrderCommand::CancelOrder(read(fields, json!({})))
}

fn pick_serials() -> OrderCommand {
    let lines = json!([{ "line": 1, "quantity": 2, "serials": ["SN1", "SN1"] }]);
    let fields = json!({ "fulfillmentOrderId": FulfillmentOrderId::new(order_id(), 1), "lines": lines });
    OrderCommand::PickItems(read(fields, json!({})))
}

fn erase_needed() -> OrderCommand {
    OrderCommand::ErasePersonalData(read(
        json!({ "orderId": order_id(), "reason": "asked for it" }),
        json!({}),
    ))
}

fn void() -> OrderCommand {
    OrderCommand::VoidPayment(
        read(json!({ "orderId": order_id(), "reason": "given back" }), json!({})),
        time(40),
    )
}

fn handing_over() -> Vec<Row> {
    use Class::{Conflict, NotFound};
    let order = paid_and_reserved();
    let asked = after(&after(&order, accept(1)), cancel());
    let unknown = ("unknown_fulfillment_order", Some("/fulfillmentOrderId"), NotFound);
    let not_requested = ("no_cancellation_requested", None, Conflict);
    let all = || json!({ "all": true });
    let unpaid = given([create(), reserve_all()]);
    vec![
        row(&order, accept(2), unknown),
        row(&order, reject(2), unknown),
        row(&order, short_with(2, all()), unknown),
        row(&order, accept_cancellation(2), unknown),
        row(&order, reject_cancellation(2), unknown),
        row(&Order::default(), reject(1), unknown),
        row(&after(&order, accept(1)), accept(1), ("already_accepted", None, Conflict)),
        row(&unpaid, accept(1), ("payment_not_confirmed", None, Conflict)),
        row(&on_its_way(), accept(1), ("nothing_left", None, Conflict)),
        row(&on_its_way(), reject(1), ("nothing_left", None, Conflict)),
        row(&after(&order, hold_with(json!({}))), reject(1), ("order_on_hold", None, Conflict)),
        row(&after(&order, pick_all(1)), short_with(1, all()), ("nothing_left", None, Conflict)),
        row(&asked, cancel(), ("cancellation_pending", None, Conflict)),
        row(&order, accept_cancellation(1), not_requested),
        row(&order, reject_cancellation(1), not_requested),
        row(&after(&asked, ship_all(1)), accept_cancellation(1), not_requested),
    ]
}

fn returns() -> Vec<Row> {
    use Class::{Conflict, Invalid, NotFound};
    let left = on_its_way();
    let many = given(
        [create(), reserve_all(), pay("money"), ship_all(1)]
            .into_iter()
            .chain((0..5).map(|_| request_return(&[(1, 1)]))),
    );
    let mut full = many.clone();
    full.returns = vec![many.returns[0].clone(); 5_000];
    let exceeds = ("quantity_exceeds_returnable", Some("/lines"), Conflict);
    vec![
        row(&Order::default(), request_return(&[(1, 1)]), ("unknown_order", Some("/orderId"), NotFound)),
        row(&left, request_return(&[]), ("lines_missing", Some("/lines"), Invalid)),
        row(&left, request_return(&vec![(1, 1); 5_001]), ("too_many", Some("/lines"), Invalid)),
        row(&left, request_return(&[(9, 1)]), ("unknown_line", Some("/lines/0"), Invalid)),
        row(&many, request_return(&[(1, 1)]), exceeds),
        row(&full, request_return(&[(2, 1)]), ("too_many", Some("/lines"), Invalid)),
        row(&left, receive_return(1, &[(1, 1, "scrap")]), ("unknown_return", Some("/returnId"), NotFound)),
        row(&left, close_return(1), ("unknown_return", Some("/returnId"), NotFound)),
        row(
            &after(&many, close_return(1)),
            close_return(1),
            ("return_not_open", Some("/returnId"), Conflict),
        ),
        row(&left, undo_rejection(1), ("not_rejected", None, Conflict)),
        row(&left, refund("r-1", "0"), ("amount_not_positive", Some("/amount"), Invalid)),
        row(&many, receive_return(1, &[]), ("lines_missing", Some("/lines"), Invalid)),
    ]
}

/// The first line, so many times.
fn named_often(times: usize) -> Value {
    json!({ "lines": vec![json!({ "line": 1, "quantity": 1 }); times] })
}

fn warehouse() -> Vec<Row> {
    use Class::{Conflict, Invalid, NotFound};
    let order = paid_and_reserved();
    let mut waiting = order.clone();
    waiting.apply(held(1, HoldReason::InventoryOutOfStock).into());
    let unpaid = given([create(), reserve_all()]);
    let unknown = ("unknown_fulfillment_order", Some("/fulfillmentOrderId"), NotFound);
    let line = |named: Value| json!({ "lines": [{ "line": 1, "quantity": 1 }, read::<Value>(json!({ "quantity": 1 }), named)] });
    let no_line = ("unknown_line", Some("/lines/1"), Invalid);
    vec![
        row(&order, pick_all(2), unknown),
        row(&order, pack_all(0), unknown),
        row(&order, ship_all(2), unknown),
        row(&Order::default(), pick_all(1), unknown),
        row(&after(&unpaid, cancel()), pick_all(1), ("fulfillment_order_cancelled", None, Conflict)),
        row(&waiting, pick_all(1), ("order_on_hold", None, Conflict)),
        row(&unpaid, pick_all(1), ("payment_not_confirmed", None, Conflict)),
        row(&order, pick(1, named_often(5_001)), ("too_many", Some("/lines"), Invalid)),
        row(&order, pick(1, json!({})), ("lines_missing", Some("/lines"), Invalid)),
        row(&order, pick(1, line(json!({ "line": 3 }))), no_line),
        row(&order, pick(1, line(json!({ "line": 0 }))), no_line),
        row(&order, pick(1, line(json!({ "lineRef": "second" }))), no_line),
        row(&order, pick(1, line(json!({}))), no_line),
        row(&order, pick(1, line(json!({ "line": 1, "lineRef": "first" }))), no_line),
        row(&after(&order, pick_all(1)), pick_all(1), ("nothing_left", None, Conflict)),
    ]
}

fn shipments() -> Vec<Row> {
    use Class::{Conflict, Invalid, NotFound};
    let delivered = after(&on_its_way(), track(1, "delivered", 60));
    let resent = after(&after(&on_its_way(), track(1, "failure", 60)), resend(1, json!({})));
    let order = paid_and_reserved();
    let one = |id: &str| json!({ "packageId": id, "lines": [{ "line": 1, "quantity": 1 }] });
    let wrong = json!({ "lines": [{ "line": 1, "quantity": 1 }, { "line": 9, "quantity": 1 }] });
    let count = ("package_count_out_of_range", Some("/packages"), Invalid);
    let unknown = ("unknown_shipment", Some("/shipmentId"), NotFound);
    let no_package = ("unknown_package", Some("/packageId"), Invalid);
    let scan = json!({ "status": "in_transit", "at": time(60), "packageId": "p2" });
    vec![
        row(&order, ship(1, &[]), count),
        row(&order, ship(1, &vec![json!({}); 101]), count),
        row(&order, ship(1, &[one("x"), named_often(5_000)]), ("too_many", Some("/packages"), Invalid)),
        row(&order, ship(1, &[one("x"), one("x")]), ("package_id_not_unique", Some("/packages"), Invalid)),
        row(&order, ship(1, &[json!({}), json!({})]), ("package_lines_missing", Some("/packages"), Invalid)),
        row(&order, ship(1, &[one("x"), wrong]), ("unknown_line", Some("/packages/1/lines/1"), Invalid)),
        row(
            &order,
            ship(1, &[json!({ "lines": [] })]),
            ("lines_missing", Some("/packages/0/lines"), Invalid),
        ),
        row(&on_its_way(), track(2, "in_transit", 60), unknown),
        row(&on_its_way(), confirm_delivery(0, json!({})), unknown),
        row(&Order::default(), track(1, "in_transit", 60), unknown),
        row(&order, cancel_shipment(1, json!({})), unknown),
        row(&order, relabel(1, json!({})), unknown),
        row(&on_its_way(), resend(1, json!({})), ("package_not_lost", None, Conflict)),
        row(&resent, cancel_shipment(1, json!({})), ("shipment_resent", None, Conflict)),
        row(&delivered, cancel_shipment(1, json!({})), ("shipment_delivered", None, Conflict)),
        row(
            &after(&on_its_way(), cancel_shipment(1, json!({}))),
            cancel_shipment(1, json!({})),
            ("shipment_cancelled", None, Conflict),
        ),
        row(&delivered, relabel(1, json!({})), ("shipment_delivered", None, Conflict)),
        row(
            &after(&on_its_way(), request_return(&[(1, 1)])),
            cancel_shipment(1, json!({})),
            ("shipment_returned", None, Conflict),
        ),
        row(&on_its_way(), track_with(1, scan), no_package),
        row(&on_its_way(), confirm_delivery(1, json!({ "packageId": "p2" })), no_package),
    ]
}

#[allow(clippy::too_many_lines, reason = "a row for every refusal")]
fn amendments() -> Vec<Row> {
    use Class::{Conflict, Invalid, NotFound};
    let order = given([create()]);
    let priced = given([create_with(json!({
        "currency": "EUR", "lines": [{ "sku": "A", "quantity": 5, "total": "10.00" }]
    }))]);
    let changes = |changes: Value| amend(json!({ "changes": changes }));
    let grown = |quantity: u32| changes(json!([{ "op": "setQuantity", "line": 1, "quantity": quantity }]));
    let add = |line: Value| {
        changes(json!([read::<Value>(json!({ "op": "add", "sku": "C", "quantity": 1 }), line)]))
    };
    let remove = json!({ "op": "remove", "line": 1 });
    let to = || json!({ "shipTo": { "name": "Ada Lovelace" } });
    let redirected = given([create(), reserve_all(), pay("money"), accept(1), amend(to())]);
    let fetched = json!({ "delivery": { "method": "pickup", "location": "DC-9" } });
    let erased = given([create_with(to()), erase()]);
    let row_of = |order: &Order, command, refused| row(order, command, refused);
    let five_a = json!({ "lines": [{ "line": 1, "quantity": 5 }] });
    let partly_shipped = after(&paid_and_reserved(), ship(1, &[five_a]));
    let being_cancelled = after(&after(&paid_and_reserved(), accept(1)), cancel());
    vec![
        row_of(&Order::default(), grown(6), ("unknown_order", Some("/orderId"), NotFound)),
        row_of(&given([create(), cancel()]), grown(6), ("order_cancelled", None, Conflict)),
        row_of(&order, amend(json!({})), ("changes_missing", Some("/changes"), Invalid)),
        row_of(&order, changes(json!(vec![remove.clone(); 2_001])), ("too_many", Some("/changes"), Invalid)),
        row_of(
            &order,
            changes(json!([{ "op": "remove", "line": 9 }])),
            ("unknown_line", Some("/changes/0"), Invalid),
        ),
        row_of(&order, changes(json!([remove, remove])), ("line_changed_twice", Some("/changes/1"), Invalid)),
        row_of(
            &order,
            add(json!({ "lineRef": "first" })),
            ("line_ref_not_unique", Some("/changes/0/lineRef"), Invalid),
        ),
        row_of(&order, add(json!({ "unit": "1" })), ("currency_missing", Some("/currency"), Invalid)),
        row_of(&priced, grown(6), ("amounts_missing", Some("/changes/0"), Invalid)),
        row_of(
            &given([
                create(),
                amend(json!({ "changes": [{ "op": "setQuantity", "line": 1, "quantity": 3 }] })),
            ]),
            grown(1_000_000_000),
            ("line_too_large", Some("/changes/0/quantity"), Invalid),
        ),
        row_of(&partly_shipped, grown(4), ("quantity_below_shipped", Some("/changes"), Conflict)),
        row_of(&being_cancelled, grown(6), ("line_cancellation_pending", None, Conflict)),
        row_of(&on_its_way(), grown(6), ("order_shipped", None, Conflict)),
        row_of(&redirected, amend(to()), ("amendment_pending", None, Conflict)),
        row_of(&paid_and_reserved(), accept_amendment(1), ("no_amendment_requested", None, Conflict)),
        row_of(&paid_and_reserved(), reject_amendment(1), ("no_amendment_requested", None, Conflict)),
        row_of(
            &redirected,
            accept_amendment(2),
            ("unknown_fulfillment_order", Some("/fulfillmentOrderId"), NotFound),
        ),
        row_of(&on_its_way(), amend(to()), ("order_shipped", None, Conflict)),
        row_of(&erased, amend(to()), ("personal_data_erased", Some("/shipTo"), Conflict)),
        row_of(
            &paid_and_reserved(),
            amend(fetched),
            ("reserved_elsewhere", Some("/delivery/location"), Conflict),
        ),
    ]
}

fn moves() -> Vec<Row> {
    use Class::{Conflict, Invalid, NotFound};
    let order = paid_and_reserved();
    let fetched = json!({ "delivery": { "method": "pickup", "location": "DC-1" } });
    let to_be_fetched = given([create_with(fetched), reserve_all(), pay("money")]);
    let some = || json!({ "lines": [{ "line": 1, "quantity": 2 }] });
    let asked = given([create(), reserve_all(), pay("money"), accept(1), relocate(1, "DC-2")]);
    vec![
        row(
            &order,
            relocate(2, "DC-2"),
            ("unknown_fulfillment_order", Some("/fulfillmentOrderId"), NotFound),
        ),
        row(&order, relocate(1, "DC-1"), ("already_there", Some("/location"), Conflict)),
        row(&order, relocate_to_paused(1, "DC-2"), ("location_paused", Some("/location"), Conflict)),
        row(
            &given([create(), reserve_at_two(), pay("money"), reject(2)]),
            relocate(1, "DC-2"),
            ("location_rejected_order", Some("/location"), Conflict),
        ),
        row(
            &given([create_with(json!({ "allowSplit": false })), reserve_at_two(), pay("money"), accept(2)]),
            relocate(1, "DC-3"),
            ("would_split", None, Conflict),
        ),
        row(&on_its_way(), relocate(1, "DC-2"), ("nothing_left", None, Conflict)),
        row(&after(&order, ship(1, &[some()])), relocate(1, "DC-2"), ("shipping_started", None, Conflict)),
        row(&to_be_fetched, relocate(1, "DC-2"), ("delivery_location_fixed", None, Conflict)),
        row(&asked, relocate(1, "DC-3"), ("cancellation_pending", None, Conflict)),
        row(&order, ready(1), ("not_to_be_picked_up", None, Conflict)),
        row(&after(&to_be_fetched, ship_all(1)), ready(1), ("nothing_left", None, Conflict)),
        row(&order, hold_with(json!({ "until": time(40) })), ("hold_over", Some("/until"), Invalid)),
        row(
            &order,
            ship(1, &[json!({ "carrier": null, "trackingNumber": null })]),
            ("carrier_missing", Some("/packages/0/carrier"), Invalid),
        ),
        row(
            &order,
            ship(1, &[json!({ "lines": [{ "line": 1, "quantity": 1, "serials": ["S1", "S2"] }] })]),
            ("serials_exceed_quantity", None, Invalid),
        ),
    ]
}

fn all_rows() -> Vec<Row> {
    [
        creations(),
        orders(),
        holds(),
        handing_over(),
        returns(),
        warehouse(),
        shipments(),
        amendments(),
        moves(),
        lines_without_stock::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn every_refusal_has_its_code_its_field_and_its_class() {
    for Row { order, command, code, pointer, class } in all_rows() {
        let refused = order.decide(&command).expect_err(code);
        assert_eq!(refused.code(), code);
        assert_eq!(refused.pointer().as_deref(), pointer, "{code}");
        assert_eq!(refused.class(), class, "{code}");
        assert!(refused.to_string().len() > 10, "{code} has words for people");
    }
}

#[test]
fn no_refusal_is_without_a_row() {
    let source = include_str!("../refusals.rs");
    let codes = source.split("fn kind(").nth(1).and_then(|rest| rest.split("fn pointer(").next()).unwrap();
    let mut without: Vec<&str> = codes.split('"').skip(1).step_by(2).collect();
    assert!(without.len() > 20, "the codes are found in the source");
    let tried: Vec<_> = all_rows().into_iter().map(|row| row.code).collect();
    without.retain(|code| !tried.contains(code));
    let earlier = ["unknown_tracking_number", "price_out_of_range", "nested_bundle"];
    assert_eq!(without, earlier, "given when the order or the components of a bundle are looked up");
}

#[test]
fn every_refusal_has_a_code() {
    let refusal = OrderRefusal::UnknownTrackingNumber;
    assert_eq!((refusal.code(), refusal.class()), ("unknown_tracking_number", Class::NotFound));
    assert_eq!(refusal.pointer().as_deref(), Some("/trackingNumber"));
}

#[test]
fn the_same_order_again_changes_nothing() {
    assert_eq!(when(&given([create()]), create()), []);
}

#[test]
fn an_order_that_exists_is_named() {
    let refused = given([create()]).decide(&other()).unwrap_err();
    assert_eq!(refused.details(), Some(("orderId", json!(order_id()))));
}

//! `supportedActions` promises what would be accepted: every command is tried in every state.

use super::*;

/// The actions on the order, and on each fulfillment order, that `decide` accepts without recording a contradiction.
pub(crate) fn accepted_actions(order: &Order) -> (Vec<String>, Vec<Vec<String>>) {
    let of_order = order.id().map(|id| {
        let fields = json!({ "orderId": id, "reason": "try", "paymentRef": "try" });
        let without = |left_out: &str| {
            let mut fields = fields.clone();
            fields.as_object_mut().unwrap().remove(left_out);
            fields
        };
        let (with_reason, with_payment) = (without("paymentRef"), without("reason"));
        let hold = json!({ "orderId": id, "reason": "other" });
        let first_hold = order.holds.first().map_or_else(|| name("none"), |hold| hold.id.clone());
        let release = json!({ "orderId": id, "holdId": first_hold });
        let amend = json!({ "orderId": id, "changes": [{ "op": "add", "sku": "A", "quantity": 1 }] });
        let returnable = order.returnable().iter().position(|units| !units.is_zero());
        let line = LineNumber::at(returnable.unwrap_or(0));
        let all = json!({ "orderId": id, "all": true });
        let fulfilled = order.line_totals().iter().position(|line| !line.fulfilled.is_zero());
        let fulfilled = LineNumber::at(fulfilled.unwrap_or(0));
        let undone =
            json!({ "orderId": id, "lines": [{ "line": fulfilled, "quantity": 1 }], "reason": "try" });
        let back = json!({ "orderId": id, "lines": [{ "line": line, "quantity": 1 }], "reason": "try" });
        [
            ("confirm-payment", OrderCommand::ConfirmPayment(read(with_payment.clone(), json!({})))),
            ("authorize-payment", OrderCommand::AuthorizePayment(read(with_payment, json!({})))),
            ("fail-payment", OrderCommand::FailPayment(read(with_reason.clone(), json!({})))),
            ("void-payment", OrderCommand::VoidPayment(read(with_reason.clone(), json!({})), time(5))),
            ("refund-payment", refund("try", "0.01")),
            ("fulfill-lines", OrderCommand::FulfillLines(read(all, json!({})), time(99))),
            ("unfulfill-lines", OrderCommand::UnfulfillLines(read(undone, json!({})))),
            ("hold", OrderCommand::HoldOrder(read(hold, json!({})), time(99))),
            ("release-hold", OrderCommand::ReleaseHold(read(release, json!({})))),
            ("amend", OrderCommand::AmendOrder(Box::new(read(amend, json!({}))), time(99))),
            ("cancel", OrderCommand::CancelOrder(read(with_reason.clone(), json!({})))),
            ("reopen", OrderCommand::ReopenOrder(read(json!({ "orderId": id }), json!({})), time(99))),
            ("returns", OrderCommand::RequestReturn(read(back, json!({})), a_week(), time(99))),
            ("erase-personal-data", OrderCommand::ErasePersonalData(read(with_reason, json!({})))),
        ]
    });
    let of_parts = order.fulfillment_orders.iter().map(|part| accepted_of_part(order, part.id));
    (of_order.map(|actions| accepted(order, actions)).unwrap_or_default(), of_parts.collect())
}

fn accepted_of_part(order: &Order, id: FulfillmentOrderId) -> Vec<String> {
    let all = || json!({ "fulfillmentOrderId": id, "all": true });
    let package = json!({ "carrier": "try", "trackingNumber": "try" });
    let shipment = json!({ "fulfillmentOrderId": id, "packages": [package] });
    let ship = OrderCommand::ShipItems(read(shipment, json!({})), None, time(99));
    let this = || json!({ "fulfillmentOrderId": id });
    let why = || json!({ "fulfillmentOrderId": id, "reason": "try" });
    accepted(
        order,
        [
            ("accept", OrderCommand::AcceptFulfillmentOrder(read(this(), json!({})))),
            ("reject", OrderCommand::RejectFulfillmentOrder(read(why(), json!({})))),
            (
                "move",
                OrderCommand::MoveFulfillmentOrder(
                    read(this(), json!({ "location": "elsewhere" })),
                    MoveTarget::default(),
                ),
            ),
            ("pick", OrderCommand::PickItems(read(all(), json!({})))),
            ("pack", OrderCommand::PackItems(read(all(), json!({})))),
            ("ready-for-pickup", OrderCommand::MarkReadyForPickup(read(this(), json!({})), time(99))),
            ("ship", ship),
            ("short", OrderCommand::ShortPick(read(all(), json!({ "reason": "try" })), time(45))),
            ("unpick", OrderCommand::UnpickItems(read(all(), json!({})))),
            ("unpack", OrderCommand::UnpackItems(read(all(), json!({})))),
            ("undo-rejection", OrderCommand::UndoRejection(read(this(), json!({})))),
            (
                "accept-cancellation",
                OrderCommand::AcceptCancellation(
                    read(this(), json!({})),
                    Promises::new(),
                    ReassignmentCheck::Possible,
                ),
            ),
            ("reject-cancellation", OrderCommand::RejectCancellation(read(why(), json!({})))),
            ("accept-amendment", OrderCommand::AcceptAmendment(read(this(), json!({})))),
            ("reject-amendment", OrderCommand::RejectAmendment(read(why(), json!({})))),
        ],
    )
}

fn accepted<const COUNT: usize>(order: &Order, actions: [(&str, OrderCommand); COUNT]) -> Vec<String> {
    let contradicts = |event: &OrderEvent| matches!(event, OrderEvent::DiscrepancyRecorded(_));
    let is_accepted =
        |command: &OrderCommand| order.decide(command).is_ok_and(|events| !events.iter().any(contradicts));
    let accepted = actions.into_iter().filter(|(_, command)| is_accepted(command));
    accepted.map(|(name, _)| name.to_owned()).collect()
}

fn names_of(actions: &impl serde::Serialize) -> Vec<String> {
    serde_json::from_value(json!(actions)).unwrap()
}

/// What the order says of itself.
pub(crate) fn supported_actions(order: &Order) -> (Vec<String>, Vec<Vec<String>>) {
    let of_fulfillment_orders =
        order.fulfillment_orders.iter().map(|one| names_of(&one.supported_actions(order)));
    (names_of(&order.supported_actions()), of_fulfillment_orders.collect())
}

/// An order in every state that the main path leads to.
fn states() -> Vec<Order> {
    let some = || json!({ "lines": [{ "line": 1, "quantity": 2 }] });
    let short = || sourced(&[("DC-1", &[("A", 2), ("B", 3)])], &[("A", 5, 2)]);
    let hold = || reserve_sourced(short(), ReservationTrigger::Existing);
    let cut = || reserve_sourced(short(), ReservationTrigger::Creation);
    let person = || create_with(json!({ "shipTo": { "name": "Ada Lovelace" } }));
    let histories = [
        vec![create(), cancel(), pay("late"), reopen(json!({}))],
        vec![person(), reserve_all(), erase(), cancel()],
        vec![create_with(json!({ "payment": "not_required" })), reserve_all(), pick(1, some()), pack_all(1)],
        vec![create(), pay("money"), hold(), cancel()],
        vec![
            create_with(json!({ "onShortage": "cancel_remainder" })),
            cut(),
            pay("money"),
            pack(1, some()),
            pick_all(1),
        ],
        vec![
            create(),
            reserve_at_two(),
            pay("money"),
            pick_all(1),
            pack_all(1),
            ship_all(2),
            ship(1, &[some()]),
            ship_all(1),
        ],
        vec![person(), reserve_all(), pay("money"), ship_all(1), track(1, "delivered", 60), erase()],
        vec![
            create(),
            reserve_all(),
            pay("money"),
            ship(1, &[some()]),
            track(1, "failure", 60),
            ship_all(1),
            confirm_delivery(2, json!({})),
        ],
    ];
    let mut states = Vec::new();
    for history in histories.into_iter().chain(detours()) {
        let mut order = Order::default();
        for command in history {
            order = after(&order, command);
            states.push(order.clone());
        }
    }
    let mut waiting = paid_and_reserved();
    waiting.apply(held(1, HoldReason::InventoryOutOfStock).into());
    states.push(waiting);
    states
}

/// What happens off the main path.
fn detours() -> Vec<Vec<OrderCommand>> {
    let some = || json!({ "lines": [{ "line": 1, "quantity": 2 }] });
    let short = sourced(&[("DC-1", &[("A", 2), ("B", 3)])], &[("A", 5, 2)]);
    let cut = reserve_sourced(short, ReservationTrigger::Creation);
    vec![
        vec![
            create(),
            reserve_at_two(),
            pay("money"),
            accept(1),
            cancel(),
            reject_cancellation(1),
            cancel(),
            pick(1, some()),
            accept_cancellation(1),
        ],
        vec![
            create(),
            reserve_at_two(),
            pay("money"),
            accept(1),
            amend(json!({ "shipTo": { "city": "Paris" } })),
            accept(2),
            accept_amendment(1),
            reject_amendment(2),
        ],
        vec![create(), reserve_all(), pay("money"), reject(1), undo_rejection(1), refund("r-1", "0.01")],
        with_card(vec![
            pay("money"),
            hold_with(json!({})),
            release_hold("h1"),
            fulfill_card(),
            ship_all(1),
            unfulfill_card(),
            cancel(),
        ]),
        vec![
            create(),
            reserve_all(),
            pay("money"),
            ship_all(1),
            request_return(&[(1, 5)]),
            request_return(&[(2, 3)]),
            receive_return(1, &[(1, 5, "restock")]),
        ],
        vec![
            create_with(json!({ "onShortage": "backorder" })),
            cut,
            pay("money"),
            hold_with(json!({ "fulfillmentOrderId": fulfillment_order_id(1) })),
            fill("A", &[("DC-2", 3)]),
            ship_all(2),
            release_hold("h1"),
            ship_all(1),
        ],
    ]
}

#[test]
fn supported_actions_are_exactly_the_accepted_commands() {
    for order in states() {
        assert_eq!(supported_actions(&order), accepted_actions(&order), "{order:?}");
    }
}

#[test]
fn the_states_that_are_tried_differ_in_every_action() {
    let tried: Vec<_> = states().iter().map(accepted_actions).collect();
    for action in [
        "confirm-payment",
        "refund-payment",
        "hold",
        "release-hold",
        "cancel",
        "fulfill-lines",
        "unfulfill-lines",
        "returns",
        "erase-personal-data",
    ] {
        assert!(tried.iter().any(|(order, _)| order.iter().any(|accepted| accepted == action)), "{action}");
    }
    let of_work = ["accept", "reject", "pick", "pack", "ship", "short", "unpick", "unpack", "undo-rejection"];
    let answers = ["accept-cancellation", "reject-cancellation", "accept-amendment", "reject-amendment"];
    for action in of_work.into_iter().chain(answers) {
        let says = |accepted: bool| {
            let part = |part: &Vec<String>| part.iter().any(|name| name == action) == accepted;
            tried.iter().any(|(_, parts)| parts.iter().any(part))
        };
        assert!(says(true) && says(false), "{action}");
    }
}

#[test]
fn an_open_order_may_be_paid_or_cancelled() {
    let (order, parts) = supported_actions(&given([create(), reserve_all()]));
    let payment = ["confirm-payment", "authorize-payment", "fail-payment", "void-payment"];
    assert_eq!(order, [&payment[..], &["hold", "amend", "cancel"]].concat());
    assert_eq!(parts, [["reject", "move"]], "nothing else before it is paid");
}

#[test]
fn a_paid_fulfillment_order_may_be_picked_packed_or_shipped() {
    let actions = ["accept", "reject", "move", "pick", "pack", "ship", "short"];
    assert_eq!(supported_actions(&paid_and_reserved()).1, [actions]);
}

//! The page that shows which commands are supported in which state, generated from `supportedActions`.

use holdfast_tests::reference::{assert_current, table};

use super::actions::supported_actions;
use super::*;

/// Without `erase-personal-data`: the orders of this page have none.
const ORDER_ACTIONS: [&str; 13] = [
    "confirm-payment",
    "authorize-payment",
    "fail-payment",
    "void-payment",
    "refund-payment",
    "fulfill-lines",
    "unfulfill-lines",
    "hold",
    "release-hold",
    "amend",
    "cancel",
    "reopen",
    "returns",
];

const FULFILLMENT_ORDER_ACTIONS: [&str; 15] = [
    "accept",
    "reject",
    "move",
    "pick",
    "pack",
    "ready-for-pickup",
    "ship",
    "short",
    "unpick",
    "unpack",
    "undo-rejection",
    "accept-cancellation",
    "reject-cancellation",
    "accept-amendment",
    "reject-amendment",
];

/// States of an order, each with the name of its column.
fn order_states() -> Vec<(&'static str, Order)> {
    let some = || json!({ "lines": [{ "line": 1, "quantity": 2 }] });
    let paid = paid_and_reserved;
    let short = sourced(&[("DC-1", &[("A", 2), ("B", 3)])], &[("A", 5, 2)]);
    let backorder = create_with(json!({ "onShortage": "backorder" }));
    let accepted = after(&paid(), accept(1));
    let shipped = after(&paid(), ship_all(1));
    let delivered = after(&shipped, track(1, "delivered", 60));
    vec![
        ("not paid", given([create(), reserve_all()])),
        ("paid", paid()),
        ("backordered", given([backorder, reserve_sourced(short, ReservationTrigger::Creation)])),
        ("rejected", after(&paid(), reject(1))),
        ("on hold", after(&paid(), hold_with(json!({})))),
        ("picking", after(&paid(), pick(1, some()))),
        ("cancellation requested", after(&accepted, cancel())),
        ("partially shipped", after(&paid(), ship(1, &[some()]))),
        ("shipped", shipped),
        ("delivered", delivered.clone()),
        (
            "returned",
            [request_return(&[(1, 5), (2, 3)]), receive_return(1, &[(1, 5, "restock"), (2, 3, "restock")])]
                .into_iter()
                .fold(delivered, |order, command| after(&order, command)),
        ),
        ("cancelled", given([create(), cancel()])),
        ("paid, with a line without stock", given(with_card(vec![pay("money")]))),
        ("the same, with the line fulfilled", given(with_card(vec![pay("money"), fulfill_card()]))),
    ]
}

/// States of a fulfillment order, each with the name of its column.
fn fulfillment_order_states() -> Vec<(&'static str, Order)> {
    let some = || json!({ "lines": [{ "line": 1, "quantity": 2 }] });
    let paid = paid_and_reserved;
    let picked = after(&paid(), pick_all(1));
    let accepted = after(&paid(), accept(1));
    let pickup = json!({ "payment": "not_required", "delivery": { "method": "pickup", "location": "DC-1" } });
    let shipped = after(&paid(), ship_all(1));
    vec![
        ("not paid", given([create(), reserve_all()])),
        ("open", paid()),
        ("on hold", after(&paid(), hold_with(json!({})))),
        ("accepted", accepted.clone()),
        ("picking", after(&paid(), pick(1, some()))),
        ("picked", picked.clone()),
        ("packed", after(&picked, pack_all(1))),
        ("ready for pickup", given([create_with(pickup), reserve_all(), ready(1)])),
        ("partially shipped", after(&paid(), ship(1, &[some()]))),
        ("cancellation requested", after(&accepted, cancel())),
        ("amendment requested", after(&accepted, amend(json!({ "shipTo": { "city": "Paris" } })))),
        ("shipped", shipped.clone()),
        ("delivered", after(&shipped, track(1, "delivered", 60))),
        ("cancelled", after(&paid(), cancel())),
    ]
}

/// A row for each action, a column for each state.
fn matrix(actions: &[&str], states: &[(&'static str, Vec<String>)]) -> String {
    for (state, supported) in states {
        let known = supported.iter().all(|action| actions.contains(&action.as_str()));
        assert!(known, "the page lacks an action of {state}: {supported:?}");
    }
    let row = |action: &&str| {
        let supports = |(_, supported): &(&str, Vec<String>)| supported.iter().any(|name| name == action);
        let cells = states.iter().map(|state| if supports(state) { "✓" } else { "" }.to_owned());
        std::iter::once(format!("`{action}`")).chain(cells).collect()
    };
    let header: Vec<&str> = std::iter::once("action").chain(states.iter().map(|(name, _)| *name)).collect();
    table(&header, &actions.iter().map(row).collect::<Vec<_>>())
}

#[test]
fn the_page_of_commands_by_state_is_current() {
    let of_order = |(name, order): &(&'static str, Order)| (*name, supported_actions(order).0);
    let orders: Vec<_> = order_states().iter().map(of_order).collect();
    let of_part = |(name, order): &(&'static str, Order)| (*name, supported_actions(order).1.swap_remove(0));
    let parts: Vec<_> = fulfillment_order_states().iter().map(of_part).collect();
    let page = format!(
        "## Orders, state by state\n\n{}\n## Fulfillment orders, state by state\n\n{}",
        matrix(&ORDER_ACTIONS, &orders),
        matrix(&FULFILLMENT_ORDER_ACTIONS, &parts)
    );
    let command = "-p holdfast-domain --lib the_page_of_commands_by_state";
    assert_current("docs/reference/commands-by-state.md", &page, command);
}

//! Amendments of the terms of an order.

use super::*;

fn created(order: &Order) -> &OrderCreated {
    order.created.as_deref().unwrap()
}

#[test]
fn terms_change_and_others_stay() {
    let terms = json!({ "priority": "express", "attributes": { "gift": "yes" } });
    let order = after(&given([create_with(json!({ "reserveFor": "PT1H" }))]), amend(terms.clone()));
    assert_eq!(created(&order).priority, crate::values::Priority::Express);
    assert_eq!(json!(created(&order).attributes), json!({ "gift": "yes" }));
    assert_eq!(json!(created(&order).reserve_for), json!("PT1H"));
    assert_eq!(when(&order, amend(terms)), [], "the same terms again");
    let cleared = after(&order, amend(json!({ "attributes": null, "reserveFor": null })));
    assert_eq!((&created(&cleared).attributes, created(&cleared).reserve_for), (&None, None));
}

#[test]
fn a_new_term_of_reservations_starts_with_the_amendment() {
    let order = given([create_with(json!({ "reserveFor": "PT60S" })), reserve_all()]);
    assert_eq!(order.expires_at, Some(time(70)));
    assert_eq!(after(&order, amend(json!({ "reserveFor": "PT20S" }))).expires_at, Some(time(65)));
    assert_eq!(after(&order, amend(json!({ "reserveFor": null }))).expires_at, None);
    let paid = after(&order, pay("money"));
    assert_eq!(after(&paid, amend(json!({ "reserveFor": "PT20S" }))).expires_at, None);
}

#[test]
fn reservations_last_at_least_as_long_as_an_authorization() {
    let fields = json!({ "orderId": order_id(), "paymentRef": "card", "authorizedUntil": time(500) });
    let authorize = OrderCommand::AuthorizePayment(read(fields, json!({})));
    let order = given([create_with(json!({ "reserveFor": "PT60S" })), reserve_all(), authorize]);
    assert_eq!(order.expires_at, Some(time(500)));
    assert_eq!(after(&order, amend(json!({ "reserveFor": "PT20S" }))).expires_at, Some(time(500)));
    assert_eq!(after(&order, amend(json!({ "reserveFor": "PT1H" }))).expires_at, Some(time(3645)));
}

#[test]
fn a_decision_about_missing_units_ends_their_hold() {
    let short = sourced(&[("DC-1", &[("A", 2), ("B", 3)])], &[("A", 5, 2)]);
    let held = given([
        create_with(json!({ "onShortage": "hold" })),
        reserve_sourced(short, ReservationTrigger::Existing),
    ]);
    assert!(held.is_out_of_stock());
    assert!(after(&held, amend(json!({ "priority": "express" }))).is_out_of_stock());
    let order = after(&held, amend(json!({ "onShortage": "backorder" })));
    assert!(!order.is_out_of_stock() && order.needs_sourcing());
}

#[test]
fn an_order_that_several_locations_work_on_is_split() {
    let order = given([create(), reserve_at_two(), pay("money"), accept(1)]);
    assert_eq!(names(&when(&order, amend(json!({ "allowSplit": false })))), ["OrderTermsChanged"]);
    let both = after(&order, accept(2));
    assert_eq!(refusal(&both, amend(json!({ "allowSplit": false }))), ("would_split", None));
}

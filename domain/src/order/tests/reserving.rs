use super::*;
use crate::sourcing::ConsideredLocation;

const SHORT_OF_A: &[(&str, u64, u64)] = &[("A", 5, 2)];

fn short(from: &[(&str, Stock<'_>)], missing: &[(&str, u64, u64)]) -> OrderCommand {
    reserve_sourced(sourced(from, missing), ReservationTrigger::Creation)
}

fn short_at_payment(from: &[(&str, Stock<'_>)], missing: &[(&str, u64, u64)]) -> OrderCommand {
    reserve_sourced(sourced(from, missing), ReservationTrigger::Existing)
}

fn may_be_cut() -> OrderCommand {
    create_with(json!({ "onShortage": "cancel_remainder" }))
}

#[test]
fn units_are_reserved_at_their_location() {
    let events = when(&given([create()]), reserve_all());
    assert_eq!(names(&events), ["OrderSourced", "InventoryReserved"]);
    assert_eq!(events[1], reserved(vec![part(1, "DC-1", &[(1, 5), (2, 3)])]));
}

#[test]
fn each_location_gets_a_fulfillment_order_in_the_order_of_preference() {
    let events = when(&given([create()]), reserve(&[("DC-9", &[("B", 3)]), ("DC-1", &[("A", 5)])]));
    assert_eq!(events[1], reserved(vec![part(1, "DC-9", &[(2, 3)]), part(2, "DC-1", &[(1, 5)])]));
}

#[test]
fn one_line_may_be_split_over_two_locations() {
    let order = given([create(), reserve_at_two()]);
    let events = when(&given([create()]), reserve_at_two());
    assert_eq!(events[1], reserved(vec![part(1, "DC-1", &[(1, 4), (2, 3)]), part(2, "DC-2", &[(1, 1)])]));
    assert_eq!(line(&order, 1), [5, 0, 0, 0, 0, 0]);
}

#[test]
fn lines_with_the_same_sku_are_filled_one_after_the_other() {
    let lines = json!([{ "sku": "A", "quantity": 2 }, { "sku": "A", "quantity": 3 }]);
    let order = given([create_with(json!({ "lines": lines }))]);
    let events = when(&order, reserve(&[("DC-1", &[("A", 3)]), ("DC-2", &[("A", 2)])]));
    assert_eq!(events[1], reserved(vec![part(1, "DC-1", &[(1, 2), (2, 1)]), part(2, "DC-2", &[(2, 2)])]));
}

#[test]
fn how_locations_were_chosen_is_recorded() {
    let seen = ConsideredLocation {
        location: place("DC-1"),
        distance: None,
        rank: 4,
        lacked: Vec::new(),
        lacked_skus: None,
        excluded: None,
    };
    let found =
        Sourced { candidates: vec![seen.clone()], ..sourced(&[("DC-1", &[("A", 5), ("B", 3)])], &[]) };
    let command = reserve_sourced(found, ReservationTrigger::Creation);
    let expected = OrderSourced {
        criteria: vec![Criterion::Nearest],
        basis: SourcingBasis::None,
        chosen: vec![place("DC-1")],
        candidates: vec![seen],
        shortages: Vec::new(),
    };
    assert_eq!(when(&given([create()]), command)[0], expected.into());
}

#[test]
fn a_shortage_refuses_the_order_and_lists_the_skus() {
    let short = short(&[], SHORT_OF_A);
    let refusal = given([create()]).decide(&short).unwrap_err();
    assert_eq!(refusal.code(), "insufficient_stock");
    let shortages = json!([{ "sku": "A", "requested": 5, "available": 2 }]);
    assert_eq!(refusal.details(), Some(("shortages", shortages)));
}

#[test]
fn cancel_remainder_cancels_missing_units() {
    let order = given([may_be_cut()]);
    let partial = || short(&[("DC-1", &[("A", 2), ("B", 3)])], SHORT_OF_A);
    let events = when(&order, partial());
    assert_eq!(names(&events), ["OrderSourced", "InventoryReserved", "OrderCancelled"]);
    assert_eq!(events[1], reserved(vec![part(1, "DC-1", &[(1, 2), (2, 3)])]));
    assert_eq!(events[2], cancelled(&[(1, 3)], "insufficient_stock"));
    let order = after(&order, partial());
    assert_eq!(line(&order, 1), [2, 0, 0, 0, 0, 3]);
    assert!(order.pending_demand().is_empty());
}

#[test]
fn cancel_remainder_refuses_an_order_without_available_units() {
    let order = given([may_be_cut()]);
    let nothing = [("A", 5, 0), ("B", 3, 0)];
    assert_eq!(refusal(&order, short(&[], &nothing)), ("insufficient_stock", Some("/lines".into())));
}

#[test]
fn a_paid_order_that_cannot_be_filled_waits() {
    let order = given([create(), pay("money")]);
    let events = when(&order, short_at_payment(&[("DC-1", &[("A", 2)])], SHORT_OF_A));
    let OrderEvent::OrderSourced(sourced) = &events[0] else { panic!("{events:?}") };
    assert_eq!(sourced.chosen, []);
    assert_eq!(sourced.shortages.len(), 1);
    assert_eq!(events[1..], [held(1, HoldReason::InventoryOutOfStock).into()]);
}

#[test]
fn a_waiting_order_still_wants_everything() {
    let order = given([create(), pay("money"), short_at_payment(&[], SHORT_OF_A)]);
    assert_eq!(order.pending_demand().len(), 2);
    let reasons: Vec<_> = order.holds.iter().map(|hold| (hold.id.clone(), hold.reason)).collect();
    assert_eq!(reasons, [(name("h1"), HoldReason::InventoryOutOfStock)]);
}

#[test]
fn cancel_remainder_reserves_available_units_of_a_paid_order() {
    let order = given([may_be_cut(), pay("money")]);
    let events = when(&order, short_at_payment(&[("DC-1", &[("A", 2), ("B", 3)])], SHORT_OF_A));
    assert_eq!(names(&events), ["OrderSourced", "InventoryReserved", "OrderCancelled"]);
}

#[test]
fn units_are_not_reserved_twice() {
    let nothing = ("nothing_to_reserve", None);
    assert_eq!(refusal(&Order::default(), reserve_all()), nothing);
    assert_eq!(refusal(&given([create(), reserve_all()]), reserve_all()), nothing);
    assert_eq!(refusal(&given([create(), cancel()]), reserve_all()), nothing);
}

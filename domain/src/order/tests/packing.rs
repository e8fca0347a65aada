//! Picking and packing, which follow the same rules.

use super::*;

type Report = fn(u32, Value) -> OrderCommand;
type Expected = fn(u32, &[(usize, u64)]) -> OrderEvent;

/// Both reports, each with the event that it leads to.
const BOTH: [(Report, Expected); 2] = [(pick, picked), (pack, packed)];

#[test]
fn all_means_all_open_units() {
    for (report, expected) in BOTH {
        let order = paid_and_reserved();
        assert_eq!(when(&order, report(1, json!({ "all": true }))), [expected(1, &[(1, 5), (2, 3)])]);
        let order = after(&order, report(1, json!({ "lines": [{ "line": 1, "quantity": 5 }] })));
        assert_eq!(when(&order, report(1, json!({ "all": true }))), [expected(1, &[(2, 3)])]);
    }
}

#[test]
fn a_line_is_named_by_its_number_or_by_the_senders_name() {
    for (report, expected) in BOTH {
        for named in [json!({ "line": 1, "quantity": 2 }), json!({ "lineRef": "first", "quantity": 2 })] {
            let events = when(&paid_and_reserved(), report(1, json!({ "lines": [named] })));
            assert_eq!(events, [expected(1, &[(1, 2)])]);
        }
    }
}

#[test]
fn a_line_that_is_named_twice_counts_twice() {
    for (report, expected) in BOTH {
        let order = paid_and_reserved();
        let twice = |count: u32| {
            let lines = json!([{ "line": 1, "quantity": count }, { "lineRef": "first", "quantity": 3 }]);
            report(1, json!({ "lines": lines }))
        };
        assert_eq!(when(&order, twice(2)), [expected(1, &[(1, 2), (1, 3)])]);
        let events = when(&order, twice(3));
        assert_eq!(events[0], expected(1, &[(1, 3), (1, 2)]));
        assert_eq!(names(&events[1..]), ["DiscrepancyRecorded"]);
    }
}

#[test]
fn units_reported_in_excess_are_recorded_as_a_discrepancy() {
    for ((report, expected), code) in BOTH
        .into_iter()
        .zip([DiscrepancyCode::PickedMoreThanReserved, DiscrepancyCode::PackedMoreThanReserved])
    {
        let some = |count: u32| report(1, json!({ "lines": [{ "line": 2, "quantity": count }] }));
        let order = after(&paid_and_reserved(), some(2));
        let events = when(&order, some(2));
        assert_eq!((&events[0], names(&events[1..])), (&expected(1, &[(2, 1)]), vec!["DiscrepancyRecorded"]));
        let order = after(&after(&order, some(2)), some(1));
        assert_eq!(order.discrepancies.len(), 2);
        let excess = |units: u64| Discrepancy { code, units: Some(Units::new(units)) };
        assert_eq!(order.discrepancies, [excess(1), excess(1)]);
        assert_eq!(order.fulfillment_orders[0].lines[1].net_quantity(), Units::new(3));
    }
}

#[test]
fn reporting_all_twice_is_refused() {
    for (report, _) in BOTH {
        let order = after(&paid_and_reserved(), report(1, json!({ "all": true })));
        assert_eq!(refusal(&order, report(1, json!({ "all": true }))), ("nothing_left", None));
    }
}

#[test]
fn a_report_has_either_all_or_lines() {
    let lines = json!([{ "line": 1, "quantity": 1 }]);
    for (report, _) in BOTH {
        let order = paid_and_reserved();
        for neither_nor in [
            json!({}),
            json!({ "all": false }),
            json!({ "lines": [] }),
            json!({ "all": false, "lines": [] }),
            json!({ "all": true, "lines": lines }),
        ] {
            assert_eq!(refusal(&order, report(1, neither_nor)), ("lines_missing", Some("/lines".into())));
        }
        let plainly = json!({ "all": false, "lines": lines });
        assert_eq!(names(&when(&order, report(1, plainly))).len(), 1);
    }
}

#[test]
fn lots_and_serial_numbers_are_stored() {
    let lines = json!([{ "line": 1, "quantity": 2, "lots": ["L1"], "serials": ["S1", "S2"] }]);
    let events = when(&paid_and_reserved(), pick(1, json!({ "lines": lines })));
    let OrderEvent::ItemPicked(picked) = &events[0] else { panic!("{events:?}") };
    assert_eq!(picked.lines[0].lots, Some(vec![name("L1")]));
    assert_eq!(picked.lines[0].serials, Some(vec![name("S1"), name("S2")]));
}

#[test]
fn a_location_can_report_only_its_own_lines() {
    let order = given([create(), reserve(&[("DC-1", &[("A", 5)]), ("DC-2", &[("B", 3)])]), pay("money")]);
    for (report, expected) in BOTH {
        let second = json!({ "lines": [{ "line": 2, "quantity": 1 }] });
        assert_eq!(refusal(&order, report(1, second.clone())), ("unknown_line", Some("/lines/0".into())));
        assert_eq!(when(&order, report(2, second)), [expected(2, &[(2, 1)])]);
    }
}

#[test]
fn packing_implies_picking() {
    let some = json!({ "lines": [{ "line": 1, "quantity": 2 }] });
    let order = after(&paid_and_reserved(), pack(1, some));
    assert_eq!(line(&order, 1), [5, 2, 2, 0, 0, 0]);
    assert_eq!(when(&order, pick_all(1)), [picked(1, &[(1, 3), (2, 3)])]);
}

#[test]
fn packing_picked_units_does_not_pick_them_again() {
    let order = after(&paid_and_reserved(), pick(1, json!({ "lines": [{ "line": 1, "quantity": 4 }] })));
    let order = after(&order, pack(1, json!({ "lines": [{ "line": 1, "quantity": 3 }] })));
    assert_eq!(line(&order, 1), [5, 4, 3, 0, 0, 0]);
}

#[test]
fn unpaid_orders_cannot_be_worked_on() {
    let order = given([create(), reserve_all()]);
    for report in [pick_all(1), pack_all(1)] {
        assert_eq!(refusal(&order, report), ("payment_not_confirmed", None));
    }
    let free = given([create_with(json!({ "payment": "not_required" })), reserve_all()]);
    assert_eq!(when(&free, pick_all(1)), [picked(1, &[(1, 5), (2, 3)])]);
}

#[test]
fn orders_on_hold_cannot_be_worked_on() {
    let held = held(1, HoldReason::InventoryOutOfStock);
    let mut order = paid_and_reserved();
    order.apply(held.into());
    for report in [pick_all(1), pack_all(1)] {
        assert_eq!(refusal(&order, report), ("order_on_hold", None));
    }
}

#[test]
fn cancelled_fulfillment_orders_cannot_be_worked_on() {
    let order = given([create(), reserve_all(), pay("money"), cancel()]);
    for report in [pick_all(1), pack_all(1)] {
        assert_eq!(refusal(&order, report), ("fulfillment_order_cancelled", None));
    }
}

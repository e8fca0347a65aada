//! Scheduled entries of the backorder queue: supplies until their units are needed serve them before free units do.

use super::*;

/// An order that needs units at a time.
fn wait_until(order: u128, quantity: u64, needed: i64) -> StockCommand {
    wait_with(order, quantity, 2, |terms| terms.eligibility = needed_at(needed))
}

fn needed_at(second: i64) -> Eligibility {
    Eligibility { needed_at: Some(time(second)), ..Eligibility::default() }
}

fn available(item: &StockItem) -> u64 {
    item.available_at(&place("DC-1")).number()
}

fn available_by(item: &StockItem, second: i64) -> u64 {
    item.available_by(time(second), |_| true).number()
}

fn date_of(item: &StockItem, order: u128) -> Option<i64> {
    item.expected_dates()[&order_number(order)].map(|time| time.microseconds() / 1_000_000)
}

fn deferrable(item: &StockItem, quantity: u64, eligibility: &Eligibility) -> u64 {
    item.deferrable(Units::new(quantity), eligibility, time(30), |_| true).number()
}

#[test]
fn a_supply_in_time_leaves_todays_units_to_others() {
    let item = given([receive(10, 1), expect("s1", "DC-1", 6, 50), wait_until(1, 6, 60), earmark()]);
    assert_eq!((available(&item), date_of(&item, 1)), (10, Some(50)));
    assert!(item.due().next().is_none());
    let late = after(&after(&item, expect("s1", "DC-1", 6, 61)), earmark());
    assert_eq!(available(&late), 4, "a supply that comes too late does not serve the order");
    assert_eq!(late.due().next().unwrap().allocations, allocations(&[("DC-1", 6)]));
}

#[test]
fn only_the_units_that_no_supply_serves_are_set_apart() {
    let item = given([receive(10, 1), expect("s1", "DC-2", 4, 50), wait_until(1, 6, 60), earmark()]);
    assert_eq!((available(&item), date_of(&item, 1)), (8, Some(50)));
}

#[test]
fn units_that_arrive_are_set_apart_instead_of_the_supply() {
    let arrival = receive_with(json!({ "quantity": 6, "supplyId": "s1" }), 50);
    let item = given([receive(3, 1), expect("s1", "DC-1", 6, 50), wait_until(1, 6, 60), arrival, earmark()]);
    assert_eq!(available(&item), 3);
    assert_eq!(item.due().next().unwrap().allocations, allocations(&[("DC-1", 6)]));
}

#[test]
fn the_latest_supply_in_time_is_assigned_and_earlier_ones_are_left_to_others() {
    let supplies = [expect("s1", "DC-1", 4, 40), expect("s2", "DC-1", 4, 50), expect("s3", "DC-1", 4, 99)];
    let item = given(supplies.into_iter().chain([wait_until(1, 5, 60), wait(2, 3, 3)]));
    assert_eq!((date_of(&item, 1), date_of(&item, 2)), (Some(50), Some(40)));
    let by = [39, 40, 50, 99].map(|second| available_by(&item, second));
    assert_eq!(by, [0, 0, 0, 4], "assigned units cannot be promised to anyone else");
}

#[test]
fn an_older_order_counts_on_a_supply_first() {
    let item = given([expect("s1", "DC-1", 5, 40), receive(2, 1), wait(1, 6, 2), earmark()]);
    assert_eq!(
        deferrable(&item, 3, &needed_at(60)),
        1,
        "the older order is given two now, and four of the supply"
    );
    let item = after(&item, wait_until(2, 2, 60));
    assert_eq!((date_of(&item, 1), date_of(&item, 2)), (Some(40), None));
}

#[test]
fn units_wait_for_supplies_that_may_serve_them_in_time() {
    let item = given([expect("s1", "DC-1", 3, 40), expect("s2", "DC-2", 4, 50)]);
    assert_eq!([39, 40, 50].map(|second| deferrable(&item, 9, &needed_at(second))), [0, 3, 7]);
    assert_eq!(deferrable(&item, 9, &Eligibility::default()), 0, "they are needed at once");
    assert_eq!(deferrable(&item, 9, &Eligibility { needed_at: Some(time(60)), ..only_at("DC-2") }), 4);
    let open = |location: &LocationId| *location == place("DC-2");
    assert_eq!(item.deferrable(Units::new(9), &needed_at(60), time(30), open), Units::new(4));
    let after_the_first = item.deferrable(Units::new(9), &needed_at(60), time(41), |_| true);
    assert_eq!(after_the_first, Units::new(4), "an overdue supply is not counted on");
}

#[test]
fn the_scheduled_entries_of_the_queue_are_counted() {
    let count = |history: Vec<StockCommand>| given(history).scheduled_entries;
    let both = vec![receive(1, 1), wait_until(1, 2, 60), wait(2, 1, 3), wait_until(1, 3, 60)];
    assert_eq!(count(both.clone()), 2);
    let withdraw =
        StockCommand::WithdrawBackorder { order: order_ref(order_number(1)), quantity: Units::new(4) };
    assert_eq!(count([both.clone(), vec![withdraw]].concat()), 1);
    assert_eq!(count([both, vec![earmark(), fill(1, &[("DC-1", 1)])]].concat()), 2);
}

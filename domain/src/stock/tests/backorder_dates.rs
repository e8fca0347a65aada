//! When backordered units are expected, and what can be promised by a time.

use super::*;

/// When each order that waits has the last of its units.
fn expected(item: &StockItem) -> Vec<(u128, Option<i64>)> {
    let number = |order: OrderId| (0..9).find(|number| order_number(*number) == order).unwrap();
    let second = |time: Timestamp| time.microseconds() / 1_000_000;
    item.expected_dates().into_iter().map(|(order, time)| (number(order), time.map(second))).collect()
}

/// Nothing is there of what is known.
fn sold_out(more: impl IntoIterator<Item = StockCommand>) -> StockItem {
    given([receive(1, 1), reserve(&[("DC-1", 1)])].into_iter().chain(more))
}

fn whole(order: u128, quantity: u64, second: i64) -> StockCommand {
    wait_with(order, quantity, second, |terms| terms.eligibility.whole = true)
}

fn cancel(id: &str) -> StockCommand {
    StockCommand::CancelSupply(serde_json::from_value(json!({ "supplyId": id })).unwrap())
}

fn receive_of(id: &str, quantity: u32, close: bool) -> StockCommand {
    receive_with(json!({ "quantity": quantity, "supplyId": id, "closeSupply": close }), 20)
}

fn tell(order: u128, second: Option<i64>) -> StockCommand {
    StockCommand::PromiseBackorder { order_id: order_number(order), promised_at: second.map(time) }
}

fn available_by(item: &StockItem, second: i64) -> u64 {
    item.available_by(time(second), |_| true).number()
}

#[test]
fn supplies_are_assigned_in_the_order_of_the_queue() {
    let item =
        sold_out([wait(1, 3, 2), wait(2, 3, 3), expect("s1", "DC-1", 4, 50), expect("s2", "DC-1", 2, 60)]);
    assert_eq!(expected(&item), [(1, Some(50)), (2, Some(60))]);
}

#[test]
fn the_date_of_an_order_is_that_of_its_last_unit() {
    let item = sold_out([wait(1, 5, 2), expect("s1", "DC-2", 2, 70), expect("s2", "DC-1", 3, 50)]);
    assert_eq!(expected(&item), [(1, Some(70))]);
    assert_eq!(expected(&sold_out([wait(1, 5, 2), expect("s1", "DC-2", 4, 70)])), [(1, None)]);
}

#[test]
fn earmarked_units_need_no_supply() {
    let item = sold_out([wait(1, 5, 2), receive(3, 3), earmark(), expect("s1", "DC-1", 2, 50)]);
    assert_eq!(expected(&item), [(1, Some(50))]);
    let item = after(&after(&item, receive(2, 4)), earmark());
    assert_eq!(expected(&item), [], "its turn has come");
}

#[test]
fn supplies_at_ineligible_locations_do_not_count() {
    let only = wait_with(1, 2, 2, |terms| terms.eligibility = only_at("DC-1"));
    let not = wait_with(2, 2, 3, |terms| terms.eligibility = not_at(&["DC-2"]));
    let item = sold_out([only, not, wait(3, 2, 4), expect("s1", "DC-2", 2, 50), expect("s2", "DC-1", 2, 60)]);
    assert_eq!(expected(&item), [(1, Some(60)), (2, None), (3, Some(50))]);
}

#[test]
fn supplies_beyond_the_split_limit_do_not_count() {
    let expected_with = |used: &str, more| {
        let used = [used].map(place).into();
        let split =
            |terms: &mut BackorderInventory| terms.eligibility.split = Some(SplitAllowance { used, more });
        let supplies = [("s1", "DC-1", 2, 50), ("s2", "DC-2", 2, 60), ("s3", "DC-1", 2, 70)];
        let supplies = supplies.map(|(id, location, quantity, due)| expect(id, location, quantity, due));
        expected(&sold_out([wait_with(1, 4, 2, split)].into_iter().chain(supplies)))
    };
    assert_eq!(expected_with("DC-9", 2), [(1, Some(60))]);
    assert_eq!(expected_with("DC-9", 1), [(1, Some(70))]);
    assert_eq!(expected_with("DC-2", 0), [(1, None)]);
}

#[test]
fn an_unsplit_order_waits_for_one_location_to_have_all_units() {
    let item = sold_out([whole(1, 5, 2), expect("s1", "DC-1", 3, 50), expect("s2", "DC-2", 4, 60)]);
    assert_eq!(expected(&item), [(1, None)]);
    let item = after(&item, expect("s3", "DC-2", 1, 80));
    assert_eq!(expected(&item), [(1, Some(80))]);
    assert_eq!(expected(&after(&item, expect("s4", "DC-1", 2, 70))), [(1, Some(70))]);
}

#[test]
fn units_and_supplies_of_different_locations_do_not_complete_an_unsplit_order() {
    let item = sold_out([whole(1, 5, 2), receive(3, 3), earmark(), expect("s1", "DC-2", 2, 50)]);
    assert_eq!(expected(&item), [(1, None)]);
    assert_eq!(expected(&after(&item, expect("s2", "DC-1", 2, 70))), [(1, Some(70))]);
    assert_eq!(expected(&after(&item, expect("s3", "DC-2", 3, 60))), [(1, Some(60))]);
}

#[test]
fn the_date_of_an_order_with_several_entries_is_the_latest() {
    let item = sold_out([wait(1, 2, 2), wait(2, 1, 3), wait(1, 2, 4), expect("s1", "DC-1", 3, 50)]);
    assert_eq!(expected(&item), [(1, None), (2, Some(50))]);
    assert_eq!(expected(&after(&item, expect("s2", "DC-1", 2, 60))), [(1, Some(60)), (2, Some(50))]);
}

#[test]
fn changing_or_cancelling_a_supply_changes_the_dates() {
    let item = sold_out([wait(1, 2, 2), expect("s1", "DC-1", 2, 50)]);
    let late = after(&item, expect("s1", "DC-1", 2, 80));
    assert_eq!((expected(&late), late.supplies.len()), (vec![(1, Some(80))], 1));
    assert_eq!(when(&late, expect("s1", "DC-1", 2, 80)), [], "that is known");
    assert_eq!(expected(&after(&item, cancel("s1"))), [(1, None)]);
    assert_eq!(when(&after(&item, cancel("s1")), cancel("s1")), []);
}

#[test]
fn received_units_of_a_supply_are_no_longer_expected() {
    let item = sold_out([expect("s1", "DC-1", 5, 50)]);
    let left = |item: &StockItem| item.supplies.values().map(|supply| supply.quantity.number()).sum::<u64>();
    assert_eq!((left(&item), item.incoming_at(&place("DC-1"))), (5, Units::new(5)));
    assert_eq!(left(&after(&item, receive_of("s1", 2, false))), 3);
    assert_eq!(left(&after(&item, receive_of("s1", 2, true))), 0, "the rest will not come");
    assert_eq!(left(&after(&item, receive_of("s1", 7, false))), 0, "more than was expected");
    assert_eq!(left(&after(&item, receive_of("other", 2, false))), 5);
}

#[test]
fn stale_promises_are_listed_until_they_are_updated() {
    let item = sold_out([wait(1, 2, 2), wait(2, 2, 3)]);
    assert_eq!(item.stale_promises(), [], "nothing is known of when it comes");
    let item = after(&item, expect("s1", "DC-1", 2, 50));
    assert_eq!(item.stale_promises(), [(order_number(1), Some(time(50)))]);
    let item = after(&item, tell(1, Some(50)));
    assert_eq!(item.stale_promises(), []);
    let late = after(&item, expect("s1", "DC-1", 4, 80));
    assert_eq!(late.stale_promises(), [1, 2].map(|order| (order_number(order), Some(time(80)))));
    assert_eq!(after(&item, cancel("s1")).stale_promises(), [(order_number(1), None)]);
    assert_eq!(after(&after(&item, cancel("s1")), tell(1, None)).stale_promises(), []);
    assert_eq!(when(&item, tell(3, Some(50))), [], "it does not wait");
}

#[test]
fn supplies_until_a_time_are_available_by_it() {
    let item = given([receive(3, 1), expect("s1", "DC-1", 2, 50), expect("s2", "DC-2", 4, 60)]);
    assert_eq!([49, 50, 60].map(|second| available_by(&item, second)), [3, 5, 9]);
    let open = |location: &LocationId| *location == place("DC-1");
    assert_eq!(item.available_by(time(60), open), Units::new(5), "nothing leaves the other one");
}

#[test]
fn backordered_units_are_not_available_to_others() {
    let item = sold_out([wait(1, 3, 2), expect("s1", "DC-1", 5, 50)]);
    assert_eq!([49, 50].map(|second| available_by(&item, second)), [0, 2]);
    let item = after(&after(&item, receive(2, 3)), earmark());
    assert_eq!([49, 50].map(|second| available_by(&item, second)), [0, 4], "two are earmarked for them");
}

#[test]
fn an_announced_supply_makes_a_sku_known() {
    let item = given([expect("s1", "DC-1", 5, 50)]);
    assert_eq!((item.is_known(), at(&item, "DC-1")), (true, [0, 0, 0]));
}

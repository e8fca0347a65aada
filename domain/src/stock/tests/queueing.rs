use super::*;

/// Long after 1970, so that no head start ends before it.
const NOON: i64 = 365 * 24 * 3_600;
const HOUR: i64 = 3_600;

/// Nothing is there of what is known.
fn sold_out() -> Vec<StockCommand> {
    vec![receive(1, 1), reserve(&[("DC-1", 1)])]
}

fn item(more: impl IntoIterator<Item = StockCommand>) -> StockItem {
    given(sold_out().into_iter().chain(more))
}

/// Who may have how much, in the order of turns.
fn due(item: &StockItem) -> Vec<(u128, u64)> {
    let share = |share: Share| {
        let units: Units = share.allocations.iter().map(|allocation| allocation.quantity).sum();
        let number = (0..9).find(|number| order_number(*number) == share.order_id);
        (number.unwrap(), units.number())
    };
    item.due().map(share).collect()
}

fn earmarked(item: &StockItem, location: &str) -> u64 {
    item.bins[&place(location)].earmarked.number()
}

fn receive_at(location: &str, quantity: u32) -> StockCommand {
    receive_with(json!({ "location": location, "quantity": quantity }), NOON + 100 * HOUR)
}

#[test]
fn what_arrives_is_set_aside_for_those_who_wait_and_new_orders_cannot_have_it() {
    let item = item([wait(1, 5, NOON), receive_at("DC-1", 8), earmark()]);
    assert_eq!((earmarked(&item, "DC-1"), at(&item, "DC-1")), (5, [9, 1, 3]));
    assert_eq!(refusal(&item, reserve(&[("DC-1", 4)])).0, "insufficient_stock");
    assert_eq!(names(&when(&item, reserve(&[("DC-1", 3)]))), ["StockReserved"]);
}

#[test]
fn who_began_to_wait_first_is_served_first() {
    let item = item([wait(1, 3, NOON), wait(2, 3, NOON), wait(3, 3, NOON), receive_at("DC-1", 5), earmark()]);
    assert_eq!(due(&item), [(1, 3), (2, 2)]);
}

#[test]
fn who_is_more_urgent_is_served_first_but_not_before_those_who_have_waited_for_long() {
    let urgent = |order, second, priority| wait_with(order, 1, second, |terms| terms.priority = priority);
    let item = item([
        wait(1, 1, NOON),
        wait(2, 1, NOON + 5 * HOUR),
        urgent(3, NOON + 28 * HOUR, Priority::Express),
        urgent(4, NOON + 29 * HOUR, Priority::Critical),
        receive_at("DC-1", 4),
        earmark(),
    ]);
    assert_eq!(due(&item).iter().map(|(order, _)| *order).collect::<Vec<_>>(), [4, 1, 3, 2]);
}

#[test]
fn who_takes_all_at_once_is_kept_what_is_there_until_it_is_enough() {
    let waits = wait_with(1, 5, NOON, |terms| terms.eligibility.whole = true);
    let item = item([waits, wait(2, 1, NOON), receive_at("DC-1", 4), earmark()]);
    assert_eq!((due(&item), earmarked(&item, "DC-1")), (vec![], 4));
    let item = after(&after(&item, receive_at("DC-1", 2)), earmark());
    assert_eq!(due(&item), [(1, 5), (2, 1)]);
}

#[test]
fn who_takes_all_at_once_has_it_from_one_location() {
    let waits = || wait_with(1, 5, NOON, |terms| terms.eligibility.whole = true);
    let apart = item([waits(), receive_at("DC-1", 3), receive_at("DC-2", 4), earmark()]);
    assert_eq!((due(&apart), earmarked(&apart, "DC-1"), earmarked(&apart, "DC-2")), (vec![], 0, 4));
    let together = after(&after(&apart, receive_at("DC-1", 2)), earmark());
    assert_eq!(together.due().next().unwrap().allocations, allocations(&[("DC-1", 5)]));
}

#[test]
fn who_waits_for_one_location_is_passed_over_by_what_arrives_at_another() {
    let waits = wait_with(1, 2, NOON, |terms| terms.eligibility = only_at("DC-1"));
    let item = item([waits, wait(2, 2, NOON), receive_at("DC-2", 3), earmark()]);
    assert_eq!((due(&item), earmarked(&item, "DC-2")), (vec![(2, 2)], 2));
}

#[test]
fn who_was_turned_away_by_a_location_is_served_by_the_others() {
    let waits = wait_with(1, 2, NOON, |terms| terms.eligibility = not_at(&["DC-1"]));
    let item = item([waits, receive_at("DC-1", 3), earmark()]);
    assert_eq!((due(&item), earmarked(&item, "DC-1")), (vec![], 0));
    let item = after(&after(&item, receive_at("DC-2", 3)), earmark());
    assert_eq!((due(&item), earmarked(&item, "DC-2")), (vec![(1, 2)], 2));
}

#[test]
fn nothing_is_set_aside_where_nothing_leaves_for_now() {
    let waits = item([wait(1, 5, NOON), receive_at("DC-1", 3), receive_at("DC-2", 3), earmark()]);
    assert_eq!((earmarked(&waits, "DC-1"), earmarked(&waits, "DC-2")), (3, 2));
    let paused = after(&waits, earmark_but(&["DC-1"]));
    assert_eq!((earmarked(&paused, "DC-1"), earmarked(&paused, "DC-2")), (0, 3));
}

#[test]
fn what_is_set_aside_is_held_for_whoever_is_served() {
    let item = item([wait(1, 5, NOON), receive_at("DC-1", 3), earmark(), fill(1, &[("DC-1", 3)])]);
    assert_eq!((at(&item, "DC-1"), earmarked(&item, "DC-1"), item.waiting()), ([4, 4, 0], 0, Units::new(2)));
    let item = after(&after(&after(&item, receive_at("DC-1", 9)), earmark()), fill(1, &[("DC-1", 2)]));
    assert_eq!((item.queue.len(), at(&item, "DC-1")), (0, [13, 6, 7]));
}

#[test]
fn who_waits_no_longer_leaves_what_was_set_aside_to_the_others() {
    let (order_id, quantity) = (order_number(1), Units::new(3));
    let withdraw =
        StockCommand::WithdrawBackorder { order_id, channel: web(), ordered_at: ordered(), quantity };
    let item =
        item([wait(1, 3, NOON), wait(2, 3, NOON), receive_at("DC-1", 4), earmark(), withdraw, earmark()]);
    assert_eq!((due(&item), earmarked(&item, "DC-1")), (vec![(2, 3)], 3));
    let nothing =
        StockCommand::WithdrawBackorder { order_id, channel: web(), ordered_at: ordered(), quantity };
    assert_eq!(when(&item, nothing), []);
}

#[test]
fn what_a_count_does_not_find_is_not_set_aside_any_longer() {
    let waits = item([wait(1, 5, NOON), receive_at("DC-1", 5), earmark()]);
    let later = NOON + 200 * HOUR;
    let counted = after(&after(&waits, count(3, later, later)), earmark());
    assert_eq!((earmarked(&counted, "DC-1"), at(&counted, "DC-1")), (2, [3, 1, 0]));
}

#[test]
fn setting_aside_again_changes_nothing() {
    let item = item([wait(1, 5, NOON), receive_at("DC-1", 3), earmark()]);
    assert_eq!(when(&item, earmark()), []);
    assert_eq!(when(&StockItem::default(), earmark()), []);
}

/// The locations that may serve an order changed.
fn requeue(order: u128, eligibility: Eligibility) -> StockCommand {
    StockCommand::RequeueBackorder {
        order_id: order_number(order),
        channel: web(),
        ordered_at: moment(NOON),
        eligibility,
    }
}

#[test]
fn requeuing_changes_who_may_serve_and_keeps_age_and_quantity() {
    let urgent = wait_with(1, 2, NOON + HOUR, |terms| terms.priority = Priority::Express);
    let before = item([wait(1, 3, NOON), wait(2, 1, NOON + 1), urgent, wait(3, 1, NOON)]);
    let events = when(&before, requeue(1, not_at(&["DC-1"])));
    assert_eq!(names(&events), ["StockBackorderWithdrawn", "StockBackordered", "StockBackordered"]);
    let requeued = after(&before, requeue(1, not_at(&["DC-1"])));
    let of = |item: &StockItem, order| {
        let entries = item.entries_of(order_number(order));
        entries.map(|entry| (entry.quantity.number(), entry.effective_since)).collect::<Vec<_>>()
    };
    assert_eq!(of(&requeued, 1), of(&before, 1));
    assert!(requeued.entries_of(order_number(1)).all(|entry| entry.eligibility == not_at(&["DC-1"])));
    assert_eq!(requeued.entries_of(order_number(2)).next(), before.entries_of(order_number(2)).next());
}

#[test]
fn requeuing_changes_nothing_where_the_same_locations_may_serve() {
    let waits = item([wait_with(1, 3, NOON, |terms| terms.eligibility = not_at(&["DC-1"]))]);
    assert_eq!(when(&waits, requeue(1, not_at(&["DC-1"]))), []);
    assert_eq!(when(&waits, requeue(2, not_at(&["DC-1"]))), []);
    assert_eq!(when(&StockItem::default(), requeue(1, not_at(&["DC-1"]))), []);
}

/// An order that ships from some locations and from so many more at most.
fn split(used: &[&str], more: u32) -> Eligibility {
    let used = used.iter().copied().map(place).collect();
    Eligibility { split: Some(SplitAllowance { used, more }), ..Eligibility::default() }
}

fn given_to(item: &StockItem, order: u128) -> Vec<Allocation> {
    let share = item.due().find(|share| share.order_id == order_number(order));
    share.map(|share| share.allocations).unwrap_or_default()
}

#[test]
fn an_order_is_served_from_no_more_new_locations_than_it_may_be_split_over() {
    let arrived = |eligibility: Eligibility| {
        let waits = wait_with(1, 9, NOON, |terms| terms.eligibility = eligibility);
        item([waits, receive_at("DC-1", 2), receive_at("DC-2", 3), receive_at("DC-3", 1), earmark()])
    };
    let every = arrived(split(&[], 3));
    assert_eq!(given_to(&every, 1), allocations(&[("DC-1", 2), ("DC-2", 3), ("DC-3", 1)]));
    let most = arrived(split(&[], 1));
    assert_eq!(given_to(&most, 1), allocations(&[("DC-2", 3)]), "the location that has most");
    assert_eq!([earmarked(&most, "DC-1"), earmarked(&most, "DC-3")], [0, 0], "free for other orders");
    let used = arrived(split(&["DC-3"], 1));
    assert_eq!(given_to(&used, 1), allocations(&[("DC-3", 1), ("DC-2", 3)]));
    let nowhere_new = arrived(split(&["DC-1"], 0));
    assert_eq!(given_to(&nowhere_new, 1), allocations(&[("DC-1", 2)]));
}

#[test]
fn an_allowance_counts_the_locations_in_use_and_a_limit_of_none_is_one() {
    let used = |names: &[&str]| names.iter().copied().map(place).collect::<std::collections::BTreeSet<_>>();
    let more = |limit, names: &[&str]| SplitAllowance::within(limit, used(names)).more;
    assert_eq!(
        [more(3, &["DC-1"]), more(1, &["DC-1"]), more(1, &["DC-1", "DC-2"]), more(0, &[])],
        [2, 0, 0, 1]
    );
}

//! The backorder queue and its earmarks.

use super::*;

/// Later than the largest priority boost after 1970.
const NOON: i64 = 365 * 24 * 3_600;
const HOUR: i64 = 3_600;

/// A known SKU without available units.
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
    item.levels[&place(location)].earmarked.number()
}

fn receive_at(location: &str, quantity: u32) -> StockCommand {
    receive_with(json!({ "location": location, "quantity": quantity }), NOON + 100 * HOUR)
}

#[test]
fn received_units_are_earmarked_and_unavailable_to_new_orders() {
    let item = item([wait(1, 5, NOON), receive_at("DC-1", 8), earmark()]);
    assert_eq!((earmarked(&item, "DC-1"), at(&item, "DC-1")), (5, [9, 1, 3]));
    assert_eq!(refusal(&item, reserve(&[("DC-1", 4)])).0, "insufficient_stock");
    assert_eq!(names(&when(&item, reserve(&[("DC-1", 3)]))), ["StockReserved"]);
}

#[test]
fn the_oldest_backorder_is_served_first() {
    let item = item([wait(1, 3, NOON), wait(2, 3, NOON), wait(3, 3, NOON), receive_at("DC-1", 5), earmark()]);
    assert_eq!(due(&item), [(1, 3), (2, 2)]);
}

#[test]
fn priority_goes_before_age_up_to_its_boost() {
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
fn units_for_an_unsplit_backorder_are_earmarked_until_there_are_enough() {
    let waits = wait_with(1, 5, NOON, |terms| terms.eligibility.whole = true);
    let item = item([waits, wait(2, 1, NOON), receive_at("DC-1", 4), earmark()]);
    assert_eq!((due(&item), earmarked(&item, "DC-1")), (vec![], 4));
    let item = after(&after(&item, receive_at("DC-1", 2)), earmark());
    assert_eq!(due(&item), [(1, 5), (2, 1)]);
}

#[test]
fn an_unsplit_backorder_is_served_from_one_location() {
    let waits = || wait_with(1, 5, NOON, |terms| terms.eligibility.whole = true);
    let apart = item([waits(), receive_at("DC-1", 3), receive_at("DC-2", 4), earmark()]);
    assert_eq!((due(&apart), earmarked(&apart, "DC-1"), earmarked(&apart, "DC-2")), (vec![], 0, 4));
    let together = after(&after(&apart, receive_at("DC-1", 2)), earmark());
    assert_eq!(together.due().next().unwrap().allocations, allocations(&[("DC-1", 5)]));
}

#[test]
fn a_pinned_backorder_is_not_served_from_other_locations() {
    let waits = wait_with(1, 2, NOON, |terms| terms.eligibility = only_at("DC-1"));
    let item = item([waits, wait(2, 2, NOON), receive_at("DC-2", 3), earmark()]);
    assert_eq!((due(&item), earmarked(&item, "DC-2")), (vec![(2, 2)], 2));
}

#[test]
fn an_excluded_location_does_not_serve_a_backorder() {
    let waits = wait_with(1, 2, NOON, |terms| terms.eligibility = not_at(&["DC-1"]));
    let item = item([waits, receive_at("DC-1", 3), earmark()]);
    assert_eq!((due(&item), earmarked(&item, "DC-1")), (vec![], 0));
    let item = after(&after(&item, receive_at("DC-2", 3)), earmark());
    assert_eq!((due(&item), earmarked(&item, "DC-2")), (vec![(1, 2)], 2));
}

#[test]
fn nothing_is_earmarked_at_paused_locations() {
    let waits = item([wait(1, 5, NOON), receive_at("DC-1", 3), receive_at("DC-2", 3), earmark()]);
    assert_eq!((earmarked(&waits, "DC-1"), earmarked(&waits, "DC-2")), (3, 2));
    let paused = after(&waits, earmark_but(&["DC-1"]));
    assert_eq!((earmarked(&paused, "DC-1"), earmarked(&paused, "DC-2")), (0, 3));
}

#[test]
fn filling_a_backorder_reserves_earmarked_units() {
    let item = item([wait(1, 5, NOON), receive_at("DC-1", 3), earmark(), fill(1, &[("DC-1", 3)])]);
    assert_eq!(
        (at(&item, "DC-1"), earmarked(&item, "DC-1"), item.backordered()),
        ([4, 4, 0], 0, Units::new(2))
    );
    let item = after(&after(&after(&item, receive_at("DC-1", 9)), earmark()), fill(1, &[("DC-1", 2)]));
    assert_eq!((item.queue.len(), at(&item, "DC-1")), (0, [13, 6, 7]));
}

#[test]
fn a_withdrawn_backorder_leaves_earmarked_units_to_the_others() {
    let (order, quantity) = (order_ref(order_number(1)), Units::new(3));
    let withdraw = StockCommand::WithdrawBackorder { order, quantity };
    let item = item([
        wait(1, 3, NOON),
        wait(2, 3, NOON),
        receive_at("DC-1", 4),
        earmark(),
        withdraw.clone(),
        earmark(),
    ]);
    assert_eq!((due(&item), earmarked(&item, "DC-1")), (vec![(2, 3)], 3));
    assert_eq!(when(&item, withdraw), []);
}

#[test]
fn units_that_a_count_does_not_find_are_not_earmarked() {
    let waits = item([wait(1, 5, NOON), receive_at("DC-1", 5), earmark()]);
    let later = NOON + 200 * HOUR;
    let counted = after(&after(&waits, count(3, later, later)), earmark());
    assert_eq!((earmarked(&counted, "DC-1"), at(&counted, "DC-1")), (2, [3, 1, 0]));
}

#[test]
fn earmarking_twice_has_no_effect() {
    let item = item([wait(1, 5, NOON), receive_at("DC-1", 3), earmark()]);
    assert_eq!(when(&item, earmark()), []);
    assert_eq!(when(&StockItem::default(), earmark()), []);
}

/// The locations that may serve an order changed.
fn requeue(order: u128, eligibility: Eligibility) -> StockCommand {
    let order = OrderRef { ordered_at: time(NOON), ..order_ref(order_number(order)) };
    let (from, to) = (Priority::Standard, Priority::Standard);
    StockCommand::RequeueBackorder(RequeueBackorder { order, eligibility, from, to })
}

#[test]
fn a_new_priority_moves_an_order_in_the_queue() {
    let before = item([wait(1, 3, NOON), wait(2, 1, NOON + HOUR)]);
    let promote = |from, to| {
        let StockCommand::RequeueBackorder(requeue) = requeue(2, Eligibility::default()) else {
            unreachable!()
        };
        StockCommand::RequeueBackorder(RequeueBackorder { from, to, ..requeue })
    };
    let orders = |item: &StockItem| item.queue.iter().map(|entry| entry.order_id).collect::<Vec<_>>();
    let promoted = after(&before, promote(Priority::Standard, Priority::Express));
    assert_eq!(orders(&promoted), [order_number(2), order_number(1)]);
    let demoted = after(&promoted, promote(Priority::Express, Priority::Standard));
    assert_eq!(demoted.queue, before.queue);
    assert_eq!(when(&before, promote(Priority::Standard, Priority::Standard)), []);
}

#[test]
fn units_that_must_come_together_become_one_entry() {
    let before = item([wait(1, 3, NOON), wait(1, 2, NOON + HOUR)]);
    let whole = Eligibility { whole: true, ..Eligibility::default() };
    let requeued = after(&before, requeue(1, whole));
    let entries: Vec<_> = requeued.queue.iter().map(|one| (one.quantity, one.effective_since)).collect();
    assert_eq!(entries, [(Units::new(5), before.queue[0].effective_since)]);
}

#[test]
fn requeuing_changes_eligibility_and_keeps_age_and_quantity() {
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
fn requeuing_with_the_same_eligibility_has_no_effect() {
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
fn a_backorder_keeps_to_its_split_allowance() {
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
fn a_split_allowance_counts_the_locations_in_use() {
    let used = |names: &[&str]| names.iter().copied().map(place).collect::<std::collections::BTreeSet<_>>();
    let more = |limit, names: &[&str]| SplitAllowance::within(limit, used(names)).more;
    assert_eq!(
        [more(3, &["DC-1"]), more(1, &["DC-1"]), more(1, &["DC-1", "DC-2"]), more(0, &[])],
        [2, 0, 0, 1]
    );
}

//! Counts that are reported after they were taken, with movements in between.

use super::*;

fn counted(events: &[StockEvent]) -> &StockCounted {
    let [StockEvent::StockCounted(counted)] = events else { panic!("{events:?}") };
    counted
}

/// What was known then, what on hand changes by, and whether it counts.
fn says(item: &StockItem, command: StockCommand) -> (u64, i64, CountEffect) {
    let events = when(item, command);
    let StockCounted { known, adjustment, effect, .. } = counted(&events);
    (known.number(), *adjustment, *effect)
}

#[test]
fn a_late_count_adjusts_on_hand_even_from_below_zero() {
    // Lost, and counted only when as many had left as were thought to be there.
    let item =
        given([receive(2, 1), reserve(&[("DC-1", 2)]), ship("DC-1", 2, 3), receive(1, 5), count(1, 2, 6)]);
    assert_eq!(at(&item, "DC-1")[0], 0, "one was missing at the second time");
    let item = after(&item, count(0, 4, 7));
    assert_eq!(at(&item, "DC-1")[0], 1, "none was there at the fourth, and one has come since");
}

#[test]
fn a_count_sets_on_hand_to_the_counted_units() {
    let item = given([receive(10, 1)]);
    assert_eq!(says(&item, count(7, 5, 5)), (10, -3, CountEffect::Applied));
    assert_eq!(at(&after(&item, count(7, 5, 5)), "DC-1"), [7, 0, 7]);
    assert_eq!(says(&item, count(12, 5, 5)), (10, 2, CountEffect::Applied));
}

#[test]
fn a_count_is_recorded_with_its_time_and_reason() {
    let fields = json!({ "onHand": 7, "countedAt": time(5), "reason": "year's end" });
    let events = when(&given([receive(10, 1)]), StockCommand::CountStock(read(fields, json!({})), time(9)));
    let expected = StockCounted {
        sku: sku(),
        location: place("DC-1"),
        counted: Units::new(7),
        counted_at: time(5),
        known: Units::new(10),
        adjustment: -3,
        effect: CountEffect::Applied,
        reason: Text::new("year's end").ok(),
        at: time(9),
        reported_ahead_of_time: None,
    };
    assert_eq!(counted(&events), &expected);
}

#[test]
fn movements_since_the_count_are_taken_into_account() {
    let history = [receive(10, 1), reserve(&[("DC-1", 4)]), ship("DC-1", 4, 6), receive(5, 7), adjust(-1, 8)];
    let item = given(history);
    assert_eq!(at(&item, "DC-1"), [10, 0, 10]);
    assert_eq!(says(&item, count(9, 5, 9)), (10, -1, CountEffect::Applied));
    assert_eq!(says(&item, count(9, 6, 9)), (6, 3, CountEffect::Applied));
    assert_eq!(says(&item, count(9, 7, 9)), (11, -2, CountEffect::Applied));
    assert_eq!(at(&after(&item, count(9, 5, 9)), "DC-1"), [9, 0, 9]);
}

#[test]
fn a_movement_at_the_time_of_the_count_was_counted() {
    let item = given([receive(10, 1), receive(5, 5)]);
    assert_eq!(says(&item, count(15, 5, 6)), (15, 0, CountEffect::Applied));
    assert_eq!(says(&item, count(10, 4, 6)), (10, 0, CountEffect::Applied));
}

#[test]
fn the_same_count_reported_twice_has_no_effect() {
    let item = given([receive(10, 1), count(8, 5, 6)]);
    assert_eq!(at(&item, "DC-1"), [8, 0, 8]);
    assert_eq!(says(&item, count(8, 5, 7)), (8, 0, CountEffect::Applied));
}

#[test]
fn a_count_between_an_earlier_one_and_its_report_is_not_counted_twice() {
    let item = given([receive(10, 1), count(8, 5, 10)]);
    assert_eq!(says(&item, count(8, 7, 11)), (8, 0, CountEffect::Applied));
    assert_eq!(says(&item, count(6, 7, 11)), (8, -2, CountEffect::Applied));
}

#[test]
fn a_count_older_than_the_latest_one_has_no_effect() {
    let item = given([receive(10, 1), count(7, 5, 6)]);
    assert_eq!(says(&item, count(9, 4, 7)).1, 0);
    assert_eq!(says(&item, count(9, 4, 7)).2, CountEffect::Superseded);
    let later = after(&item, count(9, 4, 7));
    assert_eq!(at(&later, "DC-1"), [7, 0, 7]);
    assert_eq!(later.levels[&place("DC-1")].last_counted_at, Some(time(5)));
}

#[test]
fn locations_are_counted_separately() {
    let elsewhere = json!({ "location": "DC-2", "onHand": 3, "countedAt": time(2) });
    let elsewhere = StockCommand::CountStock(read(json!({}), elsewhere), time(9));
    let item = given([receive(10, 1), count(7, 5, 6)]);
    assert_eq!(says(&item, elsewhere.clone()), (0, 3, CountEffect::Applied));
    assert_eq!(at(&after(&item, elsewhere), "DC-2"), [3, 0, 3]);
}

#[test]
fn a_count_may_find_fewer_units_than_are_reserved() {
    let item = given([receive(10, 1), reserve(&[("DC-1", 8)]), count(3, 2, 2)]);
    assert_eq!(at(&item, "DC-1"), [3, 8, 0]);
}

#[test]
fn on_hand_never_falls_below_zero() {
    let item = given([receive(10, 1), reserve(&[("DC-1", 8)]), ship("DC-1", 8, 6)]);
    assert_eq!(says(&item, count(3, 5, 7)), (10, -2, CountEffect::Applied));
    assert_eq!(at(&after(&item, count(3, 5, 7)), "DC-1"), [0, 0, 0]);
}

/// An item with this many receipts of one unit, one each second from the first on.
fn busy(movements: usize) -> StockItem {
    given((1..).take(movements).map(|second| receive(1, second)))
}

#[test]
fn the_state_has_the_latest_128_movements() {
    let item = busy(MAX_MOVEMENTS);
    let all = u64::try_from(MAX_MOVEMENTS).unwrap();
    assert_eq!(says(&item, count(0, 0, 999)), (0, 0, CountEffect::Applied));
    assert_eq!(says(&item, count(0, 1, 999)).0, 1);
    assert_eq!(at(&item, "DC-1"), [all, 0, all]);
}

/// A count, with on hand at its time computed from the events of the first `read` receipts.
fn count_from_events(item: &StockItem, read: usize, counted_at: i64) -> StockCommand {
    let StockCommand::CountStock(command, at) = count(0, counted_at, 999) else { unreachable!() };
    assert!(item.must_read_past(&command), "the state has all movements since {counted_at}");
    let mut past = busy(read).recorded_on_hand(&place("DC-1"));
    for second in (1..).take(read) {
        for event in when(&given([receive(1, 0)]), receive(1, second)) {
            past.undo(&event, &place("DC-1"), time(counted_at));
        }
    }
    StockCommand::CountStockInPast(command, past, at)
}

#[test]
fn on_hand_before_the_movements_of_the_state_is_computed_from_events() {
    let item = busy(MAX_MOVEMENTS * 3);
    for counted_at in [0, 1, 100, 250] {
        let known = u64::try_from(counted_at).unwrap();
        let all = count_from_events(&item, MAX_MOVEMENTS * 3, counted_at);
        assert_eq!(says(&item, all), (known, -counted_at, CountEffect::Applied));
        let uncommitted = count_from_events(&item, MAX_MOVEMENTS * 2, counted_at);
        assert_eq!(says(&item, uncommitted).0, known, "the state has the last 128 of them");
    }
    let StockCommand::CountStock(command, _) = count(0, 256, 999) else { unreachable!() };
    assert!(!item.must_read_past(&command));
}

#[test]
fn a_count_is_refused_if_neither_the_events_nor_the_state_have_all_movements() {
    let item = busy(MAX_MOVEMENTS * 3);
    assert_eq!(refusal(&item, count(0, 2, 999)).0, "count_too_old", "without events");
    let missing = count_from_events(&item, MAX_MOVEMENTS * 2 - 1, 2);
    assert_eq!(item.decide(&missing).unwrap_err(), StockRefusal::CountTooOld);
}

#[test]
fn a_count_that_is_too_old_but_superseded_is_still_recorded() {
    let mut item = given([count(0, 1, 1)]);
    for second in 2..200 {
        item = after(&item, receive(1, second));
    }
    assert_eq!(says(&item, count(5, 0, 999)).2, CountEffect::Superseded);
}

#[test]
fn a_count_with_expected_units_is_refused_after_a_change_of_on_hand() {
    let count = |location: &str, expected: u64| {
        let fields = json!({ "onHand": 3, "countedAt": time(5), "expected": expected, "location": location });
        StockCommand::CountStock(read(json!({}), fields), time(9))
    };
    let item = given([receive(10, 1), receive(2, 6)]);
    assert_eq!(at(&after(&item, count("DC-1", 12)), "DC-1"), [5, 0, 5]);
    assert_eq!(refusal(&item, count("DC-1", 10)), ("stock_changed", Some("/expected".into())));
    assert_eq!(at(&after(&item, count("DC-2", 0)), "DC-2"), [3, 0, 3], "nothing is recorded there");
    let refused = item.decide(&count("DC-1", 10)).unwrap_err();
    assert_eq!(refused.details(), Some(("onHand", json!(12))));
}

#[test]
fn a_count_without_a_difference_is_no_movement() {
    let item = given([receive(10, 1), count(10, 5, 6)]);
    assert_eq!(item.levels[&place("DC-1")].movements.len(), 1);
}

#[test]
fn a_report_from_the_future_counts_as_of_now_and_states_its_time() {
    let item = given([receive(10, 1)]);
    let ahead = json!({ "occurredAt": time(500) });
    let adjusted = json!({ "delta": -3, "reason": "lost" });
    let turned = json!({ "from": "sellable", "to": "damaged", "quantity": 2, "reason": "wet" });
    let sent = json!({ "sku": "A", "from": "DC-1", "to": "DC-2", "quantity": 4 });
    let sent = serde_json::from_value(with(sent, &ahead)).unwrap();
    for (report, on_hand) in [
        (count(7, 500, 5), 7),
        (receive_with(with(json!({ "quantity": 20 }), &ahead), 5), 30),
        (StockCommand::AdjustStock(read(adjusted, ahead.clone()), time(5)), 7),
        (StockCommand::ChangeStockCondition(read(turned, ahead.clone()), time(5)), 8),
        (StockCommand::ShipTransfer(sent, Reference::new("t").unwrap(), time(5)), 6),
    ] {
        let events = serde_json::to_value(when(&item, report.clone())).unwrap();
        assert_eq!(events[0]["reportedAheadOfTime"], json!(time(500)), "{events}");
        assert_eq!(report.ahead_of_time(), Some(time(500)));
        assert_eq!(events[0]["happenedAt"], Value::Null, "{events}");
        let reported = after(&item, report);
        assert_eq!(at(&reported, "DC-1")[0], on_hand, "{events}");
        assert_eq!(at(&after(&reported, count(1, 6, 6)), "DC-1")[0], 1, "a true count counts: {events}");
    }
    let slightly = &when(&item, count(10, 60, 5))[0];
    assert_eq!(serde_json::to_value(slightly).unwrap()["reportedAheadOfTime"], Value::Null);
}

/// The fields of both objects.
fn with(mut fields: Value, more: &Value) -> Value {
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    fields
}

/// Reports that units left earlier than it is reported.
fn shipped_earlier(quantity: u64, left: i64, second: i64) -> StockCommand {
    let StockCommand::ShipInventory(ship) = ship("DC-1", quantity, second) else { unreachable!() };
    StockCommand::ShipInventory(ShipInventory { shipped_at: time(left), ..ship })
}

#[test]
fn a_count_includes_movements_that_happened_before_it_and_are_reported_later() {
    let counted = given([receive(100, 1), reserve(&[("DC-1", 5)]), count(95, 30, 31)]);
    let earlier = |fields: Value| {
        let mut fields = fields;
        fields["occurredAt"] = json!(time(10));
        fields
    };
    let received = receive_with(earlier(json!({ "quantity": 20 })), 40);
    let lost = earlier(json!({ "delta": -3, "reason": "lost" }));
    let adjusted = StockCommand::AdjustStock(read(lost, json!({})), time(40));
    let turned = earlier(json!({ "from": "sellable", "to": "damaged", "quantity": 2, "reason": "wet" }));
    let turned = StockCommand::ChangeStockCondition(read(turned, json!({})), time(40));
    let fields = earlier(json!({ "sku": "A", "from": "DC-1", "to": "DC-2", "quantity": 4 }));
    let id = Reference::new("t").unwrap();
    let sent = StockCommand::ShipTransfer(serde_json::from_value(fields).unwrap(), id, time(40));
    for late in [received, adjusted, turned, sent] {
        assert_eq!(at(&after(&counted, late.clone()), "DC-1"), [95, 5, 90], "{late:?}");
    }
    assert_eq!(at(&after(&counted, shipped_earlier(5, 10, 40)), "DC-1"), [95, 0, 95]);
    assert_eq!(at(&after(&counted, shipped_earlier(5, 35, 40)), "DC-1"), [90, 0, 90], "left after the count");
}

#[test]
fn a_count_includes_units_found_missing_and_units_that_changed_condition_before_it() {
    let short_pick = |item: &StockItem| {
        let (order, location) = (order_ref(order_id()), place("DC-1"));
        let (quantity, happened_at) = (Units::new(2), Some(time(10)));
        let short = ShortInventory { order, location, quantity, happened_at, at: time(40) };
        after(item, StockCommand::ShortInventory(short))
    };
    let stock = || given([receive(10, 1), reserve(&[("DC-1", 8)])]);
    let counted = after(&stock(), count(8, 30, 31));
    assert_eq!(at(&short_pick(&counted), "DC-1"), [8, 6, 2], "counted before it was reported");
    assert_eq!(at(&after(&short_pick(&stock()), count(8, 30, 41)), "DC-1"), [8, 6, 2], "and after it");
    let wet = json!({
        "from": "sellable", "to": "quarantine", "quantity": 2, "reason": "wet", "occurredAt": time(10)
    });
    let wet = StockCommand::ChangeStockCondition(read(wet, json!({})), time(40));
    let item = after(&counted, wet);
    assert_eq!((at(&item, "DC-1"), item.levels[&place("DC-1")].quarantine), ([8, 8, 0], Units::new(2)));
}

#[test]
fn units_that_left_before_a_count_were_not_found_at_shipping() {
    let counted = given([receive(5, 1), reserve(&[("DC-1", 5)]), count(0, 30, 31)]);
    let events = when(&counted, shipped_earlier(5, 10, 40));
    let [StockEvent::StockAdjusted(adjusted), StockEvent::StockShipped(_)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((adjusted.delta.number(), adjusted.reason), (5, AdjustmentReason::Counted));
    assert_eq!(at(&after(&counted, shipped_earlier(5, 10, 40)), "DC-1"), [0, 0, 0]);
}

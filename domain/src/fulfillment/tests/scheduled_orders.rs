//! Orders that must not leave yet wait for supplies that come before they are needed.

use super::*;
use crate::values::Reference;

const DUE: i64 = 50_000;

impl Shop {
    fn expect_supply(&mut self, id: &str, quantity: u32, due: i64) {
        let fields =
            json!({ "sku": sku(A), "location": location(0), "quantity": quantity, "dueAt": time(due) });
        let command = StockCommand::ExpectSupply(read(fields), Reference::new(id).unwrap());
        self.change_stock(&sku(A), &command).unwrap();
        self.fill(&sku(A)).unwrap();
    }

    /// Units of the supply `s1` arrive.
    fn supply_arrives(&mut self, quantity: u32) {
        let fields =
            json!({ "sku": sku(A), "location": location(0), "quantity": quantity, "supplyId": "s1" });
        let command = StockCommand::ReceiveStock(read(fields), self.now());
        self.change_stock(&sku(A), &command).unwrap();
        self.fill(&sku(A)).unwrap();
    }

    fn held_and_waiting(&self, order: usize) -> (u64, u64) {
        (self.held_of_line(order, 1, 0), self.backordered(order, 1))
    }

    /// The hold of a scheduled order ends at its time.
    fn end_hold(&mut self, order: usize) {
        self.second = DUE + 1;
        self.bring_up_to_date(order).unwrap();
        self.fill(&sku(A)).unwrap();
    }
}

/// Ten A are on the shelf, and some are expected before the orders are due.
fn with_supply(quantity: u32) -> Shop {
    let mut shop = shop();
    shop.receive(A, 0, 10);
    shop.expect_supply("s1", quantity, DUE - 1);
    shop
}

fn scheduled(more: &Value) -> Value {
    with(json!({ "delivery": { "method": "ship", "shipNotBefore": time(DUE) } }), more)
}

#[test]
fn todays_units_stay_available_if_a_supply_comes_in_time() {
    for on_shortage in ["reject", "backorder", "hold", "cancel_remainder"] {
        let mut shop = with_supply(20);
        let later = shop.order_of(&[(A, 10)], &scheduled(&json!({ "onShortage": on_shortage })));
        assert_eq!(shop.held_and_waiting(later), (0, 10), "{on_shortage}");
        assert_eq!(shop.orders[later].promised.get(&sku(A)), Some(&time(DUE - 1)));
        let today = shop.order_of(&[(A, 10)], &json!({ "onShortage": "reject" }));
        assert_eq!(shop.held_and_waiting(today), (10, 0), "{on_shortage}");
    }
}

#[test]
fn units_that_no_supply_serves_in_time_are_reserved_now() {
    let mut shop = with_supply(4);
    let later = shop.order_of(&[(A, 9)], &scheduled(&json!({})));
    assert_eq!(shop.held_and_waiting(later), (5, 4));
    let refused = shop.try_order(&[(A, 6)], &json!({ "onShortage": "reject" })).unwrap_err();
    assert!(refused.0.contains("5 of 6"), "{refused:?}");
    let too_many = shop.try_order(&[(A, 6)], &scheduled(&json!({ "onShortage": "reject" }))).unwrap_err();
    assert!(too_many.0.contains("5 of 6"), "the supply is assigned to the first order: {too_many:?}");
}

#[test]
fn the_supply_that_arrives_is_reserved_for_the_order() {
    let mut shop = with_supply(10);
    let later = shop.order_of(&[(A, 10)], &scheduled(&json!({})));
    let today = shop.order_of(&[(A, 10)], &json!({}));
    shop.second = DUE - 1;
    shop.supply_arrives(10);
    assert_eq!([later, today].map(|order| shop.held_and_waiting(order)), [(10, 0), (10, 0)]);
}

#[test]
fn units_are_reserved_at_once_if_the_supply_is_late_or_the_order_due() {
    let mut late = with_supply(10);
    let order = late.order_of(&[(A, 6)], &scheduled(&json!({})));
    late.expect_supply("s1", 10, DUE + 1);
    assert_eq!(late.held_and_waiting(order), (6, 0));
    let mut due = with_supply(10);
    let order = due.order_of(&[(A, 6)], &scheduled(&json!({})));
    due.end_hold(order);
    let hold = due.orders[order].scheduled_until();
    assert_eq!((due.held_and_waiting(order), hold), ((6, 0), None));
}

#[test]
fn an_order_that_is_scheduled_earlier_takes_todays_units() {
    let mut shop = with_supply(10);
    let order = shop.order_of(&[(A, 6)], &scheduled(&json!({})));
    let earlier = json!({ "delivery": { "method": "ship", "shipNotBefore": time(DUE - 10) } });
    shop.amend(order, &earlier).unwrap();
    shop.fill(&sku(A)).unwrap();
    assert_eq!(shop.held_and_waiting(order), (6, 0));
}

#[test]
fn an_order_that_needs_reserved_units_does_not_wait_for_a_supply() {
    let unpaid = json!({ "payment": "required", "reserveFor": "PT1H" });
    let due =
        json!({ "delivery": { "method": "ship", "shipNotBefore": time(DUE), "shipBy": time(DUE + 9) } });
    for terms in [json!({ "allowSplit": false }), unpaid, due] {
        let mut shop = with_supply(10);
        let order = shop.order_of(&[(A, 6)], &with(scheduled(&json!({})), &terms));
        assert_eq!(shop.held_and_waiting(order), (6, 0), "{terms}");
    }
    let mut limited = with_supply(10);
    limited.limit_split(1);
    let order = limited.order_of(&[(A, 6)], &scheduled(&json!({})));
    assert_eq!(limited.held_and_waiting(order), (6, 0));
}

#[test]
fn a_shortage_in_addition_to_a_supply_follows_the_rule_of_the_order() {
    let expected = [("backorder", (10, 9)), ("cancel_remainder", (10, 4)), ("hold", (0, 0))];
    for (on_shortage, units) in expected {
        let mut shop = with_supply(4);
        let order = shop.order_of(&[(A, 19)], &scheduled(&json!({ "onShortage": on_shortage })));
        assert_eq!(shop.held_and_waiting(order), units, "{on_shortage}");
        assert_eq!(shop.is_on_hold_for_stock(order), on_shortage == "hold");
    }
    let mut shop = with_supply(4);
    let refused = shop.try_order(&[(A, 19)], &scheduled(&json!({ "onShortage": "reject" }))).unwrap_err();
    assert!(refused.0.contains("14 of 19"), "{refused:?}");
}

#[test]
fn a_supply_that_arrives_in_parts_is_reserved_in_parts() {
    let mut shop = with_supply(10);
    let order = shop.order_of(&[(A, 10)], &scheduled(&json!({})));
    shop.supply_arrives(6);
    assert_eq!(shop.held_and_waiting(order), (6, 4));
    let today = shop.order_of(&[(A, 10)], &json!({ "onShortage": "reject" }));
    assert_eq!(shop.held_and_waiting(today), (10, 0));
}

#[test]
fn an_urgent_order_may_take_the_supply_of_a_scheduled_one_which_then_gets_todays_units() {
    let mut shop = with_supply(10);
    let order = shop.order_of(&[(A, 10)], &scheduled(&json!({})));
    let urgent = scheduled(&json!({ "priority": "express" }));
    let first = shop.order_of(&[(A, 4)], &urgent);
    assert_eq!(shop.held_and_waiting(first), (4, 0), "the supply is assigned already");
    shop.receive(B, 0, 1);
    let today = shop.order_of(&[(A, 8)], &json!({ "priority": "express" }));
    assert_eq!(shop.held_and_waiting(today), (6, 2));
    assert_eq!(shop.orders[today].promised.get(&sku(A)), Some(&time(DUE - 1)));
    assert_eq!(shop.held_and_waiting(order), (0, 10), "it gets none");
    shop.receive(A, 0, 5);
    assert_eq!([today, order].map(|one| shop.held_and_waiting(one)), [(8, 0), (0, 10)]);
}

#[test]
fn units_of_a_sku_that_cannot_be_backordered_are_reserved_now() {
    let mut shop = with_supply(10);
    shop.set_stock_policy(A, &json!({ "backorderable": false }));
    let order = shop.order_of(&[(A, 6)], &scheduled(&json!({ "onShortage": "reject" })));
    assert_eq!(shop.held_and_waiting(order), (6, 0));
}

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
    let arrived = json!({ "sku": sku(A), "location": location(0), "quantity": 10, "supplyId": "s1" });
    shop.second = DUE - 1;
    let command = StockCommand::ReceiveStock(read(arrived), shop.now());
    shop.change_stock(&sku(A), &command).unwrap();
    shop.fill(&sku(A)).unwrap();
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
fn an_unsplit_order_waits_for_a_supply_only_as_a_whole() {
    let unsplit = json!({ "allowSplit": false });
    let mut shop = with_supply(6);
    let order = shop.order_of(&[(A, 6)], &scheduled(&unsplit));
    assert_eq!(shop.held_and_waiting(order), (0, 6));
    let mut shop = with_supply(6);
    let order = shop.order_of(&[(A, 7)], &scheduled(&unsplit));
    assert_eq!(shop.held_and_waiting(order), (7, 0));
    let mut shop = with_supply(6);
    shop.receive(B, 0, 1);
    let order = shop.order_of(&[(A, 2), (B, 1)], &scheduled(&unsplit));
    assert_eq!(shop.held_and_waiting(order), (2, 0));
}

#[test]
fn units_of_a_sku_that_cannot_be_backordered_are_reserved_now() {
    let mut shop = with_supply(10);
    shop.set_stock_policy(A, &json!({ "backorderable": false }));
    let order = shop.order_of(&[(A, 6)], &scheduled(&json!({ "onShortage": "reject" })));
    assert_eq!(shop.held_and_waiting(order), (6, 0));
}

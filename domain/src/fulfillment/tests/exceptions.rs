//! Orders that lose units, their only location or the permission to ship, and what must not follow from that.

use super::*;
use crate::order::HoldOrder;

impl Shop {
    fn on_hold(&mut self, order: usize, number: u32) {
        let id = FulfillmentOrderId::new(order_id(order), number);
        let fields = json!({ "orderId": order_id(order), "fulfillmentOrderId": id, "reason": "fraud_risk" });
        self.change(order, &OrderCommand::HoldOrder(read::<HoldOrder>(fields), self.now())).unwrap();
    }

    fn release_holds(&mut self, order: usize) {
        for hold in self.orders[order].holds.clone() {
            let fields = json!({ "orderId": order_id(order), "holdId": hold.id });
            self.change(order, &OrderCommand::ReleaseHold(read(fields))).unwrap();
        }
    }
}

#[test]
fn a_hold_on_units_whose_reservation_expires_becomes_a_hold_on_the_order() {
    let mut shop = shop();
    shop.receive(A, 0, 2);
    let order = shop.order_of(&[(A, 2)], &json!({ "payment": "required", "reserveFor": "PT5S" }));
    let id = FulfillmentOrderId::new(order_id(order), 1);
    let reason = "inventory_out_of_stock";
    let fields = json!({ "orderId": order_id(order), "fulfillmentOrderId": id, "reason": reason });
    shop.change(order, &OrderCommand::HoldOrder(read::<HoldOrder>(fields), shop.now())).unwrap();
    shop.second += 5;
    shop.pay(order, "money");
    assert!(shop.is_on_hold_for_stock(order) && shop.orders[order].has_expired);
    assert_eq!(shop.held_of_line(order, 1, 0), 0, "a person decides");
    let whole = |hold: &crate::order::Hold| hold.fulfillment_order_id.is_none();
    assert!(shop.orders[order].holds.iter().all(whole));
}

#[test]
fn an_amendment_may_exchange_units_of_one_location() {
    let mut shop = shop();
    shop.receive(A, 0, 5);
    shop.receive(B, 0, 5);
    for (change, on_shortage) in [("setQuantity", "reject"), ("remove", "cancel_remainder")] {
        let order = shop.order_of(&[(A, 2)], &json!({ "onShortage": on_shortage }));
        let fewer = match change {
            "remove" => json!({ "op": "remove", "line": 1 }),
            _ => json!({ "op": "setQuantity", "line": 1, "quantity": 1 }),
        };
        let changes = json!([fewer, { "op": "add", "sku": sku(B), "quantity": 1 }]);
        shop.amend(order, &json!({ "changes": changes })).unwrap();
        assert_eq!(shop.held_of_line(order, 2, 0), 1, "{change}");
    }
}

#[test]
fn units_that_a_location_lost_are_missing_although_some_of_them_are_cancelled() {
    let mut shop = shop();
    shop.receive(A, 0, 3);
    let order = shop.order_of(&[(A, 3)], &json!({ "onShortage": "reject" }));
    shop.accept(order, 1);
    shop.cancel_line(order, 1, 1);
    shop.count_of(A, 0, 0);
    let totals = shop.orders[order].line_totals()[0];
    assert_eq!([totals.cancelled, totals.backordered], [1, 2].map(Units::new));
    assert!(!shop.is_on_hold_for_stock(order));
}

#[test]
fn a_second_backorder_of_an_order_that_must_not_be_split_joins_the_first() {
    let mut shop = shop();
    let order = shop.order_of(&[(A, 5)], &json!({ "allowSplit": false }));
    let more = json!({ "changes": [{ "op": "setQuantity", "line": 1, "quantity": 6 }] });
    shop.amend(order, &more).unwrap();
    shop.receive(A, 1, 1);
    shop.receive(A, 0, 5);
    assert_eq!(shop.backordered(order, 1), 6, "no location has all units");
    shop.receive(A, 0, 1);
    assert_eq!((shop.held_of_line(order, 1, 0), shop.backordered(order, 1)), (6, 0));
}

#[test]
fn lost_units_of_an_order_that_must_not_be_split_come_together_with_its_backorder() {
    let mut shop = shop();
    shop.receive(A, 0, 2);
    let order = shop.order_of(&[(A, 5)], &json!({ "allowSplit": false }));
    shop.short_all(order, 1);
    shop.receive(A, 1, 2);
    assert_eq!(shop.backordered(order, 1), 5);
    shop.receive(A, 0, 5);
    assert_eq!(shop.held_of_line(order, 1, 0), 5);
}

#[test]
fn an_order_that_every_location_has_rejected_is_put_on_hold() {
    let mut shop = shop();
    shop.receive(A, 0, 1);
    let order = shop.order_of(&[(A, 1)], &json!({}));
    shop.reject(order, 1);
    for at in [1, 2] {
        shop.receive(A, at, 1);
        let number = u32::try_from(shop.orders[order].fulfillment_orders.len()).unwrap();
        assert!(!shop.is_on_hold_for_stock(order));
        shop.reject(order, number);
    }
    assert!(shop.is_on_hold_for_stock(order));
    shop.release_holds(order);
    assert!(shop.is_on_hold_for_stock(order), "no location may supply it yet");
}

#[test]
fn a_replacement_that_is_not_needed_is_released_before_cancelled_units_count_as_shipped() {
    let mut shop = shop();
    shop.receive(A, 0, 2);
    shop.receive(A, 1, 2);
    let order = shop.order_of(&[(A, 2)], &json!({}));
    shop.cancel_line(order, 1, 1);
    shop.short_all(order, 1);
    assert_eq!(shop.held_of_line(order, 1, 1), 1);
    shop.ship(order, 1, &json!({ "lines": [{ "line": 1, "quantity": 1 }] }));
    let totals = shop.orders[order].line_totals()[0];
    assert_eq!([totals.shipped, totals.cancelled, totals.reserved], [1, 1, 0].map(Units::new));
}

#[test]
fn units_that_replace_held_units_are_on_hold_too() {
    let mut shop = shop();
    shop.receive(A, 0, 2);
    shop.receive(A, 1, 2);
    let order = shop.order_of(&[(A, 2)], &json!({}));
    shop.on_hold(order, 1);
    shop.count_of(A, 0, 0);
    assert_eq!(shop.held_of_line(order, 1, 1), 2);
    assert!(shop.orders[order].is_held(shop.part(order, 2).id));
}

#[test]
fn units_of_a_held_fulfillment_order_stay_on_hold_when_the_target_of_a_move_has_none() {
    let mut shop = shop();
    for at in [0, 1, 2] {
        shop.receive(A, at, 2);
    }
    let order = shop.order_of(&[(A, 2)], &json!({}));
    shop.accept(order, 1);
    shop.on_hold(order, 1);
    shop.relocate_to(order, 1, 1, &json!({})).unwrap();
    shop.count_of(A, 1, 0);
    shop.leave(order, 1);
    assert_eq!(shop.held_of_line(order, 1, 2), 2);
    assert!(shop.orders[order].is_held(shop.part(order, 2).id));
}

#[test]
fn units_that_are_not_backorderable_wait_for_a_decision_when_they_are_missing_at_payment() {
    let mut shop = shop();
    let rules = json!({ "sku": sku(A), "backorderable": false });
    shop.change_stock(&sku(A), &StockCommand::SetStockPolicy(read(rules), shop.now())).unwrap();
    shop.receive(A, 0, 1);
    let fields = json!({
        "channel": "web", "lines": [{ "sku": sku(A), "quantity": 5 }], "payment": "required",
        "onShortage": "backorder"
    });
    let number = shop.orders.len();
    shop.attempt(|shop| shop.create(read(fields), ReserveAt::Payment)).unwrap();
    let paid = json!({ "orderId": order_id(number), "paymentRef": "first" });
    shop.change(number, &OrderCommand::ConfirmPayment(read(paid))).unwrap();
    assert_eq!((shop.held_of_line(number, 1, 0), shop.backordered(number, 1)), (1, 0));
    assert!(shop.is_on_hold_for_stock(number));
}

#[test]
fn a_line_does_not_grow_while_a_location_is_requested_to_release_units_of_it() {
    let mut shop = shop();
    shop.receive(A, 0, 5);
    let order = shop.order_of(&[(A, 2)], &json!({}));
    shop.accept(order, 1);
    shop.cancel_line(order, 1, 1);
    let quantity =
        |quantity: u32| json!({ "changes": [{ "op": "setQuantity", "line": 1, "quantity": quantity }] });
    assert!(shop.amend(order, &quantity(3)).is_err());
    assert!(shop.amend(order, &quantity(1)).is_ok(), "that many are delivered if the location agrees");
}

#[test]
fn units_that_are_missing_are_lost_when_they_are_not_picked_any_more() {
    let mut shop = shop();
    shop.receive(A, 0, 2);
    let order = shop.order_of(&[(A, 2)], &json!({ "onShortage": "backorder" }));
    let id = FulfillmentOrderId::new(order_id(order), 1);
    let all = || json!({ "fulfillmentOrderId": id, "all": true });
    shop.change(order, &OrderCommand::PickItems(read(all()))).unwrap();
    shop.count_of(A, 0, 0);
    assert_eq!(shop.held_of_line(order, 1, 0), 2, "picked units stay reserved");
    shop.change(order, &OrderCommand::UnpickItems(read(all()))).unwrap();
    assert_eq!((shop.held_of_line(order, 1, 0), shop.backordered(order, 1)), (0, 2));
}

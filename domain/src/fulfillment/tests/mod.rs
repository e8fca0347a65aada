//! What follows from decisions on orders, through the whole process.

use serde_json::{Value, json};

use super::Aggregates;
use crate::fulfillment;
use crate::network::NetworkCommand;
use crate::order::{
    AmendOrder, CreateOrder, FulfillmentLine, FulfillmentOrder, HoldReason, Order, OrderCommand,
};
use crate::policy::ReserveAt;
use crate::stock::StockCommand;
use crate::tests::properties::shop::{Refused, Shop};
use crate::tests::properties::{location, order_id, sku, time};
use crate::values::{FulfillmentOrderId, Units};

mod bundles;
mod cart_reservations;
mod exceptions;
mod scheduled_orders;
mod stock_reports;
mod unsplit_orders;
mod working_days;

const A: usize = 0;
const B: usize = 1;
const C: usize = 2;

fn read<T: serde::de::DeserializeOwned>(fields: Value) -> T {
    serde_json::from_value(fields).unwrap()
}

fn with(mut fields: Value, more: &Value) -> Value {
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    fields
}

/// A shop in which every SKU is known, and none is in stock.
fn shop() -> Shop {
    let mut shop = Shop::open(1_000);
    for of in [A, B, C] {
        shop.receive(of, 2, 1);
        shop.count_of(of, 2, 0);
    }
    shop
}

impl Shop {
    fn receive(&mut self, of: usize, at: usize, quantity: u32) {
        let fields = json!({ "sku": sku(of), "location": location(at), "quantity": quantity });
        let command = StockCommand::ReceiveStock(read(fields), self.now());
        self.change_stock(&sku(of), &command).unwrap();
        self.fill(&sku(of)).unwrap();
    }

    fn count_of(&mut self, of: usize, at: usize, on_hand: u32) {
        let fields = json!({
            "sku": sku(of), "location": location(at), "onHand": on_hand, "countedAt": self.now()
        });
        let command = StockCommand::CountStock(read(fields), self.now());
        self.change_stock(&sku(of), &command).unwrap();
        self.fill(&sku(of)).unwrap();
    }

    /// Takes an order that needs no payment and waits for what is missing.
    fn order_of(&mut self, lines: &[(usize, u32)], more: &Value) -> usize {
        self.try_order(lines, more).unwrap();
        self.orders.len() - 1
    }

    fn try_order(&mut self, lines: &[(usize, u32)], more: &Value) -> Result<(), Refused> {
        let line = |(of, quantity): &(usize, u32)| json!({ "sku": sku(*of), "quantity": quantity });
        let lines: Vec<_> = lines.iter().map(line).collect();
        let fields = json!({
            "channel": "web", "lines": lines, "payment": "not_required", "onShortage": "backorder"
        });
        let order: CreateOrder = read(with(fields, more));
        self.attempt(|shop| shop.create(order, ReserveAt::Creation))
    }

    fn part(&self, order: usize, number: usize) -> &FulfillmentOrder {
        &self.orders[order].fulfillment_orders[number - 1]
    }

    /// A command on a fulfillment order.
    fn on_part(
        &mut self,
        order: usize,
        number: u32,
        command: impl FnOnce(Value) -> OrderCommand,
    ) -> Result<(), Refused> {
        let id = FulfillmentOrderId::new(order_id(order), number);
        let command = command(json!({ "fulfillmentOrderId": id }));
        self.attempt(|shop| shop.change(order, &command))
    }

    fn set_stock_policy(&mut self, of: usize, rules: &Value) {
        let command = StockCommand::SetStockPolicy(read(with(json!({ "sku": sku(of) }), rules)), self.now());
        self.change_stock(&sku(of), &command).unwrap();
    }

    fn accept(&mut self, order: usize, number: u32) {
        self.on_part(order, number, |this| OrderCommand::AcceptFulfillmentOrder(read(this))).unwrap();
    }

    fn reject(&mut self, order: usize, number: u32) {
        let command =
            |this| OrderCommand::RejectFulfillmentOrder(read(with(this, &json!({ "reason": "too heavy" }))));
        self.on_part(order, number, command).unwrap();
    }

    fn short_all(&mut self, order: usize, number: u32) {
        let all = json!({ "all": true, "reason": "not there" });
        let now = self.now();
        self.on_part(order, number, |this| OrderCommand::ShortPick(read(with(this, &all)), now)).unwrap();
    }

    fn ship(&mut self, order: usize, number: u32, more: &Value) {
        let package = with(json!({ "carrier": "ups", "trackingNumber": "1Z" }), more);
        let now = self.now();
        let command =
            |this| OrderCommand::ShipItems(read(with(this, &json!({ "packages": [package] }))), None, now);
        self.on_part(order, number, command).unwrap();
    }

    fn amend(&mut self, order: usize, more: &Value) -> Result<(), Refused> {
        let mut command: AmendOrder = read(with(json!({ "orderId": order_id(order) }), more));
        let digits = self.orders[order].digits();
        self.attempt(|shop| {
            if let Some(changes) = command.changes.take() {
                command.changes = Some(fulfillment::complete_changes(shop, changes, digits)?);
            }
            let now = shop.now();
            shop.change(order, &OrderCommand::AmendOrder(Box::new(command), now))
        })
    }

    fn cancel_line(&mut self, order: usize, line: u32, quantity: u32) {
        let lines = json!([{ "line": line, "quantity": quantity }]);
        let fields = json!({ "orderId": order_id(order), "lines": lines, "reason": "too many" });
        self.change(order, &OrderCommand::CancelOrder(read(fields))).unwrap();
    }

    fn relocate_to(&mut self, order: usize, number: u32, to: usize, more: &Value) -> Result<(), Refused> {
        let id = FulfillmentOrderId::new(order_id(order), number);
        let fields = with(json!({ "fulfillmentOrderId": id, "location": location(to) }), more);
        self.attempt(|shop| shop.relocate(&read(fields)))
    }

    fn leave(&mut self, order: usize, number: u32) {
        let id = FulfillmentOrderId::new(order_id(order), number);
        self.accept_cancellation(&read(json!({ "fulfillmentOrderId": id }))).unwrap();
    }

    fn pause(&mut self, at: usize) {
        let fields = json!({ "location": location(at), "reason": "flooded" });
        self.on_network(&NetworkCommand::PauseLocation(read(fields)));
    }

    /// Units of a line that are held at a location.
    fn held_of_line(&self, order: usize, line: usize, at: usize) -> u64 {
        let order: &Order = &self.orders[order];
        let here = order.fulfillment_orders.iter().filter(|part| part.location == location(at));
        let own = here.flat_map(|part| &part.lines).filter(|own| own.line.index() + 1 == line);
        own.map(FulfillmentLine::outstanding).sum::<Units>().number()
    }

    fn backordered(&self, order: usize, line: usize) -> u64 {
        self.orders[order].backordered[line - 1].number()
    }

    fn is_on_hold_for_stock(&self, order: usize) -> bool {
        self.orders[order].holds.iter().any(|hold| hold.reason == HoldReason::InventoryOutOfStock)
    }
}

/// Two A reserved at DC-0, and one B that waits; all must come from one location.
fn unsplit(shop: &mut Shop) -> usize {
    shop.receive(A, 0, 2);
    let order = shop.order_of(&[(A, 2), (B, 1)], &json!({ "allowSplit": false }));
    assert_eq!((shop.held_of_line(order, 1, 0), shop.backordered(order, 2)), (2, 1));
    order
}

mod rejections {
    use super::*;

    #[test]
    fn an_order_picked_up_where_it_was_rejected_waits_for_a_decision() {
        let mut shop = shop();
        shop.receive(A, 0, 2);
        let order = shop.order_of(&[(A, 2)], &json!({}));
        shop.reject(order, 1);
        shop.amend(order, &json!({ "delivery": { "method": "pickup", "location": location(0) } })).unwrap();
        assert!(shop.is_on_hold_for_stock(order));
        shop.receive(A, 1, 2);
        shop.receive(A, 0, 2);
        assert_eq!(shop.backordered(order, 1), 2);
    }

    #[test]
    fn a_pickup_location_that_rejected_gets_no_backordered_units() {
        let mut shop = shop();
        shop.receive(A, 0, 2);
        let pickup = json!({ "delivery": { "method": "pickup", "location": location(0) } });
        let order = shop.order_of(&[(A, 2), (B, 1)], &pickup);
        shop.reject(order, 1);
        assert!(shop.is_on_hold_for_stock(order));
        shop.receive(B, 0, 1);
        assert_eq!(shop.backordered(order, 2), 1);
    }
}

mod split_limits {
    use super::*;

    fn limited() -> Shop {
        let mut shop = shop();
        shop.limit_split(1);
        shop
    }

    #[test]
    fn a_backorder_is_not_filled_from_one_location_more() {
        let mut shop = limited();
        shop.receive(A, 0, 1);
        let order = shop.order_of(&[(A, 1), (B, 1)], &json!({}));
        shop.receive(B, 1, 1);
        assert_eq!(shop.backordered(order, 2), 1);
        shop.receive(B, 0, 1);
        assert_eq!(shop.held_of_line(order, 2, 0), 1);
    }

    #[test]
    fn one_line_is_not_filled_from_two_locations() {
        let mut shop = limited();
        let order = shop.order_of(&[(A, 2)], &json!({}));
        shop.receive(A, 1, 1);
        shop.receive(A, 2, 1);
        assert_eq!(
            [1, 2].map(|at| shop.held_of_line(order, 1, at)).iter().filter(|held| **held > 0).count(),
            1
        );
    }
}

mod decisions {
    use super::*;

    /// Two A are reserved, three B are pending under a hold.
    fn waiting_for_a_decision(shop: &mut Shop) -> usize {
        shop.receive(A, 0, 2);
        let order = shop.order_of(&[(A, 2)], &json!({ "onShortage": "hold" }));
        let add = json!({ "changes": [{ "op": "add", "sku": sku(B), "quantity": 3 }] });
        shop.amend(order, &add).unwrap();
        assert!(shop.is_on_hold_for_stock(order));
        shop.receive(B, 0, 5);
        order
    }

    #[test]
    fn a_count_of_one_line_does_not_source_the_line_that_waits_for_a_decision() {
        let mut shop = shop();
        let order = waiting_for_a_decision(&mut shop);
        shop.count_of(A, 0, 1);
        assert!(shop.is_on_hold_for_stock(order));
        assert_eq!((shop.held_of_line(order, 2, 0), shop.backordered(order, 2)), (0, 0));
        let hold_id = shop.orders[order].holds[0].id.clone();
        let release = json!({ "orderId": order_id(order), "holdId": hold_id });
        shop.change(order, &OrderCommand::ReleaseHold(read(release))).unwrap();
        assert!(!shop.orders[order].needs_sourcing());
    }

    #[test]
    fn a_move_that_fails_does_not_source_the_line_that_waits_for_a_decision() {
        let mut shop = shop();
        let order = waiting_for_a_decision(&mut shop);
        let hold_id = shop.orders[order].holds[0].id.clone();
        let release = json!({ "orderId": order_id(order), "holdId": hold_id });
        shop.receive(A, 1, 2);
        shop.count_of(B, 0, 0);
        shop.change(order, &OrderCommand::ReleaseHold(read(release))).unwrap();
        assert!(shop.is_on_hold_for_stock(order), "there are still too few B");
    }
}

mod moves {
    use super::*;

    #[test]
    fn a_paused_location_takes_over_only_by_force() {
        let mut shop = shop();
        shop.receive(A, 0, 3);
        shop.receive(A, 1, 3);
        let order = shop.order_of(&[(A, 3)], &json!({}));
        shop.pause(1);
        assert!(shop.relocate_to(order, 1, 1, &json!({})).is_err());
        shop.relocate_to(order, 1, 1, &json!({ "force": true })).unwrap();
        assert_eq!(shop.held_of_line(order, 1, 1), 3);
    }

    #[test]
    fn a_location_that_rejected_the_order_takes_over_only_by_force() {
        let mut shop = shop();
        shop.receive(A, 0, 3);
        shop.receive(A, 1, 3);
        let order = shop.order_of(&[(A, 3)], &json!({}));
        shop.reject(order, 1);
        assert!(shop.relocate_to(order, 2, 0, &json!({})).is_err());
        shop.relocate_to(order, 2, 0, &json!({ "force": true })).unwrap();
        assert!(shop.orders[order].rejected_by.is_empty());
    }

    #[test]
    fn units_do_not_move_to_a_location_that_was_paused_since() {
        let mut shop = shop();
        shop.receive(A, 0, 3);
        shop.receive(A, 1, 3);
        let order = shop.order_of(&[(A, 3)], &json!({}));
        shop.accept(order, 1);
        shop.relocate_to(order, 1, 1, &json!({})).unwrap();
        shop.pause(1);
        shop.leave(order, 1);
        assert_eq!((shop.held_of_line(order, 1, 1), shop.backordered(order, 1)), (0, 3));
    }
}

mod ship_by {
    use super::*;

    /// A location that handles one order a day, and is booked for today.
    fn booked_out() -> Shop {
        let mut shop = shop();
        let details = json!({
            "location": location(0), "latitude": 0, "longitude": 0, "dailyCapacity": 1, "timezone": "UTC"
        });
        shop.on_network(&NetworkCommand::RegisterLocation(read(details)));
        shop.receive(A, 0, 20);
        shop.order_of(&[(A, 1)], &json!({}));
        shop
    }

    fn today() -> Value {
        json!({ "delivery": { "method": "ship", "shipBy": time(80_000) } })
    }

    #[test]
    fn an_order_that_cannot_leave_in_time_is_refused_for_that() {
        for on_shortage in ["reject", "backorder", "cancel_remainder"] {
            let mut shop = booked_out();
            let refused = shop.try_order(&[(A, 1)], &with(today(), &json!({ "onShortage": on_shortage })));
            let refused = refused.unwrap_err();
            assert!(refused.0.contains("cannot leave by"), "{on_shortage}: {refused:?}");
        }
    }

    #[test]
    fn a_backorder_is_not_filled_when_it_cannot_leave_in_time_any_more() {
        let mut shop = booked_out();
        shop.count_of(A, 0, 1);
        let tomorrow = json!({ "delivery": { "method": "ship", "shipBy": time(86_400 + 80_000) } });
        let order = shop.order_of(&[(A, 1)], &tomorrow);
        assert_eq!(shop.backordered(order, 1), 1);
        shop.second += 3 * 86_400;
        shop.receive(A, 0, 5);
        assert_eq!(shop.backordered(order, 1), 1);
        assert!(shop.is_on_hold_for_stock(order) || shop.held_of_line(order, 1, 0) == 0);
    }
}

mod units_that_left_unreserved {
    use super::*;

    #[test]
    fn are_released_by_their_order_in_the_same_command() {
        let mut shop = shop();
        shop.receive(A, 0, 2);
        let cancelled = shop.order_of(&[(A, 1)], &json!({}));
        shop.cancel_line(cancelled, 1, 1);
        let other = shop.order_of(&[(A, 2)], &json!({}));
        shop.ship(cancelled, 1, &json!({ "lines": [{ "line": 1, "quantity": 1 }] }));
        assert_eq!((shop.held_of_line(other, 1, 0), shop.backordered(other, 1)), (1, 1));
    }
}

mod voided_payments {
    use super::*;

    impl Shop {
        pub(super) fn pay(&mut self, order: usize, payment: &str) {
            let fields = json!({ "orderId": order_id(order), "paymentRef": payment });
            self.change(order, &OrderCommand::ConfirmPayment(read(fields))).unwrap();
        }

        fn void(&mut self, order: usize) {
            let fields = json!({ "orderId": order_id(order), "reason": "charged back" });
            let now = self.now();
            self.change(order, &OrderCommand::VoidPayment(read(fields), now)).unwrap();
        }
    }

    #[test]
    fn a_failed_or_authorized_payment_does_not_end_the_wait_for_a_new_one() {
        let id = order_id(0);
        let reports = [
            OrderCommand::FailPayment(read(json!({ "orderId": id, "reason": "declined" }))),
            OrderCommand::AuthorizePayment(read(json!({ "orderId": id, "paymentRef": "second" }))),
        ];
        for report in reports {
            let mut shop = shop();
            shop.receive(A, 0, 1);
            let order = shop.order_of(&[(A, 1)], &json!({ "payment": "required" }));
            shop.pay(order, "first");
            shop.void(order);
            shop.change(order, &report).unwrap();
            shop.receive(A, 1, 1);
            shop.count_of(A, 0, 0);
            assert_eq!(shop.held_of_line(order, 1, 1), 0, "after {report:?}");
            shop.pay(order, "second");
            assert_eq!(shop.held_of_line(order, 1, 1), 1);
        }
    }

    #[test]
    fn an_order_leaves_the_backorder_queue_until_it_is_paid_again() {
        let mut shop = shop();
        let order = shop.order_of(&[(A, 1)], &json!({ "payment": "required" }));
        shop.pay(order, "first");
        shop.void(order);
        shop.receive(A, 0, 1);
        assert_eq!((shop.held_of_line(order, 1, 0), shop.backordered(order, 1)), (0, 0));
        let next = shop.order_of(&[(A, 1)], &json!({}));
        assert_eq!(shop.held_of_line(next, 1, 0), 1, "another order is given the unit");
        shop.pay(order, "second");
        assert_eq!(shop.backordered(order, 1), 1);
        shop.receive(A, 0, 1);
        assert_eq!(shop.held_of_line(order, 1, 0), 1);
    }

    #[test]
    fn lost_units_are_sourced_again_when_the_order_is_paid_again() {
        let mut shop = shop();
        shop.receive(A, 0, 1);
        let order = shop.order_of(&[(A, 1)], &json!({ "payment": "required" }));
        shop.pay(order, "first");
        shop.void(order);
        assert_eq!(shop.held_of_line(order, 1, 0), 1, "reserved units stay reserved");
        shop.receive(A, 1, 1);
        shop.count_of(A, 0, 0);
        assert_eq!([shop.held_of_line(order, 1, 0), shop.held_of_line(order, 1, 1)], [0, 0]);
        shop.pay(order, "second");
        assert_eq!(shop.held_of_line(order, 1, 1), 1);
    }
}

//! Carts: their units come from the same stock as those of orders.

use super::*;
use crate::cart_reservation::{CancelCartReservation, CartReservation, CartReservationStatus, ReserveCart};
use crate::stream::StreamId;
use crate::values::{CartReservationId, Text};

fn cart_id(number: usize) -> CartReservationId {
    CartReservationId::new(order_id(number).uuid())
}

impl Shop {
    /// Reserves units of a cart for 60 seconds.
    fn try_cart(&mut self, number: usize, lines: &[(usize, u32)], more: &Value) -> Result<(), Refused> {
        let line = |(of, quantity): &(usize, u32)| json!({ "sku": sku(*of), "quantity": quantity });
        let lines: Vec<_> = lines.iter().map(line).collect();
        let command: ReserveCart = read(with(json!({ "channel": "web", "lines": lines }), more));
        let (content, until) = (Text::new("digest").unwrap(), time(self.second + 60));
        self.attempt(|shop| fulfillment::reserve_cart(shop, cart_id(number), &command, content, until))
    }

    fn cart(&mut self, number: usize, lines: &[(usize, u32)]) {
        self.try_cart(number, lines, &json!({})).unwrap();
    }

    fn cancel_cart(&mut self, number: usize) {
        let command: CancelCartReservation = read(json!({ "reservationId": cart_id(number) }));
        fulfillment::cancel_cart(self, &command).unwrap();
    }

    fn expire_cart(&mut self, number: usize) {
        fulfillment::expire_cart(self, cart_id(number)).unwrap();
    }

    fn convert(&mut self, number: usize, lines: &[(usize, u32)], more: &Value) -> Result<(), Refused> {
        self.try_order(lines, &with(json!({ "reservation": cart_id(number) }), more))
    }

    fn cart_status(&self, number: usize) -> CartReservationStatus {
        self.carts[&cart_id(number)].status(self.now()).unwrap()
    }

    /// Units that a cart has at a location.
    fn cart_units(&self, number: usize, of: usize, at: usize) -> u64 {
        let cart: &CartReservation = &self.carts[&cart_id(number)];
        let there = cart.units().remove(&sku(of)).map_or(Vec::new(), |units| units.allocations);
        let there = there.iter().filter(|there| there.location == location(at));
        there.map(|there| there.quantity.number()).sum()
    }

    /// Reserved and available units at a location.
    fn reserved_and_available(&self, of: usize, at: usize) -> (u64, u64) {
        let item = &self.items[&sku(of)];
        let level = &item.levels[&location(at)];
        (level.reserved.number(), item.available_at(&location(at)).number())
    }
}

#[test]
fn a_cart_gets_all_its_units_or_none() {
    let mut shop = shop();
    shop.receive(A, 0, 5);
    shop.receive(B, 1, 1);
    shop.cart(1, &[(A, 3), (B, 1)]);
    assert_eq!((shop.reserved_and_available(A, 0), shop.reserved_and_available(B, 1)), ((3, 2), (1, 0)));
    let refused = shop.try_cart(2, &[(A, 1), (B, 1)], &json!({})).unwrap_err();
    assert_eq!(
        refused.0,
        "too few units are available: 0 of 1 sku 1; order fewer units, or receive stock first"
    );
    assert_eq!(shop.reserved_and_available(A, 0), (3, 2));
}

#[test]
fn a_cart_reserves_nothing_for_lines_without_stock() {
    let mut shop = shop();
    shop.receive(A, 0, 5);
    shop.set_stock_policy(B, &json!({ "requiresStock": false }));
    shop.cart(1, &[(A, 3), (B, 9)]);
    let lines = &shop.carts[&cart_id(1)].reserved.clone().unwrap().lines;
    assert_eq!((shop.cart_units(1, A, 0), lines[1].allocations.len(), lines[1].without_stock), (3, 0, true));
    shop.cart(2, &[(B, 1)]);
    assert_eq!(shop.cart_status(2), CartReservationStatus::Open);
    let stock = json!({ "lines": [{ "sku": sku(B), "quantity": 1, "requiresStock": true }] });
    shop.try_cart(3, &[], &stock).unwrap_err();
}

#[test]
fn an_order_that_needs_no_stock_ends_its_cart_and_frees_the_units_for_the_queue() {
    let mut shop = shop();
    shop.receive(A, 0, 2);
    shop.cart(1, &[(A, 2)]);
    let waiting = shop.order_of(&[(A, 1)], &json!({}));
    let service = json!({ "lines": [{ "sku": sku(B), "quantity": 1, "requiresStock": false }] });
    shop.convert(1, &[], &service).unwrap();
    assert_eq!(shop.cart_status(1), CartReservationStatus::Converted);
    shop.fill(&sku(A)).unwrap();
    assert_eq!((shop.backordered(waiting, 1), shop.reserved_and_available(A, 0)), (0, (1, 1)));
}

#[test]
fn a_cart_for_pickup_is_reserved_at_the_pickup_location() {
    let mut shop = shop();
    shop.receive(A, 0, 5);
    shop.receive(A, 1, 2);
    let pickup = json!({ "pickupLocation": location(1) });
    shop.try_cart(1, &[(A, 2)], &pickup).unwrap();
    assert_eq!(shop.cart_units(1, A, 1), 2);
    shop.try_cart(2, &[(A, 1)], &pickup).unwrap_err();
}

#[test]
fn a_cart_does_not_overtake_the_backorder_queue_and_frees_units_for_it() {
    let mut shop = shop();
    shop.receive(A, 0, 2);
    shop.cart(1, &[(A, 2)]);
    let order = shop.order_of(&[(A, 1)], &json!({}));
    assert_eq!(shop.backordered(order, 1), 1);
    shop.cancel_cart(1);
    shop.try_cart(2, &[(A, 2)], &json!({})).unwrap_err();
    shop.fill(&sku(A)).unwrap();
    assert_eq!((shop.backordered(order, 1), shop.held_of_line(order, 1, 0)), (0, 1));
    shop.cart(3, &[(A, 1)]);
}

#[test]
fn an_order_takes_the_units_of_its_cart_although_others_wait_for_units() {
    let mut shop = shop();
    shop.receive(A, 0, 2);
    shop.receive(B, 0, 1);
    shop.cart(1, &[(A, 2), (B, 1)]);
    let waiting = shop.order_of(&[(A, 1), (B, 1)], &json!({}));
    shop.convert(1, &[(A, 1)], &json!({ "onShortage": "reject" })).unwrap();
    let order = shop.orders.len() - 1;
    assert_eq!(shop.cart_status(1), CartReservationStatus::Converted);
    assert_eq!(shop.held_of_line(order, 1, 0), 1);
    for of in [A, B] {
        shop.fill(&sku(of)).unwrap();
    }
    assert_eq!(shop.backordered(waiting, 1), 0, "units beyond the order's are free");
    assert_eq!(shop.backordered(waiting, 2), 0, "so are those of SKUs that the order does not have");
}

#[test]
fn units_that_the_cart_did_not_have_are_sourced_as_usual() {
    let mut shop = shop();
    shop.receive(A, 0, 3);
    shop.cart(1, &[(A, 2)]);
    shop.convert(1, &[(A, 4)], &json!({ "onShortage": "reject" })).unwrap_err();
    assert_eq!((shop.cart_status(1), shop.cart_units(1, A, 0)), (CartReservationStatus::Open, 2));
    shop.convert(1, &[(A, 4)], &json!({})).unwrap();
    assert_eq!((shop.held_of_line(0, 1, 0), shop.backordered(0, 1)), (3, 1));
}

#[test]
fn an_order_takes_the_units_of_its_cart_although_the_safety_stock_was_raised() {
    let mut shop = shop();
    shop.receive(A, 0, 10);
    shop.cart(1, &[(A, 8)]);
    shop.set_stock_policy(A, &json!({ "safetyStock": { location(0).as_str(): 5 } }));
    shop.try_order(&[(A, 1)], &json!({ "onShortage": "reject" })).unwrap_err();
    shop.convert(1, &[(A, 9)], &json!({ "onShortage": "reject" })).unwrap_err();
    shop.convert(1, &[(A, 8)], &json!({ "onShortage": "reject" })).unwrap();
    assert_eq!((shop.held_of_line(0, 1, 0), shop.reserved_and_available(A, 0)), (8, (8, 0)));
}

#[test]
fn an_order_takes_the_units_of_its_cart_although_the_limit_of_its_channel_was_lowered() {
    let mut shop = shop();
    shop.receive(A, 0, 10);
    shop.set_stock_policy(A, &json!({ "channelLimits": { "web": 8 } }));
    shop.cart(1, &[(A, 5)]);
    shop.cart(2, &[(A, 3)]);
    shop.set_stock_policy(A, &json!({ "channelLimits": { "web": 2 } }));
    let reject = json!({ "onShortage": "reject" });
    shop.convert(1, &[(A, 6)], &reject).unwrap_err();
    shop.convert(2, &[(A, 3)], &with(json!({ "channel": "app" }), &reject)).unwrap();
    shop.convert(1, &[(A, 5)], &reject).unwrap();
    assert_eq!((shop.held_of_line(0, 1, 0), shop.held_of_line(1, 1, 0)), (3, 5));
}

#[test]
fn a_cart_that_was_reserved_before_its_channel_had_a_limit_is_converted() {
    let mut shop = shop();
    shop.receive(A, 0, 10);
    shop.cart(1, &[(A, 5)]);
    shop.second += 1;
    shop.set_stock_policy(A, &json!({ "channelLimits": { "web": 2 } }));
    shop.convert(1, &[(A, 5)], &json!({ "onShortage": "reject" })).unwrap();
    assert_eq!(shop.held_of_line(0, 1, 0), 5);
}

#[test]
fn extending_a_cart_without_units_does_not_change_stock() {
    let mut shop = shop();
    shop.receive(A, 0, 2);
    shop.receive(B, 0, 1);
    shop.cart(1, &[(A, 2), (B, 1)]);
    shop.count_of(A, 0, 0);
    shop.second += 10;
    let until = time(shop.second + 60);
    fulfillment::extend_cart(&mut shop, cart_id(1), until).unwrap();
    assert_eq!(shop.items[&sku(A)].carts.len(), 0);
    assert_eq!(shop.items[&sku(B)].carts[0].until, until);
    let before = shop.journal.len();
    shop.convert(1, &[(C, 1)], &json!({})).unwrap();
    let touched = |(stream, _): &&(StreamId, _)| *stream == StreamId::Stock(sku(A));
    assert_eq!(shop.journal[before..].iter().filter(touched).count(), 0);
}

#[test]
fn an_order_with_a_cart_is_reserved_before_it_is_paid() {
    let mut shop = shop();
    shop.receive(A, 0, 2);
    shop.cart(1, &[(A, 2)]);
    let cart = json!({ "reservation": cart_id(1), "payment": "required" });
    let fields = json!({ "channel": "web", "lines": [{ "sku": sku(A), "quantity": 2 }] });
    shop.create(read(with(fields, &cart)), ReserveAt::Payment).unwrap();
    assert_eq!(shop.held_of_line(0, 1, 0), 2);
}

#[test]
fn a_cart_is_converted_once_and_not_after_its_time() {
    let mut shop = shop();
    shop.receive(A, 0, 4);
    for number in 1..=4 {
        shop.cart(number, &[(A, 1)]);
    }
    shop.convert(1, &[(A, 1)], &json!({})).unwrap();
    shop.convert(1, &[(A, 1)], &json!({})).unwrap_err();
    shop.cancel_cart(2);
    shop.convert(2, &[(A, 1)], &json!({})).unwrap_err();
    shop.second += 60;
    shop.convert(3, &[(A, 1)], &json!({})).unwrap_err();
    assert_eq!(shop.cart_status(4), CartReservationStatus::Expired);
}

#[test]
fn the_units_of_expired_carts_are_available_before_the_carts_are_ended() {
    let mut shop = shop();
    shop.receive(A, 0, 2);
    shop.cart(1, &[(A, 2)]);
    shop.second += 59;
    shop.try_cart(2, &[(A, 1)], &json!({})).unwrap_err();
    shop.second += 1;
    shop.cart(3, &[(A, 2)]);
    shop.expire_cart(1);
    assert_eq!((shop.reserved_and_available(A, 0), shop.cart_units(3, A, 0)), ((2, 0), 2));
}

#[test]
fn the_end_of_a_cart_gives_its_units_to_the_backorder_queue() {
    let mut shop = shop();
    shop.receive(A, 0, 2);
    shop.cart(1, &[(A, 2)]);
    let order = shop.order_of(&[(A, 2)], &json!({}));
    shop.second += 60;
    shop.expire_cart(1);
    shop.fill(&sku(A)).unwrap();
    assert_eq!(shop.held_of_line(order, 1, 0), 2);
}

#[test]
fn carts_lose_missing_units_before_orders_and_the_youngest_cart_first() {
    let mut shop = shop();
    shop.receive(A, 0, 6);
    shop.cart(1, &[(A, 2)]);
    let order = shop.order_of(&[(A, 2)], &json!({}));
    shop.second += 1;
    shop.cart(2, &[(A, 2)]);
    shop.count_of(A, 0, 3);
    assert_eq!((shop.cart_units(1, A, 0), shop.cart_units(2, A, 0)), (1, 0));
    assert_eq!((shop.held_of_line(order, 1, 0), shop.reserved_and_available(A, 0)), (2, (3, 0)));
    assert_eq!(shop.cart_status(2), CartReservationStatus::Open);
    shop.count_of(A, 0, 1);
    assert_eq!((shop.cart_units(1, A, 0), shop.held_of_line(order, 1, 0)), (0, 1));
    shop.convert(1, &[(A, 1)], &json!({})).unwrap();
    assert_eq!(shop.backordered(1, 1), 1, "a cart without units is converted all the same");
}

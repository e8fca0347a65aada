//! Given earlier decisions, when another one is taken, then these events or this refusal.

use cqrs_es::Aggregate;
use serde_json::json;

use super::*;
use crate::Decide;
use crate::refusal::{Class, Refusal};
use crate::values::{Period, Quantity};

fn id() -> CartReservationId {
    "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap()
}

fn order_id() -> OrderId {
    "01890a5d-ac96-774b-bcce-b302099a8058".parse().unwrap()
}

fn time(second: i64) -> Timestamp {
    Timestamp::from_microseconds(second * 1_000_000)
}

fn there(location: &str, units: u64) -> Allocation {
    Allocation { location: location.parse().unwrap(), quantity: Units::new(units) }
}

/// Three A at DC-1 and two at DC-2, in two lines, reserved at second 10 until second 70.
fn reserved() -> CartReserved {
    let line = |units: i64, allocations| CartLine {
        sku: "A".parse().unwrap(),
        quantity: Quantity::new(units).unwrap(),
        allocations,
        without_stock: false,
    };
    CartReserved {
        reservation_id: id(),
        channel: "web".parse().unwrap(),
        lines: vec![line(1, vec![there("DC-1", 1)]), line(4, vec![there("DC-1", 2), there("DC-2", 2)])],
        until: time(70),
        content: Text::new("digest").unwrap(),
        at: time(10),
    }
}

fn after(cart: &CartReservation, command: &CartReservationCommand) -> CartReservation {
    let mut next = cart.clone();
    for event in cart.decide(command).unwrap() {
        next.apply(event);
    }
    next
}

fn open() -> CartReservation {
    after(&CartReservation::default(), &CartReservationCommand::Reserve(Box::new(reserved())))
}

fn extend(until: i64, at: i64) -> CartReservationCommand {
    CartReservationCommand::Extend { id: id(), until: time(until), at: time(at) }
}

fn cancel(at: i64) -> CartReservationCommand {
    CartReservationCommand::Cancel { id: id(), reason: None, at: time(at) }
}

fn convert(at: i64) -> CartReservationCommand {
    CartReservationCommand::Convert { id: id(), order_id: order_id(), at: time(at) }
}

fn expire(at: i64) -> CartReservationCommand {
    CartReservationCommand::Expire { at: time(at) }
}

fn lose(location: &str, most: u64, at: i64) -> CartReservationCommand {
    let (sku, location, most) = ("A".parse().unwrap(), location.parse().unwrap(), Units::new(most));
    CartReservationCommand::LoseUnits { sku, location, most, at: time(at) }
}

fn code(cart: &CartReservation, command: &CartReservationCommand) -> &'static str {
    cart.decide(command).unwrap_err().code()
}

#[test]
fn the_same_reservation_again_changes_nothing_and_another_one_is_refused() {
    let again = |content: &str| {
        let reserved = CartReserved { content: Text::new(content).unwrap(), ..reserved() };
        CartReservationCommand::Reserve(Box::new(reserved))
    };
    assert_eq!(open().decide(&again("digest")), Ok(Vec::new()));
    assert_eq!(code(&open(), &again("other")), "reservation_exists");
}

#[test]
fn a_reservation_ends_at_its_time_and_not_before() {
    let cart = open();
    assert_eq!(cart.status(time(69)), Some(CartReservationStatus::Open));
    assert_eq!(cart.status(time(70)), Some(CartReservationStatus::Expired));
    assert_eq!(cart.decide(&expire(69)), Ok(Vec::new()));
    let ended = after(&cart, &expire(70));
    assert_eq!((ended.ending, ended.due_at()), (Some(CartEnding::Expired), None));
    assert_eq!(ended.decide(&expire(71)), Ok(Vec::new()));
}

#[test]
fn an_extension_moves_the_end_only_to_a_later_time() {
    let cart = after(&open(), &extend(90, 20));
    assert_eq!(cart.due_at(), Some(time(90)));
    assert_eq!(cart.decide(&extend(80, 21)), Ok(Vec::new()));
    assert_eq!(cart.status(time(75)), Some(CartReservationStatus::Open));
}

#[test]
fn a_reservation_that_has_ended_is_neither_extended_nor_cancelled_nor_converted() {
    let open = open();
    let cancelled = after(&open, &cancel(20));
    let converted = after(&open, &convert(20));
    let expired = after(&open, &expire(70));
    for (cart, at, expected) in [
        (&CartReservation::default(), 20, "unknown_reservation"),
        (&open, 70, "reservation_expired"),
        (&expired, 71, "reservation_expired"),
        (&cancelled, 21, "reservation_cancelled"),
        (&converted, 21, "reservation_converted"),
    ] {
        assert_eq!(code(cart, &extend(500, at)), expected);
        assert_eq!(code(cart, &convert(at)), expected);
        if expected != "reservation_cancelled" {
            assert_eq!(code(cart, &cancel(at)), expected);
        }
    }
    assert_eq!(cancelled.decide(&cancel(21)), Ok(Vec::new()), "cancelled again");
}

#[test]
fn a_converted_reservation_names_its_order() {
    let converted = after(&open(), &convert(20));
    assert_eq!(converted.ending, Some(CartEnding::Converted(order_id())));
    let refusal = converted.decide(&convert(21)).unwrap_err();
    assert_eq!(refusal.details(), Some(("orderId", json!(order_id().to_string()))));
}

#[test]
fn units_that_are_missing_at_a_location_are_lost_there_only() {
    let cart = after(&open(), &lose("DC-1", 2, 20));
    let units = &cart.units()[&"A".parse::<Sku>().unwrap()];
    assert_eq!(units.allocations, [there("DC-1", 1), there("DC-2", 2)]);
    let cart = after(&cart, &lose("DC-1", 9, 21));
    assert_eq!(cart.units()[&"A".parse::<Sku>().unwrap()].allocations, [there("DC-2", 2)]);
    assert_eq!(cart.decide(&lose("DC-1", 9, 22)), Ok(Vec::new()));
    assert_eq!(cart.decide(&lose("DC-2", 9, 70)), Ok(Vec::new()), "the units are free already");
}

#[test]
fn the_end_of_a_longer_reservation_is_rounded_up_more_coarsely() {
    let at = Timestamp::from_microseconds(1_000_000_000_000_001);
    let end = |period: &str| ends_at(at, period.parse::<Period>().unwrap()).map(Timestamp::microseconds);
    assert_eq!(end("PT1S"), Ok(1_000_000_002_000_000));
    assert_eq!(end("PT1M"), Ok(1_000_000_061_000_000));
    assert_eq!(end("PT1M1S"), Ok(1_000_000_080_000_000));
    assert_eq!(end("PT15M"), Ok(1_000_000_920_000_000));
    assert_eq!(end("PT1H"), Ok(1_000_003_620_000_000));
    assert_eq!(end("P1D"), Ok(1_000_087_200_000_000));
    let refusal = end("PT24H1S").unwrap_err();
    assert_eq!((refusal.code(), refusal.class()), ("reservation_too_long", Class::Invalid));
    assert_eq!(refusal.pointer().as_deref(), Some("/expiresAfter"));
}

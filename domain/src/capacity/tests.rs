//! Given commands, when another one is decided, then these events or this refusal.

use cqrs_es::Aggregate;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::Decide;
use crate::values::OrderId;

fn day(number: u32) -> Day {
    "2026-02-27".parse::<Day>().unwrap().plus(number)
}

fn part(number: u128) -> FulfillmentOrderId {
    FulfillmentOrderId::new(OrderId::new(Uuid::from_u128(number)), 1)
}

fn book_with(number: u128, capacity: u32, (today, earliest): (u32, u32), horizon: u32) -> CapacityCommand {
    CapacityCommand::Book(BookCapacity {
        location: LocationId::new("DC-1").unwrap(),
        fulfillment_order_id: part(number),
        capacity: Quantity::new(capacity.into()).unwrap(),
        calendar: WorkingDays::default(),
        today: day(today),
        earliest: day(earliest),
        horizon,
    })
}

/// Two a day, within three days.
fn book(number: u128, today: u32, earliest: u32) -> CapacityCommand {
    book_with(number, 2, (today, earliest), 3)
}

fn free(number: u128) -> CapacityCommand {
    CapacityCommand::Free(part(number))
}

fn given(history: impl IntoIterator<Item = CapacityCommand>) -> LocationCapacity {
    let mut capacity = LocationCapacity::default();
    for command in history {
        for event in capacity.decide(&command).unwrap() {
            capacity.apply(event);
        }
    }
    capacity
}

/// The day that a command books, if any.
#[allow(clippy::needless_pass_by_value, reason = "a sentence has no ampersands")]
fn booked(capacity: &LocationCapacity, command: CapacityCommand) -> Option<Day> {
    match &capacity.decide(&command).unwrap()[..] {
        [CapacityEvent::CapacityBooked(booked)] => Some(booked.day),
        [] => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_day_with_free_capacity_is_booked() {
    let capacity = given([book(1, 0, 0), book(2, 0, 0), book(3, 0, 1)]);
    assert_eq!(booked(&capacity, book(4, 0, 0)), Some(day(1)));
    assert_eq!(booked(&capacity, book(4, 0, 2)), Some(day(2)));
    let full = given([book(1, 0, 0), book(2, 0, 0), book(3, 0, 1), book(4, 0, 1)]);
    assert_eq!(booked(&full, book(5, 0, 0)), Some(day(2)));
    assert_eq!(booked(&full, book_with(5, 3, (0, 0), 3)), Some(day(0)), "its capacity was raised");
}

#[test]
fn without_free_capacity_within_the_horizon_it_is_refused() {
    let full = given((1..=6).map(|number| book(number, 0, 0)));
    let refusal = full.decide(&book(7, 0, 0)).unwrap_err();
    assert_eq!((refusal.code(), refusal.class(), refusal.pointer()), ("no_capacity", Class::Conflict, None));
    assert_eq!(refusal.to_string(), "DC-1 has no capacity within 3 days from 2026-02-27");
    assert_eq!(booked(&full, book(7, 0, 1)), Some(day(3)));
    assert!(full.decide(&book_with(7, 2, (0, 0), 0)).is_err(), "a horizon of no days");
}

#[test]
fn only_working_days_are_booked() {
    // Day 0 is a Friday, and the closure is on Tuesday.
    let calendar = WorkingDays {
        weekdays: serde_json::from_str(r#"["monday","tuesday","wednesday","thursday","friday"]"#).unwrap(),
        closures: serde_json::from_str(r#"[{"from":"2026-03-03"}]"#).unwrap(),
    };
    let book = |number, horizon| match book_with(number, 1, (0, 0), horizon) {
        CapacityCommand::Book(book) => {
            CapacityCommand::Book(BookCapacity { calendar: calendar.clone(), ..book })
        }
        free @ CapacityCommand::Free(_) => free,
    };
    let mut capacity = LocationCapacity::default();
    for (number, expected) in [(1, day(0)), (2, day(3)), (3, day(5)), (4, day(6)), (5, day(7)), (6, day(10))]
    {
        assert_eq!(booked(&capacity, book(number, 60)), Some(expected));
        for event in capacity.decide(&book(number, 60)).unwrap() {
            capacity.apply(event);
        }
    }
    assert!(capacity.decide(&book(7, 11)).is_err(), "the horizon counts closed days too");
    assert_eq!(booked(&capacity, book(7, 12)), Some(day(11)));
}

#[test]
fn the_horizon_is_at_most_sixty_days() {
    let full = given((0..60).map(|number| book_with(number, 1, (0, 0), 60)));
    assert_eq!(full.days.len(), 60);
    assert!(full.decide(&book_with(99, 1, (0, 0), 1_000)).is_err());
    assert_eq!(booked(&full, book_with(99, 1, (0, 1), 1_000)), Some(day(60)));
}

#[test]
fn freed_capacity_is_booked_again_and_freeing_twice_has_no_effect() {
    let full = given([book(1, 0, 0), book(2, 0, 0)]);
    let freed = full.decide(&free(1)).unwrap();
    assert!(matches!(&freed[..], [CapacityEvent::CapacityFreed(freed)] if freed.day == day(0)));
    let capacity = given([book(1, 0, 0), book(2, 0, 0), free(1)]);
    assert_eq!(booked(&capacity, book(3, 0, 0)), Some(day(0)));
    assert_eq!(capacity.decide(&free(1)), Ok(vec![]));
    assert_eq!(LocationCapacity::default().decide(&free(1)), Ok(vec![]));
    assert!(given([book(1, 0, 0), free(1)]).days.is_empty());
}

#[test]
fn a_fulfillment_order_is_booked_once() {
    let capacity = given([book(1, 0, 0)]);
    assert_eq!(booked(&capacity, book(1, 0, 2)), None);
    assert_eq!(booked(&given([book(1, 0, 0), free(1)]), book(1, 0, 2)), Some(day(2)));
}

#[test]
fn days_before_the_decision_are_not_booked() {
    assert_eq!(booked(&LocationCapacity::default(), book(1, 5, 2)), Some(day(5)));
    let capacity = given([book(1, 5, 5)]);
    assert_eq!(
        booked(&capacity, book(2, 4, 4)),
        Some(day(5)),
        "the time zone changed, and the day is yesterday again"
    );
}

#[test]
fn days_before_the_latest_booking_are_forgotten() {
    let capacity = given([book(1, 0, 0), book(2, 0, 1), book(3, 0, 4), book(4, 1, 4)]);
    assert_eq!(capacity.days.keys().copied().collect::<Vec<_>>(), [day(1), day(4)]);
    assert_eq!(capacity.since, Some(day(1)));
    assert_eq!(capacity.decide(&free(1)), Ok(vec![]));
    assert_eq!(capacity.day_of(part(2)), Some(day(1)));
}

#[test]
fn an_event_is_serialised_with_its_day() {
    let events = LocationCapacity::default().decide(&book(1, 0, 1)).unwrap();
    let payload = events[0].payload().unwrap();
    let expected = r#"{"location":"DC-1","day":"2026-02-28","fulfillmentOrderId":"00000000-0000-0000-0000-000000000001.f1","bookedOn":"2026-02-27"}"#;
    assert_eq!(String::from_utf8(payload.clone()).unwrap(), expected);
    assert_eq!(CapacityEvent::decode("CapacityBooked", 1, &payload), Ok(events[0].clone()));
}

fn any_command() -> impl Strategy<Value = CapacityCommand> {
    prop_oneof![
        3 => (0..20_u128, 1..4_u32, (0..5_u32, 0..5_u32), 1..5_u32)
            .prop_map(|(number, capacity, days, horizon)| book_with(number, capacity, days, horizon)),
        1 => (0..20_u128).prop_map(free),
    ]
}

proptest! {
    #[test]
    fn no_day_is_booked_beyond_its_capacity(commands in prop::collection::vec(any_command(), 1..60)) {
        let mut capacity = LocationCapacity::default();
        let mut events = Vec::new();
        for command in commands {
            let before = capacity.clone();
            for event in capacity.decide(&command).unwrap_or_default() {
                capacity.apply(event.clone());
                if let (
                    CapacityCommand::Book(BookCapacity { capacity: daily, calendar, earliest, horizon, .. }),
                    CapacityEvent::CapacityBooked(booked),
                ) = (&command, &event)
                {
                    let earliest = (*earliest).max(booked.booked_on);
                    let seen = first_free_day(&before, *daily, calendar, earliest, *horizon);
                    prop_assert_eq!(seen, Some(booked.day), "sourcing saw the same day");
                    prop_assert!(capacity.booked(booked.day) as u64 <= daily.units().number());
                    prop_assert!(booked.day >= earliest && calendar.includes(booked.day));
                }
                events.push(event);
            }
            prop_assert!(capacity.days.keys().all(|day| Some(*day) >= capacity.since));
            prop_assert!(capacity.days.values().all(|booked| !booked.is_empty()));
        }
        let mut folded = LocationCapacity::default();
        for event in events {
            folded.apply(event);
        }
        prop_assert_eq!(&folded, &capacity);
        let stored = serde_json::to_vec(&capacity).unwrap();
        prop_assert_eq!(serde_json::from_slice::<LocationCapacity>(&stored).unwrap(), capacity);
    }
}

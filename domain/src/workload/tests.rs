//! Given, when, then: what a workload says to each command.

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

fn book_with(number: u128, capacity: u32, (today, earliest): (u32, u32), horizon: u32) -> WorkloadCommand {
    WorkloadCommand::Book {
        location: LocationId::new("DC-1").unwrap(),
        fulfillment_order_id: part(number),
        capacity: Quantity::new(capacity.into()).unwrap(),
        today: day(today),
        earliest: day(earliest),
        horizon,
    }
}

/// Two a day, within three days.
fn book(number: u128, today: u32, earliest: u32) -> WorkloadCommand {
    book_with(number, 2, (today, earliest), 3)
}

fn free(number: u128) -> WorkloadCommand {
    WorkloadCommand::Free { fulfillment_order_id: part(number) }
}

fn given(history: impl IntoIterator<Item = WorkloadCommand>) -> Workload {
    let mut workload = Workload::default();
    for command in history {
        for event in workload.decide(&command).unwrap() {
            workload.apply(event);
        }
    }
    workload
}

/// The day that a command books.
#[allow(clippy::needless_pass_by_value, reason = "a sentence has no ampersands")]
fn booked(workload: &Workload, command: WorkloadCommand) -> Option<Day> {
    match &workload.decide(&command).unwrap()[..] {
        [WorkloadEvent::CapacityBooked(booked)] => Some(booked.day),
        [] => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_day_with_room_is_booked() {
    let workload = given([book(1, 0, 0), book(2, 0, 0), book(3, 0, 1)]);
    assert_eq!(booked(&workload, book(4, 0, 0)), Some(day(1)));
    assert_eq!(booked(&workload, book(4, 0, 2)), Some(day(2)));
    let full = given([book(1, 0, 0), book(2, 0, 0), book(3, 0, 1), book(4, 0, 1)]);
    assert_eq!(booked(&full, book(5, 0, 0)), Some(day(2)));
    assert_eq!(booked(&full, book_with(5, 3, (0, 0), 3)), Some(day(0)), "it can handle more now");
}

#[test]
fn where_no_day_within_the_horizon_has_room_it_is_refused() {
    let full = given((1..=6).map(|number| book(number, 0, 0)));
    let refusal = full.decide(&book(7, 0, 0)).unwrap_err();
    assert_eq!((refusal.code(), refusal.class(), refusal.pointer()), ("no_capacity", Class::Conflict, None));
    assert_eq!(refusal.to_string(), "DC-1 has no room within 3 days from 2026-02-27");
    assert_eq!(booked(&full, book(7, 0, 1)), Some(day(3)));
    assert!(full.decide(&book_with(7, 2, (0, 0), 0)).is_err(), "no day at all");
}

#[test]
fn the_horizon_is_sixty_days_however_many_are_asked_for() {
    let full = given((0..60).map(|number| book_with(number, 1, (0, 0), 60)));
    assert_eq!(full.days.len(), 60);
    assert!(full.decide(&book_with(99, 1, (0, 0), 1_000)).is_err());
    assert_eq!(booked(&full, book_with(99, 1, (0, 1), 1_000)), Some(day(60)));
}

#[test]
fn what_is_freed_makes_room_and_freeing_it_twice_changes_nothing() {
    let full = given([book(1, 0, 0), book(2, 0, 0)]);
    let freed = full.decide(&free(1)).unwrap();
    assert!(matches!(&freed[..], [WorkloadEvent::CapacityFreed(freed)] if freed.day == day(0)));
    let workload = given([book(1, 0, 0), book(2, 0, 0), free(1)]);
    assert_eq!(booked(&workload, book(3, 0, 0)), Some(day(0)));
    assert_eq!(workload.decide(&free(1)), Ok(vec![]));
    assert_eq!(Workload::default().decide(&free(1)), Ok(vec![]));
    assert!(given([book(1, 0, 0), free(1)]).days.is_empty());
}

#[test]
fn a_fulfillment_order_is_booked_once() {
    let workload = given([book(1, 0, 0)]);
    assert_eq!(booked(&workload, book(1, 0, 2)), None);
    assert_eq!(booked(&given([book(1, 0, 0), free(1)]), book(1, 0, 2)), Some(day(2)));
}

#[test]
fn nothing_is_booked_before_the_day_on_which_it_is_decided() {
    assert_eq!(booked(&Workload::default(), book(1, 5, 2)), Some(day(5)));
    let workload = given([book(1, 5, 5)]);
    assert_eq!(
        booked(&workload, book(2, 4, 4)),
        Some(day(5)),
        "the time zone changed and it is yesterday again"
    );
}

#[test]
fn days_before_the_one_of_the_latest_booking_are_forgotten() {
    let workload = given([book(1, 0, 0), book(2, 0, 1), book(3, 0, 4), book(4, 1, 4)]);
    assert_eq!(workload.days.keys().copied().collect::<Vec<_>>(), [day(1), day(4)]);
    assert_eq!(workload.since, Some(day(1)));
    assert_eq!(workload.decide(&free(1)), Ok(vec![]));
    assert_eq!(workload.day_of(part(2)), Some(day(1)));
}

#[test]
fn an_event_is_written_with_its_day() {
    let events = Workload::default().decide(&book(1, 0, 1)).unwrap();
    let payload = events[0].payload().unwrap();
    let expected = r#"{"location":"DC-1","day":"2026-02-28","fulfillmentOrderId":"00000000-0000-0000-0000-000000000001.f1","bookedOn":"2026-02-27"}"#;
    assert_eq!(String::from_utf8(payload.clone()).unwrap(), expected);
    assert_eq!(WorkloadEvent::decode("CapacityBooked", 1, &payload), Ok(events[0].clone()));
}

fn any_command() -> impl Strategy<Value = WorkloadCommand> {
    prop_oneof![
        3 => (0..20_u128, 1..4_u32, (0..5_u32, 0..5_u32), 1..5_u32)
            .prop_map(|(number, capacity, days, horizon)| book_with(number, capacity, days, horizon)),
        1 => (0..20_u128).prop_map(free),
    ]
}

proptest! {
    #[test]
    fn no_day_takes_more_than_it_can_handle(commands in prop::collection::vec(any_command(), 1..60)) {
        let mut workload = Workload::default();
        let mut events = Vec::new();
        for command in commands {
            let before = workload.clone();
            for event in workload.decide(&command).unwrap_or_default() {
                workload.apply(event.clone());
                if let (WorkloadCommand::Book { capacity, earliest, horizon, .. }, WorkloadEvent::CapacityBooked(booked)) =
                    (&command, &event)
                {
                    let told = first_free_day(&before, *capacity, (*earliest).max(booked.booked_on), *horizon);
                    prop_assert_eq!(told, Some(booked.day), "sourcing was told the same");
                    prop_assert!(workload.booked(booked.day) as u64 <= capacity.units().number());
                    prop_assert!(booked.day >= booked.booked_on && booked.day >= *earliest);
                }
                events.push(event);
            }
            prop_assert!(workload.days.keys().all(|day| Some(*day) >= workload.since));
            prop_assert!(workload.days.values().all(|booked| !booked.is_empty()));
        }
        let mut folded = Workload::default();
        for event in events {
            folded.apply(event);
        }
        prop_assert_eq!(&folded, &workload);
        let stored = serde_json::to_vec(&workload).unwrap();
        prop_assert_eq!(serde_json::from_slice::<Workload>(&stored).unwrap(), workload);
    }
}

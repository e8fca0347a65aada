use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn calendar(weekdays: Option<&[&str]>, closures: &Value) -> WorkingDays {
    WorkingDays {
        weekdays: weekdays.map(|names| serde_json::from_value(json!(names)).unwrap()),
        closures: serde_json::from_value(closures.clone()).unwrap(),
    }
}

const MONDAY_TO_FRIDAY: Option<&[&str]> = Some(&["monday", "tuesday", "wednesday", "thursday", "friday"]);

#[test]
fn every_day_is_a_working_day_by_default() {
    let calendar = WorkingDays::default();
    assert_eq!(calendar.next(day("2027-12-25")), day("2027-12-25"));
    assert_eq!(calendar.plus(day("2027-12-25"), 2), day("2027-12-27"));
    assert_eq!(calendar.check(), Ok(()));
}

#[test]
fn the_next_working_day_is_a_named_weekday_outside_closures() {
    let holidays = json!([{ "from": "2028-01-06", "to": "2028-01-07", "name": "Epiphany" },
        { "from": "2027-12-24", "to": "2028-01-02", "name": "Company holiday" }, { "from": "2028-01-03" }]);
    for (weekdays, closures, from, next) in [
        // 25 December 2027 is a Saturday.
        (MONDAY_TO_FRIDAY, json!([]), "2027-12-25", "2027-12-27"),
        (MONDAY_TO_FRIDAY, json!([]), "2027-12-24", "2027-12-24"),
        (Some(&["wednesday"][..]), json!([]), "2027-12-23", "2027-12-29"),
        (Some(&["sunday", "saturday"]), json!([]), "2027-12-27", "2028-01-01"),
        (None, json!([{ "from": "2027-12-25" }]), "2027-12-25", "2027-12-26"),
        // Over the new year, and into the closure that follows.
        (None, holidays.clone(), "2027-12-23", "2027-12-23"),
        (None, holidays.clone(), "2027-12-24", "2028-01-04"),
        (None, holidays.clone(), "2028-01-01", "2028-01-04"),
        (MONDAY_TO_FRIDAY, holidays, "2028-01-06", "2028-01-10"),
        // A longer closure contains a shorter one that starts later.
        (
            None,
            json!([{ "from": "2028-02-01", "to": "2028-02-28" }, { "from": "2028-02-03" }]),
            "2028-02-02",
            "2028-02-29",
        ),
    ] {
        let calendar = calendar(weekdays, &closures);
        assert_eq!(calendar.next(day(from)), day(next), "{weekdays:?} {closures} {from}");
        assert_eq!(calendar.includes(day(from)), from == next, "{weekdays:?} {closures} {from}");
    }
}

#[test]
fn working_days_are_counted_without_closed_days() {
    let christmas = json!([{ "from": "2027-12-27" }]);
    let calendar = calendar(MONDAY_TO_FRIDAY, &christmas);
    for (from, days, to) in [
        ("2027-12-24", 0, "2027-12-24"),
        ("2027-12-25", 0, "2027-12-28"),
        ("2027-12-24", 1, "2027-12-28"),
        ("2027-12-25", 1, "2027-12-28"),
        ("2027-12-23", 5, "2027-12-31"),
        ("2027-12-23", 6, "2028-01-03"),
    ] {
        assert_eq!(calendar.plus(day(from), days), day(to), "{days} from {from}");
    }
    let seen: Vec<Day> = calendar.days_from(day("2027-12-24")).take(3).collect();
    assert_eq!(seen, ["2027-12-24", "2027-12-28", "2027-12-29"].map(day));
}

#[test]
fn a_calendar_without_a_working_day_in_a_year_is_refused() {
    let closed = |weekdays, closures: &Value| calendar(weekdays, closures).check();
    let from = day("2028-01-01");
    assert_eq!(closed(Some(&[]), &json!([])), Err(WorkingDaysError::NoWeekday));
    let until = |to: &str| json!([{ "from": "2028-01-01", "to": to }]);
    assert_eq!(closed(None, &until("2028-12-29")), Ok(()));
    assert_eq!(closed(None, &until("2028-12-30")), Err(WorkingDaysError::ClosedForAYear(from)));
    assert_eq!(closed(None, &until("9999-12-31")), Err(WorkingDaysError::ClosedForAYear(from)));
    let halves =
        json!([{ "from": "2028-07-01", "to": "2028-12-31" }, { "from": "2028-01-01", "to": "2028-06-30" }]);
    assert_eq!(closed(None, &halves), Err(WorkingDaysError::ClosedForAYear(from)));
    // Every Friday is a holiday, and there is no other working day.
    let fridays: Vec<Value> =
        (0..60).map(|week| json!({ "from": day("2028-01-07").plus(7 * week) })).collect();
    assert_eq!(closed(None, &json!(fridays)), Ok(()));
    assert_eq!(
        closed(Some(&["friday"]), &json!(fridays)),
        Err(WorkingDaysError::ClosedForAYear(day("2028-01-07")))
    );
}

#[test]
fn closures_have_a_limit_and_an_order() {
    let single = |count: u32| -> Vec<Value> {
        (0..count).map(|number| json!({ "from": day("2028-01-01").plus(2 * number) })).collect()
    };
    assert_eq!(calendar(None, &json!(single(366))).check(), Ok(()));
    assert_eq!(calendar(None, &json!(single(367))).check(), Err(WorkingDaysError::TooManyClosures));
    let backwards = json!([{ "from": "2028-01-02", "to": "2028-01-01" }]);
    assert_eq!(calendar(None, &backwards).check(), Err(WorkingDaysError::EndsBeforeStart(day("2028-01-02"))));
    let later_first = json!([{ "from": "2028-05-01" }, { "from": "2028-01-01", "name": "New year" }]);
    let sorted = json!([{ "from": "2028-01-01", "name": "New year" }, { "from": "2028-05-01" }]);
    assert_eq!(serde_json::to_value(calendar(None, &later_first).closures).unwrap(), sorted);
}

fn any_day() -> impl Strategy<Value = Day> {
    (0..800_u32).prop_map(|number| day("2027-01-01").plus(number))
}

/// Calendars that are accepted.
fn any_calendar() -> impl Strategy<Value = WorkingDays> {
    let weekdays: BTreeSet<Weekday> =
        (0..7).map(|number| Weekday::of(day("2027-01-04").plus(number))).collect();
    let weekdays = prop::option::of(prop::sample::subsequence(Vec::from_iter(weekdays), 1..=7));
    let closure = (any_day(), prop::option::of(0..40_u32)).prop_map(|(from, days)| Closure {
        from,
        to: days.map(|days| from.plus(days)),
        name: None,
    });
    let calendar = (weekdays, prop::collection::vec(closure, 0..12)).prop_map(|(weekdays, closures)| {
        WorkingDays { weekdays: weekdays.map(BTreeSet::from_iter), closures: closures.into() }
    });
    calendar.prop_filter("closed for a year", |calendar| calendar.check().is_ok())
}

/// Whether a day is a working day, by looking at each closure.
fn is_open(calendar: &WorkingDays, day: Day) -> bool {
    calendar.weekdays.as_ref().is_none_or(|weekdays| weekdays.contains(&Weekday::of(day)))
        && calendar.closures.0.iter().all(|closure| day < closure.from || closure.last() < day)
}

proptest! {
    #[test]
    fn the_next_working_day_is_the_first_open_day_and_never_earlier(
        calendar in any_calendar(), from in any_day()
    ) {
        let open = (0..2_000).map(|ahead| from.plus(ahead)).find(|day| is_open(&calendar, *day));
        prop_assert_eq!(Some(calendar.next(from)), open);
        prop_assert_eq!(calendar.includes(from), is_open(&calendar, from));
    }

    #[test]
    fn a_number_of_working_days_later_as_many_open_days_have_passed(
        calendar in any_calendar(), from in any_day(), days in 1..100_u32
    ) {
        let later = calendar.plus(from, days);
        prop_assert!(is_open(&calendar, later));
        let passed = (1..).map(|ahead| from.plus(ahead)).take_while(|day| *day <= later);
        prop_assert_eq!(passed.filter(|day| is_open(&calendar, *day)).count(), days as usize);
    }
}

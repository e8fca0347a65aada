//! Working days and closures of locations decide when orders leave, and from where.

use super::*;
use crate::values::Timestamp;

/// Location 0 in New York works from Monday to Friday until four o'clock. It is Friday, 24 December 2027, ten o'clock there.
fn christmas_eve(more: &Value) -> Shop {
    let mut shop = shop();
    shop.second = 1_829_660_400;
    shop.set_hours(&with(
        json!({ "latitude": 0, "longitude": 0, "timezone": "America/New_York", "cutOff": "16:00",
            "workingDays": ["monday", "tuesday", "wednesday", "thursday", "friday"] }),
        more,
    ));
    shop
}

impl Shop {
    fn set_hours(&mut self, hours: &Value) {
        let details = with(json!({ "location": location(0) }), hours);
        self.on_network(&NetworkCommand::RegisterLocation(read(details)));
    }

    /// When the first fulfillment order of an order is promised to leave.
    fn ships_at(&self, order: usize) -> Timestamp {
        self.part(order, 1).promise.as_ref().unwrap().ship_at
    }
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn delivery(field: &str, time: &str) -> Value {
    json!({ "delivery": { "method": "ship", field: time } })
}

#[test]
fn an_order_for_a_saturday_at_christmas_leaves_on_the_next_working_day() {
    let mut shop = christmas_eve(&json!({}));
    shop.receive(A, 0, 9);
    let due = shop.order_of(&[(A, 1)], &delivery("shipNotBefore", "2027-12-25T05:00:00Z"));
    assert_eq!(shop.ships_at(due), at("2027-12-27T21:00:00Z"));
    let today = shop.order_of(&[(A, 1)], &json!({}));
    assert_eq!(shop.ships_at(today), at("2027-12-24T21:00:00Z"));
    shop.second += 7 * 3_600;
    let late = shop.order_of(&[(A, 1)], &json!({}));
    assert_eq!(shop.ships_at(late), at("2027-12-27T21:00:00Z"));
}

#[test]
fn capacity_is_booked_on_working_days_only() {
    let closures = json!([{ "from": "2027-12-28", "to": "2028-01-02" }]);
    let mut shop = christmas_eve(&json!({ "dailyCapacity": 1, "closures": closures }));
    shop.receive(A, 0, 9);
    let leaves = |shop: &mut Shop| {
        let order = shop.order_of(&[(A, 1)], &json!({}));
        shop.ships_at(order)
    };
    let days =
        ["2027-12-24T21:00:00Z", "2027-12-27T21:00:00Z", "2028-01-03T21:00:00Z", "2028-01-04T21:00:00Z"];
    for day in days {
        assert_eq!(leaves(&mut shop), at(day));
    }
}

#[test]
fn an_order_that_must_leave_on_a_closed_day_comes_from_another_location() {
    let mut shop = christmas_eve(&json!({ "closures": [{ "from": "2027-12-24" }] }));
    shop.receive(A, 0, 9);
    let by = delivery("shipBy", "2027-12-26T12:00:00Z");
    let refused = shop.try_order(&[(A, 1)], &by).unwrap_err();
    assert!(refused.0.contains("cannot leave by"), "{refused:?}");
    shop.receive(A, 1, 9);
    let order = shop.order_of(&[(A, 1)], &by);
    assert_eq!(shop.part(order, 1).location, location(1));
}

#[test]
fn a_new_closure_changes_dates_of_later_decisions_only() {
    let mut shop = christmas_eve(&json!({}));
    shop.receive(A, 0, 1);
    let promised = shop.order_of(&[(A, 1)], &json!({}));
    let backordered = shop.order_of(&[(A, 1)], &json!({}));
    shop.set_hours(&json!({ "closures": [{ "from": "2027-12-24", "to": "2027-12-31" }] }));
    shop.receive(A, 0, 1);
    assert_eq!(shop.ships_at(promised), at("2027-12-24T21:00:00Z"));
    assert_eq!(shop.ships_at(backordered), at("2028-01-03T21:00:00Z"));
}

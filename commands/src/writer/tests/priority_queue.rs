//! Whose turn it is, as the lanes tell it.

use holdfast_domain::order::{CancelOrder, CreateOrder};
use holdfast_domain::values::{OrderId, Priority};
use proptest::prelude::*;
use serde_json::json;
use tokio::sync::oneshot;

use super::*;
use crate::command::{AnyCommand, Urgency};
use crate::request::{Caller, Metadata, Request, Sender};
use crate::writer::Submission;
use crate::writer::priority_queue::PriorityQueue;

fn submission(command: AnyCommand, group: Option<u64>) -> Submission {
    let merchant = MerchantId::new("default").unwrap();
    let sender = Sender("test".into());
    let caller = Caller { merchant: &merchant, sender: &sender, key: None };
    let at = Timestamp::from_microseconds(1_000_000);
    let request = Request::new(&vault(), at, caller, command, Metadata::default()).unwrap();
    let urgency = request.command.policy().urgency;
    let reply = oneshot::channel().0;
    Submission { request, reply, _share: None, urgency, group, forwarded: false, doubtful: false }
}

fn order(number: u128) -> OrderId {
    OrderId::new(uuid::Uuid::from_u128(number))
}

fn create(number: u128, priority: Priority) -> AnyCommand {
    let lines = json!([{ "sku": "A", "quantity": 1 }]);
    let fields = json!({ "orderId": order(number), "channel": "web", "lines": lines, "priority": priority });
    serde_json::from_value::<CreateOrder>(fields).unwrap().into()
}

fn cancel(number: u128) -> AnyCommand {
    let fields = json!({ "orderId": order(number), "reason": "why not" });
    serde_json::from_value::<CancelOrder>(fields).unwrap().into()
}

fn taken(lanes: &mut PriorityQueue, room: usize) -> Vec<Urgency> {
    lanes.take(room).iter().map(|submission| submission.urgency).collect()
}

#[test]
fn what_is_urgent_is_taken_first_and_nobody_starves() {
    let mut lanes = PriorityQueue::default();
    for number in 0..100 {
        for priority in [Priority::Standard, Priority::Express, Priority::Critical] {
            lanes.push(submission(create(number * 3 + priority as u128, priority), None));
        }
    }
    let first = taken(&mut lanes, 14);
    let count = |lane| first.iter().filter(|taken| **taken == lane).count();
    assert_eq!([Urgency::Critical, Urgency::Express, Urgency::Standard].map(count), [8, 4, 2]);
    assert_eq!(first[0], Urgency::Critical);
    assert_eq!(taken(&mut lanes, 1_000).len(), 286, "and in the end all are taken");
}

#[test]
fn a_lane_without_anybody_leaves_its_turns_to_the_others() {
    let mut lanes = PriorityQueue::default();
    (0..20).for_each(|number| lanes.push(submission(create(number, Priority::Standard), None)));
    assert_eq!(taken(&mut lanes, 20), [Urgency::Standard; 20]);
    assert_eq!(lanes.len(), 0);
}

#[test]
fn a_report_does_not_overtake_the_order_that_it_is_about() {
    let mut lanes = PriorityQueue::default();
    lanes.push(submission(create(1, Priority::Standard), None));
    let pay = json!({ "orderId": order(1), "paymentRef": "money" });
    let pay = serde_json::from_value::<holdfast_domain::order::ConfirmPayment>(pay).unwrap();
    lanes.push(submission(pay.into(), None));
    assert_eq!(taken(&mut lanes, 2), [Urgency::Standard, Urgency::Express]);
}

#[test]
fn who_follows_a_less_urgent_one_keeps_nobody_else_waiting() {
    let mut lanes = PriorityQueue::default();
    (0..50).for_each(|number| lanes.push(submission(create(number, Priority::Standard), None)));
    let pay = json!({ "orderId": order(49), "paymentRef": "money" });
    let pay = serde_json::from_value::<holdfast_domain::order::ConfirmPayment>(pay).unwrap();
    lanes.push(submission(pay.into(), None));
    let pay = json!({ "orderId": order(1_000), "paymentRef": "money" });
    let pay = serde_json::from_value::<holdfast_domain::order::ConfirmPayment>(pay).unwrap();
    lanes.push(submission(pay.into(), None));
    let first = lanes.take(1);
    assert_eq!(
        first[0].request.about(),
        Some(order(1_000)),
        "the payment of the last one does not stand before it"
    );
}

/// Which order, how urgent, and with which request it came.
fn arrivals() -> impl Strategy<Value = Vec<(u128, usize, Option<u64>)>> {
    prop::collection::vec((0_u128..6, 0_usize..4, prop::option::of(0_u64..4)), 1..60)
}

proptest! {
    #[test]
    fn what_belongs_together_is_taken_in_the_order_in_which_it_came(
        arrivals in arrivals(), rooms in prop::collection::vec(1_usize..9, 1..60)
    ) {
        let mut lanes = PriorityQueue::default();
        let mut rooms = rooms.into_iter().cycle();
        let mut out: Vec<usize> = Vec::new();
        for (place, (number, kind, group)) in arrivals.iter().enumerate() {
            let command = match kind {
                0 => create(*number, Priority::Standard),
                1 => create(*number, Priority::Express),
                2 => create(*number, Priority::Critical),
                _ => cancel(*number),
            };
            let mut submission = submission(command, *group);
            // What tells them apart afterwards.
            submission.request.bytes = place;
            lanes.push(submission);
            if place % 7 == 6 {
                out.extend(lanes.take(rooms.next().unwrap_or(1)).iter().map(|taken| taken.request.bytes));
            }
        }
        out.extend(lanes.take(usize::MAX - 1).iter().map(|taken| taken.request.bytes));
        prop_assert_eq!(out.len(), arrivals.len());
        let place_of = |arrival: usize| out.iter().position(|taken| *taken == arrival);
        for (later, (order, _, group)) in arrivals.iter().enumerate() {
            for (earlier, (other, _, other_group)) in arrivals[..later].iter().enumerate() {
                if order == other || (group.is_some() && group == other_group) {
                    prop_assert!(place_of(earlier) < place_of(later));
                }
            }
        }
    }
}

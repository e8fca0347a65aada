//! The order in which the priority queue returns commands.

use holdfast_domain::order::{CancelOrder, ConfirmPayment, CreateOrder};
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

fn pay(number: u128) -> AnyCommand {
    let fields = json!({ "orderId": order(number), "paymentRef": "money" });
    serde_json::from_value::<ConfirmPayment>(fields).unwrap().into()
}

fn taken(queue: &mut PriorityQueue, room: usize) -> Vec<Urgency> {
    queue.take(room).iter().map(|submission| submission.urgency).collect()
}

#[test]
fn urgent_commands_come_first_and_others_do_not_starve() {
    let mut queue = PriorityQueue::default();
    for number in 0..100 {
        for priority in [Priority::Standard, Priority::Express, Priority::Critical] {
            queue.push(submission(create(number * 3 + priority as u128, priority), None));
        }
    }
    let first = taken(&mut queue, 14);
    let count = |urgency| first.iter().filter(|taken| **taken == urgency).count();
    assert_eq!([Urgency::Critical, Urgency::Express, Urgency::Standard].map(count), [8, 4, 2]);
    assert_eq!(first[0], Urgency::Critical);
    assert_eq!(taken(&mut queue, 1_000).len(), 286, "all commands are taken in the end");
}

#[test]
fn unused_turns_of_an_urgency_go_to_the_others() {
    let mut queue = PriorityQueue::default();
    (0..20).for_each(|number| queue.push(submission(create(number, Priority::Standard), None)));
    assert_eq!(taken(&mut queue, 20), [Urgency::Standard; 20]);
    assert_eq!(queue.len(), 0);
}

#[test]
fn a_report_does_not_overtake_the_creation_of_its_order() {
    let mut queue = PriorityQueue::default();
    queue.push(submission(create(1, Priority::Standard), None));
    queue.push(submission(pay(1), None));
    assert_eq!(taken(&mut queue, 2), [Urgency::Standard, Urgency::Express]);
}

#[test]
fn a_report_that_waits_for_its_order_does_not_block_other_reports() {
    let mut queue = PriorityQueue::default();
    (0..50).for_each(|number| queue.push(submission(create(number, Priority::Standard), None)));
    queue.push(submission(pay(49), None));
    queue.push(submission(pay(1_000), None));
    let first = queue.take(1);
    assert_eq!(
        first[0].request.order_ids().collect::<Vec<_>>(),
        [order(1_000)],
        "the payment of order 49 is not taken before it"
    );
}

/// The order, the kind of command, and the number of the request of each arrival.
fn arrivals() -> impl Strategy<Value = Vec<(u128, usize, Option<u64>)>> {
    prop::collection::vec((0_u128..6, 0_usize..4, prop::option::of(0_u64..4)), 1..60)
}

proptest! {
    #[test]
    fn commands_of_one_order_or_request_are_taken_in_order_of_arrival(
        arrivals in arrivals(), rooms in prop::collection::vec(1_usize..9, 1..60)
    ) {
        let mut queue = PriorityQueue::default();
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
            // The size identifies the submission below.
            submission.request.bytes = place;
            queue.push(submission);
            if place % 7 == 6 {
                out.extend(queue.take(rooms.next().unwrap_or(1)).iter().map(|taken| taken.request.bytes));
            }
        }
        out.extend(queue.take(usize::MAX - 1).iter().map(|taken| taken.request.bytes));
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

//! The order in which queued commands are decided: by urgency, without starvation.
//!
//! Of every fourteen turns, critical orders have eight, express orders and reports four, and all other commands two. Turns of
//! an urgency without commands go to the others. Commands on the same order, and commands of the same request, stay in order
//! of arrival: a later command queues at the urgency of the earlier one, so that it blocks no other command. A command that
//! must follow two commands of different urgencies queues at the lower urgency, and may block it until the other is taken.

use std::collections::{HashMap, VecDeque};

use holdfast_domain::values::OrderId;

use super::submission::Submission;
use crate::command::Urgency;

/// Turns of each urgency in a round.
const TURNS: [usize; 3] = [8, 4, 2];

/// Queued commands by urgency.
#[derive(Debug, Default)]
pub(super) struct PriorityQueue {
    /// Commands with their arrival numbers.
    queues: [VecDeque<(u64, Submission)>; 3],
    arrivals: u64,
    /// The urgency and arrival number of the queued commands of each key.
    ordered: HashMap<OrderingKey, VecDeque<(Urgency, u64)>>,
    /// Turns that each urgency has used in this round.
    used: [usize; 3],
}

/// Commands with the same key stay in order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum OrderingKey {
    Order(OrderId),
    Request(u64),
}

fn ordering_keys(submission: &Submission) -> impl Iterator<Item = OrderingKey> {
    let orders = submission.request.order_ids().map(OrderingKey::Order);
    orders.chain(submission.group.map(OrderingKey::Request))
}

impl PriorityQueue {
    pub(super) fn len(&self) -> usize {
        self.queues.iter().map(VecDeque::len).sum()
    }

    pub(super) fn push(&mut self, submission: Submission) {
        let number = self.arrivals;
        self.arrivals += 1;
        let last = |key| Some(self.ordered.get(&key)?.back()?.0);
        let urgency = ordering_keys(&submission).filter_map(last).max().unwrap_or(submission.urgency);
        for key in ordering_keys(&submission) {
            self.ordered.entry(key).or_default().push_back((urgency, number));
        }
        self.queues[urgency as usize].push_back((number, submission));
    }

    /// Takes at most `room` commands, in the order of their turns.
    pub(super) fn take(&mut self, room: usize) -> VecDeque<Submission> {
        let mut taken = VecDeque::with_capacity(room.min(self.len()));
        while taken.len() < room
            && let Some(submission) = self.next()
        {
            taken.push_back(submission);
        }
        taken
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Submission> {
        self.queues.iter().flatten().map(|(_, submission)| submission)
    }

    /// The earliest arrival is the first of its urgency and follows no other, so one command can always be taken.
    fn next(&mut self) -> Option<Submission> {
        for _ in 0..2 {
            for (urgency, turns) in TURNS.into_iter().enumerate() {
                if self.used[urgency] < turns
                    && let Some(submission) = self.pop(urgency)
                {
                    self.used[urgency] += 1;
                    return Some(submission);
                }
            }
            self.used = Default::default();
        }
        None
    }

    /// Takes the first command of an urgency, unless an earlier command must be taken first.
    fn pop(&mut self, urgency: usize) -> Option<Submission> {
        let (number, first) = self.queues[urgency].front()?;
        let is_next = |key: OrderingKey| {
            self.ordered.get(&key).and_then(VecDeque::front).is_some_and(|(_, first)| first == number)
        };
        if !ordering_keys(first).all(is_next) {
            return None;
        }
        let (_, submission) = self.queues[urgency].pop_front()?;
        for key in ordering_keys(&submission) {
            if let Some(numbers) = self.ordered.get_mut(&key) {
                numbers.pop_front();
                if numbers.is_empty() {
                    self.ordered.remove(&key);
                }
            }
        }
        Some(submission)
    }
}

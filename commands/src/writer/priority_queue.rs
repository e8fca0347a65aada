//! The order in which waiting commands are decided when more wait than one batch takes: by urgency, without starvation.
//!
//! Of every fourteen turns critical orders have eight, express orders and reports four, and all other commands two. An
//! empty lane leaves its turns to the others. Commands about one order, and those of one request, keep the order in which
//! they came: a later command queues in the lane where an earlier one waits, however urgent it is itself, so that it holds
//! up no other command of that lane. A command that must follow two others in two lanes queues in the less urgent one,
//! and may have to wait at its head.

use std::collections::{HashMap, VecDeque};

use holdfast_domain::values::OrderId;

use super::Submission;
use crate::command::Urgency;

/// Turns of each lane in a round.
const TURNS: [usize; 3] = [8, 4, 2];

/// What waits, by lane.
#[derive(Debug, Default)]
pub(super) struct PriorityQueue {
    lanes: [VecDeque<(u64, Submission)>; 3],
    /// How many have ever come: what a place in line is numbered by.
    came: u64,
    /// The urgency and places in line of those that are about an order, or came with one request.
    together: HashMap<OrderingKey, VecDeque<(Urgency, u64)>>,
    /// Turns that each lane has had in this round.
    taken: [usize; 3],
}

/// What keeps commands in the order in which they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum OrderingKey {
    Order(OrderId),
    Request(u64),
}

fn together(submission: &Submission) -> impl Iterator<Item = OrderingKey> {
    let order = submission.request.about().map(OrderingKey::Order);
    order.into_iter().chain(submission.group.map(OrderingKey::Request))
}

impl PriorityQueue {
    pub(super) fn len(&self) -> usize {
        self.lanes.iter().map(VecDeque::len).sum()
    }

    pub(super) fn push(&mut self, submission: Submission) {
        let place = self.came;
        self.came += 1;
        let last = |key| Some(self.together.get(&key)?.back()?.0);
        let urgency = together(&submission).filter_map(last).max().unwrap_or(submission.urgency);
        for key in together(&submission) {
            self.together.entry(key).or_default().push_back((urgency, place));
        }
        self.lanes[urgency as usize].push_back((place, submission));
    }

    /// Takes as many as there is room for, those whose turn it is.
    pub(super) fn take(&mut self, room: usize) -> VecDeque<Submission> {
        let mut taken = VecDeque::with_capacity(room.min(self.len()));
        while taken.len() < room
            && let Some(submission) = self.next()
        {
            taken.push_back(submission);
        }
        taken
    }

    /// All that wait.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Submission> {
        self.lanes.iter().flatten().map(|(_, submission)| submission)
    }

    /// The command that came first is at the head of its lane and follows no other, so one can always be taken.
    fn next(&mut self) -> Option<Submission> {
        for _ in 0..2 {
            for (urgency, turns) in TURNS.into_iter().enumerate() {
                if self.taken[urgency] < turns
                    && let Some(submission) = self.first_of(urgency)
                {
                    self.taken[urgency] += 1;
                    return Some(submission);
                }
            }
            self.taken = Default::default();
        }
        None
    }

    fn first_of(&mut self, urgency: usize) -> Option<Submission> {
        let (place, first) = self.lanes[urgency].front()?;
        let first_of = |key: OrderingKey| self.together.get(&key).and_then(VecDeque::front);
        if !together(first).all(|key| first_of(key).is_some_and(|(_, first)| first == place)) {
            return None;
        }
        let (_, submission) = self.lanes[urgency].pop_front()?;
        for key in together(&submission) {
            if let Some(places) = self.together.get_mut(&key) {
                places.pop_front();
                if places.is_empty() {
                    self.together.remove(&key);
                }
            }
        }
        Some(submission)
    }
}

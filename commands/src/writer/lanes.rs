//! Whose turn it is when more waits than one batch takes: by urgency, without starving anybody.
//!
//! Of every fourteen turns critical orders have eight, express orders and reports of what has happened four, and
//! everything else two; a lane that is empty leaves its turns to the others. Commands about one order, and those of one
//! request, are never taken in another order than they came in: a later one queues in the lane where an earlier one
//! waits, however urgent it is itself, so that nobody else of its own lane waits behind it. Only one that has to follow
//! two, in two lanes, may have to wait as the first of its lane; that is the less urgent lane of the two.

use std::collections::{HashMap, VecDeque};

use holdfast_domain::values::OrderId;

use super::Submission;

/// How urgent a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    /// A critical order.
    Critical,
    /// An express order, or a report of what has happened.
    Express,
    /// Everything else.
    Standard,
}

/// Turns of each lane in a round.
const TURNS: [usize; 3] = [8, 4, 2];

/// What waits, by lane.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    lanes: [VecDeque<(u64, Submission)>; 3],
    /// How many have ever come: what a place in line is numbered by.
    came: u64,
    /// The lane and places in line of those that are about an order, or came with one request.
    together: HashMap<Together, VecDeque<(Lane, u64)>>,
    /// Turns that each lane has had in this round.
    taken: [usize; 3],
}

/// What keeps commands in the order in which they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Together {
    Order(OrderId),
    Request(u64),
}

fn together(submission: &Submission) -> impl Iterator<Item = Together> {
    let order = submission.request.about().map(Together::Order);
    order.into_iter().chain(submission.group.map(Together::Request))
}

impl Lanes {
    pub(super) fn len(&self) -> usize {
        self.lanes.iter().map(VecDeque::len).sum()
    }

    pub(super) fn push(&mut self, submission: Submission) {
        let place = self.came;
        self.came += 1;
        let last = |key| Some(self.together.get(&key)?.back()?.0);
        let lane = together(&submission).filter_map(last).max().unwrap_or(submission.lane);
        for key in together(&submission) {
            self.together.entry(key).or_default().push_back((lane, place));
        }
        self.lanes[lane as usize].push_back((place, submission));
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

    /// Whoever has come first is the first of its lane and waits for nobody, so somebody can always be taken.
    fn next(&mut self) -> Option<Submission> {
        for _ in 0..2 {
            for (lane, turns) in TURNS.into_iter().enumerate() {
                if self.taken[lane] < turns
                    && let Some(submission) = self.first_of(lane)
                {
                    self.taken[lane] += 1;
                    return Some(submission);
                }
            }
            self.taken = Default::default();
        }
        None
    }

    fn first_of(&mut self, lane: usize) -> Option<Submission> {
        let (place, first) = self.lanes[lane].front()?;
        let first_of = |key: Together| self.together.get(&key).and_then(VecDeque::front);
        if !together(first).all(|key| first_of(key).is_some_and(|(_, first)| first == place)) {
            return None;
        }
        let (_, submission) = self.lanes[lane].pop_front()?;
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

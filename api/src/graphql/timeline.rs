//! An order, event by event.

use async_graphql::SimpleObject;
use holdfast_journal::Event as Recorded;
use serde_json::Value;

use super::enums::OrderStatus;
use super::error::Problem;
use super::event::Event;
use crate::history::difference::Difference as Found;
use crate::reading::{Step, steps};

/// An event of an order, and where the order stood after it.
#[derive(Debug, SimpleObject)]
pub(super) struct OrderStep {
    /// What happened, when, by which command and by whom.
    event: Event,
    /// Where the order stood after it. What others can see is only the last of a command.
    status: OrderStatus,
    /// What of the order was not as before.
    differences: Vec<Difference>,
}

/// A value that is not what it was before.
#[derive(Debug, SimpleObject)]
pub(super) struct Difference {
    /// Which: a JSON pointer (RFC 6901) into the order as REST tells it.
    pointer: String,
    /// What it was; null where there was none.
    before: Option<Value>,
    /// What it is; null where there is none.
    after: Option<Value>,
}

impl From<Found> for Difference {
    fn from(found: Found) -> Self {
        Self { pointer: found.pointer, before: found.before, after: found.after }
    }
}

/// An order's events, with where it stood after each and, where that is asked for, what each changed.
pub(super) fn timeline(events: &[Recorded], compare: bool) -> Result<Vec<OrderStep>, Problem> {
    let step = |(event, (status, differences)): (&Recorded, Step)| {
        let differences = differences.into_iter().flatten().map(Difference::from).collect();
        Ok(OrderStep { event: event.try_into()?, status: status.into(), differences })
    };
    events.iter().zip(steps(events, compare)?).map(step).collect()
}

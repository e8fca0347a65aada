//! How commands are queued.

use holdfast_domain::values::{OrderId, Priority};

use super::{AnyCommand, CommandGroup};

/// The urgency of a queued command, most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Urgency {
    /// A critical order.
    Critical,
    /// A report, or an express order.
    Express,
    /// Any other command.
    Standard,
}

/// How a command is queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CommandPolicy {
    /// The order that the command changes, if its fields identify it. Commands on the same order stay in order of arrival.
    pub(crate) order_id: Option<OrderId>,
    pub(crate) urgency: Urgency,
    /// Whether the command is accepted when the queue is almost full: a report, or a critical order.
    pub(crate) may_fill_queue: bool,
}

impl CommandPolicy {
    /// A report of an occurrence, which precedes requests.
    pub(super) fn report(order_id: Option<OrderId>) -> Self {
        Self { order_id, urgency: Urgency::Express, may_fill_queue: true }
    }

    /// A request, which may be refused.
    pub(super) fn request(order_id: Option<OrderId>) -> Self {
        Self { order_id, urgency: Urgency::Standard, may_fill_queue: false }
    }

    /// A group is as urgent as the least urgent of its commands.
    pub(super) fn group(group: &CommandGroup) -> Self {
        let policies = || group.commands().iter().map(AnyCommand::policy);
        Self {
            order_id: None,
            urgency: policies().map(|policy| policy.urgency).max().unwrap_or(Urgency::Standard),
            may_fill_queue: policies().all(|policy| policy.may_fill_queue),
        }
    }

    /// The creation of an order.
    pub(super) fn new_order(order_id: Option<OrderId>, priority: Option<Priority>) -> Self {
        let urgency = match priority {
            Some(Priority::Critical) => Urgency::Critical,
            Some(Priority::Express) => Urgency::Express,
            Some(Priority::Standard) | None => Urgency::Standard,
        };
        Self { order_id, urgency, may_fill_queue: urgency == Urgency::Critical }
    }
}

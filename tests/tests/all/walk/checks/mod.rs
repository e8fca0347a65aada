//! What must always hold, judged by the walk's own model.

pub mod channel_limits;
pub mod holds;
pub mod liveness;
pub mod queue_order;
pub mod sourcing;
pub mod units;

use super::feed::{Decision, FeedEvent};
use super::model::{Before, Model};
use super::violations::Violations;

/// Checked before an event is folded.
pub fn at_event(model: &Model, decision: &Decision, event: &FeedEvent, violations: &mut Violations) {
    units::at_event(model, decision, event, violations);
    queue_order::at_event(model, decision, event, violations);
    sourcing::at_event(model, decision, event, violations);
}

/// Checked when all events of a command are folded.
pub fn after_command(model: &Model, before: &Before, decision: &Decision, violations: &mut Violations) {
    units::after_command(model, before, decision, violations);
    sourcing::after_command(model, before, decision, violations);
    channel_limits::after_command(model, before, decision, violations);
    holds::after_command(model, before, decision, violations);
}

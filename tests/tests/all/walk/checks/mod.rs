//! The invariants, checked against the walk's model.

pub mod bundles;
pub mod carts;
pub mod channel_limits;
pub mod holds;
pub mod liveness;
pub mod queue_order;
pub mod sourcing;
pub mod units;

use super::feed::{Decision, FeedEvent};
use super::model::{Before, Model};
use super::violations::Violations;

/// Folds the events of one command, and checks the invariants at each event and after the last.
pub fn follow(model: &mut Model, decision: &Decision, violations: &mut Violations) {
    let before = model.before(decision);
    for event in &decision.events {
        at_event(model, decision, event, violations);
        model.fold(decision, event, violations);
    }
    model.time = decision.time;
    model.position = decision.end;
    after_command(model, &before, decision, violations);
}

/// Checked before an event is folded.
fn at_event(model: &Model, decision: &Decision, event: &FeedEvent, violations: &mut Violations) {
    units::at_event(model, decision, event, violations);
    queue_order::at_event(model, decision, event, violations);
    sourcing::at_event(model, decision, event, violations);
}

/// Checked when all events of a command are folded.
fn after_command(model: &Model, before: &Before, decision: &Decision, violations: &mut Violations) {
    units::after_command(model, before, decision, violations);
    sourcing::after_command(model, before, decision, violations);
    channel_limits::after_command(model, before, decision, violations);
    holds::after_command(model, before, decision, violations);
    carts::after_command(model, decision, violations);
    bundles::after_command(model, decision, violations);
}

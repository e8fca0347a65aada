//! A group of commands: executed in order, and refused as a whole if one of them is refused.

use holdfast_domain::Class;
use holdfast_journal::OutcomeKind;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::execute;
use super::unit_of_work::{Accepted, Stop, UnitOfWork, accepted};
use crate::answer::Refused;
use crate::command::CommandGroup;

/// The most events of a group.
const MAX_EVENTS: u64 = 10_000;

/// The most bytes of the answers to the commands of a group.
const MAX_ANSWER_BYTES: usize = 4 << 20;

/// The answer to a group: the answer to each of its commands, in the same order.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GroupAnswer {
    /// One for each command.
    answers: Vec<MemberAnswer>,
}

/// The answer to one command of a group.
#[derive(Debug, Serialize, JsonSchema)]
struct MemberAnswer {
    /// The HTTP status of the answer if the command had been sent alone: 200 or 201.
    status: u16,
    /// The body of that answer.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    body: Box<RawValue>,
}

impl MemberAnswer {
    fn of(Accepted { kind, body }: &Accepted) -> Result<Self, Stop> {
        let status = if *kind == OutcomeKind::Created { 201 } else { 200 };
        let body = serde_json::from_slice(body).map_err(|error| Stop::Failed(error.to_string()))?;
        Ok(Self { status, body })
    }
}

pub(super) fn execute_all(unit: &mut UnitOfWork<'_>, group: &CommandGroup) -> Result<Accepted, Stop> {
    let mut answers = Vec::with_capacity(group.commands().len());
    let (start, mut bytes) = (unit.position(), 0);
    for (index, command) in group.commands().iter().enumerate() {
        unit.begin_member(index, command)?;
        match execute(command, unit) {
            Ok(accepted) => {
                bytes += accepted.body.len();
                check_size(unit.position() - start, bytes)?;
                answers.push(MemberAnswer::of(&accepted)?);
            }
            Err(Stop::Refused(refused)) => return Err(Stop::Refused(of_member(refused, index))),
            Err(Stop::NotLoaded) => {
                find_needs(unit, group, index + 1)?;
                return Err(Stop::NotLoaded);
            }
            Err(failed) => return Err(failed),
        }
    }
    accepted(OutcomeKind::Done, &GroupAnswer { answers })
}

/// Executes the later commands too, only to find the state that they need, so that one read loads it.
fn find_needs(unit: &mut UnitOfWork<'_>, group: &CommandGroup, first: usize) -> Result<(), Stop> {
    for (index, command) in group.commands().iter().enumerate().skip(first) {
        unit.drop_changes();
        unit.begin_member(index, command)?;
        // The decision is not used: the state is not what it will be.
        let _ = execute(command, unit);
    }
    Ok(())
}

/// Refuses a group whose answer or events are too large for one transaction.
fn check_size(events: u64, bytes: usize) -> Result<(), Stop> {
    if events <= MAX_EVENTS && bytes <= MAX_ANSWER_BYTES {
        return Ok(());
    }
    let message = format!(
        "the group has more than {MAX_EVENTS} events or an answer of more than {MAX_ANSWER_BYTES} bytes; divide it"
    );
    Err(Stop::Refused(Refused::new("group_too_large", Class::Invalid, message).at("/commands")))
}

/// A refusal with the place of its command in the group.
fn of_member(mut refused: Refused, index: usize) -> Refused {
    refused.pointer = Some(format!("/commands/{index}{}", refused.pointer.unwrap_or_default()));
    refused
}

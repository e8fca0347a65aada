//! Causal chains: a command, the commands that name one of its events as their cause, and so on.

use std::collections::HashMap;

use holdfast_commands::Metadata;
use holdfast_domain::values::Timestamp;
use holdfast_journal::{Event, Journal, JournalError};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::EventEnvelope;

/// The events that are read before a position to find the first event of its command. Four times as many are read if these
/// are not enough.
const LOOK_BACK: u64 = 64;

/// A command of a causal chain.
#[derive(Debug)]
pub struct CausedCommand {
    /// The position of the event that caused it. `None` for the first command of the chain.
    pub caused_by: Option<u64>,
    /// The number of commands between it and the first, plus one. 0 for the first.
    pub depth: u32,
    /// Its events, at least one.
    pub events: Vec<Event>,
}

/// A command with its events. It contains no personal data.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommandItem {
    /// The position of its first event.
    pub first_position: u64,
    /// The position of its last event.
    pub position: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// The position of the event that caused it. Absent for the first command of the chain.
    pub caused_by: Option<u64>,
    /// The number of commands between it and the first, plus one. 0 for the first.
    pub depth: u32,
    #[serde(flatten)]
    /// The name, sender and ids of the command.
    pub metadata: Metadata,
    /// Its events, in order.
    pub events: Vec<EventEnvelope>,
}

impl CommandItem {
    /// `None` if the command has no events.
    pub fn of(command: &CausedCommand) -> Result<Option<Self>, JournalError> {
        let CausedCommand { caused_by, depth, events } = command;
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(None) };
        Ok(Some(Self {
            first_position: first.position,
            position: last.position,
            at: Timestamp::from_microseconds(first.recorded_at),
            caused_by: *caused_by,
            depth: *depth,
            metadata: Metadata::of(first)?,
            events: events.iter().map(EventEnvelope::of).collect::<Result<_, _>>()?,
        }))
    }
}

/// The event that caused a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cause {
    position: u64,
    /// The depth of the event's own command.
    depth: u32,
}

/// A causal chain, built in the order of the journal. An event precedes the commands that it causes, so one pass is enough.
#[derive(Debug, Default)]
pub struct CausalChain {
    /// The events of the chain, by id.
    events: HashMap<Uuid, Cause>,
}

impl CausalChain {
    /// The event of the chain that caused the command of an event.
    pub fn cause(&self, event: &Event) -> Option<Cause> {
        let id = Metadata::of(event).ok()?.causation_id?;
        self.events.get(&Uuid::parse_str(&id).ok()?).copied()
    }

    /// Adds a command with all of its events.
    pub fn add(&mut self, cause: Option<Cause>, events: Vec<Event>) -> CausedCommand {
        let depth = cause.map_or(0, |cause| cause.depth + 1);
        let entry =
            |event: &Event| (Uuid::from_bytes(event.event_id), Cause { position: event.position, depth });
        self.events.extend(events.iter().map(entry));
        CausedCommand { caused_by: cause.map(|cause| cause.position), depth, events }
    }
}

/// All events of the command of one event. Empty if there is no such position.
pub async fn command_at(
    journal: &dyn Journal,
    merchant: &str,
    position: u64,
) -> Result<Vec<Event>, JournalError> {
    let Some(before) = position.checked_sub(1) else { return Ok(Vec::new()) };
    let page = journal.read(merchant, before, 1).await?;
    let Some(end) = page.first().filter(|event| event.position == position).map(|event| event.command_end)
    else {
        return Ok(Vec::new());
    };
    let mut window = LOOK_BACK;
    loop {
        let after = before.saturating_sub(window);
        let events = events_between(journal, merchant, after, end).await?;
        let first = events.iter().position(|event| event.command_end == end).unwrap_or(0);
        if first > 0 || after == 0 {
            return Ok(events.into_iter().skip(first).collect());
        }
        window = window.saturating_mul(4);
    }
}

/// All events after one position and up to another, which is the last event of a command.
pub async fn events_between(
    journal: &dyn Journal,
    merchant: &str,
    mut after: u64,
    end: u64,
) -> Result<Vec<Event>, JournalError> {
    let mut events = Vec::new();
    while after < end {
        let limit = usize::try_from(end - after).unwrap_or(usize::MAX);
        let page = journal.read(merchant, after, limit).await?;
        let Some(last) = page.last() else { break };
        after = last.position;
        events.extend(page);
    }
    Ok(events)
}

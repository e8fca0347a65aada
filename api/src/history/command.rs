//! What followed from a command: the commands that name one of its events as what they followed from, those that follow
//! from these, and so on.

use std::collections::HashMap;

use holdfast_commands::Metadata;
use holdfast_domain::values::Timestamp;
use holdfast_journal::{Event, Journal, JournalError};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::HistoryItem;

/// Events looked at before a position to find where its command begins; more, each time that was not enough.
const BEFORE: u64 = 64;

/// A command, how it came to be, and its events.
#[derive(Debug)]
pub struct FollowedCommand {
    /// The position of the event that it followed from; nothing for one that is not known to follow from another here.
    pub caused_by: Option<u64>,
    /// From how many others it followed, one after the other.
    pub depth: u32,
    /// What it did, in order; never nothing.
    pub events: Vec<Event>,
}

/// A command and what it did, as they are told. Personal data is never part of it.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommandItem {
    /// The command.
    pub command: String,
    /// The position of its first event.
    pub first_position: u64,
    /// The position of its last event.
    pub position: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// The position of the event that it followed from.
    pub caused_by: Option<u64>,
    /// From how many others it followed, one after the other.
    pub depth: u32,
    /// The credential that it came by.
    pub principal: String,
    /// Who the caller says acted.
    pub actor: Option<String>,
    /// The sender's name for it.
    key: Option<String>,
    /// What belongs together, by the caller's word.
    pub correlation_id: Option<String>,
    /// What it followed from: the id of an event, or what the caller says.
    causation_id: Option<String>,
    /// Its events, in order.
    pub events: Vec<HistoryItem>,
}

impl CommandItem {
    /// The command as it is told; nothing where it has no events.
    pub fn of(followed: &FollowedCommand) -> Result<Option<Self>, JournalError> {
        let FollowedCommand { caused_by, depth, events } = followed;
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(None) };
        let metadata = Metadata::of(first)?;
        Ok(Some(Self {
            command: metadata.command,
            first_position: first.position,
            position: last.position,
            at: Timestamp::from_microseconds(first.recorded_at),
            caused_by: *caused_by,
            depth: *depth,
            principal: metadata.principal,
            actor: metadata.actor,
            key: metadata.key,
            correlation_id: metadata.correlation_id,
            causation_id: metadata.causation_id,
            events: events.iter().map(HistoryItem::of).collect::<Result<_, _>>()?,
        }))
    }
}

/// What a command followed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cause {
    /// The event's position.
    position: u64,
    /// How far from the first its command is.
    depth: u32,
}

/// Commands that followed from others, as they are met in the order of the journal. What follows comes behind what it
/// follows from, so meeting each once is enough.
#[derive(Debug, Default)]
pub struct Following {
    /// Every event that something may follow from.
    events: HashMap<Uuid, Cause>,
}

impl Following {
    /// Which of the events that were taken the command of an event followed from, if any.
    pub fn cause(&self, event: &Event) -> Option<Cause> {
        let named = Metadata::of(event).ok()?.causation_id?;
        self.events.get(&Uuid::parse_str(&named).ok()?).copied()
    }

    /// Takes a command's events, all of them, as something to follow from.
    pub fn take(&mut self, cause: Option<Cause>, events: Vec<Event>) -> FollowedCommand {
        let depth = cause.map_or(0, |cause| cause.depth + 1);
        let known =
            |event: &Event| (Uuid::from_bytes(event.event_id), Cause { position: event.position, depth });
        self.events.extend(events.iter().map(known));
        FollowedCommand { caused_by: cause.map(|cause| cause.position), depth, events }
    }
}

/// All events of the command that an event is of; none where there is no such position.
pub async fn command_at(
    journal: &dyn Journal,
    merchant: &str,
    position: u64,
) -> Result<Vec<Event>, JournalError> {
    let Some(before) = position.checked_sub(1) else { return Ok(Vec::new()) };
    let from_there = journal.read(merchant, before, 1).await?;
    let Some(end) =
        from_there.first().filter(|event| event.position == position).map(|event| event.command_end)
    else {
        return Ok(Vec::new());
    };
    let mut window = BEFORE;
    loop {
        let after = before.saturating_sub(window);
        let events = span(journal, merchant, after, end).await?;
        let begins = events.iter().position(|event| event.command_end == end).unwrap_or(0);
        if begins > 0 || after == 0 {
            return Ok(events.into_iter().skip(begins).collect());
        }
        window = window.saturating_mul(4);
    }
}

/// All events behind one position and up to another, where a command ends.
pub async fn span(
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

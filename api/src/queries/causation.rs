//! Commands that belong together, and commands that others caused. The causation index finds them by the ids in their
//! metadata.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_domain::values::IdempotencyKey;
use holdfast_journal::{Event, JournalError, LoadRequest, OutcomeKey};
use holdfast_projections::{Causation, CommandLink, CommandRange, ViewError};
use uuid::Uuid;

use super::{POSITION_TIMEOUT, Queries};
use crate::error::ApiError;
use crate::history::command::{CausalChain, CausedCommand, command_at, events_between};

/// The most commands of one causal chain.
const MAX_COMMANDS: usize = 1_000;
/// About the most bytes of events that one answer contains.
const MAX_BYTES: usize = 16 << 20;

/// Events of commands with the same id.
#[derive(Debug)]
pub(crate) struct LinkedEvents {
    /// The events of whole commands, in order.
    pub(crate) events: Vec<Event>,
    /// The next page begins after this position.
    pub(crate) position: u64,
    /// Whether there are more events now.
    pub(crate) has_more: bool,
}

impl Queries {
    /// The active build of the causation index, and the position up to which it is complete: the current end of the journal.
    async fn causation_index(&self, merchant: &str) -> Result<(i64, u64), ViewError> {
        let head = self.head(merchant).await?;
        self.progress.wait_for(Causation::NAME, merchant, head, POSITION_TIMEOUT).await?;
        Ok((self.generation(Causation::NAME, merchant)?, head))
    }

    /// About `limit` events after a position of commands with an id. The events of one command stay together.
    pub(crate) async fn linked_events(
        &self,
        merchant: &str,
        link: CommandLink<'_>,
        after: u64,
        limit: usize,
    ) -> Result<LinkedEvents, ViewError> {
        let (generation, head) = self.causation_index(merchant).await?;
        let commands = self.causation.commands(merchant, generation, link, after, limit + 1).await?;
        let mut events: Vec<Event> = Vec::new();
        let mut bytes = 0;
        for command in &commands {
            if events.len() >= limit || bytes > MAX_BYTES {
                let position = events.last().map_or(after, |last| last.position);
                return Ok(LinkedEvents { events, position, has_more: true });
            }
            let begin = command.first.saturating_sub(1).max(after);
            let of_command = events_between(&*self.journal, merchant, begin, command.last).await?;
            bytes += size(&of_command);
            events.extend(of_command);
        }
        // The index may contain commands that were committed after `head` was read.
        let last = events.last().map_or(0, |last| last.position);
        Ok(LinkedEvents { events, position: last.max(head).max(after), has_more: false })
    }

    /// The position of the last event of a command. `None` if no command has the key, 0 if the command has no events.
    pub(crate) async fn position_of_key(
        &self,
        merchant: &str,
        sender: &Arc<str>,
        key: &IdempotencyKey,
    ) -> Result<Option<u64>, JournalError> {
        let key = OutcomeKey { sender: Arc::clone(sender), key: key.as_str().into() };
        let request = LoadRequest { outcomes: vec![key], ..LoadRequest::default() };
        let outcome = self.journal.load(merchant, &request).await?.outcomes.pop().flatten();
        Ok(outcome.map(|outcome| {
            if outcome.first_position <= outcome.last_position { outcome.last_position } else { 0 }
        }))
    }

    /// The command of an event and every command that it caused, in the order of the journal. Empty if there is no such
    /// position.
    pub(crate) async fn consequences(
        &self,
        merchant: &str,
        position: u64,
    ) -> Result<Vec<CausedCommand>, ApiError> {
        let (generation, _) = self.causation_index(merchant).await?;
        let root = command_at(&*self.journal, merchant, position).await?;
        let Some(last) = root.last().map(|last| last.position) else { return Ok(Vec::new()) };
        let mut chain = CausalChain::default();
        let mut commands = vec![chain.add(None, root)];
        let mut queue: BTreeSet<CommandRange> = BTreeSet::new();
        let (mut bytes, mut end) = (0, last);
        loop {
            let events = commands.last().map(|command| &command.events[..]).unwrap_or_default();
            bytes += size(events);
            let ids: Vec<String> =
                events.iter().map(|event| Uuid::from_bytes(event.event_id).to_string()).collect();
            let caused = self.causation.caused_by(merchant, generation, &ids, MAX_COMMANDS).await?;
            // A command that names an event before the event exists was not caused by it: a client guessed the id.
            queue.extend(caused.into_iter().filter(|command| command.first > end));
            if commands.len() + queue.len() > MAX_COMMANDS || bytes > MAX_BYTES {
                return Err(ApiError::TooManyConsequences(MAX_COMMANDS));
            }
            let Some(next) = queue.pop_first() else { return Ok(commands) };
            end = next.last;
            let events =
                events_between(&*self.journal, merchant, next.first.saturating_sub(1), next.last).await?;
            if let Some(cause) = events.first().and_then(|first| chain.cause(first)) {
                commands.push(chain.add(Some(cause), events));
            }
        }
    }
}

/// About the number of bytes of events.
fn size(events: &[Event]) -> usize {
    events.iter().map(|event| event.payload.len() + event.metadata.len()).sum()
}

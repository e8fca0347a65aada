//! What belongs together, and what followed from what, by the index of the ids that came with commands.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_domain::values::IdempotencyKey;
use holdfast_journal::{Event, JournalError, LoadRequest, OutcomeKey};
use holdfast_projections::{Causation, CommandLink, CommandRange, ViewError};
use uuid::Uuid;

use super::{PATIENCE, PastError, Reading};
use crate::history::command::{FollowedCommand, Following, command_at, span};

/// Commands that are told of what followed from one at most.
pub(crate) const MOST_COMMANDS: usize = 1_000;
/// Bytes of events that are told at once at most, about.
const MOST_BYTES: usize = 16 << 20;

/// Events of commands that belong together.
#[derive(Debug)]
pub(crate) struct LinkedEvents {
    /// Of whole commands, in order.
    pub(crate) events: Vec<Event>,
    /// Behind this position there may be more.
    pub(crate) position: u64,
    /// Whether there was more.
    pub(crate) is_cut: bool,
}

impl Reading {
    /// The build of the index that answers, once it includes all that was there when it was asked, and where that ends.
    async fn index(&self, merchant: &str) -> Result<(i64, u64), ViewError> {
        let head = self.head(merchant).await?;
        self.progress.wait_for(Causation::NAME, merchant, head, PATIENCE).await?;
        Ok((self.generation(Causation::NAME, merchant)?, head))
    }

    /// Events of commands that came with an id, behind a position: about `limit`, a command's never parted.
    pub(crate) async fn linked_events(
        &self,
        merchant: &str,
        link: CommandLink<'_>,
        after: u64,
        limit: usize,
    ) -> Result<LinkedEvents, ViewError> {
        let (generation, head) = self.index(merchant).await?;
        let commands = self.causation.commands(merchant, generation, link, after, limit + 1).await?;
        let mut events: Vec<Event> = Vec::new();
        let mut bytes = 0;
        for command in &commands {
            if events.len() >= limit || bytes > MOST_BYTES {
                let position = events.last().map_or(after, |last| last.position);
                return Ok(LinkedEvents { events, position, is_cut: true });
            }
            let begin = command.first.saturating_sub(1).max(after);
            let of_command = span(&*self.journal, merchant, begin, command.last).await?;
            bytes += size(&of_command);
            events.extend(of_command);
        }
        // What was committed after the index was asked how far it is may be among them.
        let told = events.last().map_or(0, |last| last.position);
        Ok(LinkedEvents { events, position: told.max(head).max(after), is_cut: false })
    }

    /// The position of the last event of a command by its sender's name for it; nothing where no command has it, and 0 where
    /// the command did nothing.
    pub(crate) async fn position_of_key(
        &self,
        merchant: &str,
        sender: &Arc<str>,
        key: &IdempotencyKey,
    ) -> Result<Option<u64>, JournalError> {
        let key = OutcomeKey { sender: Arc::clone(sender), key: key.as_str().into() };
        let request = LoadRequest { outcomes: vec![key], ..LoadRequest::default() };
        let found = self.journal.load(merchant, &request).await?.outcomes.pop().flatten();
        Ok(found
            .map(|found| if found.first_position <= found.last_position { found.last_position } else { 0 }))
    }

    /// The command that an event is of and all that followed from it, in the order of the journal; none where there is no such
    /// position.
    pub(crate) async fn consequences(
        &self,
        merchant: &str,
        position: u64,
    ) -> Result<Vec<FollowedCommand>, PastError> {
        let (generation, _) = self.index(merchant).await?;
        let root = command_at(&*self.journal, merchant, position).await?;
        let Some(last) = root.last().map(|last| last.position) else { return Ok(Vec::new()) };
        let mut following = Following::default();
        let mut told = vec![following.take(None, root)];
        let mut waiting: BTreeSet<CommandRange> = BTreeSet::new();
        let (mut bytes, mut end) = (0, last);
        loop {
            let events = told.last().map(|command| &command.events[..]).unwrap_or_default();
            bytes += size(events);
            let ids: Vec<String> =
                events.iter().map(|event| Uuid::from_bytes(event.event_id).to_string()).collect();
            let found = self.causation.caused_by(merchant, generation, &ids, MOST_COMMANDS).await?;
            // What is named before it was there was guessed: nothing follows from it.
            waiting.extend(found.into_iter().filter(|command| command.first > end));
            if told.len() + waiting.len() > MOST_COMMANDS || bytes > MOST_BYTES {
                return Err(PastError::TooMuchFollowed);
            }
            let Some(next) = waiting.pop_first() else { return Ok(told) };
            end = next.last;
            let events = span(&*self.journal, merchant, next.first.saturating_sub(1), next.last).await?;
            if let Some(cause) = events.first().and_then(|first| following.cause(first)) {
                told.push(following.take(Some(cause), events));
            }
        }
    }
}

/// About how many bytes events have.
fn size(events: &[Event]) -> usize {
    events.iter().map(|event| event.payload.len() + event.metadata.len()).sum()
}

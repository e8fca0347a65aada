//! What is done without anybody asking: the process manager.
//!
//! What there is to do is read off the read models, again and again, and every command is decided on what is so by then:
//! one that comes too late, twice or from two nodes at once finds nothing left to do. So nothing has to be remembered,
//! and nothing is lost with a node.

use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use holdfast_domain::values::{MerchantId, Timestamp};
use holdfast_journal::{Journal, OutcomeKind};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

use crate::answer::Reply;
use crate::command::AnyCommand;
use crate::request::{Caller, Metadata, Sender};
use crate::service::Commands;

/// How often it looks for something to do.
const PACE: Duration = Duration::from_millis(250);

/// The most commands under way at once.
const AT_ONCE: usize = 100;

/// How long to wait for what is under way before the next is looked for.
const PATIENCE: Duration = Duration::from_secs(5);

/// The sender of what nobody sent.
const SENDER: &str = "holdfast";

/// Something to do: a command, and whose it is.
#[derive(Debug, Clone)]
pub struct Due {
    /// The merchant.
    pub merchant: MerchantId,
    /// What to do.
    pub command: AnyCommand,
    /// The position of the event that it is due because of; 0 where that is not known.
    pub because_of: u64,
}

/// Tells what there is to do.
#[async_trait]
pub trait Agenda: Send + 'static {
    /// Some of what is due at a moment. It goes in rounds, so that nobody's turn is missed because somebody before it
    /// always has something to do; and what came to nothing before is told again after longer and longer times.
    async fn due(&mut self, now: Timestamp, most: usize) -> Result<Vec<Due>, String>;
}

/// Does what is due, until it is dropped.
#[derive(Debug)]
pub struct Attendant {
    task: JoinHandle<()>,
}

impl Attendant {
    /// Starts with what an agenda tells.
    pub fn start(commands: Commands, agenda: impl Agenda) -> Self {
        Self { task: tokio::spawn(attend(commands, agenda)) }
    }
}

impl Drop for Attendant {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn attend(commands: Commands, mut agenda: impl Agenda) {
    let mut ticks = tokio::time::interval(PACE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match agenda.due(commands.clock().now(), AT_ONCE).await {
            // What was submitted by then is done all the same, and nobody waits for it; the rest is told again.
            Ok(due) => drop(tokio::time::timeout(PATIENCE, do_all(&commands, due)).await),
            Err(error) => tracing::debug!(%error, "what is due cannot be told now"),
        }
    }
}

/// What comes with a command that follows from an event: the event's id, and what the event belongs to. What is due is done
/// also where that cannot be told.
async fn following(journal: &dyn Journal, merchant: &MerchantId, position: u64) -> Metadata {
    let Some(before) = position.checked_sub(1) else { return Metadata::default() };
    let found = journal.read(merchant.as_str(), before, 1).await.unwrap_or_default();
    match found.first().filter(|event| event.position == position) {
        Some(event) => Metadata {
            causation_id: Some(Uuid::from_bytes(event.event_id).to_string()),
            correlation_id: Metadata::of(event).ok().and_then(|came_with| came_with.correlation_id),
            ..Metadata::default()
        },
        None => Metadata::default(),
    }
}

/// Does what is due and waits until it is done, each merchant's in its order.
async fn do_all(commands: &Commands, due: Vec<Due>) {
    let sender = Sender(SENDER.into());
    let mut replies = Vec::with_capacity(due.len());
    let mut overloaded = HashSet::new();
    for Due { merchant, command, because_of } in due {
        if overloaded.contains(&merchant) {
            continue;
        }
        let caller = Caller { merchant: &merchant, sender: &sender, key: None };
        let metadata = following(&**commands.journal(), &merchant, because_of).await;
        let Ok(request) = commands.request(caller, command, metadata) else { continue };
        match commands.submit(&merchant, vec![request]) {
            Ok(receivers) => replies.extend(receivers),
            Err(error) => {
                tracing::debug!(%merchant, %error, "what is due is put off");
                overloaded.insert(merchant);
            }
        }
    }
    for reply in replies {
        // Whatever came of it, what is left is due again.
        match reply.await {
            Ok(Reply::Answered { answer, .. }) if answer.kind != OutcomeKind::Refused => {}
            other => tracing::warn!(?other, "what was due could not be done"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use holdfast_journal::test_support::MemoryJournal;
    use holdfast_journal::{Batch, BatchStore as _, CommandRecord, Head, NewEvent};

    use super::*;

    #[tokio::test]
    async fn what_is_done_by_itself_names_what_it_follows_from_and_belongs_to_the_same() {
        let event = |version: u64| NewEvent {
            stream_name: "stock-MUG".into(),
            stream: 1,
            version,
            kind: "StockReceived",
            type_version: 1,
            payload: b"{}".to_vec(),
            sealed: None,
        };
        let came_with =
            r#"{"command":"ReceiveStock","principal":"local","key":"k","correlationId":"case 7"}"#;
        let metadata = Some(came_with.as_bytes().into());
        let command =
            CommandRecord { events: vec![event(1), event(2)], metadata, ..CommandRecord::default() };
        let batch = Batch::seal("m".into(), [7; 16], Head::default(), vec![command]);
        let second = Uuid::from_bytes(batch.events()[1].event_id).to_string();
        let journal = MemoryJournal::new();
        journal.append(&Arc::from([batch])).await.remove(0).unwrap();
        let merchant = MerchantId::new("m").unwrap();
        let expected = Metadata {
            causation_id: Some(second),
            correlation_id: Some("case 7".to_owned()),
            ..Metadata::default()
        };
        assert_eq!(following(&journal, &merchant, 2).await, expected);
        for nowhere in [0, 3, u64::MAX] {
            assert_eq!(following(&journal, &merchant, nowhere).await, Metadata::default(), "{nowhere}");
        }
    }
}

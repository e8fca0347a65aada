//! The process manager: issues commands that no caller sends, such as filling backorders and ending reservations.
//!
//! It polls the read models for work that is due. Every command is decided on the state at that time, so a command that
//! comes too late, twice, or from two nodes at once has no effect. The process manager therefore needs no memory, and
//! nothing is lost when a node stops.

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

/// How often the process manager polls.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// The most commands of one poll.
const BATCH_SIZE: usize = 100;

/// How long the commands of one poll may take before the next poll.
const BATCH_TIMEOUT: Duration = Duration::from_secs(5);

/// The sender that the process manager's commands are recorded under.
const SENDER: &str = "holdfast";

/// A command that is due.
#[derive(Debug, Clone)]
pub struct DueCommand {
    /// The merchant whose command it is.
    pub merchant: MerchantId,
    /// The command.
    pub command: AnyCommand,
    /// The position of the event that made it due; 0 if unknown.
    pub cause: u64,
}

/// A source of due commands.
#[async_trait]
pub trait DueWork: Send + 'static {
    /// At most `limit` commands that are due at `now`.
    ///
    /// Calls go through all due work in rounds, so that no item starves behind items that stay due. A command that had no
    /// effect is repeated at growing intervals.
    async fn due(&mut self, now: Timestamp, limit: usize) -> Result<Vec<DueCommand>, String>;
}

/// A running process manager. It stops when it is dropped.
#[derive(Debug)]
pub struct ProcessManager {
    task: JoinHandle<()>,
}

impl ProcessManager {
    /// Starts polling a source of due commands.
    pub fn start(commands: Commands, due_work: impl DueWork) -> Self {
        Self { task: tokio::spawn(poll(commands, due_work)) }
    }
}

impl Drop for ProcessManager {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn poll(commands: Commands, mut due_work: impl DueWork) {
    let mut ticks = tokio::time::interval(POLL_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match due_work.due(commands.clock().now(), BATCH_SIZE).await {
            // Commands that were submitted by the timeout are executed; the others stay due.
            Ok(due) => drop(tokio::time::timeout(BATCH_TIMEOUT, execute_all(&commands, due)).await),
            Err(error) => tracing::debug!(%error, "failed to query due work"),
        }
    }
}

/// The metadata of a command: the id of the event that made it due as its cause, and the correlation id of that event.
/// Empty if the event cannot be read: the command is executed all the same.
async fn metadata_of(journal: &dyn Journal, merchant: &MerchantId, cause: u64) -> Metadata {
    let Some(before) = cause.checked_sub(1) else { return Metadata::default() };
    let found = journal.read(merchant.as_str(), before, 1).await.unwrap_or_default();
    match found.first().filter(|event| event.position == cause) {
        Some(event) => Metadata {
            causation_id: Some(Uuid::from_bytes(event.event_id).to_string()),
            correlation_id: Metadata::of(event).ok().and_then(|metadata| metadata.correlation_id),
            ..Metadata::default()
        },
        None => Metadata::default(),
    }
}

/// Submits commands, each merchant's in their order, and waits for their replies.
async fn execute_all(commands: &Commands, due: Vec<DueCommand>) {
    let sender = Sender(SENDER.into());
    let mut replies = Vec::with_capacity(due.len());
    let mut overloaded = HashSet::new();
    for DueCommand { merchant, command, cause } in due {
        if overloaded.contains(&merchant) {
            continue;
        }
        let caller = Caller { merchant: &merchant, sender: &sender, key: None };
        let metadata = metadata_of(&**commands.journal(), &merchant, cause).await;
        let Ok(request) = commands.request(caller, command, metadata) else { continue };
        match commands.submit(&merchant, vec![request]) {
            Ok(receivers) => replies.extend(receivers),
            Err(error) => {
                tracing::debug!(%merchant, %error, "due commands are postponed");
                overloaded.insert(merchant);
            }
        }
    }
    for reply in replies {
        // Work that remains is due again after any reply.
        match reply.await {
            Ok(Reply::Answered { answer, .. }) if answer.kind != OutcomeKind::Refused => {}
            other => tracing::warn!(?other, "a due command failed"),
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
    async fn background_commands_carry_causation_and_correlation_ids() {
        let event = |version: u64| NewEvent {
            stream_name: "stock-MUG".into(),
            stream: 1,
            version,
            kind: "StockReceived",
            type_version: 1,
            payload: b"{}".to_vec(),
            sealed: None,
        };
        let received = r#"{"command":"ReceiveStock","principal":"local","key":"k","correlationId":"case 7"}"#;
        let metadata = Some(received.as_bytes().into());
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
        assert_eq!(metadata_of(&journal, &merchant, 2).await, expected);
        for unknown in [0, 3, u64::MAX] {
            assert_eq!(metadata_of(&journal, &merchant, unknown).await, Metadata::default(), "{unknown}");
        }
    }
}

//! Sends planned commands in order, with a bounded number in flight.

use std::collections::VecDeque;

use holdfast_commands::client::{CommandClient, Outcome, SendError, outcome};
use holdfast_commands::{NotExecuted, Refused, Reply, Request};
use holdfast_journal::OutcomeKind;
use holdfast_terminal::output::Progress;
use tokio::sync::oneshot;

use super::error::RowError;
use super::plan::PlannedCommand;

/// Commands per submission.
const BATCH_SIZE: usize = 500;
/// Maximum number of commands in flight.
const MAX_IN_FLIGHT: usize = 2_000;

/// Number of shortages that the reason of a rejected order lists.
const MAX_LISTED: usize = 3;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportOutcome {
    /// This run executed the command.
    Imported,
    /// An earlier run executed the command, or the order exists.
    AlreadyThere,
    /// The command was rejected, now or by an earlier run.
    Rejected(RowError),
}

/// Sends commands and returns their results, in the same order.
pub async fn send(
    client: &CommandClient,
    commands: &[PlannedCommand],
    label: &'static str,
) -> Result<Vec<ImportOutcome>, SendError> {
    let mut sender = Sender {
        client,
        commands,
        in_flight: VecDeque::new(),
        outcomes: Vec::with_capacity(commands.len()),
        progress: Progress::new(label, commands.len() as u64),
    };
    for batch in commands.chunks(BATCH_SIZE) {
        while sender.in_flight.len() + batch.len() > MAX_IN_FLIGHT {
            sender.receive_one().await?;
        }
        sender.submit(batch).await?;
    }
    while !sender.in_flight.is_empty() {
        sender.receive_one().await?;
    }
    sender.progress.finish();
    Ok(sender.outcomes)
}

struct Sender<'a> {
    client: &'a CommandClient,
    commands: &'a [PlannedCommand],
    in_flight: VecDeque<oneshot::Receiver<Reply>>,
    outcomes: Vec<ImportOutcome>,
    progress: Progress,
}

impl Sender<'_> {
    /// Puts commands on the queue. If it is full, waits until some of the commands in flight are done.
    async fn submit(&mut self, batch: &[PlannedCommand]) -> Result<(), SendError> {
        loop {
            let requests: Vec<Request> = batch
                .iter()
                .map(|planned| self.client.request(&planned.key, planned.command.clone()))
                .collect::<Result<_, _>>()?;
            if let Some(replies) = self.client.try_submit(requests)? {
                self.in_flight.extend(replies);
                return Ok(());
            }
            if self.in_flight.is_empty() {
                // No command of this import fills the queue, so there is nothing to wait for.
                let key = batch.first().map_or("", |planned| &planned.key);
                return Err(SendError::not_executed(key, NotExecuted::Overloaded));
            }
            for _ in 0..BATCH_SIZE.min(self.in_flight.len()) {
                self.receive_one().await?;
            }
        }
    }

    /// Waits for the result of the oldest command in flight.
    async fn receive_one(&mut self) -> Result<(), SendError> {
        let (Some(reply), Some(planned)) =
            (self.in_flight.pop_front(), self.commands.get(self.outcomes.len()))
        else {
            return Ok(());
        };
        self.outcomes.push(import_outcome(outcome(&planned.key, reply.await)?, planned));
        self.progress.set(self.outcomes.len() as u64);
        Ok(())
    }
}

fn import_outcome(outcome: Outcome, planned: &PlannedCommand) -> ImportOutcome {
    match outcome {
        Outcome::Accepted { replayed: true, .. } => ImportOutcome::AlreadyThere,
        // `Done` instead of `Created`: the same order exists under another key.
        Outcome::Accepted { answer, .. } if answer.kind == OutcomeKind::Done && is_order(planned) => {
            ImportOutcome::AlreadyThere
        }
        Outcome::Accepted { .. } => ImportOutcome::Imported,
        Outcome::Rejected(rejected) => {
            ImportOutcome::Rejected(RowError::new(rejected.code.clone(), reason(&rejected)))
        }
        Outcome::KeyReused => ImportOutcome::Rejected(RowError::new(
            "idempotency_key_reused",
            "another command had the same idempotency key",
        )),
    }
}

/// The message of a rejection, with the shortages if there are any.
fn reason(rejected: &Refused) -> String {
    let shortages = rejected.details.get("shortages").and_then(serde_json::Value::as_array);
    let describe = |shortage: &serde_json::Value| {
        let (requested, available) = (&shortage["requested"], &shortage["available"]);
        Some(format!("{}: {requested} requested, {available} available", shortage["sku"].as_str()?))
    };
    let listed: Vec<String> =
        shortages.into_iter().flatten().filter_map(describe).take(MAX_LISTED + 1).collect();
    match listed.get(..MAX_LISTED) {
        _ if listed.is_empty() => rejected.message.clone(),
        Some(first) if listed.len() > MAX_LISTED => {
            format!("{}: {} and more", rejected.message, first.join("; "))
        }
        _ => format!("{}: {}", rejected.message, listed.join("; ")),
    }
}

fn is_order(planned: &PlannedCommand) -> bool {
    planned.command.name() == "CreateOrder"
}

//! Sends what was planned, in order, with a bounded number under way.

use std::collections::VecDeque;

use holdfast_commands::{NotExecuted, Refused, Reply, Request};
use holdfast_journal::OutcomeKind;
use tokio::sync::oneshot;

use super::plan::Item;
use super::sheet::Fault;
use holdfast_commands::client::{Desk, Outcome, SendError, outcome};
use holdfast_terminal::output::Progress;

/// Commands that are put on the queue together.
const CHUNK: usize = 500;
/// Commands that are under way at most.
const UNDER_WAY: usize = 2_000;

/// Shortages that are told of one order.
const MOST_TOLD: usize = 3;

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It was carried out now.
    Done,
    /// It was carried out before.
    Before,
    /// It was refused, now or before.
    Refused(Fault),
}

/// Sends commands; gives what became of each, in their order.
pub async fn send(desk: &Desk, items: &[Item], what: &'static str) -> Result<Vec<Fate>, SendError> {
    let mut sending = Sending {
        desk,
        items,
        under_way: VecDeque::new(),
        fates: Vec::with_capacity(items.len()),
        progress: Progress::new(what, items.len() as u64),
    };
    for chunk in items.chunks(CHUNK) {
        while sending.under_way.len() + chunk.len() > UNDER_WAY {
            sending.settle().await?;
        }
        sending.submit(chunk).await?;
    }
    while !sending.under_way.is_empty() {
        sending.settle().await?;
    }
    sending.progress.finish();
    Ok(sending.fates)
}

struct Sending<'a> {
    desk: &'a Desk,
    items: &'a [Item],
    under_way: VecDeque<oneshot::Receiver<Reply>>,
    fates: Vec<Fate>,
    progress: Progress,
}

impl Sending<'_> {
    /// Puts commands on the queue; while it is full, waits for what is on it.
    async fn submit(&mut self, chunk: &[Item]) -> Result<(), SendError> {
        loop {
            let requests: Vec<Request> = chunk
                .iter()
                .map(|item| self.desk.request(&item.key, item.command.clone()))
                .collect::<Result<_, _>>()?;
            if let Some(replies) = self.desk.try_submit(requests)? {
                self.under_way.extend(replies);
                return Ok(());
            }
            if self.under_way.is_empty() {
                // Nothing of ours is in the way, so waiting for ours would be for ever.
                let key = chunk.first().map_or("", |item| &item.key);
                return Err(SendError::not_executed(key, NotExecuted::Overloaded));
            }
            for _ in 0..CHUNK.min(self.under_way.len()) {
                self.settle().await?;
            }
        }
    }

    /// Waits for the oldest command under way.
    async fn settle(&mut self) -> Result<(), SendError> {
        let (Some(reply), Some(item)) = (self.under_way.pop_front(), self.items.get(self.fates.len())) else {
            return Ok(());
        };
        self.fates.push(fate(outcome(&item.key, reply.await)?, item));
        self.progress.set(self.fates.len() as u64);
        Ok(())
    }
}

fn fate(outcome: Outcome, item: &Item) -> Fate {
    match outcome {
        Outcome::Granted { before: true, .. } => Fate::Before,
        // The same order under another key: it exists, and was not made again.
        Outcome::Granted { answer, .. } if answer.kind == OutcomeKind::Done && is_order(item) => Fate::Before,
        Outcome::Granted { .. } => Fate::Done,
        Outcome::Refused(refused) => Fate::Refused(Fault::new(refused.code.clone(), reason(&refused))),
        Outcome::KeyReused => Fate::Refused(Fault::new(
            "idempotency_key_reused",
            "it was sent before with other content or another --on-shortage; the answer of then stands",
        )),
    }
}

/// A refusal's text, with what is short where something is.
fn reason(refused: &Refused) -> String {
    let shortages = refused.details.get("shortages").and_then(serde_json::Value::as_array);
    let short = |shortage: &serde_json::Value| {
        let (wanted, there) = (&shortage["requested"], &shortage["available"]);
        Some(format!("{wanted} of {} wanted, {there} available", shortage["sku"].as_str()?))
    };
    let told: Vec<String> = shortages.into_iter().flatten().filter_map(short).take(MOST_TOLD + 1).collect();
    match told.get(..MOST_TOLD) {
        _ if told.is_empty() => refused.message.clone(),
        Some(first) if told.len() > MOST_TOLD => {
            format!("{}: {} and more", refused.message, first.join("; "))
        }
        _ => format!("{}: {}", refused.message, told.join("; ")),
    }
}

fn is_order(item: &Item) -> bool {
    item.command.name() == "CreateOrder"
}

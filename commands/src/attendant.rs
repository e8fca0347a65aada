//! What is done without anybody asking: the process manager.
//!
//! What there is to do is read off the read models, again and again, and every command is decided on what is so by then:
//! one that comes too late, twice or from two nodes at once finds nothing left to do. So nothing has to be remembered,
//! and nothing is lost with a node.

use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use holdfast_domain::values::{MerchantId, Timestamp};
use holdfast_journal::OutcomeKind;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::answer::Reply;
use crate::dispatch::AnyCommand;
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
            // What takes longer than this is done all the same: only nobody waits for it.
            Ok(due) => drop(tokio::time::timeout(PATIENCE, do_all(&commands, due)).await),
            Err(error) => tracing::debug!(%error, "what is due cannot be told now"),
        }
    }
}

/// Does what is due and waits until it is done, each merchant's in its order.
async fn do_all(commands: &Commands, due: Vec<Due>) {
    let sender = Sender(SENDER.into());
    let mut replies = Vec::with_capacity(due.len());
    let mut overloaded = HashSet::new();
    for Due { merchant, command, .. } in due {
        if overloaded.contains(&merchant) {
            continue;
        }
        let caller = Caller { merchant: &merchant, sender: &sender, key: None };
        let Ok(request) = commands.request(caller, command, Metadata::default()) else { continue };
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

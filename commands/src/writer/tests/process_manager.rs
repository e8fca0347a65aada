//! The process manager: how soon it polls again.

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use super::*;
use crate::{DueCommand, DueWork, ProcessManager};

/// Work that is due in each of the first polls, one command at a time. Reports the time of each poll.
struct Repeated {
    polls: usize,
    command: AnyCommand,
    polled: UnboundedSender<Instant>,
}

#[async_trait::async_trait]
impl DueWork for Repeated {
    async fn due(&mut self, _: Timestamp, _: usize) -> Result<Vec<DueCommand>, String> {
        self.polled.send(Instant::now()).map_err(|error| error.to_string())?;
        let is_due = self.polls > 0;
        self.polls = self.polls.saturating_sub(1);
        let due = DueCommand { merchant: merchant(), command: self.command.clone(), cause: 0 };
        Ok(is_due.then_some(due).into_iter().collect())
    }
}

/// The times of this many polls, by a clock that stands still while anything is executed.
async fn poll_times(fixture: &Fixture, (name, fields): (&str, Value), polls: usize) -> Vec<Instant> {
    let command = AnyCommand::read(name, fields).unwrap().unwrap();
    let (polled, mut times): (_, UnboundedReceiver<Instant>) = unbounded_channel();
    let manager = ProcessManager::start(fixture.commands.clone(), Repeated { polls, command, polled });
    let mut found = Vec::new();
    while found.len() < polls {
        found.push(times.recv().await.unwrap());
    }
    drop(manager);
    found
}

#[tokio::test(start_paused = true)]
async fn polls_again_at_once_after_accepted_commands() {
    let fixture = Fixture::open().await;
    let times = poll_times(&fixture, ("FillBackorders", json!({ "sku": "A" })), 50).await;
    assert_eq!(times.first(), times.last());
}

#[tokio::test(start_paused = true)]
async fn waits_for_the_next_poll_after_a_refused_command() {
    let fixture = Fixture::open().await;
    let unknown = json!({ "orderId": "01890a5d-ac96-774b-bcce-b302099a8057", "reason": "changed_mind" });
    let times = poll_times(&fixture, ("CancelOrder", unknown), 5).await;
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
}

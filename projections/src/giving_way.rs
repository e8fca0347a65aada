//! How builds give way: while commands come, a node folds a little of one build at a time, and rests in between.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

/// Events folded at once while commands come, about.
const FEW: usize = 2_000;
/// The longest rest: else a build rests for as long as it has worked, and with it all others of its node.
const LONGEST: Duration = Duration::from_millis(500);
/// How many times what is appended meanwhile must be folded. A build that rests more than that never comes to the end.
const GAIN: u64 = 2;

/// What all builds of a node share: while commands come, one of them works at a time.
#[derive(Debug, Clone)]
pub(crate) struct Turns(Arc<Semaphore>);

impl Turns {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

/// A build that gives way to commands.
pub(crate) struct GivingWay {
    turns: Turns,
    /// Changes when something is appended, whoever's it is.
    commits: watch::Receiver<u64>,
    /// Where the merchant's journal ended when it was last looked at.
    head: u64,
    /// Whether commands came while it worked last. Not known at first: then it begins with a little.
    is_busy: bool,
}

/// A turn to fold.
#[derive(Debug)]
pub(crate) struct Turn {
    /// How many events, about.
    pub(crate) most: usize,
    begun: Instant,
    alone: Option<OwnedSemaphorePermit>,
}

impl GivingWay {
    pub(crate) fn new(turns: &Turns, commits: watch::Receiver<u64>, head: u64) -> Self {
        Self { turns: turns.clone(), commits, head, is_busy: true }
    }

    /// Waits until it may work.
    pub(crate) async fn turn(&mut self) -> Turn {
        // Nobody closes it, so an error is never seen, and would only mean that nobody else works.
        let alone = if self.is_busy { Arc::clone(&self.turns.0).acquire_owned().await.ok() } else { None };
        self.commits.mark_unchanged();
        Turn { most: if self.is_busy { FEW } else { usize::MAX }, begun: Instant::now(), alone }
    }

    /// Lets commands have the machine for a while after a turn in which some came, unless more events come than were folded.
    pub(crate) async fn rest(&mut self, turn: Turn, folded: u64, head: u64) {
        let appended = head.saturating_sub(self.head);
        self.head = head;
        self.is_busy = appended > 0 || self.commits.has_changed().unwrap_or(false);
        if self.is_busy && folded >= appended.saturating_mul(GAIN) {
            tokio::time::sleep(turn.begun.elapsed().min(LONGEST)).await;
        }
        drop(turn.alone);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    const WORK: Duration = Duration::from_millis(20);

    fn build(turns: &Turns, commits: &watch::Sender<u64>) -> GivingWay {
        GivingWay::new(turns, commits.subscribe(), 100)
    }

    /// A turn in which it worked, and a command came.
    async fn busy_turn(build: &mut GivingWay, commits: &watch::Sender<u64>) -> Turn {
        let turn = build.turn().await;
        tokio::time::advance(WORK).await;
        commits.send_modify(|number| *number += 1);
        turn
    }

    #[tokio::test(start_paused = true)]
    async fn while_commands_come_one_build_works_a_little_and_rests_as_long_as_it_worked() {
        let (turns, (commits, _)) = (Turns::new(), watch::channel(0));
        let (mut one, mut other) = (build(&turns, &commits), build(&turns, &commits));
        let turn = busy_turn(&mut one, &commits).await;
        assert_eq!(turn.most, FEW);
        assert!(other.turn().now_or_never().is_none(), "one works at a time");
        let began = Instant::now();
        one.rest(turn, 2_000, 100).await;
        assert_eq!(began.elapsed(), WORK, "commands of another merchant count as well");
        assert_eq!(other.turn().now_or_never().map(|turn| turn.most), Some(FEW));
    }

    #[tokio::test(start_paused = true)]
    async fn where_no_commands_come_builds_work_beside_each_other_as_they_can() {
        let (turns, (commits, _)) = (Turns::new(), watch::channel(0));
        let (mut one, mut other) = (build(&turns, &commits), build(&turns, &commits));
        for build in [&mut one, &mut other] {
            let turn = build.turn().await;
            tokio::time::advance(WORK).await;
            build.rest(turn, 2_000, 100).now_or_never().expect("nothing to wait for");
        }
        let (turn, beside) = (one.turn().await, other.turn().await);
        assert_eq!((turn.most, beside.most), (usize::MAX, usize::MAX));
    }

    #[tokio::test(start_paused = true)]
    async fn a_build_that_would_never_come_to_the_end_does_not_rest() {
        let (turns, (commits, _)) = (Turns::new(), watch::channel(0));
        let mut build = build(&turns, &commits);
        let turn = busy_turn(&mut build, &commits).await;
        build.rest(turn, 2_000, 1_101).now_or_never().expect("half of what was folded has come");
        let turn = busy_turn(&mut build, &commits).await;
        let began = Instant::now();
        build.rest(turn, 2_000, 2_101).await;
        assert_eq!(began.elapsed(), WORK);
        let turn = build.turn().await;
        tokio::time::advance(LONGEST).await;
        commits.send_modify(|number| *number += 1);
        let began = Instant::now();
        build.rest(turn, 2_000, 2_101).await;
        assert_eq!(began.elapsed(), LONGEST);
    }
}

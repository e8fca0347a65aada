//! How builds give way: while commands come, a node folds a little of one build at a time, and rests in between.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

/// Events read and folded at once while commands come, about.
pub(crate) const FEW: usize = 2_000;
/// How many times as long as it has worked a build rests, and with it all others of its node. What it has written is flushed
/// meanwhile: on PostgreSQL that stands before every commit.
const REST: u32 = 3;
/// The longest rest.
const LONGEST: Duration = Duration::from_millis(500);
/// For how long after the last command it is taken that more come. A machine that is busy with builds has commands wait: that
/// none was committed for a moment does not mean that none has come.
pub(crate) const QUIET: Duration = Duration::from_secs(5);

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
    /// Until when it is taken that commands come. Not known at first: then it begins with a little.
    busy_until: Option<Instant>,
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
    /// A build that begins while commands come, as far as that is known, or not.
    pub(crate) fn new(turns: &Turns, commits: watch::Receiver<u64>, is_busy: bool) -> Self {
        let busy_until = is_busy.then(|| Instant::now() + QUIET);
        Self { turns: turns.clone(), commits, busy_until }
    }

    /// Waits until it may work.
    pub(crate) async fn turn(&mut self) -> Turn {
        let is_busy = self.busy_until.is_none_or(|until| Instant::now() < until);
        // Nobody closes it, so an error is never seen, and would only mean that nobody else works.
        let alone = if is_busy { Arc::clone(&self.turns.0).acquire_owned().await.ok() } else { None };
        self.commits.mark_unchanged();
        Turn { most: if is_busy { FEW } else { usize::MAX }, begun: Instant::now(), alone }
    }

    /// Lets commands have the machine for a while after a turn, where they come.
    pub(crate) async fn rest(&mut self, turn: Turn) {
        let now = Instant::now();
        let has_come = self.commits.has_changed().unwrap_or(false);
        let busy_until = if has_come { now + QUIET } else { self.busy_until.unwrap_or(now) };
        self.busy_until = Some(busy_until);
        if now < busy_until {
            tokio::time::sleep((turn.begun.elapsed() * REST).min(LONGEST)).await;
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
        GivingWay::new(turns, commits.subscribe(), false)
    }

    /// A turn in which it worked, and a command came.
    async fn busy_turn(build: &mut GivingWay, commits: &watch::Sender<u64>, work: Duration) -> Turn {
        let turn = build.turn().await;
        tokio::time::advance(work).await;
        commits.send_modify(|number| *number += 1);
        turn
    }

    #[tokio::test(start_paused = true)]
    async fn while_commands_come_one_build_works_a_little_and_rests_longer_than_it_worked() {
        let (turns, (commits, _)) = (Turns::new(), watch::channel(0));
        let (mut one, mut other) = (build(&turns, &commits), build(&turns, &commits));
        let turn = busy_turn(&mut one, &commits, WORK).await;
        assert_eq!(turn.most, FEW);
        assert!(other.turn().now_or_never().is_none(), "one works at a time");
        let began = Instant::now();
        one.rest(turn).await;
        assert_eq!(began.elapsed(), WORK * REST);
        assert_eq!(other.turn().now_or_never().map(|turn| turn.most), Some(FEW));
        let turn = busy_turn(&mut one, &commits, LONGEST * 2).await;
        let began = Instant::now();
        one.rest(turn).await;
        assert_eq!(began.elapsed(), LONGEST);
    }

    #[tokio::test(start_paused = true)]
    async fn commands_that_are_kept_waiting_are_not_taken_for_none() {
        let (turns, (commits, _)) = (Turns::new(), watch::channel(0));
        let heard = Instant::now();
        let mut build = GivingWay::new(&turns, commits.subscribe(), true);
        while heard.elapsed() < QUIET {
            let turn = build.turn().await;
            assert_eq!(turn.most, FEW, "after {:?}", heard.elapsed());
            tokio::time::advance(WORK).await;
            build.rest(turn).await;
        }
        assert_eq!(build.turn().await.most, usize::MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn where_no_commands_come_builds_work_beside_each_other_as_they_can() {
        let (turns, (commits, _)) = (Turns::new(), watch::channel(0));
        let (mut one, mut other) = (build(&turns, &commits), build(&turns, &commits));
        for build in [&mut one, &mut other] {
            let turn = build.turn().await;
            tokio::time::advance(WORK).await;
            build.rest(turn).now_or_never().expect("nothing to wait for");
        }
        let (turn, beside) = (one.turn().await, other.turn().await);
        assert_eq!((turn.most, beside.most), (usize::MAX, usize::MAX));
    }
}

//! Throttling of rebuilds: while commands are committed, a node applies a few events of one build at a time and then
//! pauses.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

/// About how many events a build applies per slot while commands are committed.
pub(crate) const MAX_EVENTS_PER_SLOT: usize = 2_000;
/// The pause after a slot, as a multiple of the slot's duration. The database flushes the written rows meanwhile; on
/// PostgreSQL this flush delays every commit.
const PAUSE_FACTOR: u32 = 3;
/// The longest pause.
const MAX_PAUSE: Duration = Duration::from_millis(500);
/// How long after the last commit a node still counts as busy. Builds slow down commands, so a short time without a
/// commit does not mean that no command is waiting.
pub(crate) const BUSY_PERIOD: Duration = Duration::from_secs(5);

/// The slot that all builds of a node share: on a busy node one build works at a time.
#[derive(Debug, Clone)]
pub(crate) struct RebuildSlots(Arc<Semaphore>);

impl RebuildSlots {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

/// Throttles one build.
pub(crate) struct RebuildThrottle {
    slots: RebuildSlots,
    /// Changes with every commit, of any merchant.
    commits: watch::Receiver<u64>,
    /// Until when the node counts as busy. `None` before the first slot: a build starts throttled.
    busy_until: Option<Instant>,
}

/// The right to apply events.
#[derive(Debug)]
pub(crate) struct Slot {
    /// About how many events.
    pub(crate) max_events: usize,
    acquired_at: Instant,
    permit: Option<OwnedSemaphorePermit>,
}

impl RebuildThrottle {
    /// A throttle for a build that starts now. `is_busy`: commands were committed recently.
    pub(crate) fn new(slots: &RebuildSlots, commits: watch::Receiver<u64>, is_busy: bool) -> Self {
        let busy_until = is_busy.then(|| Instant::now() + BUSY_PERIOD);
        Self { slots: slots.clone(), commits, busy_until }
    }

    /// Waits for a slot. On a node that is not busy there is nothing to wait for.
    pub(crate) async fn acquire(&mut self) -> Slot {
        let is_busy = self.busy_until.is_none_or(|until| Instant::now() < until);
        // The semaphore is never closed, so acquiring it cannot fail.
        let permit = if is_busy { Arc::clone(&self.slots.0).acquire_owned().await.ok() } else { None };
        self.commits.mark_unchanged();
        let max_events = if is_busy { MAX_EVENTS_PER_SLOT } else { usize::MAX };
        Slot { max_events, acquired_at: Instant::now(), permit }
    }

    /// Pauses after a slot if the node is busy, and then gives the slot back.
    pub(crate) async fn release(&mut self, slot: Slot) {
        let now = Instant::now();
        let has_new_commits = self.commits.has_changed().unwrap_or(false);
        let busy_until = if has_new_commits { now + BUSY_PERIOD } else { self.busy_until.unwrap_or(now) };
        self.busy_until = Some(busy_until);
        if now < busy_until {
            tokio::time::sleep((slot.acquired_at.elapsed() * PAUSE_FACTOR).min(MAX_PAUSE)).await;
        }
        drop(slot.permit);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    const SLOT_DURATION: Duration = Duration::from_millis(20);

    fn throttle(slots: &RebuildSlots, commits: &watch::Sender<u64>) -> RebuildThrottle {
        RebuildThrottle::new(slots, commits.subscribe(), false)
    }

    /// Acquires a slot, works for a while, and commits a command meanwhile.
    async fn busy_slot(
        throttle: &mut RebuildThrottle,
        commits: &watch::Sender<u64>,
        duration: Duration,
    ) -> Slot {
        let slot = throttle.acquire().await;
        tokio::time::advance(duration).await;
        commits.send_modify(|number| *number += 1);
        slot
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_node_runs_one_build_at_a_time_and_pauses_after_each_slot() {
        let (slots, (commits, _)) = (RebuildSlots::new(), watch::channel(0));
        let (mut first, mut second) = (throttle(&slots, &commits), throttle(&slots, &commits));
        let slot = busy_slot(&mut first, &commits, SLOT_DURATION).await;
        assert_eq!(slot.max_events, MAX_EVENTS_PER_SLOT);
        assert!(second.acquire().now_or_never().is_none(), "the second build must wait");
        let released_at = Instant::now();
        first.release(slot).await;
        assert_eq!(released_at.elapsed(), SLOT_DURATION * PAUSE_FACTOR);
        assert_eq!(second.acquire().now_or_never().map(|slot| slot.max_events), Some(MAX_EVENTS_PER_SLOT));
        let slot = busy_slot(&mut first, &commits, MAX_PAUSE * 2).await;
        let released_at = Instant::now();
        first.release(slot).await;
        assert_eq!(released_at.elapsed(), MAX_PAUSE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_build_stays_throttled_for_the_busy_period_without_commits() {
        let (slots, (commits, _)) = (RebuildSlots::new(), watch::channel(0));
        let last_commit = Instant::now();
        let mut build = RebuildThrottle::new(&slots, commits.subscribe(), true);
        while last_commit.elapsed() < BUSY_PERIOD {
            let slot = build.acquire().await;
            assert_eq!(slot.max_events, MAX_EVENTS_PER_SLOT, "after {:?}", last_commit.elapsed());
            tokio::time::advance(SLOT_DURATION).await;
            build.release(slot).await;
        }
        assert_eq!(build.acquire().await.max_events, usize::MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn builds_run_in_parallel_without_a_limit_on_an_idle_node() {
        let (slots, (commits, _)) = (RebuildSlots::new(), watch::channel(0));
        let (mut first, mut second) = (throttle(&slots, &commits), throttle(&slots, &commits));
        for build in [&mut first, &mut second] {
            let slot = build.acquire().await;
            tokio::time::advance(SLOT_DURATION).await;
            build.release(slot).now_or_never().expect("no pause");
        }
        let (slot, parallel_slot) = (first.acquire().await, second.acquire().await);
        assert_eq!((slot.max_events, parallel_slot.max_events), (usize::MAX, usize::MAX));
    }
}

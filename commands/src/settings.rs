//! The limits of the write side.

use std::time::Duration;

/// The limits of the write side.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The most queued commands per merchant. More are answered `not_executed`. Default: 8,192.
    pub queue: usize,
    /// The most bytes of commands without a reply, over all merchants. Default: 256 MiB.
    pub queued_bytes: usize,
    /// The most commands in one batch. Default: 1,024.
    pub batch: usize,
    /// Approximately the most bytes of commands, events and answers in one batch. Default: 8 MiB.
    pub batch_bytes: usize,
    /// Approximately the most bytes of cached aggregates, over all merchants. Default: 256 MiB.
    pub cache_bytes: usize,
    /// The number of new events after which a stream gets a snapshot. Default: 500.
    pub snapshot_every: u64,
    /// How long an idle writer stays in memory. Default: 5 minutes.
    pub idle: Duration,
    /// How long callers wait for an unknown commit before they get `outcome_unknown`. Default: 5 seconds.
    pub unknown_for: Duration,
    /// How long a refusal is replayed to its key. Accepted commands are replayed permanently. Default: 90 days.
    pub refusals_kept: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            queue: 8_192,
            queued_bytes: 256 << 20,
            batch: 1_024,
            batch_bytes: 8 << 20,
            cache_bytes: 256 << 20,
            snapshot_every: 500,
            idle: Duration::from_secs(300),
            unknown_for: Duration::from_secs(5),
            refusals_kept: Duration::from_secs(90 * 24 * 3_600),
        }
    }
}

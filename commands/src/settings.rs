//! The limits of the write side, in one place.

use std::time::Duration;

/// How much the write side takes on.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Commands that wait for one merchant's writer at most. More are answered `not_executed`.
    pub queue: usize,
    /// Bytes of commands that wait or are under way at most, over all merchants.
    pub queued_bytes: usize,
    /// Commands in one batch at most.
    pub batch: usize,
    /// Bytes of commands, events and answers in one batch, about, at most.
    pub batch_bytes: usize,
    /// Bytes of aggregates kept in memory at most, about, over all merchants.
    pub cache_bytes: usize,
    /// Events of a stream after which its state is kept as a snapshot.
    pub snapshot_every: u64,
    /// How long a writer without work is kept.
    pub idle: Duration,
    /// How long the outcome of a commit may stay unknown before callers are told so.
    pub unknown_for: Duration,
    /// How long a refusal is replayed to its key. Grants are for ever.
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

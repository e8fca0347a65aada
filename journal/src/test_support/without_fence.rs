//! A journal that appends every batch without checking the head. The tests of the append condition must fail with it, which
//! proves that they test the condition.

use std::collections::HashMap;
use std::sync::Arc;

use super::memory::{MemoryJournal, MerchantJournal};
use crate::batch::Batch;
use crate::chain::event_hash;
use crate::error::AppendError;
use crate::record::Head;

/// A journal in memory without the condition on the head.
pub fn without_fence() -> MemoryJournal {
    MemoryJournal::with_append(append)
}

#[allow(clippy::unnecessary_wraps, reason = "the signature of an append")]
fn append(journal: &mut MerchantJournal, batch: &Batch) -> Result<(), AppendError> {
    let rebased = rebased(batch, journal.head(), |name| journal.stream(name));
    journal.write(&rebased);
    Ok(())
}

/// The batch as if it had been decided on another head. `known` returns the number and the last version of a stream, if
/// it exists.
fn rebased(batch: &Batch, head: Head, known: impl Fn(&str) -> Option<(u64, u64)>) -> Batch {
    let moved = head.position.wrapping_sub(batch.expected.position);
    let mut result = Batch::seal(Arc::clone(&batch.merchant), [0; 16], head, Vec::new());
    let mut streams: HashMap<Arc<str>, (u64, u64)> = HashMap::new();
    for event in &batch.events {
        let mut event = event.clone();
        event.position = result.next.position + 1;
        event.command_end = event.command_end.wrapping_add(moved);
        event.batch = head.batch + 1;
        let stream = streams
            .entry(Arc::clone(&event.stream_name))
            .or_insert_with(|| known(&event.stream_name).unwrap_or((event.position, 0)));
        stream.1 += 1;
        (event.stream, event.version) = *stream;
        event.hash = event_hash(&batch.merchant, result.next.event_hash, &event);
        (result.next.position, result.next.event_hash) = (event.position, event.hash);
        result.next.time = result.next.time.max(event.recorded_at);
        result.events.push(event);
    }
    for outcome in &batch.outcomes {
        let mut outcome = outcome.clone();
        outcome.batch = head.batch + 1;
        outcome.first_position = outcome.first_position.wrapping_add(moved);
        outcome.last_position = outcome.last_position.wrapping_add(moved);
        result.outcomes.push(outcome);
    }
    result.claims.clone_from(&batch.claims);
    result.key_changes.clone_from(&batch.key_changes);
    if let Some(summary) = &batch.summary {
        result.close(summary.id);
    }
    result
}

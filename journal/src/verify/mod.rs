//! Verification that a merchant's journal is as it was written.
//!
//! Both hash chains are followed up to the head, so that the journal may be written to at the same time. Damage does not
//! end the verification: everything after it is checked as far as possible.

mod batches;
mod events;
mod link;
mod verification;

#[cfg(test)]
mod tests;

use crate::error::JournalError;
use crate::record::Head;
use crate::traits::Journal;
use batches::BatchWalk;
use events::EventWalk;

pub use verification::Verification;

/// Checks a merchant's journal: both hash chains, positions and versions without gaps, every outcome, and the head.
///
/// Rejections in batches that were sealed before `refusals_kept_since` (microseconds since 1970) may be missing.
/// `progress` is called with the position reached. Damage is a finding, not an error; an error means that the store could
/// not be read.
pub async fn verify(
    journal: &dyn Journal,
    merchant: &str,
    refusals_kept_since: i64,
    mut progress: impl FnMut(u64),
) -> Result<Verification, JournalError> {
    let mut result = Verification::default();
    let head = result.readable(0, "the head", journal.head(merchant).await)?;
    if let Some(head) = &head {
        check_outside(journal, merchant, head, &mut result).await?;
    }
    let mut events = EventWalk::default();
    let last_position = head.as_ref().map(|head| head.position);
    events.walk(journal, merchant, last_position, &mut result, &mut progress).await?;
    let mut batches = BatchWalk::new(merchant, &events, refusals_kept_since);
    batches.walk(journal, head.as_ref().map(|head| head.batch), &mut result).await?;
    match head {
        Some(head) => batches.check_head(&head, &mut result),
        // The unreadable head is reported at the end of the journal.
        None => result.findings[0].position = events.position,
    }
    result.findings.sort_by_key(|finding| finding.position);
    Ok(result)
}

/// Looks for records after the head or before the beginning, where no walk passes.
async fn check_outside(
    journal: &dyn Journal,
    merchant: &str,
    head: &Head,
    result: &mut Verification,
) -> Result<(), JournalError> {
    let mut after_head = Verification::default();
    let next = head.position.saturating_add(1);
    let events = journal.read(merchant, head.position, 1).await;
    if after_head.readable(next, "an event after the head", events)?.is_some_and(|found| !found.is_empty()) {
        after_head.find(next, "an event follows after the head");
    }
    let batches = journal.batches(merchant, head.batch, 1).await;
    if after_head.readable(next, "a batch after the head", batches)?.is_some_and(|found| !found.is_empty()) {
        after_head.find(next, "a batch follows after the head");
    }
    let outcomes = journal.outcomes(merchant, head.batch.saturating_add(1), u64::MAX).await;
    if after_head
        .readable(next, "an outcome after the head", outcomes)?
        .is_some_and(|found| !found.is_empty())
    {
        after_head.find(next, "an outcome follows after the head");
    }
    // A concurrent append moves the head in its transaction; its records are no damage.
    let now = journal.head(merchant).await?;
    if (now.position, now.batch, now.hash) == (head.position, head.batch, head.hash) {
        result.findings.append(&mut after_head.findings);
    }
    let without_batch = journal.outcomes(merchant, 0, 0).await;
    if result.readable(0, "an outcome without a batch", without_batch)?.is_some_and(|found| !found.is_empty())
    {
        result.find(0, "an outcome belongs to no batch");
    }
    Ok(())
}

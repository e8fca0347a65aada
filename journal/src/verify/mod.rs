//! Proving that a merchant's journal is what was written.
//!
//! Both hash chains are walked up to where the head says that the journal ends, so that a store may be written to
//! meanwhile. Damage does not end the walk: what follows is checked as far as it can be.

mod batches;
mod events;

#[cfg(test)]
mod tests;

use std::fmt::Display;

use crate::Journal;
use crate::chain::Hash;
use crate::error::JournalError;
use crate::record::Head;
use batches::BatchWalk;
use events::EventWalk;

/// After so many findings the journal is known to be bad enough.
const MOST_FINDINGS: usize = 100;

/// So many hashes are followed beside the stored one: more would only tell damaged links apart that stand in a row.
const MOST_COMPUTED: usize = 2;

/// Something that was not written so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The event's position, or the last position of the batch or command.
    pub position: u64,
    /// What is wrong.
    pub what: String,
}

impl Finding {
    pub(crate) fn unreadable(position: u64, what: &str, error: &dyn Display) -> Self {
        Self { position, what: format!("{what} cannot be read: {error}") }
    }
}

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// Events that were read.
    pub events: u64,
    /// Batches that were read.
    pub batches: u64,
    /// Outcomes that were read.
    pub outcomes: u64,
    /// What is wrong, by position; at most a hundred.
    pub findings: Vec<Finding>,
}

impl Verification {
    /// Whether everything is as it was written.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    fn find(&mut self, position: u64, what: impl Into<String>) {
        self.add(Finding { position, what: what.into() });
    }

    fn add(&mut self, finding: Finding) {
        if !self.is_full() {
            self.findings.push(finding);
        }
    }

    fn is_full(&self) -> bool {
        self.findings.len() >= MOST_FINDINGS
    }

    /// What was read; nothing where what is stored cannot be read, which is found at a position.
    fn readable<T>(
        &mut self,
        position: u64,
        what: &str,
        read: Result<T, JournalError>,
    ) -> Result<Option<T>, JournalError> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(JournalError::Corrupt(error)) => {
                self.add(Finding::unreadable(position, what, &error));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Checks a merchant's journal: both hash chains, dense positions and versions, every outcome, and the head.
///
/// Refusals of batches sealed before a time may be missing. `progress` is told how far it is. Damage is what is
/// found, not an error; an error means that the store could not be read.
pub async fn verify(
    journal: &dyn Journal,
    merchant: &str,
    refusals_kept_since: i64,
    mut progress: impl FnMut(u64),
) -> Result<Verification, JournalError> {
    let mut result = Verification::default();
    let head = result.readable(0, "the head", journal.head(merchant).await)?;
    if let Some(head) = &head {
        find_beyond(journal, merchant, head, &mut result).await?;
    }
    let mut events = EventWalk::default();
    let last_position = head.as_ref().map(|head| head.position);
    events.walk(journal, merchant, last_position, &mut result, &mut progress).await?;
    let mut batches = BatchWalk::new(merchant, &events, refusals_kept_since);
    batches.walk(journal, head.as_ref().map(|head| head.batch), &mut result).await?;
    match head {
        Some(head) => batches.check_head(&head, &mut result),
        // Named where the journal turned out to end.
        None => result.findings[0].position = events.position,
    }
    result.findings.sort_by_key(|finding| finding.position);
    Ok(result)
}

/// Looks for what follows the head, or precedes the beginning, where no walk comes by.
async fn find_beyond(
    journal: &dyn Journal,
    merchant: &str,
    head: &Head,
    result: &mut Verification,
) -> Result<(), JournalError> {
    let mut beyond = Verification::default();
    let next = head.position.saturating_add(1);
    let events = journal.read(merchant, head.position, 1).await;
    if beyond.readable(next, "an event after the head", events)?.is_some_and(|events| !events.is_empty()) {
        beyond.find(next, "an event follows after the head");
    }
    let batches = journal.batches(merchant, head.batch, 1).await;
    if beyond.readable(next, "a batch after the head", batches)?.is_some_and(|batches| !batches.is_empty()) {
        beyond.find(next, "a batch follows after the head");
    }
    let outcomes = journal.outcomes(merchant, head.batch.saturating_add(1), u64::MAX).await;
    if beyond.readable(next, "an outcome after the head", outcomes)?.is_some_and(|found| !found.is_empty()) {
        beyond.find(next, "an outcome follows after the head");
    }
    // What somebody has just appended moved the head in the same transaction.
    let now = journal.head(merchant).await?;
    if (now.position, now.batch, now.hash) == (head.position, head.batch, head.hash) {
        result.findings.append(&mut beyond.findings);
    }
    let unborn = journal.outcomes(merchant, 0, 0).await;
    if result.readable(0, "an outcome of no batch", unborn)?.is_some_and(|found| !found.is_empty()) {
        result.find(0, "an outcome belongs to no batch");
    }
    Ok(())
}

/// A walk along a hash chain: what the hash of the last link can have been. Nothing is known after a gap; after a
/// link that does not fit, either its hash was changed or what it covers.
#[derive(Debug)]
struct Link(Vec<Hash>);

impl Default for Link {
    fn default() -> Self {
        Self(vec![Hash::default()])
    }
}

impl Link {
    /// Goes on to the next link, and says whether it fits, as far as that can be known.
    fn fits(&mut self, stored: Hash, compute: impl Fn(Hash) -> Hash) -> bool {
        let computed: Vec<Hash> = self.0.iter().map(|previous| compute(*previous)).collect();
        let fits = computed.is_empty() || computed.contains(&stored);
        self.0 = vec![stored];
        if !fits {
            self.0.extend(computed.into_iter().take(MOST_COMPUTED));
        }
        fits
    }

    fn lose(&mut self) {
        self.0.clear();
    }
}

/// What is missing, such as `event 5` or `events 5 to 7`.
fn missing(one: &str, many: &str, first: u64, last: u64) -> String {
    if first == last {
        format!("{one} {first} is missing")
    } else {
        format!("{many} {first} to {last} are missing")
    }
}

//! The result of a verification.

use crate::error::JournalError;
use crate::finding::Finding;

/// The maximum number of findings. With so many, the journal is known to be damaged.
pub(super) const MAX_FINDINGS: usize = 100;

/// The result of a verification.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// The number of events that were read.
    pub events: u64,
    /// The number of batches that were read.
    pub batches: u64,
    /// The number of outcomes that were read.
    pub outcomes: u64,
    /// The damage, ordered by position; at most 100 findings.
    pub findings: Vec<Finding>,
}

impl Verification {
    /// True if every record is as it was written.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    pub(super) fn find(&mut self, position: u64, problem: impl Into<String>) {
        self.add(Finding::new(position, problem));
    }

    pub(super) fn add(&mut self, finding: Finding) {
        if !self.is_full() {
            self.findings.push(finding);
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.findings.len() >= MAX_FINDINGS
    }

    /// Turns the error of a corrupt record into a finding.
    pub(super) fn readable<T>(
        &mut self,
        position: u64,
        record: &str,
        result: Result<T, JournalError>,
    ) -> Result<Option<T>, JournalError> {
        match result {
            Ok(read) => Ok(Some(read)),
            Err(JournalError::Corrupt(error)) => {
                self.add(Finding::unreadable(position, record, &error));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

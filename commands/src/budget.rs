//! The memory limit that the writers of all merchants share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The approximate number of bytes that a node may cache, and the number it caches.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: usize,
    used: AtomicUsize,
    shares: AtomicUsize,
}

impl Budget {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, used: AtomicUsize::new(0), shares: AtomicUsize::new(0) })
    }
}

/// The cached bytes of one writer; released when dropped.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Share {
    pub(crate) fn of(budget: &Arc<Budget>) -> Self {
        budget.shares.fetch_add(1, Ordering::Relaxed);
        Self { budget: Arc::clone(budget), bytes: 0 }
    }

    pub(crate) fn add(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.budget.used.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn subtract(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        self.budget.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(crate) fn release(&mut self) {
        self.subtract(self.bytes);
    }

    /// Whether the limit is exceeded and this writer uses more than an equal share. A busy merchant may use the memory that
    /// others leave free.
    pub(crate) fn is_exceeded(&self) -> bool {
        let shares = self.budget.shares.load(Ordering::Relaxed).max(1);
        self.budget.used.load(Ordering::Relaxed) > self.budget.limit
            && self.bytes > self.budget.limit / shares
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.release();
        self.budget.shares.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_writer_may_use_the_whole_budget() {
        let budget = Budget::new(100);
        let mut share = Share::of(&budget);
        share.add(100);
        assert!(!share.is_exceeded());
        share.add(1);
        assert!(share.is_exceeded());
        share.subtract(1);
        assert!(!share.is_exceeded());
    }

    #[test]
    fn the_limit_applies_to_writers_above_an_equal_share() {
        let budget = Budget::new(100);
        let (mut large, mut small) = (Share::of(&budget), Share::of(&budget));
        large.add(90);
        small.add(30);
        assert!(large.is_exceeded() && !small.is_exceeded());
        drop(small);
        assert!(!large.is_exceeded(), "a dropped share is released");
    }
}

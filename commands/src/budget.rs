//! One limit for what the writers of all merchants keep in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many bytes a node keeps at most, about, and how many it does.
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

/// What one writer keeps. Given back when it is dropped.
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

    pub(crate) fn give_back(&mut self) {
        self.subtract(self.bytes);
    }

    /// Whether all of them keep too much, and this one more than an equal part: a busy merchant has what the others
    /// leave, and those that are not at work give back theirs when their writers end.
    pub(crate) fn is_exceeded(&self) -> bool {
        let shares = self.budget.shares.load(Ordering::Relaxed).max(1);
        self.budget.used.load(Ordering::Relaxed) > self.budget.limit
            && self.bytes > self.budget.limit / shares
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_back();
        self.budget.shares.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_alone_may_keep_all_of_it() {
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
    fn who_keeps_more_than_an_equal_part_makes_room() {
        let budget = Budget::new(100);
        let (mut large, mut small) = (Share::of(&budget), Share::of(&budget));
        large.add(90);
        small.add(30);
        assert!(large.is_exceeded() && !small.is_exceeded());
        drop(small);
        assert!(!large.is_exceeded(), "what was given back is free");
    }
}

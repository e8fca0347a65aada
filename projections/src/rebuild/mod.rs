//! The life cycle of generations: build, compare, activate, delete, and verify against the journal.

pub(crate) mod build;
pub(crate) mod comparison;
pub(crate) mod generation_manager;
pub(crate) mod removal;
pub(crate) mod verification;

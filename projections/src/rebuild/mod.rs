//! The life cycle of generations: build, compare, activate, delete, and verify against the journal.

pub(crate) mod activation;
pub(crate) mod build;
pub(crate) mod comparison;
pub(crate) mod deletion;
pub(crate) mod generation_manager;
pub(crate) mod verification;

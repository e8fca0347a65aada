//! The runtime: keeps the generations of a projection up to date with the journal.

pub(crate) mod apply;
pub(crate) mod batch;
pub(crate) mod checkpoint;
pub(crate) mod classify;
pub(crate) mod context;
pub(crate) mod generation;
pub(crate) mod lease;
pub(crate) mod parked;
pub(crate) mod prefetch;
pub(crate) mod progress;
pub(crate) mod projection;
pub(crate) mod rebuild_throttle;
pub(crate) mod retry;
pub(crate) mod runner;

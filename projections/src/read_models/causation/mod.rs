//! `causation`: which commands belong together, and which commands caused which others.
//!
//! The journal itself has no index of correlation and causation IDs: the IDs are random, and every append would pay for
//! the index. This read model has a row for every command with at least one of the two IDs.

mod projection;
mod query;

pub use projection::CausationProjection;
pub use query::{Causation, CommandLink, CommandRange};

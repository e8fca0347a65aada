//! Tests of all aggregates: the stored forms of events, and properties of generated histories.

mod history;
pub(crate) mod properties;

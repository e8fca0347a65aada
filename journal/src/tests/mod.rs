//! Tests of all journals, and the fixtures of all tests.

mod contract;
mod properties;
pub(crate) mod support;

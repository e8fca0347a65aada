//! End-to-end tests of the program, and the workspace rules, as one test program: it links once.

// A helper function may assume what its test assumes: where the assumption is wrong, the test fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod audit;
mod cluster;
mod error_codes_page;
mod orders;
mod projections;
mod stock;
mod support;
mod tools;
mod walk;
mod workspace_rules;

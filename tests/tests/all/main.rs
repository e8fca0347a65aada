//! All tests of the whole house as one program: one link step, one list of results.

// A function beside the tests may assume what its test assumes: where it is wrong, the test fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod amending;
mod as_of;
mod audit;
mod backorders;
mod bad_input;
mod bench;
mod compose;
mod consequences;
mod contention;
mod events;
mod exceptions;
mod export;
mod faults;
mod feed;
mod house;
mod import;
mod lifecycle;
mod moving;
mod nodes;
mod own_writes;
mod place;
mod postgres;
mod promising;
mod rebuilding;
mod reporting;
mod server;
mod shop;
mod subscriptions;
mod tampering;
mod tracking;
mod upgrading;
mod waiting;

//! The rules of order fulfillment: pure, without clock, randomness or I/O.
//!
//! Six aggregates ([`order`], [`cart_reservation`], [`stock`], [`network`], [`policy`], [`capacity`]) and two pure functions:
//! [`sourcing`] chooses locations, [`promising`] computes dates. Each aggregate has a `decide` (state and command to events or a refusal)
//! and an `evolve` (state and event to the next state). The same state and command always give the same events: the decision
//! time is part of the command, ids are derived from it, and nothing iterates over a hash map.
//!
//! The aggregates implement [`cqrs_es::Aggregate`]; its `handle` calls `decide` and nothing else.

mod aggregate;
mod command;
mod event;
mod refusal;
mod sealed;
#[cfg(test)]
mod tests;

pub mod capacity;
pub mod cart_reservation;
pub mod distance;
pub mod format;
pub mod fulfillment;
pub mod geography;
pub mod network;
pub mod order;
pub mod policy;
pub mod promising;
pub mod sourcing;
pub mod stock;
pub mod stream;
pub mod values;

pub use aggregate::Decide;
pub use command::Command;
pub use event::DecodeError;
pub use refusal::{Class, Refusal};

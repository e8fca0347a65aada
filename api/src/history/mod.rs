//! Histories of orders, stock and commands. The same for REST, GraphQL and the command line.

pub mod command;
pub mod difference;
mod envelope;
pub mod order;
pub mod stock;

pub use envelope::{EventEnvelope, payload};

//! What the tests share: a store, a server process, and helpers for orders and events.

pub mod events;
pub mod node;
pub mod orders;
pub mod python;
pub mod server;
pub mod store;

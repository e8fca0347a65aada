//! REST: the contract of `/v1`.
//!
//! [`routes`] is made of one table of endpoints, and `/openapi.json` and `/docs` of the same table. A handler
//! reads what it is given, asks the write side or the read side, and says the answer in the words of HTTP; it
//! decides nothing.

mod availability;
pub(crate) mod body;
mod bulk;
pub(crate) mod caller;
mod command_state;
mod consequences;
mod documentation;
mod endpoint;
mod events;
mod feed;
mod figures;
mod fulfillment_board;
mod fulfillment_orders;
mod guard;
mod health;
mod listing;
mod locations;
mod merchants;
mod metrics;
mod openapi;
mod orders;
mod parameters;
mod policy;
pub(crate) mod problem;
mod projections;
mod returns;
mod router;
pub(crate) mod sending;
mod shipments;
mod stock;
mod stock_history;

#[cfg(test)]
mod tests;

pub use guard::protect;
pub use router::routes;

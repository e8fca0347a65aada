//! REST: the contract of `/v1`.
//!
//! The [router](routes) is one table of endpoints; `/openapi.json` and `/docs` are made of the same table. A handler reads
//! the request, submits a command or runs a query, and renders the answer. It contains no business rule.

mod availability;
mod body;
mod bulk;
mod cart_reservations;
mod causation;
mod cloud_event;
mod commands;
mod compression;
mod documentation;
mod endpoint;
mod entity_tag;
mod event_feed;
mod events;
mod extract;
mod fulfillment_board;
mod fulfillment_orders;
mod health;
mod merchant;
mod middleware;
mod openapi;
mod order_metrics;
mod orders;
mod page;
mod problem;
mod problem_pages;
mod projections;
mod prometheus;
mod promises;
mod query;
mod router;
mod stock_history;

#[cfg(test)]
mod tests;

pub use middleware::protect;
pub use router::routes;

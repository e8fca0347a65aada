//! REST and GraphQL over HTTP, and the application that they serve.
//!
//! [`App`] starts journal, write side and read side over one store. [`rest`] and [`graphql`] serve it.

pub mod app;
pub mod cors;
mod cursor;
pub mod database;
mod digest;
mod due_work;
mod error;
pub mod graphql;
mod headers;
pub mod history;
mod journal_reader;
mod json;
pub mod nodes;
mod opaque;
mod order_metrics;
mod persisted_queries;
mod promises;
pub mod queries;
mod reservation_index;
pub mod rest;
pub mod server;
mod submit;

pub use app::{App, OpenError};

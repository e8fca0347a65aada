//! REST and GraphQL over HTTP, and the application that they serve.
//!
//! [`App`] puts the house together: journal, write side and read side over one store. [`rest`] and
//! [`graphql`] serve it.

pub mod app;
mod cursor;
pub mod database;
mod due_work;
mod figures;
mod following;
pub mod graphql;
pub mod history;
mod opaque;
pub mod peers;
pub mod reading;
mod reservation_index;
pub mod rest;
pub mod server;

pub use app::{App, OpenError};

//! The only crate that sees HTTP: REST, GraphQL and the command line.
//!
//! [`App`] puts the house together: journal, write side and read side over one store. [`rest`] and
//! [`graphql`] serve it; [`cli`] is what the `holdfast` program does.

mod agenda;
pub mod app;
pub mod cli;
mod cursor;
pub mod database;
mod figures;
mod following;
pub mod graphql;
mod history;
mod holders;
pub mod peers;
pub mod reading;
pub mod rest;
pub mod server;

pub use app::{App, OpenError};

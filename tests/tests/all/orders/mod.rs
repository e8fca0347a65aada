//! The life of an order: creation, amendment, fulfillment, delivery, return, and what is rejected.

mod amendments;
mod bad_input;
mod contention;
mod exceptions;
mod generated_clients;
mod lifecycle;
mod process;
mod timers;
mod tracking;
mod warehouse_reports;

//! The order process: what follows from a decision on an order, in the same command.
//!
//! An order, its stock items, the locations' capacity and the backorder queue are separate aggregates that must agree.
//! [`reactions`] is a pure function from an order before and after a decision to what must follow; [`decide`] carries
//! the reactions out, one after the other, until none is left. The write side and the property tests run this code
//! over the same trait, [`Aggregates`].

mod aggregates;
mod backorder_queue;
mod capacity;
mod cart_reservations;
mod decision;
mod deferral;
mod fill_backorders;
mod line_defaults;
mod operations;
mod overcommitment;
mod process;
mod reactions;
mod reserve_cart;
mod ship_dates;
mod sourcing;
pub mod stock_effects;
#[cfg(test)]
mod tests;

pub use aggregates::Aggregates;
pub use cart_reservations::{cancel_cart, expire_cart, extend_cart};
pub use fill_backorders::fill_backorders;
pub use line_defaults::{complete_changes, complete_lines};
pub use operations::{accept_cancellation, amend, change, change_stock, create, move_fulfillment_order};
pub use process::{Decided, decide};
pub use reactions::{Reaction, reactions};
pub use reserve_cart::{cart_lines, reserve_cart};

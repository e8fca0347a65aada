//! When goods can leave a location and arrive, and when backordered units are expected.
//!
//! A date is a pure function of what is known about the location and of the decision time. It is stored with the decision
//! and never computed again, so a newer edition of the time zone database changes no promise.

mod backorder_dates;
pub mod calendar;
mod ship_dates;
pub mod transit;
pub mod working_days;

pub use ship_dates::{day_at, earliest_delivery, earliest_ship, ships_on};

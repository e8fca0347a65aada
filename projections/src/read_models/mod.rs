//! The read models: each has a fold over the journal, its tables and its queries.

pub(crate) mod availability;
pub(crate) mod cart_reservations;
pub(crate) mod causation;
pub(crate) mod due;
pub(crate) mod order_metrics;
pub(crate) mod orders;
pub(crate) mod read_snapshot;

//! `cart_reservations`: the units that checkouts hold for a limited time.

mod projection;
mod query;

pub use projection::CartReservationsProjection;
pub use query::CartReservations;
#[cfg(test)]
pub(crate) use query::holding;

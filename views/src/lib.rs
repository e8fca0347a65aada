//! The JSON form of orders, cart reservations, stock, locations and policies: the same in answers to commands, in read models,
//! in audits and in exports.

mod bundle;
mod cart_reservation;
mod merchant;
mod order;
mod stock;
#[cfg(test)]
mod tests;

pub use cart_reservation::{CartLineView, CartReservationView};
pub use merchant::{LocationView, PolicyView};
pub use order::{
    AmendmentView, DiscrepancyView, FulfillmentLineView, FulfillmentOrderView, HoldView, LineView, OrderView,
    PackageView, ReturnLineView, ReturnView, ShipToView, ShipmentView,
};
pub use stock::{AvailabilityView, LocationAvailability, SupplyView};

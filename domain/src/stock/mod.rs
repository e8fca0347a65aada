//! A stock item: one SKU of a merchant with its quantities at every location.
//!
//! It decides reservations: units are promised here or nowhere, so `reserved` never exceeds `on_hand` unless a
//! physical report says that fewer are there. Its state stays small however many orders are open: it counts
//! what is reserved, and the orders know what they hold. One by one it knows only those that wait for supply, for it is
//! here that their turn is decided.

mod commands;
mod decide;
mod events;
mod evolve;
mod queue;
mod refusals;
mod state;
#[cfg(test)]
mod tests;
mod view;

pub use commands::{AdjustStock, CountStock, FillBackorders, ReceiveStock, SetStockPolicy, StockCommand};
pub use events::{
    Allocation, Condition, CountEffect, Lot, StockAdjusted, StockBackorderFilled, StockBackorderWithdrawn,
    StockBackordered, StockCounted, StockEarmarked, StockEvent, StockPolicySet, StockReceived, StockReleased,
    StockReserved, StockReturned, StockShipped, StockShorted,
};
pub use queue::{Share, Waiting};
pub use refusals::StockRefusal;
pub use state::{Bin, MOVEMENTS_KEPT, StockItem};
pub use view::{AvailabilityView, LocationAvailability};

use decide::decide;
use evolve::evolve;

crate::aggregate::pure_aggregate!(StockItem, "stock", StockCommand, StockEvent, StockRefusal);

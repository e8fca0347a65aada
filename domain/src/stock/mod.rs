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
mod movement;
mod promise;
mod queue;
mod refusals;
mod state;
#[cfg(test)]
mod tests;
mod upcasting;
mod view;

pub use commands::{
    AdjustStock, CancelSupply, ChangeStockCondition, CountStock, ExpectSupply, FillBackorders, ReceiveStock,
    ReceiveTransfer, SetStockPolicy, ShipTransfer, StockCommand,
};
pub use events::{
    AdjustmentReason, Allocation, Condition, CountEffect, Lot, StockAdjusted, StockBackorderFilled,
    StockBackorderWithdrawn, StockBackordered, StockConditionChanged, StockCounted, StockEarmarked,
    StockEvent, StockPolicySet, StockPromised, StockReceived, StockReleased, StockReservationExtended,
    StockReservationsExpired, StockReserved, StockReturned, StockShipped, StockShorted, SupplyCancelled,
    SupplyExpected, TransferReceived, TransferShipped,
};
pub use movement::{Movement, MovementAt};
pub use queue::{BackorderEntry, Eligibility, Share, SplitAllowance};
pub use refusals::StockRefusal;
pub use state::{Bin, ChannelQuota, Expiring, MOVEMENTS_KEPT, StockItem, Supply, Transfer};
pub use view::{AvailabilityView, LocationAvailability, SupplyView};

use decide::decide;
use evolve::evolve;

crate::aggregate::pure_aggregate!(StockItem, "stock", StockCommand, StockEvent, StockRefusal);

//! An order: from its creation to the delivery of its last parcel.
//!
//! The order knows what it asked for, where it was sourced, what each location has picked, packed and shipped,
//! and what was delivered. How many units are free is not its business: that is decided by the
//! [stock items](crate::stock), in the same decision.

mod amend;
mod amendment_request;
mod cancel;
mod choices;
mod commands;
mod contents;
mod create;
mod decide;
mod decision;
mod events;
mod evolve;
mod fulfillment_order;
mod hold;
mod locations;
mod order_command;
mod payment;
mod personal;
mod refusals;
mod reserve;
mod returns;
mod shipment;
mod state;
mod status;
#[cfg(test)]
pub(crate) mod tests;
mod totals;
mod upcasting;
mod view;

pub use choices::{DeliveryMethod, Disposition, HoldReason, PaymentTerms, SourcingBasis, TrackingStatus};
pub use commands::*;
pub use contents::{
    AmendedLine, Charge, DeliveryIntent, Destination, Dimensions, FulfillmentOrderLines, LineUnits,
    OrderedLine, Package, PromisedDates, ReturnedUnits,
};
pub use events::{
    AmendmentAccepted, AmendmentRejected, AmendmentRequested, CancellationRejected, CancellationRequested,
    DeliveryConfirmed, DeliveryFailed, DiscrepancyRecorded, FulfillmentOrderAccepted, FulfillmentOrderMoved,
    FulfillmentOrderRejected, InventoryBackordered, InventoryReleased, InventoryReserved, ItemPacked,
    ItemPicked, ItemPutBack, OrderAmended, OrderCancelled, OrderCreated, OrderEvent, OrderHeld,
    OrderHoldReleased, OrderSourced, PaymentAuthorized, PaymentConfirmed, PaymentFailed, PaymentVoided,
    PersonalDataErased, PickShorted, PromiseChanged, ReadyForPickup, ReservationExpired, ReservationExtended,
    ReturnReceived, ReturnRequested, ShipmentCreated, ShipmentStuck, ShipmentTracked,
};
pub use locations::EligibleLocations;
pub use order_command::{
    CreationTerms, MoveTarget, OrderCommand, Promises, ReservationTrigger, ReserveInventory, Takeover,
};
pub use personal::{PersonalData, ShipTo};
pub use refusals::OrderRefusal;
pub use state::{
    Asked, Discrepancy, FulfillmentLine, FulfillmentOrder, Hold, MOST_LINES, Order, OrderReturn, Parcel,
    PendingAmendment, PersonalDataState, ReturnLine, Shipment,
};
pub use status::{
    CancellationStatus, DeliveryStatus, FulfillmentOrderStatus, FulfillmentStatus, OrderStatus,
    PaymentStatus, ReservationStatus, ReturnStatus, StatusAxes,
};
pub use totals::LineTotals;
pub use view::{
    AmendmentView, FulfillmentLineView, FulfillmentOrderView, HoldView, LineView, OrderView, PackageView,
    ReturnLineView, ReturnView, ShipToView, ShipmentView,
};

use decide::decide;
use evolve::evolve;

crate::aggregate::pure_aggregate!(Order, "order", OrderCommand, OrderEvent, OrderRefusal);

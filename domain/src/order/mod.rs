//! An order: from its creation to the delivery of its last parcel.
//!
//! The order knows what it asked for, where it was sourced, what each location has picked, packed and shipped,
//! and what was delivered. How many units are free is not its business: that is decided by the
//! [stock items](crate::stock), in the same decision.

mod choices;
mod commands;
mod decide;
mod events;
mod evolve;
mod personal;
mod refusals;
mod state;
mod status;
#[cfg(test)]
pub(crate) mod tests;
mod view;

pub use choices::{DeliveryMethod, Disposition, HoldReason, PaymentTerms, SourcingBasis, TrackingStatus};
pub use commands::{
    AcceptCancellation, AcceptFulfillmentOrder, AuthorizePayment, CancelOrder, ConfirmDelivery,
    ConfirmPayment, CreateOrder, CreationTerms, ErasePersonalData, FailPayment, HoldOrder, LineQuantity,
    NewLine, OrderCommand, PackItems, PickItems, ReceiveReturn, RejectCancellation, RejectFulfillmentOrder,
    ReleaseHold, RequestReturn, ReservationTrigger, ReserveInventory, ReturnedLine, ShipItems, ShipPackage,
    ShortPick, TrackParcel, TrackShipment, VoidPayment,
};
pub use events::{
    CancellationRejected, CancellationRequested, Charge, DeliveryConfirmed, DeliveryIntent, Destination,
    Dimensions, DiscrepancyRecorded, FulfillmentOrderAccepted, FulfillmentOrderLines,
    FulfillmentOrderRejected, InventoryBackordered, InventoryReleased, InventoryReserved, ItemPacked,
    ItemPicked, ItemPutBack, LineUnits, OrderCancelled, OrderCreated, OrderEvent, OrderHeld,
    OrderHoldReleased, OrderSourced, OrderedLine, Package, PaymentAuthorized, PaymentConfirmed,
    PaymentFailed, PaymentVoided, PersonalDataErased, PickShorted, ReturnReceived, ReturnRequested,
    ReturnedUnits, ShipmentCreated, ShipmentTracked,
};
pub use personal::{PersonalData, ShipTo};
pub use refusals::OrderRefusal;
pub use state::{
    Discrepancy, FulfillmentLine, FulfillmentOrder, Hold, LineTotals, MOST_LINES, Order, OrderReturn, Parcel,
    PersonalDataState, ReturnLine, Shipment,
};
pub use status::{
    CancellationStatus, DeliveryStatus, FulfillmentOrderStatus, FulfillmentStatus, OrderStatus,
    PaymentStatus, ReservationStatus, ReturnStatus, StatusAxes,
};
pub use view::{
    FulfillmentLineView, FulfillmentOrderView, HoldView, LineView, OrderView, PackageView, ReturnLineView,
    ReturnView, ShipToView, ShipmentView,
};

use decide::decide;
use evolve::evolve;

crate::aggregate::pure_aggregate!(Order, "order", OrderCommand, OrderEvent, OrderRefusal);

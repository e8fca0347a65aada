//! An order: from its creation to the delivery of its last package, and returns.
//!
//! The order knows its lines, its locations, and what each location has picked, packed, shipped and delivered. Available
//! units belong to the [stock items](crate::stock); the [order process](crate::fulfillment) keeps the two consistent.

mod actions;
mod amend;
mod amendment_request;
mod amounts;
mod cancel;
mod choices;
mod command;
mod contents;
mod create;
mod decision;
mod due_work;
mod erase;
mod events;
mod evolve;
mod fulfillment_order;
mod hold;
mod line_fulfillment;
mod line_values;
mod lines;
mod locations;
mod payment;
mod personal;
mod refund;
mod refusals;
mod reopen;
mod reserve;
mod returns;
mod sealing;
mod shipment;
mod state;
mod status;
mod terms;
#[cfg(test)]
pub(crate) mod tests;
mod totals;
mod upcasting;
mod update;
mod waiting;

pub use actions::{FulfillmentOrderAction, OrderAction};
pub use amend::{AmendOrder, Change, NamedLine, NewQuantity};
pub use amendment_request::{AcceptAmendment, RejectAmendment};
pub use cancel::CancelOrder;
pub use choices::{
    DeliveryMethod, DiscrepancyCode, Disposition, HoldReason, PaymentTerms, SourcingBasis, TrackingStatus,
};
pub use command::OrderCommand;
pub use contents::{
    AmendedLine, BundleLine, Charge, DeliveryIntent, Destination, Dimensions, FulfillmentOrderLines,
    LineUnits, OrderedLine, Package, PromisedDates, ReturnedUnits, package_key, sent_indexes,
};
pub use create::{CreateOrder, CreationTerms, NewLine};
pub use due_work::AttendOrder;
pub use erase::ErasePersonalData;
pub use events::{
    AmendmentAccepted, AmendmentRejected, AmendmentRequested, CancellationRejected, CancellationRequested,
    DeliveryConfirmed, DeliveryFailed, DiscrepancyRecorded, FulfillmentOrderAccepted, FulfillmentOrderMoved,
    FulfillmentOrderRejected, InventoryBackordered, InventoryReleased, InventoryReserved, ItemPacked,
    ItemPicked, ItemPutBack, ItemUnpacked, LinesFulfilled, LinesUnfulfilled, OrderAmended, OrderCancelled,
    OrderCreated, OrderEvent, OrderHeld, OrderHoldReleased, OrderReopened, OrderSourced, OrderTermsChanged,
    PackageRelabelled, PackageResent, PaymentAuthorized, PaymentConfirmed, PaymentFailed, PaymentRefunded,
    PaymentVoided, PersonalDataErased, PickShorted, PromiseChanged, ReadyForPickup, RejectionUndone,
    ReservationExpired, ReservationExtended, ReturnClosed, ReturnReceived, ReturnRequested,
    ShipmentCancelled, ShipmentCreated, ShipmentStuck, ShipmentTracked,
};
pub use fulfillment_order::assignment::{
    AcceptFulfillmentOrder, MoveFulfillmentOrder, MoveTarget, RejectFulfillmentOrder,
};
pub use fulfillment_order::cancellation_request::{
    AcceptCancellation, ReassignmentCheck, RejectCancellation,
};
pub use fulfillment_order::pick_pack::{MarkReadyForPickup, PackItems, PickItems};
pub use fulfillment_order::short_pick::ShortPick;
pub use fulfillment_order::status::FulfillmentOrderStatus;
pub use fulfillment_order::undo::{UndoRejection, UnpackItems, UnpickItems};
pub use fulfillment_order::{CancellationRequest, FulfillmentLine, FulfillmentOrder};
pub use hold::{HoldOrder, ReleaseHold};
pub use line_fulfillment::{FulfillLines, UnfulfillLines};
pub use lines::LineQuantity;
pub use locations::EligibleLocations;
pub use payment::{AuthorizePayment, ConfirmPayment, FailPayment, VoidPayment};
pub use personal::{PersonalData, ShipTo};
pub use refund::RefundPayment;
pub use refusals::OrderRefusal;
pub use reopen::ReopenOrder;
pub use reserve::{Promises, ReservationTrigger, ReserveInventory};
pub use returns::close::CloseReturn;
pub use returns::receive::{ReceiveReturn, ReturnedLine};
pub use returns::request::RequestReturn;
pub use returns::{OrderReturn, ReturnLine};
pub use shipment::cancel::CancelShipment;
pub use shipment::delivery::ConfirmDelivery;
pub use shipment::packages::ShipPackage;
pub use shipment::relabel::RelabelPackage;
pub use shipment::resend::ResendPackage;
pub use shipment::ship::{ShipItems, reported_before};
pub use shipment::tracking::{TrackParcel, TrackShipment};
pub use shipment::{Shipment, TrackedPackage};
pub use state::{
    CancelledShipment, Discrepancy, Hold, LastPaymentEvent, MAX_LINES, Order, PendingAmendment,
    PersonalDataState, Refund,
};
pub use status::{
    CancellationStatus, DeliveryStatus, FulfillmentStatus, OrderStatus, PaymentStatus, ReservationStatus,
    ReturnStatus, StatusAxes,
};
pub use totals::LineTotals;
pub use waiting::WaitingFor;

use command::decide;
use evolve::evolve;

crate::aggregate::pure_aggregate!(Order, "order", OrderCommand, OrderEvent, OrderRefusal);

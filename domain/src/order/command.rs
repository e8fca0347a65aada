//! The commands that an order decides.

use super::amend::{AmendOrder, amend};
use super::amendment_request::{self, AcceptAmendment, RejectAmendment};
use super::cancel::{CancelOrder, cancel};
use super::create::{CreateOrder, CreationTerms, create};
use super::decision::Decision;
use super::due_work::{attend, expire};
use super::erase::{ErasePersonalData, erase};
use super::events::PromiseChanged;
use super::fulfillment_order::assignment::{
    self, AcceptFulfillmentOrder, MoveFulfillmentOrder, MoveTarget, RejectFulfillmentOrder, consolidate,
    relocate,
};
use super::fulfillment_order::cancellation_request::{
    self, AcceptCancellation, ReassignmentCheck, RejectCancellation,
};
use super::fulfillment_order::pick_pack::{
    MarkReadyForPickup, PackItems, PickItems, pack, pick, ready_for_pickup,
};
use super::fulfillment_order::short_pick::{ShortPick, lose_units, short};
use super::fulfillment_order::undo::{
    UndoRejection, UnpackItems, UnpickItems, undo_rejection, unpack, unpick,
};
use super::hold::{self, HoldOrder, ReleaseHold, await_decision};
use super::line_fulfillment::{FulfillLines, UnfulfillLines, fulfill, unfulfill};
use super::payment::{self, AuthorizePayment, ConfirmPayment, FailPayment, VoidPayment};
use super::refund::{RefundPayment, refund};
use super::reopen::{ReopenOrder, reopen};
use super::reserve::{Promises, ReserveInventory, fill_backorder, reserve};
use super::returns::close::{CloseReturn, close};
use super::returns::receive::{ReceiveReturn, receive};
use super::returns::request::{self, RequestReturn};
use super::shipment::cancel::{CancelShipment, cancel as cancel_shipment};
use super::shipment::delivery::{ConfirmDelivery, confirm_delivery};
use super::shipment::relabel::{RelabelPackage, relabel};
use super::shipment::resend::{ResendPackage, resend};
use super::shipment::ship::{ShipItems, ship};
use super::shipment::tracking::{TrackShipment, track};
use super::state::Order;
use crate::stock::Allocation;
use crate::values::{LocationId, Period, Sku, Timestamp, Units};

/// A command to an order: from outside, with the data that the decision needs, or from the order process. A `Timestamp` is
/// the decision time.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "documented at the command, or where the name does not say it")]
pub enum OrderCommand {
    CreateOrder(Box<CreateOrder>, CreationTerms, Timestamp),
    AmendOrder(Box<AmendOrder>, Timestamp),
    CancelOrder(CancelOrder),
    ReopenOrder(ReopenOrder, Timestamp),
    HoldOrder(HoldOrder, Timestamp),
    ReleaseHold(ReleaseHold),
    ErasePersonalData(ErasePersonalData),
    ConfirmPayment(ConfirmPayment),
    AuthorizePayment(AuthorizePayment),
    FailPayment(FailPayment),
    VoidPayment(VoidPayment, Timestamp),
    RefundPayment(RefundPayment),
    FulfillLines(FulfillLines, Timestamp),
    UnfulfillLines(UnfulfillLines),
    AcceptFulfillmentOrder(AcceptFulfillmentOrder),
    RejectFulfillmentOrder(RejectFulfillmentOrder),
    MoveFulfillmentOrder(MoveFulfillmentOrder, MoveTarget),
    AcceptCancellation(AcceptCancellation, Promises, ReassignmentCheck),
    RejectCancellation(RejectCancellation),
    AcceptAmendment(AcceptAmendment),
    RejectAmendment(RejectAmendment),
    PickItems(PickItems),
    PackItems(PackItems),
    MarkReadyForPickup(MarkReadyForPickup, Timestamp),
    ShortPick(ShortPick, Timestamp),
    UnpickItems(UnpickItems),
    UnpackItems(UnpackItems),
    UndoRejection(UndoRejection),
    /// With the time after which a package without reports counts as stuck.
    ShipItems(ShipItems, Option<Period>, Timestamp),
    CancelShipment(CancelShipment, Timestamp),
    RelabelPackage(RelabelPackage, Timestamp),
    ResendPackage(ResendPackage),
    TrackShipment(TrackShipment, Timestamp),
    ConfirmDelivery(ConfirmDelivery, Timestamp),
    /// With the time after which a return lapses.
    RequestReturn(RequestReturn, Period, Timestamp),
    CloseReturn(CloseReturn),
    ReceiveReturn(ReceiveReturn, Timestamp),
    /// Reserves what sourcing found.
    ReserveInventory(ReserveInventory),
    /// Reserves backordered units.
    FillBackorder {
        sku: Sku,
        allocations: Vec<Allocation>,
        promises: Promises,
        /// The decision time.
        at: Timestamp,
    },
    /// Places a hold until a person decides about missing units.
    AwaitDecision,
    /// Releases reserved units that are missing at a location.
    LoseUnits {
        location: LocationId,
        sku: Sku,
        /// The number of units that are missing.
        most: Units,
    },
    /// Records when backordered units are expected.
    ChangePromise {
        sku: Sku,
        /// Absent: unknown.
        promised_at: Option<Timestamp>,
    },
    /// Lets an amendment take effect that every location has answered.
    SettleAmendment(Timestamp),
    /// Releases units at locations that the order must not ship from.
    Consolidate,
    /// Ends reservations whose time is over.
    ExpireReservation(Timestamp),
    /// Ends holds whose time is over, closes returns that lapse, and marks packages as stuck.
    AttendOrder(Timestamp),
}

pub(super) fn decide(order: &Order, command: &OrderCommand) -> Decision {
    match command {
        OrderCommand::CreateOrder(command, terms, at) => create(order, command, terms, *at),
        OrderCommand::AmendOrder(command, at) => amend(order, command, *at),
        OrderCommand::CancelOrder(command) => cancel(order, command),
        OrderCommand::ReopenOrder(command, at) => reopen(order, command, *at),
        OrderCommand::HoldOrder(command, at) => hold::place(order, command, *at),
        OrderCommand::ReleaseHold(command) => hold::release(order, command),
        OrderCommand::ErasePersonalData(command) => erase(order, command),
        OrderCommand::ConfirmPayment(command) => payment::confirm(order, command),
        OrderCommand::AuthorizePayment(command) => payment::authorize(order, command),
        OrderCommand::FailPayment(command) => payment::fail(order, command),
        OrderCommand::VoidPayment(command, at) => payment::void(order, command, *at),
        OrderCommand::RefundPayment(command) => refund(order, command),
        OrderCommand::FulfillLines(command, at) => fulfill(order, command, *at),
        OrderCommand::UnfulfillLines(command) => unfulfill(order, command),
        OrderCommand::AcceptFulfillmentOrder(command) => assignment::accept(order, command),
        OrderCommand::RejectFulfillmentOrder(command) => assignment::reject(order, command),
        OrderCommand::MoveFulfillmentOrder(command, target) => relocate(order, command, target),
        OrderCommand::AcceptCancellation(command, promises, check) => {
            cancellation_request::accept(order, command, promises, *check)
        }
        OrderCommand::RejectCancellation(command) => cancellation_request::reject(order, command),
        OrderCommand::AcceptAmendment(command) => amendment_request::accept(order, command),
        OrderCommand::RejectAmendment(command) => amendment_request::reject(order, command),
        OrderCommand::PickItems(command) => pick(order, command),
        OrderCommand::PackItems(command) => pack(order, command),
        OrderCommand::MarkReadyForPickup(command, at) => ready_for_pickup(order, command, *at),
        OrderCommand::ShortPick(command, at) => short(order, command, *at),
        OrderCommand::UnpickItems(command) => unpick(order, command),
        OrderCommand::UnpackItems(command) => unpack(order, command),
        OrderCommand::UndoRejection(command) => undo_rejection(order, command),
        OrderCommand::ShipItems(command, stuck_after, at) => ship(order, command, *stuck_after, *at),
        OrderCommand::CancelShipment(command, at) => cancel_shipment(order, command, *at),
        OrderCommand::ResendPackage(command) => resend(order, command),
        OrderCommand::RelabelPackage(command, at) => relabel(order, command, *at),
        OrderCommand::TrackShipment(command, at) => track(order, command, *at),
        OrderCommand::ConfirmDelivery(command, at) => confirm_delivery(order, command, *at),
        OrderCommand::RequestReturn(command, lapses_after, at) => {
            request::request(order, command, *lapses_after, *at)
        }
        OrderCommand::CloseReturn(command) => close(order, command),
        OrderCommand::ReceiveReturn(command, at) => receive(order, command, *at),
        OrderCommand::ReserveInventory(command) => reserve(order, command),
        OrderCommand::FillBackorder { sku, allocations, promises, at } => {
            fill_backorder(order, sku, allocations, promises, *at)
        }
        OrderCommand::AwaitDecision => Ok(await_decision(order).into_iter().collect()),
        OrderCommand::LoseUnits { location, sku, most } => Ok(lose_units(order, location, sku, *most)),
        OrderCommand::ChangePromise { sku, promised_at } => {
            let has_changed = order.promised.get(sku) != promised_at.as_ref();
            let changed = PromiseChanged { sku: sku.clone(), promised_at: *promised_at };
            Ok(has_changed.then(|| changed.into()).into_iter().collect())
        }
        OrderCommand::SettleAmendment(at) => Ok(amendment_request::settle(order, *at)),
        OrderCommand::Consolidate => Ok(consolidate(order)),
        OrderCommand::ExpireReservation(at) => Ok(expire(order, *at)),
        OrderCommand::AttendOrder(at) => Ok(attend(order, *at)),
    }
}

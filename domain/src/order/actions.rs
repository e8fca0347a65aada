//! The commands that an order, or a fulfillment order, accepts now without a contradiction.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::amend::can_amend;
use super::amendment_request;
use super::cancel::can_cancel;
use super::erase::can_erase;
use super::fulfillment_order::FulfillmentOrder;
use super::fulfillment_order::assignment::{can_accept, can_move, can_reject};
use super::fulfillment_order::cancellation_request;
use super::fulfillment_order::pick_pack::{can_mark_ready, can_pack, can_pick};
use super::fulfillment_order::undo::{can_undo_rejection, can_unpack, can_unpick};
use super::hold::can_hold;
use super::line_fulfillment::{can_fulfill, can_unfulfill};
use super::payment::{can_fail, can_pay, can_void};
use super::refund::can_refund;
use super::reopen::can_reopen;
use super::returns::request::can_return;
use super::shipment::ship::can_ship;
use super::state::Order;

/// A command on an order, by the last segment of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each is the command of that name")]
pub enum OrderAction {
    ConfirmPayment,
    AuthorizePayment,
    FailPayment,
    VoidPayment,
    RefundPayment,
    FulfillLines,
    UnfulfillLines,
    Hold,
    ReleaseHold,
    Amend,
    Cancel,
    Reopen,
    Returns,
    ErasePersonalData,
}

/// A command on a fulfillment order, by the last segment of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each is the command of that name")]
pub enum FulfillmentOrderAction {
    Accept,
    Reject,
    Move,
    Pick,
    Pack,
    ReadyForPickup,
    Ship,
    Short,
    Unpick,
    Unpack,
    UndoRejection,
    AcceptCancellation,
    RejectCancellation,
    AcceptAmendment,
    RejectAmendment,
}

impl Order {
    /// The commands on the order that would be accepted now and contradict nothing.
    pub fn supported_actions(&self) -> Vec<OrderAction> {
        if self.created.is_none() {
            return Vec::new();
        }
        supported([
            (OrderAction::ConfirmPayment, can_pay(self).is_ok()),
            (OrderAction::AuthorizePayment, can_pay(self).is_ok()),
            (OrderAction::FailPayment, can_fail(self).is_ok()),
            (OrderAction::VoidPayment, can_void(self).is_ok()),
            (OrderAction::RefundPayment, can_refund(self).is_ok()),
            (OrderAction::FulfillLines, can_fulfill(self).is_ok()),
            (OrderAction::UnfulfillLines, can_unfulfill(self).is_ok()),
            (OrderAction::Hold, can_hold(self).is_ok()),
            (OrderAction::ReleaseHold, !self.holds.is_empty()),
            (OrderAction::Amend, can_amend(self).is_ok()),
            (OrderAction::Cancel, can_cancel(self).is_ok()),
            (OrderAction::Reopen, can_reopen(self).is_ok()),
            (OrderAction::Returns, can_return(self).is_ok()),
            (OrderAction::ErasePersonalData, can_erase(self, false).is_ok()),
        ])
    }
}

impl FulfillmentOrder {
    /// The commands on the fulfillment order that would be accepted now and contradict nothing.
    pub fn supported_actions(&self, order: &Order) -> Vec<FulfillmentOrderAction> {
        supported([
            (FulfillmentOrderAction::Accept, can_accept(order, self).is_ok()),
            (FulfillmentOrderAction::Reject, can_reject(order, self).is_ok()),
            (FulfillmentOrderAction::Move, can_move(order, self).is_ok()),
            (FulfillmentOrderAction::Pick, can_pick(order, self).is_ok()),
            (FulfillmentOrderAction::Pack, can_pack(order, self).is_ok()),
            (FulfillmentOrderAction::ReadyForPickup, can_mark_ready(order, self).is_ok()),
            (FulfillmentOrderAction::Ship, can_ship(order, self).is_ok()),
            (FulfillmentOrderAction::Short, can_pick(order, self).is_ok()),
            (FulfillmentOrderAction::Unpick, can_unpick(self).is_ok()),
            (FulfillmentOrderAction::Unpack, can_unpack(self).is_ok()),
            (FulfillmentOrderAction::UndoRejection, can_undo_rejection(order, self).is_ok()),
            (FulfillmentOrderAction::AcceptCancellation, cancellation_request::can_answer(self).is_ok()),
            (FulfillmentOrderAction::RejectCancellation, cancellation_request::can_answer(self).is_ok()),
            (FulfillmentOrderAction::AcceptAmendment, amendment_request::can_answer(order, self).is_ok()),
            (FulfillmentOrderAction::RejectAmendment, amendment_request::can_answer(order, self).is_ok()),
        ])
    }
}

fn supported<A, const COUNT: usize>(actions: [(A, bool); COUNT]) -> Vec<A> {
    actions.into_iter().filter(|(_, is_supported)| *is_supported).map(|(action, _)| action).collect()
}

//! The commands that an order, or a fulfillment order, accepts now without a contradiction.

use super::amend::can_amend;
use super::amendment_request;
use super::cancel::can_cancel;
use super::erase::can_erase;
use super::fulfillment_order::FulfillmentOrder;
use super::fulfillment_order::assignment::{can_accept, can_move, can_reject};
use super::fulfillment_order::cancellation_request;
use super::fulfillment_order::pick_pack::{can_mark_ready, can_pack, can_pick};
use super::hold::can_hold;
use super::payment::{can_fail, can_pay, can_void};
use super::returns::request::can_return;
use super::shipment::ship::can_ship;
use super::state::Order;

impl Order {
    /// The names of the commands on the order that would be accepted now and contradict nothing.
    pub fn supported_actions(&self) -> Vec<&'static str> {
        if self.created.is_none() {
            return Vec::new();
        }
        supported([
            ("confirm-payment", can_pay(self).is_ok()),
            ("authorize-payment", can_pay(self).is_ok()),
            ("fail-payment", can_fail(self).is_ok()),
            ("void-payment", can_void(self).is_ok()),
            ("hold", can_hold(self).is_ok()),
            ("release-hold", !self.holds.is_empty()),
            ("amend", can_amend(self).is_ok()),
            ("cancel", can_cancel(self).is_ok()),
            ("returns", can_return(self).is_ok()),
            ("erase-personal-data", can_erase(self).is_ok()),
        ])
    }
}

impl FulfillmentOrder {
    /// The names of the commands on the fulfillment order that would be accepted now and contradict nothing.
    pub fn supported_actions(&self, order: &Order) -> Vec<&'static str> {
        supported([
            ("accept", can_accept(order, self).is_ok()),
            ("reject", can_reject(order, self).is_ok()),
            ("move", can_move(order, self).is_ok()),
            ("pick", can_pick(order, self).is_ok()),
            ("pack", can_pack(order, self).is_ok()),
            ("ready-for-pickup", can_mark_ready(order, self).is_ok()),
            ("ship", can_ship(order, self).is_ok()),
            ("short", can_pick(order, self).is_ok()),
            ("accept-cancellation", cancellation_request::can_answer(self).is_ok()),
            ("reject-cancellation", cancellation_request::can_answer(self).is_ok()),
            ("accept-amendment", amendment_request::can_answer(order, self).is_ok()),
            ("reject-amendment", amendment_request::can_answer(order, self).is_ok()),
        ])
    }
}

fn supported<const COUNT: usize>(actions: [(&'static str, bool); COUNT]) -> Vec<&'static str> {
    actions.into_iter().filter(|(_, is_supported)| *is_supported).map(|(name, _)| name).collect()
}

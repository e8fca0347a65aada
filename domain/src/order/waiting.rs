//! Whether locations may work on an order, and what it waits for otherwise.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choices::names;
use super::refusals::OrderRefusal;
use super::state::Order;
use crate::values::FulfillmentOrderId;

names! {
    /// What must happen before a location may work on a fulfillment order.
    WaitingFor {
        /// A hold must end.
        Release,
        /// Payments must cover the order.
        Payment,
        /// Every unit of the order must be reserved, because it is delivered complete.
        Units,
    }
}

impl Order {
    /// What must happen before a location may work on a fulfillment order. `None` if it may.
    pub fn waiting_for(&self, id: FulfillmentOrderId) -> Option<WaitingFor> {
        self.work_waits_for(self.is_held(id))
    }

    /// What must happen before lines without stock may be fulfilled: they wait as a fulfillment order would. `None` if they may.
    pub(super) fn lines_wait_for(&self) -> Option<WaitingFor> {
        self.work_waits_for(self.holds.iter().any(|hold| hold.fulfillment_order_id.is_none()))
    }

    fn work_waits_for(&self, is_held: bool) -> Option<WaitingFor> {
        let reasons = [
            (is_held, WaitingFor::Release),
            (!self.payments_allow_work(), WaitingFor::Payment),
            (self.awaits_units(), WaitingFor::Units),
        ];
        reasons.into_iter().find(|(holds, _)| *holds).map(|(_, reason)| reason)
    }

    /// Whether units are missing of an order that is delivered complete.
    pub(super) fn awaits_units(&self) -> bool {
        let is_complete = self.delivery().is_some_and(|delivery| delivery.complete);
        is_complete && self.line_totals().iter().any(|line| !(line.pending() + line.backordered).is_zero())
    }
}

impl From<WaitingFor> for OrderRefusal {
    fn from(reason: WaitingFor) -> Self {
        match reason {
            WaitingFor::Release => Self::OrderOnHold,
            WaitingFor::Payment => Self::PaymentNotConfirmed,
            WaitingFor::Units => Self::OrderIncomplete,
        }
    }
}

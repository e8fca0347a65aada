//! The next step for a fulfillment order, and its urgency.

use std::collections::BTreeMap;

use holdfast_domain::order::{FulfillmentOrder, FulfillmentOrderStatus, Order, WaitingFor};
use holdfast_domain::values::{Priority, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::columns::unreadable;
use crate::error::Result;

/// The due time of a fulfillment order without one: after every other.
pub(super) const NEVER: i64 = i64::MAX;

/// The next step that a location must take for a fulfillment order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Answer a request, for example to cancel the fulfillment order.
    Answer,
    /// Wait: the order is delivered complete, and other units of it are not reserved yet.
    Wait,
    /// Pick the units from stock.
    Pick,
    /// Pack the picked units.
    Pack,
    /// Ship the packages, or prepare them for pickup.
    Ship,
    /// Hand the packages over to the customer who picks them up.
    HandOver,
}

impl Stage {
    /// Every stage, in the order of the work.
    pub const ALL: [Self; 6] = [Self::Answer, Self::Wait, Self::Pick, Self::Pack, Self::Ship, Self::HandOver];

    /// The name of the stage in the database and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Wait => "wait",
            Self::Pick => "pick",
            Self::Pack => "pack",
            Self::Ship => "ship",
            Self::HandOver => "hand_over",
        }
    }

    pub(super) fn from_name(name: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|stage| stage.name() == name);
        known.ok_or_else(|| unreadable(format!("unknown stage {name}")))
    }

    /// The stage of a fulfillment order. `None` if it is complete, or its location must wait.
    fn of(order: &Order, fulfillment_order: &FulfillmentOrder) -> Option<Self> {
        if fulfillment_order.has_pending_cancellation() || order.awaits_answer_of(fulfillment_order) {
            return Some(Self::Answer);
        }
        let is_open = fulfillment_order.is_open();
        match order.waiting_for(fulfillment_order.id) {
            Some(WaitingFor::Units) if is_open => return Some(Self::Wait),
            Some(_) => return None,
            None => {}
        }
        match fulfillment_order.status(order) {
            FulfillmentOrderStatus::Open
            | FulfillmentOrderStatus::Accepted
            | FulfillmentOrderStatus::Picking => Some(Self::Pick),
            FulfillmentOrderStatus::Picked => Some(Self::Pack),
            FulfillmentOrderStatus::Packed => Some(Self::Ship),
            FulfillmentOrderStatus::ReadyForPickup => Some(Self::HandOver),
            FulfillmentOrderStatus::Shipped
            | FulfillmentOrderStatus::Delivered
            | FulfillmentOrderStatus::Cancelled => None,
        }
    }
}

/// The stages of an order's fulfillment orders by their numbers, each with the time since when it is in that stage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stages(BTreeMap<u32, (Stage, i64)>);

impl Stages {
    /// Updates the stages after an event. The fold does this for every event, so that the times do not depend on how
    /// many events are applied at once.
    pub(super) fn update(&mut self, order: &Order, time: i64) {
        for fulfillment_order in &order.fulfillment_orders {
            let number = fulfillment_order.id.number();
            match (Stage::of(order, fulfillment_order), self.0.get(&number)) {
                (Some(stage), Some((known, _))) if *known == stage => {}
                (Some(stage), _) => drop(self.0.insert(number, (stage, time))),
                (None, _) => drop(self.0.remove(&number)),
            }
        }
    }

    /// The stage of a fulfillment order, and the time since when, in microseconds since 1970.
    pub(super) fn of(&self, fulfillment_order: &FulfillmentOrder) -> Option<(Stage, i64)> {
        self.0.get(&fulfillment_order.id.number()).copied()
    }
}

/// The rank of an order's priority: 0 is the most urgent.
pub(super) fn priority_rank(order: &Order) -> i64 {
    match order.created.as_ref().map(|created| created.priority) {
        Some(Priority::Critical) => 0,
        Some(Priority::Express) => 1,
        Some(Priority::Standard) | None => 2,
    }
}

/// When a fulfillment order must have shipped: the order's `shipBy`, otherwise the promised ship date, otherwise
/// [`NEVER`].
pub(super) fn due_at(order: &Order, fulfillment_order: &FulfillmentOrder) -> i64 {
    let delivery = order.created.as_ref().and_then(|created| created.delivery.as_ref());
    let requested = delivery.and_then(|delivery| delivery.ship_by);
    let promised = fulfillment_order.promise.as_ref().map(|promise| promise.ship_at);
    requested.or(promised).map_or(NEVER, Timestamp::microseconds)
}

//! An order's events, with the status and the changes after each.

use async_graphql::SimpleObject;
use holdfast_domain::values::MerchantId;
use serde_json::Value;

use super::enums::OrderStatus;
use super::event::Event;
use crate::graphql::error::Problem;
use crate::history::difference;
use crate::history::order::Step;

/// An event of an order, and the order's status after it.
#[derive(Debug, Clone, SimpleObject)]
pub(in crate::graphql) struct OrderStep {
    /// The event.
    event: Event,
    /// The order's status after the event. Other callers only ever see the status after a command's last event.
    status: OrderStatus,
    /// What the event changed in the order.
    differences: Vec<Difference>,
}

/// A value that an event changed.
#[derive(Debug, Clone, SimpleObject)]
pub(in crate::graphql) struct Difference {
    /// A JSON pointer (RFC 6901) into the order as REST represents it.
    pointer: String,
    /// The value before; null if there was none.
    before: Option<Value>,
    /// The value after; null if there is none.
    after: Option<Value>,
}

impl From<&difference::Difference> for Difference {
    fn from(found: &difference::Difference) -> Self {
        Self { pointer: found.pointer.clone(), before: found.before.clone(), after: found.after.clone() }
    }
}

impl OrderStep {
    /// A step of an order of a merchant.
    pub(super) fn new(
        merchant: &MerchantId,
        event: &holdfast_journal::Event,
        (status, differences): &Step,
    ) -> Result<Self, Problem> {
        let differences = differences.iter().flatten().map(Difference::from).collect();
        Ok(Self { event: Event::new(merchant, event)?, status: (*status).into(), differences })
    }
}

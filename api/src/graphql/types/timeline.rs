//! An order's events, with the status and the changes after each.

use async_graphql::SimpleObject;
use holdfast_domain::values::MerchantId;

use super::enums::OrderStatus;
use super::event::Event;
use crate::graphql::error::Problem;
use crate::history::difference::Difference;
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

impl OrderStep {
    /// A step of an order of a merchant.
    pub(super) fn new(
        merchant: &MerchantId,
        event: &holdfast_journal::Event,
        (status, differences): &Step,
    ) -> Result<Self, Problem> {
        let differences = differences.iter().flatten().cloned().collect();
        Ok(Self { event: Event::new(merchant, event)?, status: (*status).into(), differences })
    }
}

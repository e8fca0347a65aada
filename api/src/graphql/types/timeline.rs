//! An order's events, with the status and the changes after each.

use async_graphql::SimpleObject;
use holdfast_domain::order::OrderStatus;
use holdfast_domain::values::MerchantId;

use super::choice::Choice;
use super::event::Event;
use crate::graphql::error::Problem;
use crate::history::difference::Difference;
use crate::history::order::Step;

/// An event of an order, and the order's status after it.
#[derive(Debug, Clone, SimpleObject)]
pub(in crate::graphql) struct OrderStep {
    event: Event,
    /// The order's status after the event. Other queries return the status after the last event of a command.
    status: Choice<OrderStatus>,
    /// The values that the event changed in the order.
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
        Ok(Self { event: Event::new(merchant, event)?, status: Choice(*status), differences })
    }
}

//! What the decisions on orders have in common.

use super::events::{DiscrepancyRecorded, OrderEvent, ReservationExtended};
use super::refusals::OrderRefusal;
use super::state::Order;
use crate::values::{OrderId, Reference, Text};

pub(super) type Decision = Result<Vec<OrderEvent>, OrderRefusal>;

pub(super) fn exists(order: &Order, id: OrderId) -> Result<(), OrderRefusal> {
    if order.created.is_some() { Ok(()) } else { Err(OrderRefusal::UnknownOrder(id)) }
}

/// From now on what is held for the order is held for good.
pub(super) fn firm(order: &Order) -> Option<OrderEvent> {
    order.expires_at.map(|_| ReservationExtended { until: None }.into())
}

pub(super) fn discrepancy(code: &str, detail: &str) -> Option<OrderEvent> {
    let (code, detail) = (Reference::new(code).ok()?, Text::new(detail).ok()?);
    Some(DiscrepancyRecorded { code, detail }.into())
}

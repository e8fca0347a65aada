//! The orders to which a step applies.

use proptest::sample::Index;

use super::shop::{Refused, Shop};
use crate::order::{FulfillmentLine, FulfillmentOrder, Order};

/// The order that is meant, or the next one that such a thing can happen to.
pub(super) fn an_order(shop: &Shop, order: Index, fits: impl Fn(&Order) -> bool) -> Result<usize, Refused> {
    let first = order.index(shop.orders.len());
    let all = (first..shop.orders.len()).chain(0..first);
    all.into_iter().find(|number| fits(&shop.orders[*number])).ok_or_else(|| "no order is such".into())
}

pub(super) fn has_part(order: &Order) -> bool {
    !order.fulfillment_orders.is_empty()
}

pub(super) fn has_left(order: &Order) -> bool {
    !order.shipments.is_empty()
}

pub(super) fn can_be_worked_on(order: &Order) -> bool {
    let is_open = |part: &FulfillmentOrder| !part.total(FulfillmentLine::outstanding).is_zero();
    order.is_paid() && order.holds.is_empty() && order.fulfillment_orders.iter().any(is_open)
}

fn has_pending_cancellation(order: &Order) -> bool {
    order.fulfillment_orders.iter().any(FulfillmentOrder::has_pending_cancellation)
}

fn has_pending_amendment(order: &Order) -> bool {
    order.amendment.is_some()
}

/// The orders to which a step of this kind applies.
pub(super) fn fits_hand_over(kind: usize) -> fn(&Order) -> bool {
    match kind {
        0 | 1 => can_be_worked_on,
        2 | 3 => has_pending_cancellation,
        4..8 => has_pending_amendment,
        _ => |order| !order.rejected_by.is_empty(),
    }
}

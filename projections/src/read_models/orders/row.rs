//! An order in the read model.

use holdfast_domain::order::Order;
use holdfast_views::OrderView;

use super::stage::Stages;

/// An order and its journal position.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderRow {
    /// The state of the order at `position`.
    pub order: Order,
    /// The position of its first event.
    pub first_position: u64,
    /// The position of the last event of the last command that changed it.
    pub position: u64,
    /// The number of its events.
    pub version: u64,
    /// The time of its last event, in microseconds since 1970.
    pub changed_at: i64,
    /// True if events of the order are parked: the row shows an older state.
    pub stale: bool,
    /// The next step for each fulfillment order.
    pub(super) stages: Stages,
    /// Search terms from events since the row was loaded that the state may not keep: tracking numbers, and locations from
    /// which fulfillment orders have moved. They are not part of the row.
    pub(super) passing_terms: Vec<(&'static str, String)>,
}

impl OrderRow {
    /// The order as shown to clients. `None` if it has not been created.
    pub fn view(&self) -> Option<OrderView> {
        let view = OrderView::of(&self.order, self.version, self.position)?;
        Some(OrderView { stale: self.stale.then_some(true), ..view })
    }
}

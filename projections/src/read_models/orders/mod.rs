//! `order_status`: where is my order, and what does each location have to do?

mod board;
mod filter;
mod query;
mod rows;

use std::collections::HashMap;

use async_trait::async_trait;
use cqrs_es::Aggregate;
use holdfast_domain::order::{Order, OrderEvent, OrderView};
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::{LocationId, OrderId};

use crate::error::ViewError;
use crate::runtime::projection::{Projection, RecordedEvent};
use crate::store::{Presence, Scope, Statement, Table, ViewConnection};

pub use board::{BoardEntry, BoardSummary, Stage};
pub use filter::{OrderFilter, OrderSort};
pub(crate) use query::sorted_after;
pub use query::{DueOrder, FulfillmentOrderFilter, FulfillmentOrderRow, Orders, Page};

/// What is asked of the database, to be looked at.
#[cfg(test)]
pub(crate) mod statements {
    pub(crate) use super::board::listed as board;
    pub(crate) use super::filter::statement as orders;
    pub(crate) use super::query::work as fulfillment_orders;
}

/// An order and its place in the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderRow {
    /// The order.
    pub order: Order,
    /// The position of its first event.
    pub first_position: u64,
    /// The end of the last command that changed it.
    pub position: u64,
    /// How many events it has.
    pub version: u64,
    /// When it was last changed, in microseconds since 1970.
    pub changed_at: i64,
    /// Whether an event of it could not be folded, so that this is how it was before.
    pub stale: bool,
    /// What there is to do with its parts.
    stages: board::Stages,
    /// Locations that parts of it have been moved away from since it was read: it is found by them too, however many
    /// events are folded at once. Written with its terms and not kept in the row.
    pub(crate) left: Vec<LocationId>,
}

impl OrderRow {
    /// The order as the outside sees it.
    pub fn view(&self) -> Option<OrderView> {
        let view = OrderView::of(&self.order, self.version, self.position)?;
        Some(OrderView { stale: self.stale.then_some(true), ..view })
    }
}

/// The fold: the order's own.
#[derive(Debug)]
pub struct OrderStatusProjection;

#[async_trait]
impl Projection for OrderStatusProjection {
    const NAME: &'static str = "order_status";
    const VERSION: i64 = 5;
    const TABLES: &'static [Table] = rows::TABLES;

    type Key = OrderId;
    /// In a box: rows are moved about, and an order is large.
    type Row = Box<OrderRow>;

    fn concerns(stream: &StreamId) -> bool {
        matches!(stream, StreamId::Order(_))
    }

    fn key(event: &RecordedEvent) -> Option<OrderId> {
        if let StreamId::Order(id) = event.stream { Some(id) } else { None }
    }

    fn fold(row: Option<Box<OrderRow>>, event: RecordedEvent) -> Box<OrderRow> {
        let begun = || OrderRow {
            order: Order::default(),
            first_position: event.position,
            position: 0,
            version: 0,
            changed_at: 0,
            stale: false,
            stages: board::Stages::default(),
            left: Vec::new(),
        };
        let mut row = row.unwrap_or_else(|| Box::new(begun()));
        if let DomainEvent::Order(happened) = event.event {
            if let OrderEvent::FulfillmentOrderMoved(moved) = &happened {
                row.left.push(moved.from.clone());
            }
            row.order.apply(happened);
            row.stages.note(&row.order, event.recorded_at);
        }
        row.position = event.command_end;
        row.version = event.version;
        row.changed_at = event.recorded_at;
        row
    }

    async fn load(
        connection: &mut ViewConnection,
        scope: Scope<'_>,
        keys: &[OrderId],
    ) -> Result<HashMap<OrderId, Box<OrderRow>>, ViewError> {
        let rows = rows::load(connection, scope, keys).await?;
        Ok(rows.into_iter().map(|(id, row)| (id, Box::new(row))).collect())
    }

    async fn save(
        connection: &mut ViewConnection,
        scope: Scope<'_>,
        rows: &[(OrderId, Box<OrderRow>)],
        presence: Presence,
    ) -> Result<(), ViewError> {
        rows::save(connection, scope, rows, presence).await
    }

    async fn mark_stale(
        connection: &mut ViewConnection,
        scope: Scope<'_>,
        streams: &[&str],
    ) -> Result<(), ViewError> {
        for stream in streams {
            if let Ok(StreamId::Order(id)) = stream.parse() {
                let mark = Statement::new(
                    "UPDATE order_status SET stale = TRUE
                     WHERE merchant = $1 AND generation = $2 AND order_id = $3",
                );
                let mark = mark.bind(scope.merchant).bind(scope.generation).bind(id.to_string().as_str());
                connection.execute(mark).await?;
            }
        }
        Ok(())
    }
}

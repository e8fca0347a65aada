//! The fold of the read model: it uses the order's own `apply`.

use async_trait::async_trait;
use cqrs_es::Aggregate;
use holdfast_domain::order::{Order, OrderEvent};
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::{OrderId, Reference};

use super::row::OrderRow;
use super::stage::Stages;
use super::{columns, rows};
use crate::error::Result;
use crate::runtime::projection::{Projection, RecordedEvent, RowsByKey};
use crate::store::{Presence, Table, Tables};

/// The projection `order_status`.
#[derive(Debug)]
pub struct OrderStatusProjection;

#[async_trait]
impl Projection for OrderStatusProjection {
    const NAME: &'static str = columns::NAME;
    const VERSION: i64 = 16;
    const TABLES: &'static [Table] = columns::TABLES;

    type Key = OrderId;
    /// Boxed, because rows are moved often and an order is large.
    type Row = Box<OrderRow>;

    fn concerns(stream: &StreamId) -> bool {
        matches!(stream, StreamId::Order(_))
    }

    fn key(event: &RecordedEvent) -> Option<OrderId> {
        if let StreamId::Order(id) = event.stream { Some(id) } else { None }
    }

    fn fold(row: Option<Box<OrderRow>>, event: RecordedEvent) -> Box<OrderRow> {
        let initial = || OrderRow {
            order: Order::default(),
            first_position: event.position,
            position: 0,
            version: 0,
            changed_at: 0,
            stale: false,
            stages: Stages::default(),
            passing_terms: Vec::new(),
        };
        let mut row = row.unwrap_or_else(|| Box::new(initial()));
        if let DomainEvent::Order(order_event) = event.event {
            row.passing_terms.extend(passing_terms(&order_event));
            row.order.apply(order_event);
            row.stages.update(&row.order, event.recorded_at);
        }
        row.position = event.command_end;
        row.version = event.version;
        row.changed_at = event.recorded_at;
        row
    }

    async fn load(tables: &mut Tables<'_>, keys: &[OrderId]) -> Result<RowsByKey<Self>> {
        let rows = rows::load(tables, keys).await?;
        Ok(rows.into_iter().map(|(id, row)| (id, Box::new(row))).collect())
    }

    async fn save(
        tables: &mut Tables<'_>,
        rows: &[(OrderId, Box<OrderRow>)],
        presence: Presence,
    ) -> Result<()> {
        rows::save(tables, rows, presence).await
    }

    async fn mark_stale(tables: &mut Tables<'_>, streams: &[&str]) -> Result<()> {
        for stream in streams {
            if let Ok(StreamId::Order(id)) = stream.parse() {
                let mark = tables.statement(
                    "UPDATE order_status SET stale = TRUE
                     WHERE merchant = $1 AND generation = $2 AND order_id = $3",
                );
                let mark = mark.bind(id.to_string().as_str());
                tables.execute(mark).await?;
            }
        }
        Ok(())
    }
}

/// The search terms of an event that a later event may take out of the state.
fn passing_terms(event: &OrderEvent) -> Vec<(&'static str, String)> {
    let number = |number: &Reference| ("tracking_number", number.without_case_and_blanks());
    match event {
        OrderEvent::FulfillmentOrderMoved(moved) => vec![("location", moved.from.to_string())],
        OrderEvent::ShipmentCreated(created) => {
            created.packages.iter().map(|package| number(&package.tracking_number)).collect()
        }
        OrderEvent::PackageRelabelled(label) => vec![number(&label.tracking_number)],
        _ => Vec::new(),
    }
}

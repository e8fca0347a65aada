//! How orders are kept: the order, what it is found by, and its locations' work.

use std::collections::{BTreeSet, HashMap};

use holdfast_domain::order::{FulfillmentOrder, Order};
use holdfast_domain::values::{OrderId, Timestamp};
use serde::{Deserialize, Serialize};

use super::board::{self, Stages};
use super::{OrderRow, OrderStatusProjection};
use crate::error::ViewError;
use crate::runtime::projection::Projection;
use crate::store::{ColumnKind, Presence, Row, Scope, Table, Upsert, ViewConnection};

pub(super) fn unreadable(error: impl ToString) -> ViewError {
    ViewError::row(OrderStatusProjection::NAME, error)
}

/// What a select must name for [`order_row`].
pub(super) const COLUMNS: &str =
    "SELECT order_id, first_position, position, version, changed_at, state, stale";
const ORDER: &str =
    "SELECT order_id, first_position, position, version, changed_at, state, stale FROM order_status";

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "order_status",
        key: &[("order_id", ColumnKind::Text)],
        values: &[
            ("first_position", ColumnKind::Integer),
            ("position", ColumnKind::Integer),
            ("version", ColumnKind::Integer),
            ("changed_at", ColumnKind::Integer),
            ("status", ColumnKind::Text),
            ("channel", ColumnKind::Text),
            ("customer_ref", ColumnKind::Text),
            ("due_at", ColumnKind::Integer),
            ("backordered", ColumnKind::Boolean),
            ("stuck", ColumnKind::Boolean),
            ("state", ColumnKind::Bytes),
            ("stale", ColumnKind::Boolean),
        ],
    },
    Table {
        name: "order_term",
        key: &[
            ("kind", ColumnKind::Text),
            ("value", ColumnKind::Text),
            ("first_position", ColumnKind::Integer),
        ],
        values: &[],
    },
    Table {
        name: "fulfillment_order",
        key: &[("fulfillment_order_id", ColumnKind::Text)],
        values: &[
            ("order_id", ColumnKind::Text),
            ("first_position", ColumnKind::Integer),
            ("number", ColumnKind::Integer),
            ("location", ColumnKind::Text),
            ("status", ColumnKind::Text),
            ("ready", ColumnKind::Boolean),
            ("stage", ColumnKind::Text),
            ("stage_since", ColumnKind::Integer),
            ("priority_rank", ColumnKind::Integer),
            ("due_at", ColumnKind::Integer),
        ],
    },
];

/// What is kept of an order as it is.
#[derive(Serialize)]
struct Keeping<'a> {
    order: &'a Order,
    stages: &'a Stages,
}

#[derive(Deserialize)]
struct Kept {
    order: Order,
    stages: Stages,
}

pub(super) fn order_row(row: &Row) -> Result<(OrderId, OrderRow), ViewError> {
    let Kept { order, stages } = serde_json::from_slice(row.bytes(5)?).map_err(unreadable)?;
    let order = OrderRow {
        first_position: row.unsigned(1)?,
        position: row.unsigned(2)?,
        version: row.unsigned(3)?,
        changed_at: row.integer(4)?,
        order,
        stages,
        stale: row.boolean(6)?,
        left: Vec::new(),
    };
    Ok((row.text(0)?.parse().map_err(unreadable)?, order))
}

pub(super) async fn load(
    connection: &mut ViewConnection,
    scope: Scope<'_>,
    ids: &[OrderId],
) -> Result<HashMap<OrderId, OrderRow>, ViewError> {
    let ids: Vec<String> = ids.iter().map(OrderId::to_string).collect();
    connection.find(ORDER, scope, "order_id", &ids).await?.iter().map(order_row).collect()
}

pub(super) async fn save(
    connection: &mut ViewConnection,
    scope: Scope<'_>,
    rows: &[(OrderId, Box<OrderRow>)],
    presence: Presence,
) -> Result<(), ViewError> {
    save_orders(connection, scope, rows, presence).await?;
    let terms: BTreeSet<(&'static str, String, u64)> = rows.iter().flat_map(|(_, row)| terms(row)).collect();
    let terms: Vec<_> = terms.into_iter().collect();
    Upsert::into("order_term", scope, &terms, presence)
        .key("kind", |(kind, ..)| *kind)
        .key("value", |(_, value, _)| value.as_str())
        .key("first_position", |(.., first_position)| *first_position)
        .run(connection)
        .await?;
    save_work(connection, scope, rows, presence).await
}

async fn save_orders(
    connection: &mut ViewConnection,
    scope: Scope<'_>,
    rows: &[(OrderId, Box<OrderRow>)],
    presence: Presence,
) -> Result<(), ViewError> {
    let mut states = Vec::with_capacity(rows.len());
    for (_, row) in rows {
        let kept = Keeping { order: &row.order, stages: &row.stages };
        states.push(serde_json::to_vec(&kept).map_err(unreadable)?);
    }
    let mut states = states.into_iter();
    Upsert::into("order_status", scope, rows, presence)
        .key("order_id", |(id, _)| id.to_string())
        .fixed("first_position", |(_, row)| row.first_position)
        .fixed("channel", |(_, row)| {
            row.order.created.as_ref().map_or("", |created| created.channel.as_str())
        })
        .fixed("customer_ref", |(_, row)| {
            Some(row.order.created.as_ref()?.customer_ref.as_ref()?.to_string())
        })
        .changing("position", |(_, row)| row.position)
        .changing("version", |(_, row)| row.version)
        .changing("changed_at", |(_, row)| row.changed_at)
        .changing("status", |(_, row)| row.order.status().name())
        .changing("due_at", |(_, row)| row.order.due_at().map(Timestamp::microseconds))
        .changing("backordered", |(_, row)| row.order.is_backordered())
        .changing("stuck", |(_, row)| row.order.is_stuck())
        .changing("state", |_| states.next().unwrap_or_default())
        .changing("stale", |_| false)
        .run(connection)
        .await
}

/// What an order is found by and has several of. Terms are only ever added.
fn terms(row: &OrderRow) -> Vec<(&'static str, String, u64)> {
    let first = row.first_position;
    let order = &row.order;
    let reference = order.created.as_ref().and_then(|created| {
        let reference = created.channel_ref.as_ref()?;
        Some(("channel_ref", reference.to_string(), first))
    });
    let skus = order.lines().iter().map(|line| ("sku", line.sku.to_string(), first));
    let there = order.fulfillment_orders.iter().map(|part| &part.location);
    let locations = there.chain(&row.left).map(|location| ("location", location.to_string(), first));
    let parcels =
        order.parcels().map(|parcel| ("tracking_number", parcel.package.tracking_number.to_string(), first));
    reference.into_iter().chain(skus).chain(locations).chain(parcels).collect()
}

async fn save_work(
    connection: &mut ViewConnection,
    scope: Scope<'_>,
    rows: &[(OrderId, Box<OrderRow>)],
    presence: Presence,
) -> Result<(), ViewError> {
    let work: Vec<(&OrderRow, &FulfillmentOrder)> = rows
        .iter()
        .flat_map(|(_, row)| row.order.fulfillment_orders.iter().map(move |part| (&**row, part)))
        .collect();
    Upsert::into("fulfillment_order", scope, &work, presence)
        .key("fulfillment_order_id", |(_, part)| part.id.to_string())
        .fixed("order_id", |(_, part)| part.id.order().to_string())
        .fixed("first_position", |(row, _)| row.first_position)
        .fixed("number", |(_, part)| i64::from(part.id.number()))
        .changing("location", |(_, part)| part.location.as_str())
        .changing("status", |(row, part)| part.status(&row.order).name())
        .changing("ready", |(row, part)| row.stages.of(part).is_some())
        .changing("stage", |(row, part)| row.stages.of(part).map(|(stage, _)| stage.name().to_owned()))
        .changing("stage_since", |(row, part)| row.stages.of(part).map(|(_, since)| since))
        .changing("priority_rank", |(row, _)| board::rank(&row.order))
        .changing("due_at", |(row, part)| board::due_at(&row.order, part))
        .run(connection)
        .await
}

/// Whether its location may work on a part.
pub(super) fn may_work(order: &Order, part: &FulfillmentOrder) -> bool {
    order.is_paid() && !order.is_held(part.id)
}

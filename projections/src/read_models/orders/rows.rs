//! Loading and saving orders, their search terms and their fulfillment orders.

use std::collections::{BTreeSet, HashMap};

use holdfast_domain::order::{FulfillmentOrder, Order};
use holdfast_domain::values::{OrderId, Timestamp};
use serde::{Deserialize, Serialize};

use super::columns::unreadable;
use super::row::OrderRow;
use super::stage::{self, Stages};
use crate::error::Result;
use crate::store::{Presence, Row, Tables, Upsert};

const SELECT: &str =
    "SELECT order_id, first_position, position, version, changed_at, state, stale FROM order_status";

/// The column `state`, when it is written.
#[derive(Serialize)]
struct StateRef<'a> {
    order: &'a Order,
    stages: &'a Stages,
}

/// The column `state`, when it is read.
#[derive(Deserialize)]
struct State {
    order: Order,
    stages: Stages,
}

/// Decodes the columns of [`super::columns::SELECT_ORDER`].
pub(super) fn order_row(row: &Row) -> Result<(OrderId, OrderRow)> {
    let State { order, stages } = serde_json::from_slice(row.bytes(5)?).map_err(unreadable)?;
    let order = OrderRow {
        first_position: row.unsigned(1)?,
        position: row.unsigned(2)?,
        version: row.unsigned(3)?,
        changed_at: row.integer(4)?,
        order,
        stages,
        stale: row.boolean(6)?,
        passing_terms: Vec::new(),
    };
    Ok((row.text(0)?.parse().map_err(unreadable)?, order))
}

pub(super) async fn load(tables: &mut Tables<'_>, ids: &[OrderId]) -> Result<HashMap<OrderId, OrderRow>> {
    let ids: Vec<String> = ids.iter().map(OrderId::to_string).collect();
    tables.find(SELECT, "order_id", &ids).await?.iter().map(order_row).collect()
}

pub(super) async fn save(
    tables: &mut Tables<'_>,
    rows: &[(OrderId, Box<OrderRow>)],
    presence: Presence,
) -> Result<()> {
    save_orders(tables, rows, presence).await?;
    let terms: BTreeSet<(&'static str, String, u64)> = rows.iter().flat_map(|(_, row)| terms(row)).collect();
    let terms: Vec<_> = terms.into_iter().collect();
    Upsert::into("order_term", &terms, presence)
        .key("kind", |(kind, ..)| *kind)
        .key("value", |(_, value, _)| value.as_str())
        .key("first_position", |(.., first_position)| *first_position)
        .run(tables)
        .await?;
    save_fulfillment_orders(tables, rows, presence).await
}

async fn save_orders(
    tables: &mut Tables<'_>,
    rows: &[(OrderId, Box<OrderRow>)],
    presence: Presence,
) -> Result<()> {
    let mut states = Vec::with_capacity(rows.len());
    for (_, row) in rows {
        let state = StateRef { order: &row.order, stages: &row.stages };
        states.push(serde_json::to_vec(&state).map_err(unreadable)?);
    }
    let mut states = states.into_iter();
    Upsert::into("order_status", rows, presence)
        .key("order_id", |(id, _)| id.to_string())
        .fixed("first_position", |(_, row)| row.first_position)
        .fixed("channel", |(_, row)| {
            row.order.created.as_ref().map_or("", |created| created.channel.as_str())
        })
        .fixed("customer_ref", |(_, row)| {
            Some(row.order.created.as_ref()?.customer_ref.as_ref()?.to_string())
        })
        .updated("position", |(_, row)| row.position)
        .updated("version", |(_, row)| row.version)
        .updated("changed_at", |(_, row)| row.changed_at)
        .updated("status", |(_, row)| row.order.status().name())
        .updated("due_at", |(_, row)| row.order.due_at().map(Timestamp::microseconds))
        .updated("backordered", |(_, row)| row.order.is_backordered())
        .updated("stuck", |(_, row)| row.order.is_stuck())
        .updated("state", |_| states.next().unwrap_or_default())
        .updated("stale", |_| false)
        .run(tables)
        .await
}

/// The search terms of which an order can have several. Terms are never removed.
fn terms(row: &OrderRow) -> Vec<(&'static str, String, u64)> {
    let first = row.first_position;
    let order = &row.order;
    let reference = order.created.as_ref().and_then(|created| {
        let reference = created.channel_ref.as_ref()?;
        Some(("channel_ref", reference.to_string(), first))
    });
    let bundles = order.lines().iter().filter_map(|line| Some(&line.bundle.as_ref()?.sku));
    let skus = order.lines().iter().map(|line| &line.sku).chain(bundles);
    let skus = skus.map(|sku| ("sku", sku.to_string(), first));
    let locations = order.fulfillment_orders.iter();
    let locations = locations.map(|own| ("location", own.location.to_string(), first));
    let passing = row.passing_terms.iter().map(|(kind, value)| (*kind, value.clone(), first));
    reference.into_iter().chain(skus).chain(locations).chain(passing).collect()
}

async fn save_fulfillment_orders(
    tables: &mut Tables<'_>,
    rows: &[(OrderId, Box<OrderRow>)],
    presence: Presence,
) -> Result<()> {
    let all: Vec<(&OrderRow, &FulfillmentOrder)> = rows
        .iter()
        .flat_map(|(_, row)| row.order.fulfillment_orders.iter().map(move |own| (&**row, own)))
        .collect();
    Upsert::into("fulfillment_order", &all, presence)
        .key("fulfillment_order_id", |(_, own)| own.id.to_string())
        .fixed("order_id", |(_, own)| own.id.order().to_string())
        .fixed("first_position", |(row, _)| row.first_position)
        .fixed("number", |(_, own)| i64::from(own.id.number()))
        .updated("location", |(_, own)| own.location.as_str())
        .updated("status", |(row, own)| own.status(&row.order).name())
        .updated("actionable", |(row, own)| row.stages.of(own).is_some())
        .updated("stage", |(row, own)| row.stages.of(own).map(|(stage, _)| stage.name().to_owned()))
        .updated("stage_since", |(row, own)| row.stages.of(own).map(|(_, since)| since))
        .updated("priority_rank", |(row, _)| stage::priority_rank(&row.order))
        .updated("due_at", |(row, own)| stage::due_at(&row.order, own))
        .run(tables)
        .await
}

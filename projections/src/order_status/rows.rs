//! How orders are kept: the order, what it is found by, and its locations' work.

use std::collections::{BTreeSet, HashMap};

use holdfast_domain::order::FulfillmentOrder;
use holdfast_domain::values::OrderId;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use super::{OrderRow, OrderStatusProjection};
use crate::error::ViewError;
use crate::projection::{Projection, Scope};
use crate::store::CHUNK;

pub(super) fn unreadable(error: impl ToString) -> ViewError {
    ViewError::row(OrderStatusProjection::NAME, error)
}

/// What a select must name for [`order_row`].
pub(super) const ORDER: &str =
    "SELECT o.order_id, o.first_position, o.position, o.version, o.changed_at, o.state
     FROM order_status o ";

pub(super) fn order_row(row: &SqliteRow) -> Result<(OrderId, OrderRow), ViewError> {
    let id: &str = row.try_get(0)?;
    let number = |index: usize| row.try_get::<i64, _>(index).map(i64::cast_unsigned);
    let order = OrderRow {
        first_position: number(1)?,
        position: number(2)?,
        version: number(3)?,
        changed_at: row.try_get(4)?,
        order: serde_json::from_slice(row.try_get(5)?).map_err(unreadable)?,
    };
    Ok((id.parse().map_err(unreadable)?, order))
}

pub(super) async fn load(
    connection: &mut SqliteConnection,
    scope: Scope<'_>,
    ids: &[OrderId],
) -> Result<HashMap<OrderId, OrderRow>, ViewError> {
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(ORDER);
        query.push("WHERE o.merchant = ").push_bind(scope.merchant);
        query.push(" AND o.generation = ").push_bind(scope.generation).push(" AND o.order_id IN (");
        let mut values = query.separated(", ");
        for id in chunk {
            values.push_bind(id.to_string());
        }
        query.push(")");
        for row in query.build().fetch_all(&mut *connection).await? {
            let (id, order) = order_row(&row)?;
            found.insert(id, order);
        }
    }
    Ok(found)
}

pub(super) async fn save(
    connection: &mut SqliteConnection,
    scope: Scope<'_>,
    rows: &[(OrderId, OrderRow)],
) -> Result<(), ViewError> {
    for chunk in rows.chunks(CHUNK) {
        save_orders(&mut *connection, scope, chunk).await?;
    }
    let terms: BTreeSet<(&'static str, String, u64)> = rows.iter().flat_map(|(_, row)| terms(row)).collect();
    let terms: Vec<_> = terms.into_iter().collect();
    for chunk in terms.chunks(CHUNK) {
        let mut query: QueryBuilder<Sqlite> =
            QueryBuilder::new("INSERT INTO order_term (merchant, generation, kind, value, first_position) ");
        query.push_values(chunk, |mut row, (kind, value, first_position)| {
            row.push_bind(scope.merchant).push_bind(scope.generation).push_bind(*kind).push_bind(value);
            row.push_bind(first_position.cast_signed());
        });
        query.push(" ON CONFLICT DO NOTHING");
        query.build().execute(&mut *connection).await?;
    }
    let work: Vec<(&OrderRow, &FulfillmentOrder)> = rows
        .iter()
        .flat_map(|(_, row)| row.order.fulfillment_orders.iter().map(move |part| (row, part)))
        .collect();
    for chunk in work.chunks(CHUNK) {
        save_work(&mut *connection, scope, chunk).await?;
    }
    Ok(())
}

async fn save_orders(
    connection: &mut SqliteConnection,
    scope: Scope<'_>,
    rows: &[(OrderId, OrderRow)],
) -> Result<(), ViewError> {
    let mut states = Vec::with_capacity(rows.len());
    for (_, row) in rows {
        states.push(serde_json::to_vec(&row.order).map_err(unreadable)?);
    }
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(
        "INSERT INTO order_status (merchant, generation, order_id, first_position, position, version,
                                   changed_at, status, channel, customer_ref, state) ",
    );
    query.push_values(rows.iter().zip(states), |mut values, ((id, row), state)| {
        let created = row.order.created.as_ref();
        let customer = created.and_then(|created| created.customer_ref.as_ref());
        values.push_bind(scope.merchant).push_bind(scope.generation).push_bind(id.to_string());
        values.push_bind(row.first_position.cast_signed()).push_bind(row.position.cast_signed());
        values.push_bind(row.version.cast_signed()).push_bind(row.changed_at);
        values.push_bind(row.order.status().name());
        values.push_bind(created.map_or("", |created| created.channel.as_str()).to_owned());
        values.push_bind(customer.map(|customer| customer.as_str().to_owned())).push_bind(state);
    });
    query.push(
        " ON CONFLICT (merchant, generation, order_id) DO UPDATE SET position = excluded.position,
          version = excluded.version, changed_at = excluded.changed_at, status = excluded.status,
          state = excluded.state",
    );
    query.build().execute(connection).await?;
    Ok(())
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
    let locations =
        order.fulfillment_orders.iter().map(|part| ("location", part.location.to_string(), first));
    let parcels =
        order.parcels().map(|parcel| ("tracking_number", parcel.package.tracking_number.to_string(), first));
    reference.into_iter().chain(skus).chain(locations).chain(parcels).collect()
}

async fn save_work(
    connection: &mut SqliteConnection,
    scope: Scope<'_>,
    work: &[(&OrderRow, &FulfillmentOrder)],
) -> Result<(), ViewError> {
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(
        "INSERT INTO fulfillment_order (merchant, generation, fulfillment_order_id, order_id, first_position,
                                        number, location, status, ready) ",
    );
    query.push_values(work, |mut values, (row, part)| {
        values.push_bind(scope.merchant).push_bind(scope.generation).push_bind(part.id.to_string());
        values.push_bind(part.id.order().to_string()).push_bind(row.first_position.cast_signed());
        values.push_bind(i64::from(part.id.number())).push_bind(part.location.as_str());
        values.push_bind(part.status(&row.order).name());
        values.push_bind(row.order.is_paid() && row.order.holds.is_empty());
    });
    query.push(
        " ON CONFLICT DO UPDATE SET location = excluded.location, status = excluded.status, ready = excluded.ready",
    );
    query.build().execute(connection).await?;
    Ok(())
}

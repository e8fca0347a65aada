//! The baseline's tables and its only transaction.

use std::time::Duration;

use holdfast_load_model::{SkuName, simple};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool};
use uuid::Uuid;

use crate::error::BenchError;
use crate::http_client::{UNITS, check_counts};

/// Number of connections to the database.
const CONNECTIONS: u32 = 32;

/// The tables. The payload of an event is JSON in bytes, as in the journal.
const TABLES: &str = "
CREATE TABLE stock (
    sku      text   PRIMARY KEY,
    on_hand  bigint NOT NULL,
    reserved bigint NOT NULL DEFAULT 0,
    CHECK (reserved <= on_hand)
);
CREATE TABLE order_event (
    position    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id    uuid        NOT NULL,
    order_id    uuid        NOT NULL,
    version     integer     NOT NULL,
    type        text        NOT NULL,
    payload     bytea       NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (order_id, version)
);";

/// The fields of an order that the baseline uses.
#[derive(Debug, Deserialize)]
pub struct NewOrder {
    channel: String,
    payment: String,
    lines: Vec<NewLine>,
}

#[derive(Debug, Deserialize)]
struct NewLine {
    sku: String,
    quantity: i64,
}

/// The result of an order.
#[derive(Debug, PartialEq, Eq)]
pub enum Reserved {
    /// Accepted with this id.
    Order(Uuid),
    /// Rejected: insufficient stock.
    Short,
}

pub async fn connect(url: &str) -> Result<PgPool, BenchError> {
    let options: PgConnectOptions = url.parse().map_err(|_| BenchError::NotPostgres)?;
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .min_connections(CONNECTIONS)
        // The database is on this machine: testing a connection before each use would only cost time.
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_secs(60));
    Ok(pool.connect_with(options.options([("synchronous_commit", "on")])).await?)
}

/// Creates the tables and the stock.
pub async fn prepare(options: &PgConnectOptions, skus: u32) -> Result<(), BenchError> {
    let mut connection = options.connect().await?;
    sqlx::raw_sql(TABLES).execute(&mut connection).await?;
    fill(&mut connection, skus).await?;
    Ok(connection.close().await?)
}

/// Fills the table `stock` and updates its statistics.
pub async fn fill(connection: &mut PgConnection, skus: u32) -> Result<(), BenchError> {
    let names: Vec<String> = (0..skus as usize).map(|rank| SkuName(rank).to_string()).collect();
    sqlx::query("INSERT INTO stock (sku, on_hand) SELECT sku, $2 FROM unnest($1::text[]) AS new (sku)")
        .bind(names)
        .bind(i64::from(UNITS))
        .execute(&mut *connection)
        .await?;
    sqlx::raw_sql("VACUUM ANALYZE stock").execute(connection).await?;
    Ok(())
}

/// Checks that nothing is oversold and that the reserved units equal the accepted units.
pub async fn check(options: &PgConnectOptions, accepted: u64) -> Result<(), BenchError> {
    let mut connection = options.connect().await?;
    let sums = "SELECT sum(reserved)::bigint, count(*) FILTER (WHERE reserved > on_hand) FROM stock";
    let (reserved, oversold): (i64, i64) = sqlx::query_as(sums).fetch_one(&mut connection).await?;
    connection.close().await?;
    check_counts(accepted, reserved.unsigned_abs(), oversold.unsigned_abs())
}

/// Reserves the units of an order in one transaction.
pub async fn reserve(pool: &PgPool, order: &NewOrder) -> Result<Reserved, BenchError> {
    let mut transaction = pool.begin().await?;
    // Sorted, so that two orders with the same SKUs cannot deadlock.
    let mut lines: Vec<&NewLine> = order.lines.iter().collect();
    lines.sort_by(|one, other| one.sku.cmp(&other.sku));
    for line in lines {
        let (on_hand, reserved): (i64, i64) =
            sqlx::query_as("SELECT on_hand, reserved FROM stock WHERE sku = $1 FOR UPDATE")
                .bind(&line.sku)
                .fetch_one(&mut *transaction)
                .await?;
        if on_hand - reserved < line.quantity {
            return Ok(Reserved::Short);
        }
        sqlx::query("UPDATE stock SET reserved = reserved + $2 WHERE sku = $1")
            .bind(&line.sku)
            .bind(line.quantity)
            .execute(&mut *transaction)
            .await?;
    }
    let id = Uuid::now_v7();
    let (created, reserved) = payloads(id, order)?;
    sqlx::query(
        "INSERT INTO order_event (event_id, order_id, version, type, payload)
         VALUES ($1, $3, 1, 'OrderCreated', $4), ($2, $3, 2, 'InventoryReserved', $5)",
    )
    .bind(Uuid::now_v7())
    .bind(Uuid::now_v7())
    .bind(id)
    .bind(created)
    .bind(reserved)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(Reserved::Order(id))
}

/// The payloads of the two events, like those of Holdfast's events without the digest of the request.
fn payloads(order_id: Uuid, order: &NewOrder) -> Result<(Vec<u8>, Vec<u8>), BenchError> {
    let line =
        |(line, new): (usize, &NewLine)| json!({"line": line, "sku": new.sku, "quantity": new.quantity});
    let lines: Vec<Value> = (1..).zip(&order.lines).map(line).collect();
    let created = json!({
        "orderId": order_id,
        "channel": order.channel,
        "lines": lines,
        "hasPersonalData": false,
        "onShortage": "reject",
        "allowSplit": true,
        "priority": "standard",
        "payment": order.payment,
        "reserveAt": "creation",
        "at": jiff::Timestamp::now().to_string(),
    });
    let reserved = json!({"orderId": order_id, "location": simple::LOCATION, "lines": lines});
    Ok((serde_json::to_vec(&created)?, serde_json::to_vec(&reserved)?))
}

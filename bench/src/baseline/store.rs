//! The baseline's tables and its one transaction.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool};
use uuid::Uuid;

use crate::error::BenchError;
use crate::load::requests::sku;
use crate::outside::{self, UNITS};

/// How many connections a server of this kind has to its database.
pub const CONNECTIONS: u32 = 32;

/// The tables. Events are kept as bytes of JSON, as in the real journal.
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

/// An order, with the fields that are used.
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

/// What became of an order.
#[derive(Debug, PartialEq, Eq)]
pub enum Reserved {
    /// It was taken, under this id.
    Order(Uuid),
    /// Not everything was there.
    Short,
}

/// The payload of the first event: that of the real one, without the digest of the request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Created<'a> {
    order_id: Uuid,
    channel: &'a str,
    lines: Vec<Line<'a>>,
    has_personal_data: bool,
    on_shortage: &'static str,
    allow_split: bool,
    priority: &'static str,
    payment: &'a str,
    reserve_at: &'static str,
    at: String,
}

#[derive(Serialize)]
struct Line<'a> {
    line: usize,
    sku: &'a str,
    quantity: i64,
}

/// The payload of the second event.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InventoryReserved<'a> {
    order_id: Uuid,
    location: &'static str,
    lines: Vec<Line<'a>>,
}

/// Connects as a server does.
pub async fn connect(url: &str) -> Result<PgPool, BenchError> {
    let options: PgConnectOptions = url.parse().map_err(|_| BenchError::NotPostgres)?;
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .min_connections(CONNECTIONS)
        // Connections live on this machine: asking each before use whether it is alive would only cost time.
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_secs(60));
    Ok(pool.connect_with(options.options([("synchronous_commit", "on")])).await?)
}

/// Makes the tables and fills the shelves.
pub async fn prepare(options: &PgConnectOptions, skus: u32) -> Result<(), BenchError> {
    let mut connection = options.connect().await?;
    sqlx::raw_sql(TABLES).execute(&mut connection).await?;
    fill(&mut connection, skus).await?;
    Ok(connection.close().await?)
}

/// Fills a table `stock`, and lets the database look at what is there now.
pub async fn fill(connection: &mut PgConnection, skus: u32) -> Result<(), BenchError> {
    let names: Vec<String> = (0..skus as usize).map(sku).collect();
    sqlx::query("INSERT INTO stock (sku, on_hand) SELECT sku, $2 FROM unnest($1::text[]) AS given (sku)")
        .bind(names)
        .bind(i64::try_from(UNITS).unwrap_or(i64::MAX))
        .execute(&mut *connection)
        .await?;
    sqlx::raw_sql("VACUUM ANALYZE stock").execute(connection).await?;
    Ok(())
}

/// Checks that nothing is oversold and that as much is reserved as was granted.
pub async fn check(options: &PgConnectOptions, granted: u64) -> Result<(), BenchError> {
    let mut connection = options.connect().await?;
    let sums = "SELECT sum(reserved)::bigint, count(*) FILTER (WHERE reserved > on_hand) FROM stock";
    let (reserved, oversold): (i64, i64) = sqlx::query_as(sums).fetch_one(&mut connection).await?;
    connection.close().await?;
    outside::judge(granted, reserved.unsigned_abs(), oversold.unsigned_abs())
}

/// Takes an order in a transaction of its own.
pub async fn reserve(pool: &PgPool, order: &NewOrder) -> Result<Reserved, BenchError> {
    let mut transaction = pool.begin().await?;
    // In one order, so that two orders with the same SKUs do not wait for each other.
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

fn payloads(order_id: Uuid, order: &NewOrder) -> Result<(Vec<u8>, Vec<u8>), BenchError> {
    let created = Created {
        order_id,
        channel: &order.channel,
        lines: lines(order),
        has_personal_data: false,
        on_shortage: "reject",
        allow_split: true,
        priority: "standard",
        payment: &order.payment,
        reserve_at: "creation",
        at: jiff::Timestamp::now().to_string(),
    };
    let reserved = InventoryReserved { order_id, location: "DC-NEWARK", lines: lines(order) };
    Ok((serde_json::to_vec(&created)?, serde_json::to_vec(&reserved)?))
}

fn lines(order: &NewOrder) -> Vec<Line<'_>> {
    (1..).zip(&order.lines).map(|(line, new)| Line { line, sku: &new.sku, quantity: new.quantity }).collect()
}

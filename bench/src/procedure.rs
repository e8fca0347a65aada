//! A lower bound of the work: a stored procedure, called without HTTP. It updates stock and orders; it has no events, no
//! history and no idempotency keys.

use std::rc::Rc;
use std::time::Instant;

use holdfast_load_model::SkuName;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::baseline::store;
use crate::error::BenchError;
use crate::load::requests::{Choice, Demand};
use crate::load::tally::{Tally, Window};
use crate::load::{Counters, on_own_thread};
use crate::measurement::Timing;

/// Number of connections that call the procedure.
pub const CONNECTIONS: u32 = 32;

const PROCEDURE: &str = "
CREATE TABLE stock (
    sku      text   PRIMARY KEY,
    on_hand  bigint NOT NULL,
    reserved bigint NOT NULL DEFAULT 0
);
CREATE TABLE placed (
    order_id  uuid        PRIMARY KEY,
    sku       text        NOT NULL,
    quantity  bigint      NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT now()
);
CREATE FUNCTION place(new_order uuid, wanted text, units bigint) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE stock SET reserved = reserved + units WHERE sku = wanted AND on_hand - reserved >= units;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO placed (order_id, sku, quantity) VALUES (new_order, wanted, units);
    RETURN true;
END $$;";

/// Creates the procedure, calls it over all connections, and checks the stock.
pub async fn run(options: PgConnectOptions, demand: Demand, timing: Timing) -> Result<Tally, BenchError> {
    let mut connection = options.connect().await?;
    sqlx::raw_sql(PROCEDURE).execute(&mut connection).await?;
    store::fill(&mut connection, demand.skus()).await?;
    connection.close().await?;
    let load_options = options.clone();
    let tally = on_own_thread(move || async move { call_all(&load_options, demand, timing).await }).await?;
    store::check(&options, tally.accepted).await?;
    Ok(tally)
}

async fn call_all(options: &PgConnectOptions, demand: Demand, timing: Timing) -> Result<Tally, BenchError> {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(options.connect().await?);
    }
    let counters = Counters::new(Window::after(timing.warm_up, timing.measured))?;
    let choice = Choice::new(demand)?;
    let mut tasks = JoinSet::new();
    for (number, connection) in (0..).zip(connections) {
        tasks.spawn_local(call(connection, choice.sequence(number), Rc::clone(&counters)));
    }
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(|_| BenchError::TaskEnded)??;
    }
    counters.take()
}

async fn call(
    mut connection: PgConnection,
    mut choice: Choice,
    counters: Rc<Counters>,
) -> Result<(), BenchError> {
    loop {
        let called_at = Instant::now();
        if called_at >= counters.window.ends {
            return Ok(connection.close().await?);
        }
        let placed: bool = sqlx::query_scalar("SELECT place($1, $2, 1)")
            .bind(Uuid::now_v7())
            .bind(SkuName(choice.rank()).to_string())
            .fetch_one(&mut connection)
            .await?;
        if placed {
            counters.accepted(called_at);
        } else {
            counters.failed("not placed", 1);
        }
    }
}

//! The cheapest thing that anyone could write: a procedure in the database, called without HTTP. It keeps stock and
//! orders right and nothing else: no events, no history, no answers for repeated keys.

use std::rc::Rc;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::baseline::store;
use super::error::BenchError;
use super::load::requests::{Choice, Demand, sku};
use super::load::tally::{Tally, Window};
use super::load::{Shared, on_its_own_thread};

/// How many connections call it.
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

/// What is called, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Calls {
    /// For which SKUs.
    pub demand: Demand,
    /// How long before anything counts.
    pub warm_up: Duration,
    /// How long what happens counts.
    pub measured: Duration,
}

/// Makes it, calls it and checks what it left.
pub async fn run(options: PgConnectOptions, calls: Calls) -> Result<Tally, BenchError> {
    let mut connection = options.connect().await?;
    sqlx::raw_sql(PROCEDURE).execute(&mut connection).await?;
    store::fill(&mut connection, calls.demand.skus()).await?;
    connection.close().await?;
    let callers = options.clone();
    let tally = on_its_own_thread(move || async move { call_from_everywhere(&callers, calls).await }).await?;
    store::check(&options, tally.granted).await?;
    Ok(tally)
}

async fn call_from_everywhere(options: &PgConnectOptions, calls: Calls) -> Result<Tally, BenchError> {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(options.connect().await?);
    }
    let shared = Shared::new(Window::after(calls.warm_up, calls.measured))?;
    let choice = Choice::new(calls.demand, 0);
    let mut tasks = JoinSet::new();
    for (number, connection) in (0..).zip(connections) {
        tasks.spawn_local(call(connection, choice.another(number), Rc::clone(&shared)));
    }
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(|_| BenchError::Lost)??;
    }
    shared.take()
}

async fn call(
    mut connection: PgConnection,
    mut choice: Choice,
    shared: Rc<Shared>,
) -> Result<(), BenchError> {
    loop {
        let began = Instant::now();
        if began >= shared.window().ends {
            return Ok(connection.close().await?);
        }
        let placed: bool = sqlx::query_scalar("SELECT place($1, $2, 1)")
            .bind(Uuid::now_v7())
            .bind(sku(choice.rank()))
            .fetch_one(&mut connection)
            .await?;
        if placed {
            shared.granted(began);
        } else {
            shared.failed("not placed", 1);
        }
    }
}

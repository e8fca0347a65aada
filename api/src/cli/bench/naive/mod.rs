//! The baseline: an order service as it is commonly built, on the same HTTP stack and in a process of its own.
//!
//! A command is a transaction: lock the stock row, look, change it, write the order's two events, commit. It is not
//! made slower than need be: connections are kept and not asked whether they are alive, statements are prepared
//! once, both events go in one statement. It keeps no answers for repeated keys, no chain, no read model.

pub mod store;

use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::serve::ListenerExt as _;
use sqlx::PgPool;
use tokio::net::TcpListener;

use super::error::BenchError;
use crate::cli::{CliError, output, serve};
use crate::server::ServeError;
use store::{NewOrder, Reserved};

/// What the baseline's server is told.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A schema that the bench has prepared.
    #[arg(long, value_name = "URL", env = "HOLDFAST_DATABASE", hide_env_values = true)]
    database: String,
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = serve::address)]
    listen: SocketAddr,
}

/// Serves until it is told to stop.
pub async fn run(arguments: Arguments) -> Result<(), CliError> {
    let stop = serve::stop_signal()?;
    if !arguments.listen.ip().is_loopback() {
        return Err(ServeError::NotLoopback(arguments.listen).into());
    }
    let pool = store::connect(&arguments.database).await?;
    let failed = |source| ServeError::Listen { address: arguments.listen, option: "--listen", source };
    let listener = TcpListener::bind(arguments.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    output::note(&format!("the baseline serves at http://{address}"));
    let listener = listener.tap_io(|connection| {
        // As the real server does; what fails here fails again when it is written to.
        let _ = connection.set_nodelay(true);
    });
    let router = Router::new().route("/v1/orders", post(create)).with_state(pool);
    let served = axum::serve(listener, router).with_graceful_shutdown(stop).await;
    Ok(served.map_err(ServeError::Ended)?)
}

async fn create(State(pool): State<PgPool>, body: Bytes) -> Response {
    let Ok(order) = serde_json::from_slice::<NewOrder>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    match store::reserve(&pool, &order).await {
        Ok(Reserved::Order(id)) => {
            let answer = serde_json::json!({"orderId": id, "status": "reserved"}).to_string();
            let json = [(axum::http::header::CONTENT_TYPE, "application/json")];
            (StatusCode::CREATED, json, answer).into_response()
        }
        Ok(Reserved::Short) => StatusCode::CONFLICT.into_response(),
        Err(BenchError::Sql(sqlx::Error::RowNotFound)) => StatusCode::UNPROCESSABLE_ENTITY.into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

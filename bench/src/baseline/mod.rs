//! The baseline: an order service as it is commonly built, on the same HTTP stack and in a process of its own.
//!
//! A command is a transaction: lock the stock row, look, change it, write the order's two events, commit. It is not
//! made slower than need be: connections are kept and not asked whether they are alive, statements are prepared
//! once, both events go in one statement. It keeps no answers for repeated keys, no chain, no read model.

pub mod store;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::serve::ListenerExt as _;
use holdfast_api::server::ServeError;
use holdfast_terminal::output;
use sqlx::PgPool;
use tokio::net::TcpListener;

use super::error::BenchError;
use crate::arguments::ServedStore;
use store::{NewOrder, Reserved};

/// Serves until it is told to stop.
pub async fn run(served: ServedStore) -> Result<(), BenchError> {
    let stop = holdfast_terminal::stop_signal().map_err(BenchError::Signals)?;
    if !served.listen.ip().is_loopback() {
        return Err(ServeError::NotLoopback(served.listen).into());
    }
    let pool = store::connect(&served.database).await?;
    let failed = |source| ServeError::Listen { address: served.listen, option: "--listen", source };
    let listener = TcpListener::bind(served.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    output::print_note(&format!("the baseline serves at http://{address}"));
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

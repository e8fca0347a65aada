//! The baseline: a common design of an order service, on the same HTTP stack and in its own process.
//!
//! A command is one transaction: it locks the stock row, checks and changes it, writes the order's two events and
//! commits. The design is tuned: connections stay open and are not tested before use, statements are prepared once, and
//! one statement writes both events. It has no idempotency keys, no hash chain and no read model.

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

use crate::arguments::ServedStore;
use crate::error::BenchError;
use store::{NewOrder, Reserved};

/// Serves until the process gets a signal to stop.
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
        // Like Holdfast's server. A failure here is reported by the next write.
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

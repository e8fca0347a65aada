//! GraphQL: every question of [`Queries`](crate::queries::Queries) and every command, at `/graphql`.
//!
//! Both come by POST as JSON; the answer is always JSON with status 200 once the request could be read, and
//! errors carry in `extensions.code` the codes that REST uses. A browser that opens `/graphql` gets GraphiQL, a page
//! to write queries in. That page loads its scripts from a public CDN (unpkg.com), so it needs the internet; the
//! queries themselves do not. What a request may ask is limited: see `limits.rs`. How commands become mutations is
//! told in `mutation/`. Subscriptions come over a WebSocket at the same path, by graphql-transport-ws: `socket.rs`.
//!
//! `api/schema.graphql` holds the schema; a test keeps it equal to what is served.

mod arguments;
mod connection;
mod context;
mod error;
mod http;
mod limits;
mod mutation;
mod node;
mod query;
mod socket;
mod subscription;
#[cfg(test)]
mod tests;
mod types;

use std::sync::Arc;

use async_graphql::{SDLExportOptions, Schema};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;

use crate::app::App;
use mutation::Mutation;
use query::Query;
use subscription::Subscription;

type Questions = Schema<Query, Mutation, Subscription>;

fn schema() -> Questions {
    Schema::build(Query::default(), Mutation, Subscription)
        .limit_complexity(limits::COMPLEXITY)
        .limit_directives(limits::DIRECTIVES)
        // Comparing each unknown name with every known one costs more than the hint is worth.
        .disable_suggestions()
        .finish()
}

/// The schema in GraphQL's own language.
///
/// ```
/// assert!(holdfast_api::graphql::sdl().contains("type Query"));
/// ```
pub fn sdl() -> String {
    let options = SDLExportOptions::new().prefer_single_line_descriptions().include_specified_by();
    schema().sdl_with_options(options)
}

/// `POST /graphql` for queries and mutations, `GET /graphql` for subscriptions over a WebSocket and for GraphiQL.
pub fn routes() -> Router<Arc<App>> {
    let schema = schema();
    let asked = schema.clone();
    let open = move |app, headers, upgrade| http::open(asked.clone(), app, headers, upgrade);
    let answer = move |app, headers, body| http::answer(schema.clone(), app, headers, body);
    Router::new().route("/graphql", get(open).post(answer)).layer(DefaultBodyLimit::max(http::BODY_BYTES))
}

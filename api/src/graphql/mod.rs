//! GraphQL at `/graphql`: queries over [`Queries`](crate::queries::Queries), every command as a mutation, and subscriptions.
//!
//! Queries and mutations are posted as JSON. A request that can be parsed has status 200; errors have the code of REST in
//! `extensions.code`. Subscriptions use a WebSocket and the protocol graphql-transport-ws (`socket.rs`). `GET` returns GraphiQL
//! to browsers (`graphiql.rs`). `limits.rs` limits the cost of a request.
//!
//! `api/schema.graphql` is the schema; a test keeps it current.

mod arguments;
mod connection;
mod context;
mod descriptions;
mod error;
mod global_id;
mod graphiql;
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

type GraphQlSchema = Schema<Query, Mutation, Subscription>;

fn schema() -> GraphQlSchema {
    Schema::build(Query::default(), Mutation, Subscription)
        .limit_complexity(limits::MAX_COMPLEXITY)
        .limit_directives(limits::MAX_DIRECTIVES)
        // A suggestion compares an unknown name with all names: too expensive for 1,500 unknown names.
        .disable_suggestions()
        .finish()
}

/// The schema in GraphQL's schema definition language.
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
    let socket_schema = schema.clone();
    let open = move |app, headers, upgrade| http::open(socket_schema.clone(), app, headers, upgrade);
    let execute = move |app, headers, body| http::post(schema.clone(), app, headers, body);
    Router::new()
        .route("/graphql", get(open).post(execute))
        .route("/graphql/{file}", get(graphiql::file))
        .layer(DefaultBodyLimit::max(http::MAX_BODY_BYTES))
}

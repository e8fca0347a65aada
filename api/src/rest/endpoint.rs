//! A row of the route table. It serves an endpoint, and it describes the endpoint for the OpenAPI document.

use std::sync::Arc;

use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post, put};
use holdfast_commands::AnyCommand;
use holdfast_domain::Command;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use super::extract::CommandRequest;
use super::query::{self, DryRun};
use crate::app::App;
use crate::error::ApiError;

/// Makes the JSON Schema of a type.
pub(super) type MakeSchema = fn(&mut SchemaGenerator) -> Schema;

/// A query parameter.
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) required: bool,
    pub(super) schema: Value,
}

/// The body of a request.
#[derive(Clone, Copy)]
pub(super) enum Body {
    None,
    /// The fields of a command, except those in the path.
    Command(MakeSchema),
    /// The fields of a query that has too many of them for parameters.
    Query(MakeSchema),
    Bulk,
}

/// An endpoint.
pub(super) struct Endpoint {
    pub(super) method: Method,
    /// The path, with variable segments in braces.
    pub(super) path: &'static str,
    /// The operation id: the name of the command, if there is one.
    pub(super) name: &'static str,
    /// `None` for a command, which has a description of its own.
    pub(super) summary: Option<&'static str>,
    /// The structs whose fields are the query parameters.
    parameters: Vec<MakeSchema>,
    pub(super) body: Body,
    /// The HTTP statuses of success.
    pub(super) statuses: &'static [u16],
    /// The media type of success.
    pub(super) media_type: &'static str,
    /// The schema of success, if that is JSON.
    pub(super) answer: Option<MakeSchema>,
    route: MethodRouter<Arc<App>>,
}

impl Endpoint {
    /// A query.
    pub(super) fn get<T: 'static>(
        path: &'static str,
        name: &'static str,
        summary: &'static str,
        handler: impl Handler<T, Arc<App>>,
    ) -> Self {
        Self {
            method: Method::GET,
            path,
            name,
            summary: Some(summary),
            parameters: Vec::new(),
            body: Body::None,
            statuses: &[200],
            media_type: "application/json",
            answer: None,
            route: get(handler),
        }
    }

    /// An operation on a read model, which changes no event.
    pub(super) fn operation<T: 'static>(
        path: &'static str,
        name: &'static str,
        summary: &'static str,
        handler: impl Handler<T, Arc<App>>,
    ) -> Self {
        Self { method: Method::POST, route: post(handler), ..Self::get(path, name, summary, || async {}) }
    }

    /// A command. A variable segment of the path is the command's field of that name.
    pub(super) fn post<C: Command + Into<AnyCommand> + 'static, A: JsonSchema>(path: &'static str) -> Self {
        Self { method: Method::POST, route: post(CommandRequest::submit::<C>), ..Self::command::<C, A>(path) }
    }

    /// A command that sets a state and needs no idempotency key.
    pub(super) fn put<C: Command + Into<AnyCommand> + 'static, A: JsonSchema>(path: &'static str) -> Self {
        Self { method: Method::PUT, route: put(CommandRequest::submit::<C>), ..Self::command::<C, A>(path) }
    }

    fn command<C: Command, A: JsonSchema>(path: &'static str) -> Self {
        let endpoint = Self::get(path, C::NAME, "", || async {});
        Self { summary: None, body: Body::Command(C::json_schema), ..endpoint }
            .takes::<DryRun>()
            .answers::<A>()
    }

    /// A query with a body.
    pub(super) fn query<Q: JsonSchema, T: 'static>(
        path: &'static str,
        name: &'static str,
        summary: &'static str,
        handler: impl Handler<T, Arc<App>>,
    ) -> Self {
        let body = Body::Query(SchemaGenerator::subschema_for::<Q>);
        Self { body, ..Self::operation(path, name, summary, handler) }
    }

    /// Many commands.
    pub(super) fn bulk<T: 'static>(
        path: &'static str,
        name: &'static str,
        summary: &'static str,
        handler: impl Handler<T, Arc<App>>,
    ) -> Self {
        Self { body: Body::Bulk, ..Self::operation(path, name, summary, handler) }.takes::<DryRun>()
    }

    /// Adds the fields of a struct as query parameters.
    pub(super) fn takes<Q: JsonSchema>(mut self) -> Self {
        self.parameters.push(Q::json_schema);
        self
    }

    /// Sets the JSON of success.
    pub(super) fn answers<A: JsonSchema>(mut self) -> Self {
        self.answer = Some(SchemaGenerator::subschema_for::<A>);
        self
    }

    /// Sets the HTTP statuses of success.
    pub(super) fn with_status(mut self, statuses: &'static [u16]) -> Self {
        self.statuses = statuses;
        self
    }

    /// Sets the media type of success.
    pub(super) fn in_media_type(mut self, media_type: &'static str) -> Self {
        self.media_type = media_type;
        self
    }

    /// The query parameters.
    pub(super) fn parameters(&self, generator: &mut SchemaGenerator) -> Vec<Parameter> {
        self.parameters.iter().flat_map(|schema| parameters(schema(generator).to_value())).collect()
    }

    /// The route. It rejects query parameters that the endpoint does not have.
    pub(super) fn into_route(self) -> MethodRouter<Arc<App>> {
        let known: Arc<[String]> =
            self.parameters(&mut SchemaGenerator::default()).into_iter().map(|known| known.name).collect();
        self.route.route_layer(from_fn(move |request: Request, next: Next| {
            let known = Arc::clone(&known);
            async move {
                match check(&known, &request) {
                    Ok(()) => next.run(request).await,
                    Err(error) => error.into_response(),
                }
            }
        }))
    }
}

/// A parameter for each field of a struct.
fn parameters(mut schema: Value) -> Vec<Parameter> {
    let required = schema["required"].take();
    let Value::Object(fields) = schema["properties"].take() else { return Vec::new() };
    let parameter = |(name, mut schema): (String, Value)| {
        let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        Parameter {
            required: required.as_array().is_some_and(|required| required.contains(&Value::from(&*name))),
            description: description.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned(),
            schema: without_null(schema),
            name,
        }
    };
    fields.into_iter().map(parameter).collect()
}

/// The schema of an `Option`, without null: a parameter is absent instead.
fn without_null(mut schema: Value) -> Value {
    if let Some([value, Value::Object(null)]) = schema["anyOf"].as_array().map(Vec::as_slice)
        && null.get("type").is_some_and(|kind| kind == "null")
    {
        return value.clone();
    }
    if let Some([kind, Value::String(null)]) = schema["type"].as_array().map(Vec::as_slice)
        && null == "null"
    {
        schema["type"] = kind.clone();
    }
    schema
}

fn check(known: &[String], request: &Request) -> Result<(), ApiError> {
    if request.uri().query().is_none_or(str::is_empty) {
        return Ok(());
    }
    match query::pairs(request.uri())?.into_iter().find(|(name, _)| !known.contains(name)) {
        Some((name, _)) => Err(ApiError::UnknownParameter(name)),
        None => Ok(()),
    }
}

/// The answer for every path that has no route.
pub(super) async fn unknown_route() -> Response {
    ApiError::UnknownRoute.into_response()
}

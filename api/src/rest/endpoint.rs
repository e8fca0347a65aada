//! A row of the router's table: all that is to be known of an endpoint, for serving it and for describing it.

use std::sync::Arc;

use axum::extract::{Query, Request};
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post, put};
use holdfast_domain::Command;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::parameters;
use super::problem::Problem;
use crate::app::App;

/// Makes a schema.
pub(super) type MakeSchema = fn(&mut SchemaGenerator) -> Schema;

/// A query parameter.
pub(super) struct Parameter {
    /// Its name.
    pub(super) name: &'static str,
    /// What it does.
    pub(super) about: &'static str,
    /// What its value may be.
    pub(super) schema: MakeSchema,
}

impl Parameter {
    /// A parameter whose values are of a type.
    pub(super) const fn of<T: JsonSchema>(name: &'static str, about: &'static str) -> Self {
        Self { name, about, schema: SchemaGenerator::subschema_for::<T> }
    }
}

/// What a body must be.
#[derive(Clone, Copy)]
pub(super) enum Body {
    /// There is none.
    None,
    /// A command's fields, those of the path left out.
    Command(MakeSchema),
    /// Many commands.
    Bulk,
}

/// An endpoint.
pub(super) struct Endpoint {
    /// Its method.
    pub(super) method: Method,
    /// Its path, with the names of its parts in braces.
    pub(super) path: &'static str,
    /// Its name; a command's where it is one.
    pub(super) name: &'static str,
    /// What it does; a command's own description where nothing is given.
    pub(super) summary: Option<&'static str>,
    /// Its query parameters. No others are let through.
    pub(super) parameters: &'static [Parameter],
    /// Its body.
    pub(super) body: Body,
    /// The statuses of success.
    pub(super) statuses: &'static [u16],
    /// The media type of success.
    pub(super) media_type: &'static str,
    /// What is answered then, where that is JSON.
    pub(super) answer: Option<MakeSchema>,
    /// What serves it.
    pub(super) route: MethodRouter<Arc<App>>,
}

impl Endpoint {
    /// A question.
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
            parameters: &[],
            body: Body::None,
            statuses: &[200],
            media_type: "application/json",
            answer: None,
            route: get(handler),
        }
    }

    /// Something that an operator does, which is no command: it changes nothing that happened.
    pub(super) fn operation<T: 'static>(
        path: &'static str,
        name: &'static str,
        summary: &'static str,
        handler: impl Handler<T, Arc<App>>,
    ) -> Self {
        Self { method: Method::POST, route: post(handler), ..Self::get(path, name, summary, || async {}) }
    }

    /// A command.
    pub(super) fn post<C: Command, T: 'static>(
        path: &'static str,
        handler: impl Handler<T, Arc<App>>,
    ) -> Self {
        let route = post(handler);
        Self { method: Method::POST, route, ..Self::command::<C>(path) }
    }

    /// A command that brings something into a state.
    pub(super) fn put<C: Command, T: 'static>(
        path: &'static str,
        handler: impl Handler<T, Arc<App>>,
    ) -> Self {
        Self { route: put(handler), ..Self::command::<C>(path) }
    }

    /// Many commands.
    pub(super) fn bulk<T: 'static>(
        path: &'static str,
        name: &'static str,
        summary: &'static str,
        handler: impl Handler<T, Arc<App>>,
    ) -> Self {
        Self {
            method: Method::POST,
            parameters: parameters::COMMAND,
            body: Body::Bulk,
            route: post(handler),
            ..Self::get(path, name, summary, || async {})
        }
    }

    fn command<C: Command>(path: &'static str) -> Self {
        Self {
            method: Method::PUT,
            path,
            name: C::NAME,
            summary: None,
            parameters: parameters::COMMAND,
            body: Body::Command(C::json_schema),
            statuses: &[200],
            media_type: "application/json",
            answer: None,
            route: MethodRouter::new(),
        }
    }

    /// The same with query parameters.
    pub(super) fn takes(mut self, parameters: &'static [Parameter]) -> Self {
        self.parameters = parameters;
        self
    }

    /// The same with what it answers.
    pub(super) fn answers<T: JsonSchema>(mut self) -> Self {
        self.answer = Some(SchemaGenerator::subschema_for::<T>);
        self
    }

    /// The same, answering that something new exists, or that it exists already.
    pub(super) fn creates<T: JsonSchema>(mut self, statuses: &'static [u16]) -> Self {
        self.statuses = statuses;
        self.answers::<T>()
    }

    /// The same with another media type.
    pub(super) fn in_media_type(mut self, media_type: &'static str) -> Self {
        self.media_type = media_type;
        self
    }

    /// What serves it. Query parameters that it does not have are refused, not overlooked.
    pub(super) fn into_route(self) -> MethodRouter<Arc<App>> {
        let parameters = self.parameters;
        self.route.route_layer(from_fn(move |request: Request, next: Next| async move {
            match check(parameters, &request) {
                Ok(()) => next.run(request).await,
                Err(problem) => problem.into_response(),
            }
        }))
    }
}

fn check(parameters: &[Parameter], request: &Request) -> Result<(), Problem> {
    if request.uri().query().is_none_or(str::is_empty) {
        return Ok(());
    }
    let given = Query::<Vec<(String, String)>>::try_from_uri(request.uri())
        .map_err(|_| Problem::bad("invalid_parameter", "the query cannot be read"))?;
    for (name, _) in &given.0 {
        if !parameters.iter().any(|parameter| parameter.name == name) {
            let detail = format!("there is no parameter {name} here");
            return Err(Problem::bad("unknown_parameter", detail).with("parameter", name.as_str()));
        }
    }
    Ok(())
}

/// The answer to anything that the router does not know, in place of an empty response.
pub(super) async fn unknown_route() -> Response {
    Problem::unknown("unknown_route", "there is nothing here; see /docs").into_response()
}

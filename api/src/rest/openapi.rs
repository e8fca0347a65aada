//! The description of the interface for programs: OpenAPI 3.1, assembled from the router's table.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use holdfast_commands::COMMANDS;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::body::{BULK_BYTES, COMMAND_BYTES};
use super::endpoint::{Body, Endpoint, MakeSchema, Parameter};
use super::problem::ProblemBody;
use super::router::endpoints;

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| document().to_string().into());

/// The document.
pub(super) async fn get() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.clone()).into_response()
}

/// The document as JSON.
pub(super) fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in endpoints() {
        let operation = operation(&endpoint, &mut generator);
        let method = endpoint.method.as_str().to_ascii_lowercase();
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[method] = operation;
    }
    let problem = generator.subschema_for::<ProblemBody<'static>>();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Holdfast",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Order fulfillment that never promises a unit twice.",
            "description": ABOUT,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [],
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "responses": {
                "Problem": {
                    "description": "What is wrong, by RFC 9457. `code` is stable.",
                    "content": { "application/problem+json": { "schema": problem } },
                },
            },
        },
    })
}

const ABOUT: &str = "`/v1` grows by addition only. Enumerations are open: a client must expect values that it \
    does not know. Times are RFC 3339, with any offset in requests and in UTC in answers; amounts are decimal \
    strings; quantities are whole numbers. Unknown fields and parameters are refused by name. A command is sent \
    again with the same Idempotency-Key until it is answered: it is carried out once, and every answer is the same.";

fn operation(endpoint: &Endpoint, generator: &mut SchemaGenerator) -> Value {
    let mut parameters: Vec<Value> = names_in(endpoint.path).map(path_parameter).collect();
    parameters.extend(endpoint.parameters.iter().map(|parameter| query_parameter(parameter, generator)));
    parameters.extend(headers(endpoint));
    let mut responses = Map::new();
    for status in endpoint.statuses {
        responses.insert(status.to_string(), success(endpoint, *status, generator));
    }
    for range in ["4XX", "5XX"] {
        responses.insert(range.to_owned(), json!({ "$ref": "#/components/responses/Problem" }));
    }
    let mut operation = json!({
        "operationId": endpoint.name,
        "summary": summary(endpoint),
        "tags": [tag(endpoint.path)],
        "parameters": parameters,
        "responses": responses,
    });
    match endpoint.body {
        Body::None => {}
        Body::Command(schema) => operation["requestBody"] = command(endpoint, schema, generator),
        Body::Bulk => operation["requestBody"] = bulk(generator),
    }
    operation
}

/// What an endpoint does; a command says so itself.
pub(super) fn summary(endpoint: &Endpoint) -> String {
    match (endpoint.summary, endpoint.body) {
        (Some(summary), _) => summary.to_owned(),
        (None, Body::Command(schema)) => {
            let schema = schema(&mut SchemaGenerator::default());
            schema.get("description").and_then(Value::as_str).unwrap_or(endpoint.name).to_owned()
        }
        (None, _) => endpoint.name.to_owned(),
    }
}

/// The first part of a path that names something.
pub(super) fn tag(path: &str) -> &str {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    match parts.next() {
        Some("v1") => parts.next().unwrap_or("service"),
        _ => "service",
    }
}

/// The names in braces of a path.
fn names_in(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn path_parameter(name: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
}

fn query_parameter(parameter: &Parameter, generator: &mut SchemaGenerator) -> Value {
    json!({
        "name": parameter.name,
        "in": "query",
        "description": parameter.about,
        "schema": (parameter.schema)(generator),
    })
}

fn headers(endpoint: &Endpoint) -> Vec<Value> {
    let header = |name: &str, required: bool, most: u16, about: &str| {
        json!({
            "name": name, "in": "header", "required": required, "description": about,
            "schema": { "type": "string", "minLength": 1, "maxLength": most },
        })
    };
    let mut headers = Vec::new();
    if tag(endpoint.path) != "service" {
        let about = "For which merchant; needed where there are several.";
        headers.push(header("Merchant", false, 64, about));
    }
    if let Body::Command(_) = endpoint.body {
        let about =
            "The sender's name for the command: sent again, it is answered and not carried out again.";
        headers.push(header("Idempotency-Key", endpoint.method == Method::POST, 255, about));
        headers.push(header(
            "If-Match",
            false,
            32,
            "The version, in quotes, that the order must still have.",
        ));
    }
    if !matches!(endpoint.body, Body::None) {
        headers.push(header("Correlation-Id", false, 200, "Kept with every event: what belongs together."));
        let about = "Kept with every event: what it followed from, above all the id of an event.";
        headers.push(header("Causation-Id", false, 200, about));
        headers.push(header("Actor", false, 200, "Kept with every event: who acted, by the caller's word."));
        headers.push(header("traceparent", false, 200, "Kept with every event: the W3C trace context."));
    }
    headers
}

fn success(endpoint: &Endpoint, status: u16, generator: &mut SchemaGenerator) -> Value {
    let description = match (status, endpoint.statuses.len()) {
        (201, _) => "Done; something new exists.",
        (200, 2) => "It exists already, and is the same.",
        _ => "Done.",
    };
    let content = match endpoint.answer {
        Some(schema) => json!({ endpoint.media_type: { "schema": schema(generator) } }),
        None => json!({ endpoint.media_type: {} }),
    };
    let mut response = json!({ "description": description, "content": content });
    if !matches!(endpoint.body, Body::None) {
        let position = json!({
            "description": "The position of the journal that the answer includes.",
            "schema": { "type": "integer" },
        });
        response["headers"] = json!({ "Journal-Position": position });
        if matches!(endpoint.body, Body::Command(_)) {
            let about = "Whether the command had been answered before.";
            response["headers"]["Idempotency-Replayed"] =
                json!({ "description": about, "schema": { "const": "true" } });
        }
    }
    response
}

/// A command's fields without those that the path gives.
fn command(endpoint: &Endpoint, schema: MakeSchema, generator: &mut SchemaGenerator) -> Value {
    let mut schema = schema(generator).to_value();
    for name in names_in(endpoint.path) {
        if let Some(properties) = schema["properties"].as_object_mut() {
            properties.remove(name);
        }
        if let Some(required) = schema["required"].as_array_mut() {
            required.retain(|required| required != name);
        }
    }
    let needed = schema["required"].as_array().is_some_and(|required| !required.is_empty());
    let description = format!("At most {COMMAND_BYTES} bytes.");
    json!({
        "description": description,
        "required": needed,
        "content": { "application/json": { "schema": schema } },
    })
}

const BULK: &str = "Commands as a JSON array, or as NDJSON with one a line. Each is an object \
    `{\"key\": ..., \"command\": ..., \"merchant\": ..., ...}`: its idempotency key, the command's name, where there \
    are several merchants whose it is (else that of the Merchant header), and beside these the fields of the command.";

fn bulk(generator: &mut SchemaGenerator) -> Value {
    let one = |generator: &mut SchemaGenerator, name: &str, schema: MakeSchema| {
        let fields = schema(generator);
        let name = json!({ "const": name });
        // The command's own schema says which other fields there are, so it cannot be closed here.
        json!({
            "title": name["const"],
            "properties": { "command": name },
            "description": format!("Beside key, command and merchant, the fields of {}.", reference(&fields.to_value())),
        })
    };
    let commands: Vec<Value> =
        COMMANDS.iter().map(|command| one(generator, command.name, command.schema)).collect();
    let item = json!({
        "type": "object",
        "required": ["key", "command"],
        "properties": {
            "key": {
                "type": "string", "minLength": 1, "maxLength": 255,
                "description": "The sender's name for the command.",
            },
            "merchant": {
                "type": "string", "minLength": 1, "maxLength": 64,
                "description": "For which merchant; that of the Merchant header where not given.",
            },
        },
        "oneOf": commands,
    });
    json!({
        "description": format!("{BULK} At most {} commands and {BULK_BYTES} bytes.", super::bulk::MOST_COMMANDS),
        "required": true,
        "content": {
            "application/json": { "schema": { "type": "array", "items": item } },
            "application/x-ndjson": { "schema": item },
        },
    })
}

fn reference(schema: &Value) -> &str {
    schema["$ref"].as_str().unwrap_or("the command")
}

//! Builds the OpenAPI 3.1 document from the route table.

use std::sync::LazyLock;

use axum::http::Method;
use holdfast_commands::{COMMANDS, CommandGroup};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::body::{MAX_BULK_BYTES, MAX_COMMAND_BYTES};
use super::bulk::MAX_COMMANDS;
use super::endpoint::{Body, Endpoint, MakeSchema, Parameter};
use super::problem::Problem;

/// Builds the document for all endpoints.
pub(super) fn document(endpoints: &[Endpoint]) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in endpoints {
        let operation = operation(endpoint, &mut generator);
        let method = endpoint.method.as_str().to_ascii_lowercase();
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[method] = operation;
    }
    let problem = generator.subschema_for::<Problem<'static>>();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Holdfast",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Order fulfillment that never promises a unit twice.",
            "description": DESCRIPTION,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [],
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "responses": {
                "Problem": {
                    "description": "An error (RFC 9457). The `code` is stable.",
                    "content": { "application/problem+json": { "schema": problem } },
                },
            },
        },
    });
    plain_enums(&mut document);
    document
}

/// Replaces every `oneOf` of described constants by a plain `enum`, because client generators create a type from an `enum`. The
/// descriptions become a list in the description of the `enum`.
fn plain_enums(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(plain_enums),
        Value::Object(object) => {
            if let Some((names, meanings)) =
                object.get("oneOf").and_then(Value::as_array).and_then(|all| constants(all))
            {
                let description = object.get("description").and_then(Value::as_str).unwrap_or_default();
                let description = format!("{description}\n\n{}", meanings.join("\n"));
                object.remove("oneOf");
                object.insert("type".to_owned(), json!("string"));
                object.insert("enum".to_owned(), names.into());
                object.insert("description".to_owned(), description.trim().into());
            }
            object.values_mut().for_each(plain_enums);
        }
        _ => {}
    }
}

/// The constants of a choice, and a line for each that has a description. `None` if one of the alternatives is no constant.
fn constants(alternatives: &[Value]) -> Option<(Vec<Value>, Vec<String>)> {
    let (mut names, mut meanings) = (Vec::new(), Vec::new());
    for alternative in alternatives {
        match (&alternative["const"], &alternative["enum"]) {
            (Value::String(name), _) => {
                names.push(name.as_str().into());
                let meaning = alternative["description"].as_str();
                meanings.extend(meaning.map(|meaning| format!("- `{name}`: {meaning}")));
            }
            (_, Value::Array(plain)) => names.extend(plain.iter().cloned()),
            _ => return None,
        }
    }
    Some((names, meanings))
}

/// An example of each command with all its fields, by name.
static EXAMPLES: LazyLock<Map<String, Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("examples.json")).unwrap_or_default());

const DESCRIPTION: &str = "`/v1` changes by addition only. Enumerations are open: clients must accept values that they \
    do not know. Times are RFC 3339, with any offset in requests and in UTC in answers; amounts are decimal \
    strings; quantities are whole numbers. Unknown fields and parameters are rejected by name. Send a command again \
    with the same Idempotency-Key until it is answered: it is executed once, and every answer is the same.";

fn operation(endpoint: &Endpoint, generator: &mut SchemaGenerator) -> Value {
    let mut parameters: Vec<Value> =
        path_parameter_names(endpoint.path).map(|name| path_parameter(endpoint, name)).collect();
    parameters.extend(endpoint.parameters(generator).into_iter().map(query_parameter));
    parameters.extend(headers(endpoint));
    let mut responses = Map::new();
    for status in endpoint.statuses {
        responses.insert(status.to_string(), success_response(endpoint, *status, generator));
    }
    if endpoint.method == Method::GET {
        let description = "The answer has an entity tag of `If-None-Match`.";
        responses.insert("304".to_owned(), json!({ "description": description }));
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
        Body::Command(schema) => operation["requestBody"] = command_body(endpoint, schema, generator),
        Body::Query(schema) => {
            let content = json!({ "application/json": { "schema": schema(generator) } });
            operation["requestBody"] = json!({ "required": true, "content": content });
        }
        Body::Bulk => operation["requestBody"] = bulk_body(generator),
    }
    operation
}

/// The summary of an endpoint: for a command, the description of its schema.
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

/// The first segment of a path after `/v1`. `service` for other paths.
pub(super) fn tag(path: &str) -> &str {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    match segments.next() {
        Some("v1") => segments.next().unwrap_or("service"),
        _ => "service",
    }
}

/// The names of the variable segments of a path.
fn path_parameter_names(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

fn path_parameter(endpoint: &Endpoint, name: &str) -> Value {
    let mut parameter =
        json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } });
    if let Some(example) = EXAMPLES.get(endpoint.name).and_then(|fields| fields.get(name)) {
        parameter["example"] = example.clone();
    }
    parameter
}

fn query_parameter(parameter: Parameter) -> Value {
    let Parameter { name, description, required, schema } = parameter;
    json!({ "name": name, "in": "query", "required": required, "description": description, "schema": schema })
}

fn headers(endpoint: &Endpoint) -> Vec<Value> {
    let header = |name: &str, required: bool, max_length: u16, description: &str| {
        json!({
            "name": name, "in": "header", "required": required, "description": description,
            "schema": { "type": "string", "minLength": 1, "maxLength": max_length },
        })
    };
    let mut headers = Vec::new();
    if tag(endpoint.path) != "service" {
        headers.push(header("Merchant", false, 64, "The merchant. Required if several merchants exist."));
    }
    if let Body::Command(_) = endpoint.body {
        let needs_key = endpoint.method == Method::POST;
        let description = "The client's key for the command. A command is executed once for each key.";
        headers.push(header("Idempotency-Key", needs_key, 255, description));
        let description = "The versions of which the order must have one, in quotes, such as \"3\".";
        headers.push(header("If-Match", false, 1_000, description));
    }
    if endpoint.method == Method::GET {
        let description =
            "Entity tags that the client knows: if the answer has one of them, it is 304 without a body.";
        headers.push(header("If-None-Match", false, 1_000, description));
    }
    if matches!(endpoint.body, Body::Command(_) | Body::Bulk) {
        for (name, description) in [
            ("Correlation-Id", "Stored with every event of the command: groups related commands."),
            (
                "Causation-Id",
                "Stored with every event of the command: its cause, usually the id of an event.",
            ),
            ("Actor", "Stored with every event of the command: the person or program that acted."),
            ("traceparent", "Stored with every event of the command: the W3C trace context."),
        ] {
            headers.push(header(name, false, 200, description));
        }
    }
    headers
}

fn success_response(endpoint: &Endpoint, status: u16, generator: &mut SchemaGenerator) -> Value {
    let description = match (status, endpoint.statuses.len()) {
        (201, _) => "Created.",
        (200, 2) => "The resource already exists with the same content.",
        _ => "Done.",
    };
    let content = match endpoint.answer {
        Some(schema) => json!({ endpoint.media_type: { "schema": schema(generator) } }),
        None => json!({ endpoint.media_type: {} }),
    };
    let mut response = json!({ "description": description, "content": content });
    if endpoint.method == Method::GET {
        response["headers"]["ETag"] = json!({
            "description": "The entity tag of the answer, for `If-None-Match`. That of an order is its version, for `If-Match`.",
            "schema": { "type": "string" },
        });
    }
    if !matches!(endpoint.body, Body::None) {
        response["headers"]["Journal-Position"] = json!({
            "description": "The journal position that the answer reflects.",
            "schema": { "type": "integer" },
        });
        if matches!(endpoint.body, Body::Command(_)) {
            response["headers"]["Idempotency-Replayed"] = json!({
                "description": "Present if this is the stored answer to an earlier command with the same key.",
                "schema": { "const": "true" },
            });
        }
    }
    response
}

/// The fields of a command, without those in the path, with an example.
fn command_body(endpoint: &Endpoint, schema: MakeSchema, generator: &mut SchemaGenerator) -> Value {
    let mut whole = schema(generator).to_value();
    let mut example = EXAMPLES.get(endpoint.name).cloned().unwrap_or_default();
    let in_path: Vec<&str> = path_parameter_names(endpoint.path).collect();
    for name in &in_path {
        if let Some(properties) = whole["properties"].as_object_mut() {
            properties.remove(*name);
        }
        if let Some(fields) = example.as_object_mut() {
            fields.remove(*name);
        }
        if let Some(required) = whole["required"].as_array_mut() {
            required.retain(|required| required != name);
        }
    }
    let is_required = whole["required"].as_array().is_some_and(|required| !required.is_empty());
    let command = COMMANDS.iter().find(|command| command.name == endpoint.name);
    let schema = match command.filter(|_| in_path.is_empty()) {
        Some(command) => (command.schema)(generator).to_value(),
        None => {
            let name = format!("{}Body", endpoint.name);
            let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
            generator.definitions_mut().insert(name, whole);
            reference
        }
    };
    json!({
        "description": format!("At most {MAX_COMMAND_BYTES} bytes."),
        "required": is_required,
        "content": { "application/json": { "schema": schema, "example": example } },
    })
}

const BULK: &str = "One command, a JSON array of commands, or NDJSON with one command per line; the answer has the same form. Each is an object \
    `{\"key\": ..., \"command\": ..., \"merchant\": ..., ...}`: its idempotency key, its name, its merchant (default: the \
    Merchant header), and the fields of the command. Or groups of commands, \
    `{\"key\": ..., \"atomic\": true, \"commands\": [{\"command\": ..., ...}]}`, that are executed all or not at all. The answer \
    to a group has the answers to its commands in `body.answers`.";

/// The fields of a command or group in a bulk request: its key, its merchant, and `more`.
fn envelope(more: Value) -> Value {
    let mut fields = json!({
        "key": {
            "type": "string", "minLength": 1, "maxLength": 255,
            "description": "The idempotency key.",
        },
        "merchant": {
            "type": "string", "minLength": 1, "maxLength": 64,
            "description": "The merchant. Default: the Merchant header.",
        },
    });
    if let (Some(fields), Value::Object(more)) = (fields.as_object_mut(), more) {
        fields.extend(more);
    }
    fields
}

fn bulk_body(generator: &mut SchemaGenerator) -> Value {
    let mut names = Vec::with_capacity(COMMANDS.len());
    for command in COMMANDS {
        // Adds the schema of the command's fields to the components.
        (command.schema)(generator);
        names.push(command.name);
    }
    let definitions = generator.definitions_mut();
    let mut define = |name: &str, schema: Value| {
        definitions.insert(name.to_owned(), schema);
        json!({ "$ref": format!("#/components/schemas/{name}") })
    };
    let fields = "In addition, the fields of the command: those of the schema with its name.";
    let name = define(
        "CommandName",
        json!({ "type": "string", "enum": names, "description": "The name of a command." }),
    );
    let member = define(
        "NamedCommand",
        json!({
            "type": "object", "description": format!("A command of a group. {fields}"),
            "required": ["command"], "properties": { "command": name },
        }),
    );
    let command = define(
        "BulkCommand",
        json!({
            "type": "object", "description": format!("A command with its key. {fields}"),
            "required": ["key", "command"], "properties": envelope(json!({ "command": name })),
        }),
    );
    let commands =
        json!({ "type": "array", "minItems": 1, "maxItems": CommandGroup::LIMIT, "items": member });
    let group = define(
        "CommandGroup",
        json!({
            "type": "object",
            "description": "Commands that are executed in order; if one is refused, none is executed. They have the key and the \
                merchant of the group. RegisterMerchant cannot be part of a group.",
            "required": ["key", "atomic", "commands"],
            "properties": envelope(json!({ "atomic": { "type": "boolean", "const": true }, "commands": commands })),
            "additionalProperties": false,
        }),
    );
    let item = json!({ "oneOf": [command, group] });
    json!({
        "description": format!("{BULK} At most {MAX_COMMANDS} commands and {MAX_BULK_BYTES} bytes."),
        "required": true,
        "content": {
            "application/json": { "schema": { "oneOf": [{ "type": "array", "items": item }, item] } },
            "application/x-ndjson": { "schema": item },
        },
    })
}

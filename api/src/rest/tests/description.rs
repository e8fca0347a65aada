//! `/openapi.json` and `/docs` describe every endpoint.

use std::collections::BTreeSet;

use holdfast_commands::{AnyCommand, COMMANDS};

use super::*;
use crate::rest::openapi;
use crate::rest::router::endpoints;

const IDS: [(&str, &str); 6] = [
    ("{orderId}", "01890a5d-ac96-774b-bcce-b302099a8057"),
    ("{fulfillmentOrderId}", "01890a5d-ac96-774b-bcce-b302099a8057.f1"),
    ("{shipmentId}", "01890a5d-ac96-774b-bcce-b302099a8057.s1"),
    ("{location}", "munich"),
    ("{code}", "unknown_order"),
    ("{merchant}", "default"),
];

fn document() -> Value {
    openapi::document(&endpoints())
}

#[tokio::test]
async fn every_described_operation_is_served() {
    let server = TestServer::open().await;
    let document = server.get("/openapi.json").await.ok(200);
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let path_with_ids =
                IDS.iter().fold(path.clone(), |path, (name, value)| path.replace(name, value));
            let request = Request::builder()
                .method(&*method.to_ascii_uppercase())
                .uri(path_with_ids.replace("{key}", "k"));
            let answer = server.send(request.body(Body::empty()).unwrap()).await;
            let text = String::from_utf8_lossy(&answer.bytes).into_owned();
            assert!(!text.contains("\"unknown_route\"") && answer.status != 405, "{method} {path}: {text}");
            assert!(answer.status.as_u16() < 500, "{method} {path}: {text}");
        }
    }
}

#[test]
fn every_endpoint_is_described_once() {
    let document = document();
    let mut names = BTreeSet::new();
    let mut count = 0;
    for endpoint in endpoints() {
        count += 1;
        let operation = &document["paths"][endpoint.path][endpoint.method.as_str().to_ascii_lowercase()];
        assert_eq!(operation["operationId"], endpoint.name);
        assert!(operation["summary"].as_str().unwrap().len() > 10, "{}", endpoint.name);
        assert!(names.insert(endpoint.name), "{}", endpoint.name);
    }
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.values().map(|path| path.as_object().unwrap().len()).sum::<usize>(), count);
}

/// Every object of a JSON value.
fn objects<'a>(value: &'a Value, found: &mut Vec<&'a serde_json::Map<String, Value>>) {
    match value {
        Value::Object(object) => {
            found.push(object);
            object.values().for_each(|value| objects(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| objects(value, found)),
        _ => {}
    }
}

#[test]
fn every_reference_has_a_target() {
    let document = document();
    let mut found = Vec::new();
    objects(&document, &mut found);
    let mut count = 0;
    for object in found {
        if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
            let target = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(target).is_some(), "{reference}");
            count += 1;
        }
    }
    assert!(count > 100, "{count}");
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)), "{name}");
    }
}

#[tokio::test]
async fn descriptions_contain_no_rust_syntax() {
    let server = TestServer::open().await;
    let document = server.get("/openapi.json").await.ok(200);
    let mut found = Vec::new();
    objects(&document, &mut found);
    let mut count = 0;
    for object in found {
        for name in ["title", "summary", "description"] {
            let Some(text) = object.get(name).and_then(Value::as_str) else { continue };
            assert!(!text.contains("[`") && !text.contains("::"), "{text}");
            count += 1;
        }
    }
    assert!(count > 100, "{count}");
}

#[test]
fn the_body_of_bulk_commands_is_described() {
    let document = document();
    let body = &document["paths"]["/v1/commands"]["post"]["requestBody"];
    let text = body["description"].as_str().unwrap();
    for part in ["array", "NDJSON", "key", "command", "merchant", "fields"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn the_id_in_the_path_is_not_described_as_a_field_of_the_body() {
    let document = document();
    let body = "/requestBody/content/application~1json/schema";
    let cancel = &document["paths"]["/v1/orders/{orderId}/cancel"]["post"];
    let schema = resolved(&document, cancel.pointer(body).unwrap());
    assert!(schema["properties"]["orderId"].is_null() && schema["properties"]["reason"].is_object());
    assert_eq!(schema["required"], serde_json::json!(["reason"]));
    assert_eq!(schema["additionalProperties"], false);
    let create = &document["paths"]["/v1/orders"]["post"];
    assert!(resolved(&document, create.pointer(body).unwrap())["properties"]["orderId"].is_object());
}

/// The schema that a reference leads to.
fn resolved<'a>(document: &'a Value, reference: &Value) -> &'a Value {
    let reference = reference["$ref"].as_str().unwrap();
    document.pointer(reference.strip_prefix('#').unwrap()).unwrap()
}

#[test]
fn every_command_has_an_example_that_is_accepted_as_a_body() {
    let document = document();
    let (mut examples, mut wrong) = (BTreeSet::new(), Vec::new());
    for operation in
        document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values())
    {
        let name = operation["operationId"].as_str().unwrap();
        if !COMMANDS.iter().any(|command| command.name == name) {
            continue;
        }
        let mut fields = operation["requestBody"]["content"]["application/json"]["example"].clone();
        assert!(fields.is_object(), "{name} has no example: add one to examples.json");
        for parameter in
            operation["parameters"].as_array().unwrap().iter().filter(|known| known["in"] == "path")
        {
            fields[parameter["name"].as_str().unwrap()] = parameter["example"].clone();
        }
        let read = AnyCommand::read(name, fields.clone()).unwrap();
        wrong.extend(read.err().map(|error| format!("{name}: {error}")));
        examples.insert(name);
    }
    assert_eq!((examples.len(), wrong), (COMMANDS.len(), Vec::new()));
}

#[test]
fn choices_are_plain_enums() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    let shortage = &schemas["OnShortage"];
    assert_eq!((&shortage["type"], &shortage["oneOf"]), (&json!("string"), &Value::Null));
    assert_eq!(shortage["enum"], json!(["reject", "cancel_remainder", "backorder", "hold"]));
    assert!(
        shortage["description"]
            .as_str()
            .unwrap()
            .ends_with("- `hold`: The order goes on hold, and nothing is reserved.")
    );
    let mut found = Vec::new();
    objects(&document, &mut found);
    let choices = found.into_iter().filter_map(|object| object.get("oneOf")?.as_array());
    for choice in choices {
        assert!(choice.iter().any(|alternative| alternative["type"] != "string"), "{choice:?}");
    }
}

#[tokio::test]
async fn the_docs_page_describes_every_endpoint_and_loads_nothing() {
    let server = TestServer::open().await;
    let answer = server.get("/docs").await;
    assert_eq!(answer.status, 200);
    let page = String::from_utf8(answer.bytes.to_vec()).unwrap();
    for endpoint in endpoints() {
        assert!(page.contains(&format!("id=\"{}\"", endpoint.name)), "{}", endpoint.name);
    }
    assert!(!page.contains("<script") && !page.contains("src=") && !page.contains("http://"));
}

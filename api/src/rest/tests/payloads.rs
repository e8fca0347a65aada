//! The translations of `docs/how-to/translate-payloads.md`: complete, faithful, and accepted by a server.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::*;

/// Values by the path of their field, such as `lines[].sku`.
type Fields = BTreeMap<String, Vec<String>>;

/// The translation of one document.
struct Translation {
    title: String,
    document: Fields,
    rows: Vec<Row>,
    commands: Vec<Value>,
}

/// A field of the document, a field of a command, and how the value changes.
struct Row {
    from: String,
    to: String,
    rule: String,
}

fn translations() -> Vec<Translation> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/how-to/translate-payloads.md");
    std::fs::read_to_string(page).unwrap().split("\n## ").skip(1).map(translation).collect()
}

fn translation(section: &str) -> Translation {
    let title = section.lines().next().unwrap().to_owned();
    let blocks: Vec<&str> = section.split("```").skip(1).step_by(2).collect();
    let [document, commands] = blocks[..] else { panic!("{title} has {} blocks", blocks.len()) };
    let table = section.lines().skip_while(|line| !line.contains("| Holdfast |")).skip(2);
    let rows = table.take_while(|line| line.starts_with('|')).map(row).collect();
    let fields = match document.split_once('\n').unwrap() {
        ("json", text) => json_fields(&serde_json::from_str(text).unwrap()),
        (_, text) => x12_fields(text),
    };
    let commands = serde_json::from_str(commands.strip_prefix("json").unwrap()).unwrap();
    Translation { title, document: fields, rows, commands }
}

fn row(line: &str) -> Row {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [from, to, rule] = cells[..] else { panic!("{line}") };
    let name = |cell: &str| cell.trim_matches('`').to_owned();
    Row { from: name(from), to: name(to), rule: rule.to_owned() }
}

fn json_fields(value: &Value) -> Fields {
    let mut fields = Fields::new();
    collect(value, String::new(), &mut fields);
    fields
}

fn collect(value: &Value, path: String, into: &mut Fields) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let dot = if path.is_empty() { "" } else { "." };
                collect(member, format!("{path}{dot}{name}"), into);
            }
        }
        Value::Array(entries) if !entries.is_empty() => {
            for entry in entries {
                collect(entry, format!("{path}[]"), into);
            }
        }
        Value::String(text) => into.entry(path).or_default().push(text.clone()),
        other => into.entry(path).or_default().push(other.to_string()),
    }
}

fn x12_fields(text: &str) -> Fields {
    let mut fields = Fields::new();
    for segment in text.split('~').map(str::trim).filter(|segment| !segment.is_empty()) {
        let (name, elements) = segment.split_once('*').unwrap();
        for (index, element) in elements.split('*').enumerate().filter(|(_, element)| !element.is_empty()) {
            fields.entry(format!("{name}{:02}", index + 1)).or_default().push(element.to_owned());
        }
    }
    fields
}

/// The fields of commands, after the name of the command.
fn command_fields(commands: &[Value]) -> Fields {
    let mut fields = Fields::new();
    for command in commands {
        let name = command["command"].as_str().unwrap();
        let own = json_fields(command).into_iter().filter(|(path, _)| path != "command");
        own.for_each(|(path, values)| fields.entry(format!("{name}.{path}")).or_default().extend(values));
    }
    fields
}

#[test]
fn each_field_of_a_document_and_of_its_commands_is_in_the_table() {
    for translation in translations() {
        let named = |column: fn(&Row) -> &String| -> BTreeSet<&String> {
            let names = translation.rows.iter().map(column);
            names.filter(|name| !name.is_empty() && *name != "-").collect()
        };
        let commands = command_fields(&translation.commands);
        assert_eq!(named(|row| &row.from), translation.document.keys().collect(), "{}", translation.title);
        assert_eq!(named(|row| &row.to), commands.keys().collect(), "{}", translation.title);
    }
}

#[test]
fn a_field_without_a_rule_keeps_its_value() {
    let mut count = 0;
    for translation in translations() {
        let is_copied = |row: &&Row| row.rule.is_empty() && !row.from.is_empty() && row.to != "-";
        let commands = command_fields(&translation.commands);
        for Row { from, to, .. } in translation.rows.iter().filter(is_copied) {
            assert_eq!(translation.document[from], commands[to], "{}: {from} to {to}", translation.title);
            count += 1;
        }
    }
    assert!(count > 40, "only {count} fields are copied");
}

#[tokio::test]
async fn a_server_accepts_every_translated_document_twice() {
    let server = TestServer::stocked().await;
    let translations = translations();
    assert_eq!(translations.len(), 7);
    for translation in translations {
        if let Some(order) = shipped_before(&translation.title) {
            let id = format!("/v1/fulfillment-orders/0198c0de-0000-7000-8000-00000000{}.f1/ship", order.0);
            let package = json!({ "packages": [{ "carrier": order.1, "trackingNumber": order.2 }] });
            server.post(&id, &id, &package).await.ok(201);
        }
        for _ in 0..2 {
            let answers = server.post("/v1/commands", "unused", &json!(translation.commands)).await.ok(200);
            for answer in answers.as_array().unwrap() {
                let status = answer["status"].as_u64().unwrap();
                assert!(matches!(status, 200 | 201), "{}: {answer}", translation.title);
            }
        }
    }
    let head = server.head().await;
    for (order, status) in [("1042", "delivered"), ("1194", "in_transit"), ("88213", "partially_delivered")] {
        let id = format!("0198c0de-0000-7000-8000-{order:0>12}");
        let order = server.get(&format!("/v1/orders/{id}?minPosition={head}")).await.ok(200);
        assert_eq!(order["status"], status, "{order}");
        if let Some(paid) = order.get("amountPaid") {
            assert_eq!(order["amountDue"], *paid, "{order}");
        }
    }
}

/// The package that a tracking service reports on: the order, the carrier and the number.
fn shipped_before(title: &str) -> Option<(&'static str, &'static str, &'static str)> {
    match title {
        "EasyPost: tracker" => Some(("1042", "USPS", "9400110898825022579493")),
        "AfterShip: tracking" => Some(("1194", "DHL", "00340434161094042557")),
        _ => None,
    }
}

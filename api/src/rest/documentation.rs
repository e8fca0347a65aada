//! The description of the interface for people: a page made of the router's table, which needs nothing from
//! elsewhere.

use std::fmt::Write;
use std::sync::LazyLock;

use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use super::endpoint::{Body, Endpoint};
use super::openapi::{summary, tag};
use super::router::endpoints;

static PAGE: LazyLock<String> = LazyLock::new(page);

/// Nothing is loaded or run but the styles of the page itself.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
    code{font:0.95em ui-monospace,monospace}h2{margin-top:2rem;border-bottom:1px solid #ccc}\
    section{margin:1rem 0}section p,section ul{margin:.2rem 0 .2rem 1rem}\
    b{display:inline-block;min-width:3rem}small{color:#666}";

const LEAD: &str = "<p>For programs: <a href=\"/openapi.json\">/openapi.json</a>, with every field and limit. \
    Every <code>POST</code> needs an <code>Idempotency-Key</code> header, a <code>PUT</code> may have one: sent again with the same key, a command is answered as \
    before and not carried out again. Errors are <code>application/problem+json</code> with a stable \
    <code>code</code>.</p>";

/// The page.
pub(super) async fn get() -> Response {
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(PAGE.as_str())).into_response()
}

fn page() -> String {
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Holdfast</title><style>{STYLE}</style>\
         <h1>Holdfast {}</h1>{LEAD}",
        env!("CARGO_PKG_VERSION")
    );
    let mut last = "";
    for endpoint in endpoints() {
        if tag(endpoint.path) != last {
            last = tag(endpoint.path);
            // Writing to a text cannot fail.
            let _ = write!(page, "<h2>{last}</h2>");
        }
        page.push_str(&section(&endpoint));
    }
    page.push_str("</html>\n");
    page
}

fn section(endpoint: &Endpoint) -> String {
    let mut text = format!(
        "<section id=\"{name}\"><b>{method}</b> <code>{path}</code> <small>{name}</small><p>{summary}</p>",
        name = endpoint.name,
        method = endpoint.method,
        path = escaped(endpoint.path),
        summary = escaped(&summary(endpoint)),
    );
    let mut items: Vec<String> = endpoint
        .parameters
        .iter()
        .map(|parameter| format!("<code>?{}=</code> {}", parameter.name, escaped(parameter.about)))
        .collect();
    if let Body::Command(schema) = endpoint.body {
        let schema = schema(&mut schemars::SchemaGenerator::default()).to_value();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            if endpoint.path.contains(&format!("{{{name}}}")) {
                continue;
            }
            let about = field["description"].as_str().unwrap_or_default();
            let optional =
                if required.iter().any(|field| field == name) { "" } else { " <small>optional</small>" };
            items.push(format!("<code>{name}</code>{optional} {}", escaped(about)));
        }
    }
    if !items.is_empty() {
        let _ = write!(text, "<ul><li>{}</ul>", items.join("<li>"));
    }
    text.push_str("</section>");
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

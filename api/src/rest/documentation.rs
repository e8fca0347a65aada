//! The description of the API for people: a page made of the route table. It loads nothing from other hosts.

use std::fmt::Write;

use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use schemars::SchemaGenerator;

use super::endpoint::{Body, Endpoint};
use super::openapi::{summary, tag};

/// The content security policy: the page may only use its own styles.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
    code{font:0.95em ui-monospace,monospace}h2{margin-top:2rem;border-bottom:1px solid #ccc}\
    section{margin:1rem 0}section p,section ul{margin:.2rem 0 .2rem 1rem}\
    b{display:inline-block;min-width:3rem}small{color:#666}";

const INTRODUCTION: &str = "<p>For programs: <a href=\"/openapi.json\">/openapi.json</a>, with every field and limit. \
    Every <code>POST</code> of a command needs an <code>Idempotency-Key</code> header; for a <code>PUT</code> it is \
    optional. A command that is sent again with the same key is not executed again and gets the same answer. Errors \
    are <code>application/problem+json</code> with a stable <code>code</code>: <a href=\"/problems\">all codes</a>.</p>";

/// The page.
pub(super) fn page(endpoints: &[Endpoint]) -> String {
    let mut page = format!("<h1>Holdfast {}</h1>{INTRODUCTION}", env!("CARGO_PKG_VERSION"));
    let mut last = "";
    for endpoint in endpoints {
        if tag(endpoint.path) != last {
            last = tag(endpoint.path);
            // Writing to a string cannot fail.
            let _ = write!(page, "<h2>{last}</h2>");
        }
        page.push_str(&section(endpoint));
    }
    document("Holdfast", &page)
}

/// The answer with a page.
pub(super) fn html(page: impl IntoResponse) -> Response {
    ([(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY)], Html(page)).into_response()
}

/// A page with a title and its content, both in HTML.
pub(super) fn document(title: &str, content: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style>\
         {content}</html>\n"
    )
}

fn section(endpoint: &Endpoint) -> String {
    let mut text = format!(
        "<section id=\"{name}\"><b>{method}</b> <code>{path}</code> <small>{name}</small><p>{summary}</p>",
        name = endpoint.name,
        method = endpoint.method,
        path = escape(endpoint.path),
        summary = escape(&summary(endpoint)),
    );
    let mut items: Vec<String> = endpoint
        .parameters(&mut SchemaGenerator::default())
        .iter()
        .map(|parameter| format!("<code>?{}=</code> {}", parameter.name, escape(&parameter.description)))
        .collect();
    if let Body::Command(schema) = endpoint.body {
        let schema = schema(&mut SchemaGenerator::default()).to_value();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            if endpoint.path.contains(&format!("{{{name}}}")) {
                continue;
            }
            let description = field["description"].as_str().unwrap_or_default();
            let optional =
                if required.iter().any(|field| field == name) { "" } else { " <small>optional</small>" };
            items.push(format!("<code>{name}</code>{optional} {}", escape(description)));
        }
    }
    if !items.is_empty() {
        let _ = write!(text, "<ul><li>{}</ul>", items.join("<li>"));
    }
    text.push_str("</section>");
    text
}

/// A text in HTML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

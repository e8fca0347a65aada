//! Web pages about error codes: the `type` of each problem is the address of its page.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::Response;
use serde::Deserialize;

use super::documentation::{document, escape, html};
use super::extract::Answer;
use super::problem::title;
use crate::error::ApiError;

/// A text of a code. Generated from the source of all errors; a code has one for each cause.
#[derive(Deserialize)]
struct ErrorText {
    section: String,
    code: String,
    status: u16,
    text: String,
}

/// Empty only if the generated file is malformed, which a test excludes.
static TEXTS: LazyLock<Vec<ErrorText>> =
    LazyLock::new(|| serde_json::from_str(include_str!("error_codes.json")).unwrap_or_default());

/// Every code.
pub(super) async fn list() -> Response {
    let mut page = String::from("<h1>Error codes</h1>");
    let mut section = "";
    for one in &*TEXTS {
        // Writing to a string cannot fail.
        if one.section != section {
            section = &one.section;
            let _ = write!(page, "<h2>{section}</h2>");
        }
        let _ = write!(
            page,
            "<p><a href=\"/problems/{0}\"><code>{0}</code></a> {1}</p>",
            one.code,
            escape(&one.text)
        );
    }
    html(document("Error codes", &page))
}

/// One code: its status, and the texts that it can have.
pub(super) async fn get(Path(code): Path<String>) -> Answer {
    let own: Vec<&ErrorText> = TEXTS.iter().filter(|one| one.code == code).collect();
    if own.is_empty() {
        return Err(ApiError::UnknownRoute);
    }
    let title = title(&code);
    let statuses: BTreeSet<u16> = own.iter().map(|one| one.status).collect();
    // It is one of the known codes, so it needs no escape.
    let mut page = format!("<h1>{title}</h1><p>Code: <code>{code}</code></p>");
    for status in statuses {
        let _ = write!(page, "<p>Status: {status}</p>");
    }
    page.push_str("<p>Texts; a value stands in place of each name in braces:</p><ul>");
    for one in own {
        let _ = write!(page, "<li>{}</li>", escape(&one.text));
    }
    page.push_str("</ul><p><a href=\"/problems\">All codes</a>, <a href=\"/docs\">API documentation</a></p>");
    Ok(html(document(&title, &page)))
}

//! Web pages about error codes: the `type` of each problem is the address of its page.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use serde::Deserialize;

use super::documentation::{CONTENT_SECURITY_POLICY, document, escape};
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
pub(super) async fn list() -> impl IntoResponse {
    let mut page = String::from("<h1>Error codes</h1>");
    let mut section = "";
    for one in &*TEXTS {
        // Writing to a string cannot fail.
        if one.section != section {
            section = &one.section;
            let _ = write!(page, "<h2>{}</h2>", escape(section));
        }
        let _ = write!(
            page,
            "<p><a href=\"/problems/{0}\"><code>{0}</code></a> {1}</p>",
            one.code,
            escape(&one.text)
        );
    }
    html("Error codes", &page)
}

/// One code: its status, and the texts that it can have.
pub(super) async fn get(Path(code): Path<String>) -> Result<impl IntoResponse, ApiError> {
    let own: Vec<&ErrorText> = TEXTS.iter().filter(|one| one.code == code).collect();
    if own.is_empty() {
        return Err(ApiError::UnknownRoute);
    }
    let title = title(&code);
    let statuses: BTreeSet<u16> = own.iter().map(|one| one.status).collect();
    let mut page = format!("<h1>{}</h1><p>Code: <code>{}</code></p>", escape(&title), escape(&code));
    for status in statuses {
        let _ = write!(page, "<p>Status: {status}, {}</p>", meaning(status));
    }
    page.push_str("<p>Texts, with the names of their values in braces:</p><ul>");
    for one in own {
        let _ = write!(page, "<li>{}</li>", escape(&one.text));
    }
    page.push_str("</ul><p><a href=\"/problems\">All codes</a>, <a href=\"/docs\">calls</a></p>");
    Ok(html(&title, &page))
}

#[cfg(test)]
pub(super) fn has_page(code: &str) -> bool {
    TEXTS.iter().any(|one| one.code == code)
}

/// What a status says about the request, and whether to send it again.
const fn meaning(status: u16) -> &'static str {
    match status {
        404 => "the object does not exist",
        409 => "the current state does not allow the command; read the object, then decide",
        412 => "the object has another version than If-Match names; read it again",
        422 => "a field has a value that is never accepted; correct it and use a new idempotency key",
        500.. => "send the same request again later, with the same idempotency key",
        _ => "the request is malformed; correct it",
    }
}

fn html(title: &str, content: &str) -> impl IntoResponse + use<> {
    ([(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY)], Html(document(title, content)))
}

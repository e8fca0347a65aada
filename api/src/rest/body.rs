//! Bodies: read up to a limit, and understood with a pointer to whatever is wrong.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use futures::StreamExt;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};

use super::problem::Problem;

/// The largest body of a single command.
pub(super) const COMMAND_BYTES: usize = 1 << 20;

/// The largest body of `POST /v1/commands`.
pub(super) const BULK_BYTES: usize = 10 << 20;

/// What is still read of a body that is too large, so that its sender gets to see the answer.
const DRAINED_BYTES: usize = 32 << 20;

/// Reads a body to its end.
pub(super) async fn read(body: Body, limit: usize) -> Result<Bytes, Problem> {
    let mut chunks = body.into_data_stream();
    let mut first: Option<Bytes> = None;
    let mut all = Vec::new();
    let mut length = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Problem::bad("body_incomplete", "the body ended before its end"))?;
        length += chunk.len();
        if length > DRAINED_BYTES {
            break;
        }
        if length > limit {
            continue;
        }
        // Most bodies come in one piece, which need not be copied.
        match (&first, all.is_empty()) {
            (None, true) => first = Some(chunk),
            (Some(_), _) => {
                all.extend_from_slice(&first.take().unwrap_or_default());
                all.extend_from_slice(&chunk);
            }
            (None, false) => all.extend_from_slice(&chunk),
        }
    }
    if length > limit {
        let detail = format!("the body has more than {limit} bytes");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail));
    }
    Ok(first.unwrap_or_else(|| all.into()))
}

/// The media type that a body is said to have, without parameters.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().unwrap_or("?");
    Some(value.split(';').next().unwrap_or(value).trim().to_ascii_lowercase())
}

/// The problem of a body of another media type.
pub(super) fn unsupported_media_type(expected: &str) -> Problem {
    let detail = format!("the body must be {expected}");
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
}

/// Reads an object from JSON.
pub(super) fn parse<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<T, Problem> {
    must_be_object(json)?;
    // Only what is wrong is read a second time, to find out where.
    serde_json::from_slice(json).or_else(|_| {
        let mut reader = serde_json::Deserializer::from_slice(json);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|e| wrong(e.path(), e.inner()))?;
        reader.end().map_err(|e| malformed(&e))?;
        Ok(value)
    })
}

/// Reads an object that has one more field, which the body itself must not have.
pub(super) fn parse_with<T: DeserializeOwned>(json: &[u8], field: &str, value: &str) -> Result<T, Problem> {
    let json = if json.trim_ascii().is_empty() { b"{}" } else { json.trim_ascii() };
    must_be_object(json)?;
    // Positions in messages about syntax are to be those of the body as it was sent.
    serde_json::from_slice::<IgnoredAny>(json).map_err(|e| malformed(&e))?;
    let rest = json.strip_prefix(b"{").unwrap_or(json).trim_ascii_start();
    let value = serde_json::Value::from(value).to_string();
    let mut whole = format!("{{\"{field}\":{value}").into_bytes();
    if !rest.starts_with(b"}") {
        whole.push(b',');
    }
    whole.extend_from_slice(rest);
    parse(&whole).map_err(|problem| problem.repeated_as_unknown(field))
}

fn must_be_object(json: &[u8]) -> Result<(), Problem> {
    if json.trim_ascii_start().starts_with(b"{") {
        return Ok(());
    }
    serde_json::from_slice::<IgnoredAny>(json).map_err(|e| malformed(&e))?;
    Err(Problem::bad("invalid_value", "must be a JSON object").at(""))
}

/// The problem of a text that is not JSON.
pub(super) fn malformed(error: &serde_json::Error) -> Problem {
    Problem::bad("malformed_json", format!("the body is not JSON: {error}"))
}

/// The problem of JSON that does not fit.
pub(crate) fn wrong(path: &Path, error: &serde_json::Error) -> Problem {
    if error.classify() != Category::Data {
        return malformed(error);
    }
    let text = error.to_string();
    // The place in the text says nothing more than the pointer does.
    let text = text.rfind(" at line ").map_or(text.as_str(), |end| &text[..end]);
    let mut pointer = pointer(path);
    let mut code = "invalid_value";
    if let Some(field) = quoted(text, "missing field `") {
        code = "missing_field";
        push(&mut pointer, field);
    } else if let Some(field) = quoted(text, "duplicate field `") {
        push(&mut pointer, field);
    } else if let Some(field) = quoted(text, "unknown field `") {
        code = "unknown_field";
        if pointer.rsplit('/').next() != Some(&escaped(field)) {
            push(&mut pointer, field);
        }
    }
    Problem::bad(code, text).at(pointer)
}

fn quoted<'a>(text: &'a str, before: &str) -> Option<&'a str> {
    text.strip_prefix(before)?.split('`').next()
}

/// A path as a JSON pointer by RFC 6901.
fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => push(&mut pointer, &index.to_string()),
            Segment::Map { key } => push(&mut pointer, key),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

fn push(pointer: &mut String, part: &str) {
    pointer.push('/');
    pointer.push_str(&escaped(part));
}

fn escaped(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

//! Reads JSON objects. An error says which field is wrong, as a JSON pointer (RFC 6901).

pub(crate) mod tolerance;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};

use crate::error::ApiError;

/// Reads an object.
pub(crate) fn parse<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<T, ApiError> {
    must_be_object(json)?;
    // Only an invalid body is read a second time, to find the field.
    serde_json::from_slice(json).or_else(|_| {
        let mut reader = serde_json::Deserializer::from_slice(json);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|e| error(e.path(), e.inner()))?;
        reader.end().map_err(|e| malformed(&e))?;
        Ok(value)
    })
}

/// Reads an object that gets one more field from the path of the request. The body must not have that field.
pub(crate) fn parse_with<T: DeserializeOwned>(json: &[u8], field: &str, value: &str) -> Result<T, ApiError> {
    let json = if json.trim_ascii().is_empty() { b"{}" } else { json.trim_ascii() };
    must_be_object(json)?;
    // Checked before the field is inserted, so that line and column in an error are those of the body.
    serde_json::from_slice::<IgnoredAny>(json).map_err(|e| malformed(&e))?;
    let rest = json.strip_prefix(b"{").unwrap_or(json).trim_ascii_start();
    let value = serde_json::Value::from(value).to_string();
    let mut whole = format!("{{\"{field}\":{value}").into_bytes();
    if !rest.starts_with(b"}") {
        whole.push(b',');
    }
    whole.extend_from_slice(rest);
    parse(&whole).map_err(|error| match error {
        ApiError::At(pointer, error) if error.to_string() == format!("duplicate field `{field}`") => {
            ApiError::UnknownField(format!("`{field}` is part of the path; remove it from the body"))
                .at(pointer)
        }
        other => other,
    })
}

fn must_be_object(json: &[u8]) -> Result<(), ApiError> {
    if json.trim_ascii_start().starts_with(b"{") {
        return Ok(());
    }
    serde_json::from_slice::<IgnoredAny>(json).map_err(|e| malformed(&e))?;
    Err(ApiError::InvalidValue("the body must be a JSON object".to_owned()).at(""))
}

/// The error of a text that is not JSON.
pub(crate) fn malformed(error: &serde_json::Error) -> ApiError {
    ApiError::MalformedJson(error.to_string())
}

/// The error of JSON that does not fit the expected type.
pub(crate) fn error(path: &Path, error: &serde_json::Error) -> ApiError {
    if error.classify() != Category::Data {
        return malformed(error);
    }
    let text = error.to_string();
    // The pointer already says where the error is.
    let text = text.rfind(" at line ").map_or(text.as_str(), |end| &text[..end]);
    let mut pointer = pointer(path);
    let mut error: fn(String) -> ApiError = ApiError::InvalidValue;
    if let Some(field) = quoted(text, "missing field `") {
        error = ApiError::MissingField;
        push(&mut pointer, field);
    } else if let Some(field) = quoted(text, "duplicate field `") {
        push(&mut pointer, field);
    } else if let Some(field) = quoted(text, "unknown field `") {
        error = ApiError::UnknownField;
        if pointer.rsplit('/').next() != Some(&escape(field)) {
            push(&mut pointer, field);
        }
    }
    error(text.to_owned()).at(pointer)
}

/// The name in backquotes that follows a prefix.
pub(crate) fn quoted<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    text.strip_prefix(prefix)?.split('`').next()
}

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

fn push(pointer: &mut String, segment: &str) {
    pointer.push('/');
    pointer.push_str(&escape(segment));
}

fn escape(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

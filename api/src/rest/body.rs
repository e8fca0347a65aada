//! Reads request bodies up to a limit, and their media type.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use futures::StreamExt;

use crate::error::ApiError;

/// The largest body of a single command, in bytes.
pub(super) const MAX_COMMAND_BYTES: usize = 1 << 20;

/// The largest body of `POST /v1/commands`, in bytes.
pub(super) const MAX_BULK_BYTES: usize = 10 << 20;

/// The number of bytes that are read of a body that is too large, so that its sender receives the answer.
const MAX_DRAINED_BYTES: usize = 32 << 20;

/// Reads a body to its end. An error if it has more than `limit` bytes.
pub(super) async fn read(body: Body, limit: usize) -> Result<Bytes, ApiError> {
    let mut chunks = body.into_data_stream();
    let mut first: Option<Bytes> = None;
    let mut all = Vec::new();
    let mut length = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ApiError::BodyIncomplete)?;
        length += chunk.len();
        if length > MAX_DRAINED_BYTES {
            break;
        }
        if length > limit {
            continue;
        }
        // Most bodies are one chunk, which is not copied.
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
        return Err(ApiError::BodyTooLarge(limit));
    }
    Ok(first.unwrap_or_else(|| all.into()))
}

/// The media type in the `Content-Type` header, in lower case and without parameters.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().unwrap_or("?");
    Some(value.split(';').next().unwrap_or(value).trim().to_ascii_lowercase())
}

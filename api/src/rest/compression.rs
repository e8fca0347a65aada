//! Compressed bodies of requests and answers.

use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

use crate::error::ApiError;

/// The size in bytes from which an answer is compressed. A smaller one fits into one packet anyway.
const MIN_COMPRESSED_BYTES: u16 = 1_024;

const GZIP: HeaderValue = HeaderValue::from_static("gzip");

/// Compresses answers with gzip if the client accepts that. Each event of a feed is sent at once and is not compressed.
pub(super) fn compress() -> CompressionLayer<impl Predicate> {
    let predicate = SizeAbove::new(MIN_COMPRESSED_BYTES).and(NotForContentType::SSE);
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(predicate)
}

/// Rejects request bodies in an encoding other than gzip. The name of gzip is written as the layer that decompresses bodies
/// expects it.
pub(super) async fn check_content_encoding(mut request: Request, next: Next) -> Response {
    let encodings: Vec<&[u8]> =
        request.headers().get_all(header::CONTENT_ENCODING).iter().map(HeaderValue::as_bytes).collect();
    let encoding = encodings.join(&b", "[..]).to_ascii_lowercase();
    match encoding.as_slice() {
        b"" | b"identity" => drop(request.headers_mut().remove(header::CONTENT_ENCODING)),
        b"gzip" | b"x-gzip" => drop(request.headers_mut().insert(header::CONTENT_ENCODING, GZIP)),
        other => {
            let error = ApiError::UnsupportedContentEncoding(String::from_utf8_lossy(other).into_owned());
            return ([(header::ACCEPT_ENCODING, GZIP)], error).into_response();
        }
    }
    next.run(request).await
}

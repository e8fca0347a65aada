//! GraphiQL, an editor for queries in the browser. Its files are part of the program, so it works without the internet. The
//! script `api/graphiql/update` updates them.

use std::io::Read;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use flate2::read::GzDecoder;

/// The browser may connect to this server only. CodeMirror and React need inline styles.
const POLICY: &str =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";
const PAGE: &str = include_str!("../../graphiql/page.html");
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A file of the page as `api/build.rs` compressed it.
macro_rules! compressed {
    ($name:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".gz"))
    };
}

/// The files that the page loads: name, media type, content (gzip).
const FILES: [(&str, &str, &[u8]); 5] = [
    ("graphiql.css", "text/css; charset=utf-8", compressed!("graphiql.css")),
    ("graphiql.js", SCRIPT, compressed!("graphiql.js")),
    ("react.js", SCRIPT, compressed!("react.js")),
    ("react-dom.js", SCRIPT, compressed!("react-dom.js")),
    ("start.js", SCRIPT, compressed!("start.js")),
];

pub(super) fn page() -> Response {
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(PAGE)).into_response()
}

/// `GET /graphql/{file}`: a file of the page. Browsers cache it for one hour.
pub(super) async fn file(Path(name): Path<String>) -> Response {
    let Some((_, media_type, compressed)) = FILES.iter().find(|(known, ..)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // Not every client accepts gzip, so the layer around the router compresses the answer where it may.
    let mut content = Vec::new();
    if let Err(error) = GzDecoder::new(*compressed).read_to_end(&mut content) {
        tracing::error!(%error, file = %name, "a file of GraphiQL cannot be decompressed");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    ([(header::CONTENT_TYPE, *media_type), (header::CACHE_CONTROL, "max-age=3600")], content).into_response()
}

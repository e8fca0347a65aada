//! GraphiQL, an editor for queries in the browser. Its files are part of the program, so it works without the internet. The
//! script `api/graphiql/update` updates them.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

/// The browser may connect to this server only. CodeMirror and React need inline styles.
const POLICY: &str =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";
const PAGE: &str = include_str!("../../graphiql/page.html");
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The files that the page loads: name, media type, content.
const FILES: [(&str, &str, &str); 5] = [
    ("graphiql.css", "text/css; charset=utf-8", include_str!("../../graphiql/graphiql.css")),
    ("graphiql.js", SCRIPT, include_str!("../../graphiql/graphiql.js")),
    ("react.js", SCRIPT, include_str!("../../graphiql/react.js")),
    ("react-dom.js", SCRIPT, include_str!("../../graphiql/react-dom.js")),
    ("start.js", SCRIPT, include_str!("../../graphiql/start.js")),
];

pub(super) fn page() -> Response {
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(PAGE)).into_response()
}

/// `GET /graphql/{file}`: a file of the page. Browsers cache it for one hour.
pub(super) async fn file(Path(name): Path<String>) -> Response {
    let Some((_, media_type, content)) = FILES.iter().find(|(known, ..)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    ([(header::CONTENT_TYPE, *media_type), (header::CACHE_CONTROL, "max-age=3600")], *content).into_response()
}

//! Cross-origin requests: web pages of configured origins may read the answers.

use std::str::FromStr;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use tower_http::cors::CorsLayer;

/// How long a browser may reuse the answer to a preflight request. Browsers allow at most two hours.
const MAX_AGE: Duration = Duration::from_hours(2);

/// An origin of web pages: scheme and host, with the port unless it is the default one, such as `https://shop.example`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(HeaderValue);

/// A text is not an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("give a scheme and a host without a path, such as https://shop.example or http://localhost:3000")]
pub struct InvalidOrigin;

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let text = text.to_ascii_lowercase();
        let uri: Uri = text.parse().map_err(|_| InvalidOrigin)?;
        let (Some("http" | "https"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(InvalidOrigin);
        };
        let is_host_only = text.split_once("://").is_some_and(|(_, rest)| rest == authority.as_str());
        if !is_host_only || authority.as_str().contains(['@', '*']) {
            return Err(InvalidOrigin);
        }
        HeaderValue::try_from(text).map(Self).map_err(|_| InvalidOrigin)
    }
}

impl Origin {
    /// Whether this is the value of an `Origin` header.
    pub(crate) fn matches(&self, value: &HeaderValue) -> bool {
        self.0 == value
    }
}

/// Answers preflight requests, and adds the headers with which a browser shows answers to pages of these origins. Cookies are
/// not accepted.
pub(crate) fn layer(origins: &[Origin]) -> CorsLayer {
    let custom = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(origins.iter().map(|origin| origin.0.clone()).collect::<Vec<_>>())
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_ENCODING,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
            custom("actor"),
            custom("causation-id"),
            custom("correlation-id"),
            custom("idempotency-key"),
            custom("last-event-id"),
            custom("merchant"),
            custom("traceparent"),
        ])
        .expose_headers([
            header::ACCEPT_ENCODING,
            header::ALLOW,
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            custom("idempotency-replayed"),
            custom("journal-position"),
        ])
        .max_age(MAX_AGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_a_scheme_and_a_host_only() {
        for text in
            ["https://shop.example", "http://localhost:3000", "HTTPS://Shop.Example", "http://[::1]:80"]
        {
            let origin: Origin = text.parse().unwrap();
            assert!(origin.matches(&HeaderValue::from_str(&text.to_ascii_lowercase()).unwrap()), "{text}");
        }
        for text in [
            "",
            "*",
            "null",
            "shop.example",
            "https://",
            "https://shop.example/",
            "https://shop.example/path",
            "https://shop.example?query",
            "https://user@shop.example",
            "https://*.example",
            "ftp://shop.example",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(InvalidOrigin), "{text}");
        }
    }
}

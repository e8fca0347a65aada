//! Entity tags and conditional requests (RFC 9110, sections 8.8.3 and 13).
//!
//! The tag of an order is its version, so that a command can require it. The tag of any other answer is a digest of its body. A
//! compressed answer is another representation and has a tag of its own, which ends in `-gzip`.

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::stream;

use crate::digest::sha256;
use crate::error::ApiError;

/// The most entity tags in one request.
const MAX_TAGS: usize = 100;

/// The end of the tag of a compressed answer.
const GZIP_SUFFIX: &str = "-gzip";

/// Clients may store an answer, but must ask whether it is current before they use it. Shared caches must not store it.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("private, no-cache");

/// An entity tag without its quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct EntityTag {
    is_weak: bool,
    opaque: String,
}

/// A header is neither `*` nor a list of entity tags.
#[derive(Debug, PartialEq, Eq)]
struct Malformed;

/// The value of `If-Match` or `If-None-Match`.
#[derive(Debug, PartialEq, Eq)]
enum Condition {
    Any,
    OneOf(Vec<EntityTag>),
}

/// The order versions that `If-Match` allows. `None` allows any version. A tag that is weak or no version matches no order.
pub(super) fn required_versions(headers: &HeaderMap) -> Result<Option<Vec<u64>>, ApiError> {
    match Condition::read(headers, &header::IF_MATCH).map_err(|Malformed| ApiError::InvalidIfMatch)? {
        None | Some(Condition::Any) => Ok(None),
        Some(Condition::OneOf(tags)) => Ok(Some(tags.iter().filter_map(EntityTag::version).collect())),
    }
}

impl EntityTag {
    /// The order version of a strong tag.
    fn version(&self) -> Option<u64> {
        let digits = self.opaque.strip_suffix(GZIP_SUFFIX).unwrap_or(&self.opaque);
        if self.is_weak { None } else { digits.parse().ok() }
    }
}

impl Condition {
    /// The condition in all headers of a name. `None` if there is no such header.
    fn read(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Self>, Malformed> {
        let mut values = Vec::new();
        for value in headers.get_all(name) {
            values.push(value.to_str().map_err(|_| Malformed)?.trim());
        }
        match values.as_slice() {
            [] => Ok(None),
            ["*"] => Ok(Some(Self::Any)),
            values => {
                let tags = read_tags(&values.join(",")).filter(|tags| !tags.is_empty());
                tags.map(|tags| Some(Self::OneOf(tags))).ok_or(Malformed)
            }
        }
    }

    /// Whether a tag fulfils the condition by weak comparison, which ignores whether tags are weak.
    fn includes(&self, tag: &EntityTag) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(tags) => tags.iter().any(|known| known.opaque == tag.opaque),
        }
    }
}

/// The tags of a list. `None` if the list is malformed or too long. An opaque tag may contain commas.
fn read_tags(mut list: &str) -> Option<Vec<EntityTag>> {
    let mut tags = Vec::new();
    loop {
        list = list.trim_start_matches([' ', '\t', ',']);
        if list.is_empty() {
            return Some(tags);
        }
        let (is_weak, quoted) = match list.strip_prefix("W/") {
            Some(rest) => (true, rest),
            None => (false, list),
        };
        let (opaque, rest) = quoted.strip_prefix('"')?.split_once('"')?;
        list = rest.trim_start();
        let is_separated = list.is_empty() || list.starts_with(',');
        if !is_separated || tags.len() == MAX_TAGS {
            return None;
        }
        tags.push(EntityTag { is_weak, opaque: opaque.to_owned() });
    }
}

/// Adds an entity tag to the complete answer of a read.
pub(super) async fn add_entity_tag(request: Request, next: Next) -> Response {
    let is_read = request.method().is_safe();
    let mut response = next.run(request).await;
    // The size of a feed is not known.
    if !is_read || response.status() != StatusCode::OK || response.body().size_hint().exact().is_none() {
        return response;
    }
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(CACHE_CONTROL);
    if response.headers().contains_key(header::ETAG) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    match to_bytes(body, usize::MAX).await {
        Ok(bytes) => {
            // Half of a digest is enough to tell the answers of one route apart.
            let tag = HeaderValue::try_from(format!("\"{}\"", &sha256(&bytes)[..32]));
            parts.headers.extend(tag.ok().map(|tag| (header::ETAG, tag)));
            Response::from_parts(parts, Body::from(bytes))
        }
        Err(error) => ApiError::internal(&error).into_response(),
    }
}

/// Answers 304 if `If-None-Match` includes the tag of the answer. A malformed condition is ignored.
pub(super) async fn check_if_none_match(request: Request, next: Next) -> Response {
    let condition = Condition::read(request.headers(), &header::IF_NONE_MATCH).unwrap_or_default();
    let condition = condition.filter(|_| request.method().is_safe());
    let mut response = next.run(request).await;
    let Some(tag) = final_tag(response.headers()) else { return response };
    if let Ok(value) = HeaderValue::try_from(format!("\"{}\"", tag.opaque)) {
        response.headers_mut().insert(header::ETAG, value);
    }
    if condition.is_some_and(|condition| condition.includes(&tag)) && response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::CONTENT_LENGTH] {
            response.headers_mut().remove(name);
        }
        // A body of unknown size: the answer must not state that the unchanged body has 0 bytes.
        *response.body_mut() = Body::from_stream(stream::empty::<Result<Bytes, std::io::Error>>());
    }
    response
}

/// The tag of an answer after its compression.
fn final_tag(headers: &HeaderMap) -> Option<EntityTag> {
    let mut tag = read_tags(headers.get(header::ETAG)?.to_str().ok()?)?.pop()?;
    if headers.contains_key(header::CONTENT_ENCODING) {
        tag.opaque.push_str(GZIP_SUFFIX);
    }
    Some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(values: &[&str]) -> Result<Option<Condition>, Malformed> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_MATCH, HeaderValue::from_str(value).unwrap());
        }
        Condition::read(&headers, &header::IF_MATCH)
    }

    #[test]
    fn a_condition_is_an_asterisk_or_a_list_of_tags_in_quotes() {
        let tag = |is_weak, opaque: &str| EntityTag { is_weak, opaque: opaque.to_owned() };
        let list = |tags: Vec<EntityTag>| Ok(Some(Condition::OneOf(tags)));
        assert_eq!(condition(&[]), Ok(None));
        assert_eq!(condition(&["*"]), Ok(Some(Condition::Any)));
        assert_eq!(condition(&[r#""3""#]), list(vec![tag(false, "3")]));
        assert_eq!(condition(&[r#" "3" ,, W/"a,b" "#]), list(vec![tag(false, "3"), tag(true, "a,b")]));
        assert_eq!(condition(&[r#""3""#, r#""4""#]), list(vec![tag(false, "3"), tag(false, "4")]));
        for malformed in ["3", "", ",", "\"3", "\"3\" \"4\"", "w/\"3\"", "*, \"3\"", "\"3\", *"] {
            assert_eq!(condition(&[malformed]), Err(Malformed), "{malformed}");
        }
        assert_eq!(condition(&["*", "\"3\""]), Err(Malformed));
        let tags = |count: usize| vec!["\"1\""; count].join(",");
        assert!(condition(&[&tags(MAX_TAGS)]).is_ok());
        assert_eq!(condition(&[&tags(MAX_TAGS + 1)]), Err(Malformed));
    }

    #[test]
    fn only_strong_tags_name_a_version() {
        let version = |is_weak, opaque: &str| EntityTag { is_weak, opaque: opaque.to_owned() }.version();
        assert_eq!((version(false, "3"), version(false, "3-gzip")), (Some(3), Some(3)));
        assert_eq!((version(true, "3"), version(false, "three")), (None, None));
    }
}

//! Automatic persisted queries of GraphQL, as Apollo clients send them: a request names its query by the SHA-256 digest of the
//! text, and sends the text only if this node does not know it.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{Request, from_value};
use lru::LruCache;
use serde::Deserialize;

use crate::digest::sha256;
use crate::error::ApiError;

/// The name of the extension.
const EXTENSION: &str = "persistedQuery";

/// The most queries that are remembered. The one that was used least recently is forgotten first.
const MAX_QUERIES: usize = 1_000;

/// The longest query that is remembered, in bytes. Longer ones are executed.
const MAX_QUERY_BYTES: usize = 16 << 10;

/// The extension `persistedQuery` of a request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extension {
    version: u32,
    /// In hexadecimal.
    sha256_hash: String,
}

/// The queries of this node by the digests of their texts.
pub(crate) struct PersistedQueries(Mutex<LruCache<String, Arc<str>>>);

impl Default for PersistedQueries {
    fn default() -> Self {
        let capacity = NonZeroUsize::new(MAX_QUERIES).unwrap_or(NonZeroUsize::MIN);
        Self(Mutex::new(LruCache::new(capacity)))
    }
}

impl PersistedQueries {
    /// Sets the text of a request that has only a digest. Returns the digest of a request that has both.
    pub(crate) fn resolve(&self, request: &mut Request) -> Result<Option<String>, ApiError> {
        let Some(extension) = request.extensions.get(EXTENSION) else { return Ok(None) };
        let invalid = |reason| ApiError::InvalidValue(format!("{EXTENSION} {reason}")).at(EXTENSION);
        let Extension { version, mut sha256_hash } =
            from_value(extension.clone()).map_err(|_| invalid("must have version and sha256Hash"))?;
        if version != 1 {
            return Err(invalid("must have version 1"));
        }
        sha256_hash.make_ascii_lowercase();
        if request.query.is_empty() {
            request.query = self.find(&sha256_hash).ok_or(ApiError::PersistedQueryNotFound)?.to_string();
            return Ok(None);
        }
        if sha256(request.query.as_bytes()) != sha256_hash {
            return Err(invalid("has another digest than the query"));
        }
        Ok(Some(sha256_hash))
    }

    fn find(&self, digest: &str) -> Option<Arc<str>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    /// Remembers a valid query.
    pub(crate) fn insert(&self, digest: String, query: &str) {
        if query.len() <= MAX_QUERY_BYTES {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).put(digest, query.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_query_is_forgotten_first() {
        let queries = PersistedQueries::default();
        for number in 0..MAX_QUERIES {
            queries.insert(number.to_string(), "{ policy { name } }");
        }
        assert!(queries.find("0").is_some());
        queries.insert("new".to_owned(), "{ policy { name } }");
        let is_known = |name| queries.find(name).is_some();
        assert_eq!((is_known("0"), is_known("1"), is_known("new")), (true, false, true));
    }

    #[test]
    fn a_long_query_is_not_remembered() {
        let queries = PersistedQueries::default();
        let query = " ".repeat(MAX_QUERY_BYTES);
        queries.insert("allowed".to_owned(), &query);
        queries.insert("long".to_owned(), &(query + " "));
        assert_eq!((queries.find("allowed").is_some(), queries.find("long").is_some()), (true, false));
    }
}

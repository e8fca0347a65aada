//! What the walks along both hash chains have in common.

use crate::hash::Hash;

/// The maximum number of computed hashes that are followed in addition to the stored one. More would only separate
/// damaged links that directly follow each other.
const MAX_COMPUTED: usize = 2;

/// The possible hashes of the last link of a chain: none after a gap; several after a link that does not match its hash,
/// because either the hash or the link was changed.
#[derive(Debug)]
pub(super) struct Link(Vec<Hash>);

impl Default for Link {
    fn default() -> Self {
        Self(vec![Hash::default()])
    }
}

impl Link {
    /// Moves to the next link. True if its hash matches, as far as this can be known.
    pub(super) fn matches(&mut self, stored: Hash, compute: impl Fn(Hash) -> Hash) -> bool {
        let computed: Vec<Hash> = self.0.iter().map(|previous| compute(*previous)).collect();
        let matches = computed.is_empty() || computed.contains(&stored);
        self.0 = vec![stored];
        if !matches {
            self.0.extend(computed.into_iter().take(MAX_COMPUTED));
        }
        matches
    }

    /// Forgets the hash, because a link is missing or cannot be read.
    pub(super) fn lose(&mut self) {
        self.0.clear();
    }
}

/// Describes missing links, such as `event 5 is missing` or `events 5 to 7 are missing`.
pub(super) fn missing(one: &str, many: &str, first: u64, last: u64) -> String {
    if first == last {
        format!("{one} {first} is missing")
    } else {
        format!("{many} {first} to {last} are missing")
    }
}

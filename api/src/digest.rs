//! Digests as text.

use sha2::{Digest, Sha256};

/// The SHA-256 digest in hexadecimal: 64 lower-case digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

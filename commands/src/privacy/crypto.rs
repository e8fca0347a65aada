//! Wrappers of the cryptographic libraries.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

const NONCE_BYTES: usize = 24;

/// A failure to encrypt, to decrypt or to read a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The ciphertext was encrypted with another key or for another context, or was changed.
    #[error("decryption failed: the key does not match or the ciphertext was changed")]
    DoesNotOpen,
    /// The operating system returned no random numbers.
    #[error("the operating system returned no random numbers")]
    NoRandomness,
    /// The file of the master key is missing or invalid.
    #[error("invalid master key file {file}: {reason}")]
    KeyFile {
        /// The path.
        file: String,
        /// The cause.
        reason: String,
    },
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0u8; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).ok()?;
    }
    Some(bytes)
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes).map_err(|_| VaultError::NoRandomness)?;
    Ok(bytes)
}

pub(super) fn keyed_mac(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    block[..32].copy_from_slice(key);
    <Hmac<Sha256> as KeyInit>::new(&block)
}

/// A keyed digest of parts, each preceded by its length.
pub(super) fn digest(keyed: &Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = keyed.clone();
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Encrypts under a random nonce, which precedes the ciphertext. Decryption must pass the same `context`.
pub(super) fn encrypt(
    cipher: &XChaCha20Poly1305,
    clear: &[u8],
    context: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let nonce = random::<NONCE_BYTES>()?;
    let sealed = cipher
        .encrypt(XNonce::from_slice(&nonce), Payload { msg: clear, aad: context })
        .map_err(|_| VaultError::DoesNotOpen)?;
    Ok([&nonce[..], &sealed].concat())
}

pub(super) fn decrypt(
    cipher: &XChaCha20Poly1305,
    sealed: &[u8],
    context: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES).ok_or(VaultError::DoesNotOpen)?;
    cipher
        .decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: context })
        .map_err(|_| VaultError::DoesNotOpen)
}

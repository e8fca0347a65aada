//! Sealing personal data, and the keys that open it.
//!
//! Every order has a key of its own; what is personal in its events is encrypted under it (XChaCha20-Poly1305).
//! The keys are stored wrapped by the master key, which never enters the database. Destroying an order's key
//! makes its personal data unreadable wherever it has been copied to, and changes no hash.

use std::io::Write;
use std::path::Path;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use holdfast_domain::stream::StreamId;
use sha2::Sha256;

const NONCE: usize = 24;
/// The form of fingerprints; part of what is digested.
const FINGERPRINT_FORM: &[u8] = b"holdfast fingerprint 1";

/// Why something could not be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// It was sealed with another key, or changed since.
    #[error("sealed data does not open with this key")]
    DoesNotOpen,
    /// The machine gives no random numbers.
    #[error("no random numbers could be had")]
    NoRandomness,
    /// The master key's file cannot be used.
    #[error("the master key in {file}: {reason}")]
    KeyFile {
        /// Which file.
        file: String,
        /// What is wrong.
        reason: String,
    },
}

/// The key that wraps all others.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

impl MasterKey {
    /// Takes 32 bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// By what the key is known: a digest that tells nothing of it.
    pub fn check(&self) -> [u8; 32] {
        derived(self, b"holdfast key check 1")
    }

    /// Reads the key from a file of 64 hexadecimal digits, making the file with a new key where there is none
    /// and `create` says so.
    pub fn from_file(file: &Path, create: bool) -> Result<Self, VaultError> {
        let bad = |reason: String| VaultError::KeyFile { file: file.display().to_string(), reason };
        match std::fs::read_to_string(file) {
            Ok(text) => {
                from_hex(text.trim()).map(Self).ok_or_else(|| bad("is not 64 hexadecimal digits".to_owned()))
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && create => {
                let key = random::<32>()?;
                write_private(file, &to_hex(&key)).map_err(|e| bad(e.to_string()))?;
                Ok(Self(key))
            }
            Err(e) => Err(bad(e.to_string())),
        }
    }
}

fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    // Under another name first: whatever interrupts this, there is a whole key or none.
    let unfinished = file.with_extension("unfinished");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut written = options.open(&unfinished)?;
    writeln!(written, "{text}")?;
    written.sync_all()?;
    std::fs::rename(&unfinished, file)?;
    // The parent of a bare name is empty, which is no directory's name.
    let directory = file.parent().filter(|directory| !directory.as_os_str().is_empty());
    std::fs::File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

/// A key for one purpose, made from the master key.
fn derived(master: &MasterKey, purpose: &[u8]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&hmac_key(&master.0));
    mac.update(purpose);
    mac.finalize().into_bytes().into()
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn from_hex(text: &str) -> Option<[u8; 32]> {
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

/// An order's key, wrapped: what is stored.
pub(crate) type WrappedKey = Vec<u8>;

/// Seals and opens.
#[derive(Clone)]
pub struct Vault {
    master: XChaCha20Poly1305,
    messages: XChaCha20Poly1305,
    fingerprints: Hmac<Sha256>,
    snapshots: Hmac<Sha256>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(..)")
    }
}

impl Vault {
    /// A vault under a master key.
    pub fn new(master: &MasterKey) -> Self {
        let mac = |purpose| <Hmac<Sha256> as KeyInit>::new(&hmac_key(&derived(master, purpose)));
        Self {
            master: XChaCha20Poly1305::new(&derived(master, b"holdfast key wrapping 1").into()),
            messages: XChaCha20Poly1305::new(&derived(master, b"holdfast node messages 1").into()),
            fingerprints: mac(b"holdfast fingerprints 1"),
            snapshots: mac(b"holdfast snapshots 1"),
        }
    }

    /// A new key for a subject, wrapped.
    pub(crate) fn new_key(&self, subject: &str) -> Result<WrappedKey, VaultError> {
        encrypt(&self.master, &random::<32>()?, subject.as_bytes())
    }

    /// Seals something of a subject under its wrapped key.
    pub(crate) fn seal(&self, key: &[u8], subject: &str, clear: &[u8]) -> Result<Vec<u8>, VaultError> {
        encrypt(&self.unwrap(key, subject)?, clear, subject.as_bytes())
    }

    /// Opens what was sealed of a subject with its wrapped key.
    pub fn open(&self, key: &[u8], subject: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        decrypt(&self.unwrap(key, subject)?, sealed, subject.as_bytes())
    }

    fn unwrap(&self, key: &[u8], subject: &str) -> Result<XChaCha20Poly1305, VaultError> {
        let key = decrypt(&self.master, key, subject.as_bytes())?;
        XChaCha20Poly1305::new_from_slice(&key).map_err(|_| VaultError::DoesNotOpen)
    }

    /// Seals a message between nodes, bound to what is known of it on both sides.
    pub(crate) fn seal_message(&self, clear: &[u8], about: &[u8]) -> Result<Vec<u8>, VaultError> {
        encrypt(&self.messages, clear, about)
    }

    /// Opens a message of another node.
    pub(crate) fn open_message(&self, sealed: &[u8], about: &[u8]) -> Result<Vec<u8>, VaultError> {
        decrypt(&self.messages, sealed, about)
    }

    /// A keyed digest of a command: the same for the same content, and telling nothing of it without the key.
    pub fn fingerprint(&self, command: &str, canonical: &[u8]) -> [u8; 32] {
        digest(&self.fingerprints, &[FINGERPRINT_FORM, command.as_bytes(), canonical])
    }

    /// A keyed digest of a snapshot: one that was not made here has another.
    pub(crate) fn snapshot_digest(&self, stream: &StreamId, version: u64, state: &[u8]) -> [u8; 32] {
        digest(&self.snapshots, &[stream.to_string().as_bytes(), &version.to_be_bytes(), state])
    }
}

/// A keyed digest of parts, each with its length before it.
fn digest(keyed: &Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = keyed.clone();
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn hmac_key(key: &[u8; 32]) -> hmac::digest::Key<Hmac<Sha256>> {
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    block[..32].copy_from_slice(key);
    block
}

fn encrypt(cipher: &XChaCha20Poly1305, clear: &[u8], aad: &[u8]) -> Result<Vec<u8>, VaultError> {
    let nonce = random::<NONCE>()?;
    let sealed = cipher
        .encrypt(XNonce::from_slice(&nonce), Payload { msg: clear, aad })
        .map_err(|_| VaultError::DoesNotOpen)?;
    Ok([&nonce[..], &sealed].concat())
}

fn decrypt(cipher: &XChaCha20Poly1305, sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>, VaultError> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or(VaultError::DoesNotOpen)?;
    cipher
        .decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad })
        .map_err(|_| VaultError::DoesNotOpen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(byte: u8) -> Vault {
        Vault::new(&MasterKey::new([byte; 32]))
    }

    #[test]
    fn what_is_sealed_opens_with_its_own_key_only() {
        let vault = vault(1);
        let (mine, other) = (vault.new_key("order-1").unwrap(), vault.new_key("order-1").unwrap());
        let sealed = vault.seal(&mine, "order-1", b"Ada Lovelace").unwrap();
        assert_eq!(vault.open(&mine, "order-1", &sealed).unwrap(), b"Ada Lovelace");
        assert_eq!(vault.open(&other, "order-1", &sealed), Err(VaultError::DoesNotOpen));
        assert_eq!(vault.open(&mine, "order-2", &sealed), Err(VaultError::DoesNotOpen));
        assert!(!sealed.windows(3).any(|bytes| bytes == b"Ada"));
    }

    #[test]
    fn a_changed_or_cut_ciphertext_does_not_open() {
        let vault = vault(1);
        let key = vault.new_key("s").unwrap();
        let mut sealed = vault.seal(&key, "s", b"x").unwrap();
        *sealed.last_mut().unwrap() ^= 1;
        assert_eq!(vault.open(&key, "s", &sealed), Err(VaultError::DoesNotOpen));
        assert_eq!(vault.open(&key, "s", &sealed[..10]), Err(VaultError::DoesNotOpen));
    }

    #[test]
    fn another_master_key_opens_nothing() {
        let key = vault(1).new_key("s").unwrap();
        assert_eq!(vault(2).seal(&key, "s", b"x"), Err(VaultError::DoesNotOpen));
    }

    #[test]
    fn a_fingerprint_tells_contents_and_commands_apart() {
        let vault = vault(1);
        assert_eq!(vault.fingerprint("A", b"x"), vault.fingerprint("A", b"x"));
        assert_ne!(vault.fingerprint("A", b"x"), vault.fingerprint("B", b"x"));
        assert_ne!(vault.fingerprint("A", b"Bx"), vault.fingerprint("AB", b"x"));
        assert_ne!(vault.fingerprint("A", b"x"), self::vault(2).fingerprint("A", b"x"));
    }

    #[test]
    fn a_key_is_known_by_its_check_and_a_snapshot_by_its_digest() {
        assert_eq!(MasterKey::new([1; 32]).check(), MasterKey::new([1; 32]).check());
        assert_ne!(MasterKey::new([1; 32]).check(), MasterKey::new([2; 32]).check());
        let vault = vault(1);
        let digest = vault.snapshot_digest(&StreamId::Network, 7, b"state");
        assert_eq!(digest, vault.snapshot_digest(&StreamId::Network, 7, b"state"));
        assert_ne!(digest, vault.snapshot_digest(&StreamId::Policy, 7, b"state"));
        assert_ne!(digest, vault.snapshot_digest(&StreamId::Network, 8, b"state"));
        assert_ne!(digest, vault.snapshot_digest(&StreamId::Network, 7, b"other"));
        assert_ne!(digest, self::vault(2).snapshot_digest(&StreamId::Network, 7, b"state"));
    }

    #[test]
    fn a_key_file_is_made_once_and_read_after() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("master.key");
        assert!(MasterKey::from_file(&file, false).is_err());
        let made = MasterKey::from_file(&file, true).unwrap();
        assert_eq!(MasterKey::from_file(&file, true).unwrap().0, made.0);
        std::fs::write(&file, "short").unwrap();
        assert!(matches!(MasterKey::from_file(&file, true), Err(VaultError::KeyFile { .. })));
    }
}

//! The vault: encrypts personal data and messages between nodes, and makes keyed digests.

use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use hmac::Hmac;
use holdfast_domain::stream::StreamId;
use sha2::Sha256;

use super::MasterKey;
use super::crypto::{VaultError, decrypt, digest, encrypt, keyed_mac, random};

/// The version of fingerprints, which is part of the digest.
const FINGERPRINT_VERSION: &[u8] = b"holdfast fingerprint 1";

/// The key of an order, encrypted under the master key.
pub(crate) type WrappedKey = Vec<u8>;

/// Encrypts and decrypts under keys that are derived from the master key.
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
    /// The vault of a master key.
    pub fn new(master: &MasterKey) -> Self {
        let cipher = |purpose| XChaCha20Poly1305::new(&master.derive(purpose).into());
        let mac = |purpose| keyed_mac(&master.derive(purpose));
        Self {
            master: cipher(b"holdfast key wrapping 1"),
            messages: cipher(b"holdfast node messages 1"),
            fingerprints: mac(b"holdfast fingerprints 1"),
            snapshots: mac(b"holdfast snapshots 1"),
        }
    }

    /// A new random key for a subject.
    pub(crate) fn new_key(&self, subject: &str) -> Result<WrappedKey, VaultError> {
        encrypt(&self.master, &random::<32>()?, subject.as_bytes())
    }

    /// Encrypts personal data of a subject under the subject's wrapped key.
    pub(crate) fn seal(&self, key: &[u8], subject: &str, clear: &[u8]) -> Result<Vec<u8>, VaultError> {
        encrypt(&self.unwrap(key, subject)?, clear, subject.as_bytes())
    }

    /// Decrypts personal data of a subject with the subject's wrapped key.
    pub fn open(&self, key: &[u8], subject: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        decrypt(&self.unwrap(key, subject)?, sealed, subject.as_bytes())
    }

    fn unwrap(&self, key: &[u8], subject: &str) -> Result<XChaCha20Poly1305, VaultError> {
        let key = decrypt(&self.master, key, subject.as_bytes())?;
        XChaCha20Poly1305::new_from_slice(&key).map_err(|_| VaultError::DoesNotOpen)
    }

    /// Encrypts a message between nodes. Both nodes must use the same `context`.
    pub(crate) fn seal_message(&self, clear: &[u8], context: &[u8]) -> Result<Vec<u8>, VaultError> {
        encrypt(&self.messages, clear, context)
    }

    pub(crate) fn open_message(&self, sealed: &[u8], context: &[u8]) -> Result<Vec<u8>, VaultError> {
        decrypt(&self.messages, sealed, context)
    }

    /// A keyed digest of a command in its canonical form. Equal commands have equal fingerprints, which reveal nothing of
    /// their content without the key.
    pub fn fingerprint(&self, command: &str, canonical: &[u8]) -> [u8; 32] {
        digest(&self.fingerprints, &[FINGERPRINT_VERSION, command.as_bytes(), canonical])
    }

    /// A keyed digest of a snapshot, which only a holder of the master key can make.
    pub(crate) fn snapshot_digest(&self, stream: &StreamId, version: u64, state: &[u8]) -> [u8; 32] {
        digest(&self.snapshots, &[stream.to_string().as_bytes(), &version.to_be_bytes(), state])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(byte: u8) -> Vault {
        Vault::new(&MasterKey::new([byte; 32]))
    }

    #[test]
    fn sealed_data_opens_only_with_the_key_of_its_subject() {
        let vault = vault(1);
        let (key, other) = (vault.new_key("order-1").unwrap(), vault.new_key("order-1").unwrap());
        let sealed = vault.seal(&key, "order-1", b"Ada Lovelace").unwrap();
        assert_eq!(vault.open(&key, "order-1", &sealed).unwrap(), b"Ada Lovelace");
        assert_eq!(vault.open(&other, "order-1", &sealed), Err(VaultError::DoesNotOpen));
        assert_eq!(vault.open(&key, "order-2", &sealed), Err(VaultError::DoesNotOpen));
        assert!(!sealed.windows(3).any(|bytes| bytes == b"Ada"));
    }

    #[test]
    fn a_changed_or_truncated_ciphertext_does_not_open() {
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
    fn fingerprints_depend_on_command_content_and_master_key() {
        let vault = vault(1);
        assert_eq!(vault.fingerprint("A", b"x"), vault.fingerprint("A", b"x"));
        assert_ne!(vault.fingerprint("A", b"x"), vault.fingerprint("B", b"x"));
        assert_ne!(vault.fingerprint("A", b"Bx"), vault.fingerprint("AB", b"x"));
        assert_ne!(vault.fingerprint("A", b"x"), self::vault(2).fingerprint("A", b"x"));
    }

    #[test]
    fn snapshot_digests_depend_on_stream_version_state_and_master_key() {
        let vault = vault(1);
        let digest = vault.snapshot_digest(&StreamId::Network, 7, b"state");
        assert_eq!(digest, vault.snapshot_digest(&StreamId::Network, 7, b"state"));
        assert_ne!(digest, vault.snapshot_digest(&StreamId::Policy, 7, b"state"));
        assert_ne!(digest, vault.snapshot_digest(&StreamId::Network, 8, b"state"));
        assert_ne!(digest, vault.snapshot_digest(&StreamId::Network, 7, b"other"));
        assert_ne!(digest, self::vault(2).snapshot_digest(&StreamId::Network, 7, b"state"));
    }
}

//! The master key, which wraps all other keys, and its file.

use std::io::Write;
use std::path::Path;

use hmac::Mac;

use super::crypto::{VaultError, from_hex, keyed_mac, random, to_hex};

/// The key that wraps all other keys.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

impl MasterKey {
    /// A master key of 32 bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A digest that identifies the key and does not reveal it.
    pub fn check(&self) -> [u8; 32] {
        self.derive(b"holdfast key check 1")
    }

    /// A key for one purpose.
    pub(super) fn derive(&self, purpose: &[u8]) -> [u8; 32] {
        let mut mac = keyed_mac(&self.0);
        mac.update(purpose);
        mac.finalize().into_bytes().into()
    }

    /// Reads the key from a file of 64 hexadecimal digits. If the file does not exist and `create` is set, creates the file
    /// with a new key.
    pub fn from_file(file: &Path, create: bool) -> Result<Self, VaultError> {
        let bad = |reason: String| VaultError::KeyFile { file: file.display().to_string(), reason };
        match std::fs::read_to_string(file) {
            Ok(text) => from_hex(text.trim())
                .map(Self)
                .ok_or_else(|| bad("expected 64 hexadecimal digits".to_owned())),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && create => {
                let key = random::<32>()?;
                write_private(file, &to_hex(&key)).map_err(|e| bad(e.to_string()))?;
                Ok(Self(key))
            }
            Err(e) => Err(bad(e.to_string())),
        }
    }
}

/// Writes a file that only its owner can read. The file appears complete or not at all.
fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    let unfinished = file.with_extension("unfinished");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut written = options.open(&unfinished)?;
    writeln!(written, "{text}")?;
    written.sync_all()?;
    std::fs::rename(&unfinished, file)?;
    // The parent of a bare file name is empty, which is not a valid path.
    let directory = file.parent().filter(|directory| !directory.as_os_str().is_empty());
    std::fs::File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_created_once_and_then_read() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("master.key");
        assert!(MasterKey::from_file(&file, false).is_err());
        let created = MasterKey::from_file(&file, true).unwrap();
        assert_eq!(MasterKey::from_file(&file, true).unwrap().0, created.0);
        std::fs::write(&file, "short").unwrap();
        assert!(matches!(MasterKey::from_file(&file, true), Err(VaultError::KeyFile { .. })));
    }

    #[test]
    fn each_key_has_a_check_of_its_own() {
        assert_eq!(MasterKey::new([1; 32]).check(), MasterKey::new([1; 32]).check());
        assert_ne!(MasterKey::new([1; 32]).check(), MasterKey::new([2; 32]).check());
    }
}

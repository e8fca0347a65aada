//! Where history is kept, and how it is added to.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the rules know nothing of these files; their tests do"
)]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

/// What writes the files that are missing.
pub(super) const HINT: &str = "HOLDFAST_UPDATE=1 cargo test -p holdfast-domain --lib history";

/// Whether this run is to write them.
pub(super) fn updating() -> bool {
    std::env::var_os("HOLDFAST_UPDATE").is_some_and(|value| value == "1")
}

/// A folder of `domain/events`.
#[derive(Clone, Copy)]
pub(super) struct Folder(pub(super) &'static str);

impl Folder {
    fn path(self) -> PathBuf {
        [env!("CARGO_MANIFEST_DIR"), "events", self.0].iter().collect()
    }

    /// Every file that is there.
    pub(super) fn names(self) -> BTreeSet<String> {
        let Ok(entries) = fs::read_dir(self.path()) else { return BTreeSet::new() };
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    pub(super) fn read(self, name: &str) -> io::Result<String> {
        fs::read_to_string(self.path().join(name))
    }

    /// Writes a file that is not there. One that is there stays as it is, and that is an error.
    pub(super) fn create(self, name: &str, text: &str) -> io::Result<()> {
        fs::create_dir_all(self.path())?;
        File::create_new(self.path().join(name))?.write_all(text.as_bytes())
    }

    /// Writes a file in place of the one that is there.
    pub(super) fn replace(self, name: &str, text: &str) -> io::Result<()> {
        fs::write(self.path().join(name), text)
    }
}

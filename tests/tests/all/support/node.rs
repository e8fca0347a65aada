//! Clients written in JavaScript, with their packages from npm.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use holdfast_tests::report_skipped;

/// The directory of a client in `tests/` with its packages installed; `None`, after a message, without Node.js.
pub fn client(name: &'static str) -> Option<PathBuf> {
    static INSTALLED: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name);
    let is_there = Command::new("node").arg("--version").output().is_ok_and(|done| done.status.success());
    if !is_there {
        report_skipped("Node.js");
        return None;
    }
    // One test installs, the others wait for it.
    let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    if installed.insert(name) && !directory.join("node_modules/.package-lock.json").exists() {
        let done = Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(&directory)
            .status();
        assert!(done.is_ok_and(|status| status.success()), "npm ci in tests/{name}");
    }
    Some(directory)
}

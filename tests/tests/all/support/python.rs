//! Clients written in Python, with their packages from the Python package index.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::sync::PoisonError;

use holdfast_tests::report_skipped;

/// A client in `tests/` and the directory of its packages.
pub struct PythonClient {
    pub directory: PathBuf,
    /// For `PYTHONPATH`.
    pub packages: PathBuf,
}

/// A client with its packages installed; `None`, after a message, without Python or pip.
pub fn client(name: &'static str) -> Option<PythonClient> {
    static INSTALLING: Mutex<()> = Mutex::new(());
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name);
    let packages = directory.join("packages");
    // One test installs, the others wait for it.
    let _installing = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    if !packages.join("openapi_python_client").exists() {
        let has_pip = Command::new("python3").args(["-m", "pip", "--version"]).output();
        if !has_pip.is_ok_and(|done| done.status.success()) {
            report_skipped("pip");
            return None;
        }
        let mut install = Command::new("python3");
        install.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--target",
        ]);
        install.arg(&packages).arg("--requirement").arg(directory.join("requirements.txt"));
        assert!(install.status().is_ok_and(|status| status.success()), "pip install for tests/{name}");
    }
    Some(PythonClient { directory, packages })
}

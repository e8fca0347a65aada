//! End-to-end, fault and property tests of the whole program, and the PostgreSQL fixture that other crates' tests share.

use std::fs::OpenOptions;
use std::io::{self, Write as _};

pub mod postgres;
pub mod reference;

/// The file to which skipped tests add their names, a line each: `tests/run` counts them.
const SKIPPED_TESTS_FILE: &str = "HOLDFAST_TEST_SKIPPED";

/// Reports that the running test is skipped because a program is not available on this machine.
///
/// # Panics
///
/// With `CI=true`: there, no test is skipped.
pub fn report_skipped(program: &str) {
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "{program} is not available, and no test is skipped in CI"
    );
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("unnamed test");
    // The test harness shows no output of tests that pass, so this writes to standard error directly. If that is
    // closed, the message is lost and the test passes all the same.
    let _ = writeln!(io::stderr(), "\n!!!! SKIPPED, {program} is not available: {test}");
    if let Some(file) = std::env::var_os(SKIPPED_TESTS_FILE) {
        let written =
            OpenOptions::new().append(true).open(file).and_then(|mut file| writeln!(file, "{test}"));
        assert!(written.is_ok(), "{SKIPPED_TESTS_FILE} is not a file that can be written: {written:?}");
    }
}

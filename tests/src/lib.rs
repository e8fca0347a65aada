//! End to end, fault and property tests of the whole house, and what they need of other programs.

use std::io::{self, Write as _};

pub mod postgres;
pub mod reference;

/// Says loudly that the running test does not run, because something is not to be had on this machine.
///
/// # Panics
///
/// In CI, where nothing is skipped.
pub fn say_skipped(wanted: &str) {
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "{wanted} is not to be had; in CI nothing is skipped"
    );
    let test = std::thread::current();
    let test = test.name().unwrap_or("a test");
    // Past the test harness, which keeps to itself what a successful test says. Where standard error is gone,
    // nobody can be told.
    let _ = writeln!(io::stderr(), "\n!!!! SKIPPED, because {wanted} is not to be had: {test}");
}

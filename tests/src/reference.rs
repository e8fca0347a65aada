//! Reference pages that are generated from the code, and the tests that keep them current.

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a page that cannot be read or is out of date fails the test"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// Ends the part of a page that people write; what follows is generated.
const MARKER: &str = "<!-- Generated from the code below this line; ";

/// Compares the generated part of a page with what the code gives now.
///
/// `page` is relative to the root of the repository, such as `docs/reference/cli.md`. The part before the marker is
/// written by people and stays as it is. With `HOLDFAST_UPDATE=1` the generated part is replaced instead; `command`
/// says how to run the test that way.
///
/// # Panics
///
/// If the page is out of date.
pub fn assert_current(page: &str, generated: &str, command: &str) {
    let committed = fs::read_to_string(path_of(page)).unwrap_or_else(|error| panic!("{page}: {error}"));
    let head = committed.split(MARKER).next().unwrap_or_default().trim_end();
    let update = format!("HOLDFAST_UPDATE=1 cargo test {command}");
    let current = format!("{head}\n\n{MARKER}update: {update} -->\n\n{}\n", generated.trim());
    assert_file_current(page, &current, command);
}

/// Compares a whole file with what the code gives now, or writes it with `HOLDFAST_UPDATE=1`.
///
/// # Panics
///
/// If the file is out of date.
pub fn assert_file_current(file: &str, current: &str, command: &str) {
    if std::env::var_os("HOLDFAST_UPDATE").is_some_and(|value| value == "1") {
        fs::write(path_of(file), current).unwrap_or_else(|error| panic!("{file}: {error}"));
    } else {
        let committed = fs::read_to_string(path_of(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let update = format!("HOLDFAST_UPDATE=1 cargo test {command}");
        assert!(committed == current, "{file} is not what the code gives; update it with: {update}");
    }
}

fn path_of(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file)
}

/// A Markdown table.
#[must_use]
pub fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let names: Vec<String> = header.iter().map(|&name| name.to_owned()).collect();
    let rule = format!("|{}\n", "---|".repeat(header.len()));
    let rows = rows.iter().map(|row| {
        let cells: Vec<String> = row.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
        line(&cells)
    });
    [line(&names), rule].into_iter().chain(rows).collect()
}

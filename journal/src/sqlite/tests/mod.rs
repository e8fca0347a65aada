//! What only the journal on SQLite promises: durability, one writing process, and files without erased keys.

mod crashing;
mod erasing;
mod opening;
mod reading;

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use tempfile::TempDir;

use super::{FILE, SqliteJournal};

fn new_directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn open(directory: &TempDir) -> SqliteJournal {
    SqliteJournal::open(directory.path()).unwrap()
}

/// Does something with the database file while no journal is open.
fn alter(directory: &TempDir, sql: &str) {
    Connection::open(directory.path().join(FILE)).unwrap().execute_batch(sql).unwrap();
}

/// The names of the files of a directory, and all of their bytes.
fn contents(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

/// What is found on the disk when the process ends here and now: a copy of the files as they are.
fn as_after_a_crash(directory: &Path) -> TempDir {
    let copy = new_directory();
    for (name, bytes) in contents(directory) {
        fs::write(copy.path().join(name), bytes).unwrap();
    }
    copy
}

fn filler() -> String {
    "x".repeat(2_000)
}

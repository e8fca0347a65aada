//! Properties of the journal on SQLite only: durability, one writing process, and files without destroyed keys.

mod crash;
mod destroyed_keys;
mod opening;
mod reading;

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use tempfile::TempDir;

use super::{DATABASE_FILE, SqliteJournal};

fn new_directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn open(directory: &TempDir) -> SqliteJournal {
    SqliteJournal::open(directory.path()).unwrap()
}

/// Changes the database file while no journal is open.
fn alter(directory: &TempDir, sql: &str) {
    Connection::open(directory.path().join(DATABASE_FILE)).unwrap().execute_batch(sql).unwrap();
}

/// The names and contents of all files in a directory.
fn contents(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

/// Copies the files as they are on the disk now, as if the process had ended.
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

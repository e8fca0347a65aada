//! The rejects file: every rejected row, unchanged, with the reason.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use csv::{ByteRecord, WriterBuilder};

use super::error::{ImportError, RowError};

/// The columns of the file. The last one is the whole row, so that all lines have the same number of fields.
const COLUMNS: [&str; 5] = ["file", "line", "reason", "code", "row"];

#[derive(Debug)]
pub struct RejectedRow {
    pub file: String,
    pub line: u64,
    pub error: RowError,
    pub record: ByteRecord,
}

impl RejectedRow {
    /// The row as one line of CSV.
    fn row(&self) -> Result<Vec<u8>, csv::Error> {
        let mut line = Vec::new();
        let mut writer = WriterBuilder::new().from_writer(&mut line);
        writer.write_byte_record(&self.record)?;
        writer.flush()?;
        drop(writer);
        // Removes the line end.
        line.pop();
        Ok(line)
    }
}

/// All rejected rows: by file in the order of the import, then by line.
#[derive(Debug, Default)]
pub struct Rejects {
    rows: Vec<RejectedRow>,
}

impl Rejects {
    /// Adds the rejected rows of a file.
    pub fn add(&mut self, mut rows: Vec<RejectedRow>) {
        rows.sort_by_key(|row| row.line);
        self.rows.append(&mut rows);
    }

    pub fn len(&self) -> u64 {
        self.rows.len() as u64
    }

    /// Number of rejected rows by error code.
    pub fn by_code(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for reject in &self.rows {
            *counts.entry(reject.error.code.clone()).or_default() += 1;
        }
        counts
    }

    /// The first `count` rejected rows.
    pub fn first(&self, count: usize) -> &[RejectedRow] {
        self.rows.get(..count).unwrap_or(&self.rows)
    }

    /// Replaces the file atomically.
    pub fn write(&self, path: &Path) -> Result<(), ImportError> {
        let mut partial: OsString = path.as_os_str().to_owned();
        partial.push(".partial");
        let write = || -> Result<(), csv::Error> {
            let mut writer = WriterBuilder::new().from_path(&partial)?;
            writer.write_record(COLUMNS)?;
            for reject in &self.rows {
                let mut row = ByteRecord::new();
                row.push_field(reject.file.as_bytes());
                row.push_field(reject.line.to_string().as_bytes());
                row.push_field(reject.error.reason.as_bytes());
                row.push_field(reject.error.code.as_bytes());
                row.push_field(&reject.row()?);
                writer.write_byte_record(&row)?;
            }
            writer.flush()?;
            Ok(std::fs::rename(&partial, path)?)
        };
        write().map_err(|source| ImportError::Rejects { file: path.to_owned(), source: source.into() })
    }
}

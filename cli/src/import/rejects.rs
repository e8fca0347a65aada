//! The rejects file: every row that was not imported, as it was, with the reason.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use csv::{ByteRecord, WriterBuilder};

use super::ImportError;
use super::sheet::Fault;

/// The file's columns. The last is the whole row, so that each line has as many fields as the heading.
const COLUMNS: [&str; 5] = ["file", "line", "reason", "code", "row"];

/// A row that was not imported.
#[derive(Debug)]
pub struct Reject {
    /// The file it is in.
    pub file: String,
    /// The line it begins on.
    pub line: u64,
    /// Why.
    pub fault: Fault,
    /// Its fields as they are.
    pub record: ByteRecord,
}

impl Reject {
    /// The row as a line of CSV of its own.
    fn row(&self) -> Result<Vec<u8>, csv::Error> {
        let mut line = Vec::new();
        let mut writer = WriterBuilder::new().from_writer(&mut line);
        writer.write_byte_record(&self.record)?;
        writer.flush()?;
        drop(writer);
        // The end of the line is not part of the row.
        line.pop();
        Ok(line)
    }
}

/// All of them, by file in the order of import, then by line.
#[derive(Debug, Default)]
pub struct Rejects {
    rows: Vec<Reject>,
}

impl Rejects {
    /// Adds a file's.
    pub fn add(&mut self, mut of_file: Vec<Reject>) {
        of_file.sort_by_key(|reject| reject.line);
        self.rows.append(&mut of_file);
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.rows.len() as u64
    }

    /// How many there are for each reason.
    pub fn by_code(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for reject in &self.rows {
            *counts.entry(reject.fault.code.clone()).or_default() += 1;
        }
        counts
    }

    /// The first of them.
    pub fn first(&self, most: usize) -> &[Reject] {
        self.rows.get(..most).unwrap_or(&self.rows)
    }

    /// Writes the file anew; a reader never sees half of it.
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
                row.push_field(reject.fault.reason.as_bytes());
                row.push_field(reject.fault.code.as_bytes());
                row.push_field(&reject.row()?);
                writer.write_byte_record(&row)?;
            }
            writer.flush()?;
            Ok(std::fs::rename(&partial, path)?)
        };
        write().map_err(|source| ImportError::Rejects { file: path.to_owned(), source: source.into() })
    }
}

//! The rejects file of an input: its rejected rows, unchanged, with the reason. It can be corrected and imported again.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, WriterBuilder};

use super::columns::{REJECTS, normalized};
use super::csv_file::CsvFile;
use super::error::{ImportError, RowError};

#[derive(Debug)]
pub struct RejectedRow {
    /// The name of the input.
    pub file: String,
    pub line: u64,
    pub error: RowError,
    pub record: ByteRecord,
}

/// The path of the rejects file of an input: `path` if it is the only input, otherwise with `-content` at the end of its
/// name, such as `rejects-orders.csv`.
pub fn rejects_path(path: &Path, content: &str, is_only_input: bool) -> PathBuf {
    if is_only_input {
        return path.to_owned();
    }
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{content}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

/// Replaces the rejects file of an input atomically; removes it if no row was rejected. Its columns are those of [`REJECTS`]
/// and then those of the input.
pub fn write(path: &Path, file: &CsvFile, rows: &[RejectedRow]) -> Result<(), ImportError> {
    let written = if rows.is_empty() { remove(path) } else { replace(path, file, rows) };
    written.map_err(|source| ImportError::Rejects { file: path.to_owned(), source })
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn replace(path: &Path, file: &CsvFile, rows: &[RejectedRow]) -> io::Result<()> {
    let mut partial: OsString = path.as_os_str().to_owned();
    partial.push(".partial");
    let mut output = File::create(&partial)?;
    if file.is_converted {
        // The mark states that the file is UTF-8, so that it can be imported with the --encoding of the input.
        output.write_all("\u{feff}".as_bytes())?;
    }
    // The columns of a rejects file that was imported again are replaced.
    let is_kept: Vec<bool> = file.headings.iter().map(|heading| !is_reject_heading(heading)).collect();
    let kept = |record: &ByteRecord| -> Vec<Vec<u8>> {
        let fields = record.iter().enumerate();
        let kept = fields.filter(|(index, _)| is_kept.get(*index).copied().unwrap_or(true));
        kept.map(|(_, field)| field.to_vec()).collect()
    };
    let mut writer = WriterBuilder::new().flexible(true).delimiter(file.delimiter.byte()).from_writer(output);
    let headings = REJECTS.iter().map(|heading| heading.as_bytes().to_vec());
    writer.write_record(headings.chain(kept(&file.headings)))?;
    for row in rows {
        let RejectedRow { line, error, record, .. } = row;
        let reasons = [line.to_string(), error.code.clone(), error.reason.clone()].map(String::into_bytes);
        writer.write_record(reasons.into_iter().chain(kept(record)))?;
    }
    writer.flush()?;
    drop(writer);
    std::fs::rename(&partial, path)
}

fn is_reject_heading(heading: &[u8]) -> bool {
    let heading = normalized(&String::from_utf8_lossy(heading));
    REJECTS.iter().any(|name| normalized(name) == heading)
}

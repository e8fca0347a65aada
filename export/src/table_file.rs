//! A file of a table, in either format.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serializer as _;
use serde::ser::SerializeMap as _;

use super::column::{Column, Table, Value};
use super::files::Unfinished;
use super::parquet_file::{AddError, ParquetFile};
use super::{ExportError, Format};

/// A file of a table that is being written.
pub struct TableFile<T: 'static> {
    directory: PathBuf,
    rows: u64,
    lines: Lines<T>,
}

enum Lines<T: 'static> {
    Parquet(Box<ParquetFile<T, Unfinished>>),
    Ndjson(&'static [Column<T>], BufWriter<Unfinished>),
}

/// A finished file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    pub rows: u64,
    pub bytes: u64,
}

impl<T> TableFile<T> {
    /// Creates a file of a table in a directory.
    pub fn create(directory: &Path, table: &Table<T>, format: Format) -> Result<Self, ExportError> {
        let to = Unfinished::create(directory, table.name).map_err(ExportError::file(directory))?;
        let lines = match format {
            Format::Parquet => {
                let file = ParquetFile::create(table, to).map_err(parquet_error(directory))?;
                Lines::Parquet(Box::new(file))
            }
            Format::Ndjson => Lines::Ndjson(table.columns, BufWriter::new(to)),
        };
        Ok(Self { directory: directory.to_owned(), rows: 0, lines })
    }

    /// The number of rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    pub fn add(&mut self, row: &T) -> Result<(), ExportError> {
        match &mut self.lines {
            Lines::Parquet(file) => file.add(row).map_err(|error| match error {
                AddError::Value(error) => error,
                AddError::Group(source) => parquet_error(&self.directory)(source),
            })?,
            Lines::Ndjson(columns, to) => {
                let mut line = line(columns, row)?;
                line.push(b'\n');
                to.write_all(&line).map_err(ExportError::file(&self.directory))?;
            }
        }
        self.rows += 1;
        Ok(())
    }

    /// Moves the finished file to its path, where it replaces an existing file.
    pub fn finish(self, path: &Path) -> Result<Finished, ExportError> {
        let file = match self.lines {
            Lines::Parquet(file) => file.finish().map_err(parquet_error(path))?,
            Lines::Ndjson(_, to) => {
                to.into_inner().map_err(|error| ExportError::file(path)(error.into_error()))?
            }
        };
        let bytes = file.finish(path).map_err(ExportError::file(path))?;
        Ok(Finished { rows: self.rows, bytes })
    }
}

fn parquet_error(file: &Path) -> impl FnOnce(parquet::errors::ParquetError) -> ExportError {
    move |source| ExportError::Parquet { file: file.to_owned(), source }
}

/// A row as a JSON object with every column; absent values are null.
fn line<T>(columns: &[Column<T>], row: &T) -> Result<Vec<u8>, ExportError> {
    let mut line = Vec::new();
    let mut serializer = serde_json::Serializer::new(&mut line);
    let mut name = "";
    let mut write = || -> Result<(), serde_json::Error> {
        let mut object = serializer.serialize_map(Some(columns.len()))?;
        for (column, value) in columns {
            name = *column;
            match value {
                Value::Text(of) => object.serialize_entry(name, &of(row))?,
                Value::Json(of) => object.serialize_entry(name, &of(row)?)?,
                Value::Number(of) => object.serialize_entry(name, &of(row))?,
                Value::Time(of) => object.serialize_entry(name, &of(row))?,
                Value::Boolean(of) => object.serialize_entry(name, &of(row))?,
                Value::Amount(of) => object.serialize_entry(name, &of(row))?,
            }
        }
        object.end()
    };
    write().map_err(|reason| ExportError::Json { column: name, reason })?;
    Ok(line)
}

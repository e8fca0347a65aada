//! Rows of a table on their way into a file, in either format.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serializer as _;
use serde::ser::SerializeMap as _;

use super::column::{Column, Table, Value};
use super::files::Unfinished;
use super::parquet_file::{NotTaken, ParquetFile};
use super::{ExportError, Format};

/// A file of a table, not finished yet.
pub struct Sheet<T: 'static> {
    directory: PathBuf,
    rows: u64,
    lines: Lines<T>,
}

enum Lines<T: 'static> {
    Parquet(Box<ParquetFile<T, Unfinished>>),
    Ndjson(&'static [Column<T>], BufWriter<Unfinished>),
}

/// A file that is finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    /// How many rows it has.
    pub rows: u64,
    /// How many bytes it has.
    pub bytes: u64,
}

impl<T> Sheet<T> {
    /// Begins a file of a table in a directory.
    pub fn begin(directory: &Path, table: &Table<T>, format: Format) -> Result<Self, ExportError> {
        let to = Unfinished::begin(directory, table.name).map_err(ExportError::file(directory))?;
        let lines = match format {
            Format::Parquet => {
                let file = ParquetFile::begin(table, to).map_err(not_made(directory))?;
                Lines::Parquet(Box::new(file))
            }
            Format::Ndjson => Lines::Ndjson(table.columns, BufWriter::new(to)),
        };
        Ok(Self { directory: directory.to_owned(), rows: 0, lines })
    }

    /// How many rows it has so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Takes a row.
    pub fn add(&mut self, row: &T) -> Result<(), ExportError> {
        match &mut self.lines {
            Lines::Parquet(file) => file.add(row).map_err(|not_taken| match not_taken {
                NotTaken::Value(wrong) => wrong,
                NotTaken::Group(source) => not_made(&self.directory)(source),
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

    /// Finishes it under its name, in the place of what may be there.
    pub fn finish(self, path: &Path) -> Result<Finished, ExportError> {
        let file = match self.lines {
            Lines::Parquet(file) => file.finish().map_err(not_made(path))?,
            Lines::Ndjson(_, to) => {
                to.into_inner().map_err(|error| ExportError::file(path)(error.into_error()))?
            }
        };
        let bytes = file.put_in_place(path).map_err(ExportError::file(path))?;
        Ok(Finished { rows: self.rows, bytes })
    }
}

fn not_made(file: &Path) -> impl FnOnce(parquet::errors::ParquetError) -> ExportError {
    move |source| ExportError::Parquet { file: file.to_owned(), source }
}

/// A row as a JSON object. What is missing is null, so that every row has every column.
fn line<T>(columns: &[Column<T>], row: &T) -> Result<Vec<u8>, ExportError> {
    let mut line = Vec::new();
    let mut serializer = serde_json::Serializer::new(&mut line);
    let mut name = "";
    let mut written = || -> Result<(), serde_json::Error> {
        let mut object = serializer.serialize_map(Some(columns.len()))?;
        for column in columns {
            name = column.name;
            match column.value {
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
    written().map_err(|reason| ExportError::NoJson { column: name, reason })?;
    Ok(line)
}

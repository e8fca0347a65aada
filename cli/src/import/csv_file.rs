//! A CSV file, plain or gzipped, read into memory: columns by name, rows unchanged.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;
use std::str::FromStr;

use csv::{ByteRecord, ReaderBuilder};
use flate2::bufread::MultiGzDecoder;
use holdfast_domain::values::{Amount, Quantity, QuantityError};

use super::error::{ImportError, RowError};

/// The first bytes of a gzipped file.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

const INVALID_ON_HAND: &str = "must be a whole number from 0 to 1000000000";

#[derive(Debug)]
pub struct CsvFile {
    pub name: String,
    columns: Vec<String>,
    /// The rows below the header, in order.
    pub rows: Vec<Row>,
}

/// A row, unchanged.
#[derive(Debug)]
pub struct Row {
    /// The line where it begins, from 1.
    pub line: u64,
    pub record: ByteRecord,
}

impl CsvFile {
    /// Reads a file that must have the given columns.
    pub fn read(path: &Path, required: &[&'static str]) -> Result<Self, ImportError> {
        let unreadable = |source: io::Error| ImportError::Unreadable { file: path.to_owned(), source };
        let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
        let is_gzipped = file.fill_buf().map_err(unreadable)?.starts_with(&GZIP_MAGIC);
        let input: Box<dyn Read> =
            if is_gzipped { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let parsed = Self::parse(name, input).map_err(|source| unreadable(source.into()))?;
        let missing = required.iter().find(|column| parsed.column(column).is_none());
        match missing {
            Some(column) => Err(ImportError::MissingColumn { file: path.to_owned(), column }),
            None => Ok(parsed),
        }
    }

    /// Accepts rows with any number of fields: `fields` checks each of them.
    fn parse(name: String, mut input: impl Read) -> Result<Self, csv::Error> {
        let mut text = Vec::new();
        input.read_to_end(&mut text)?;
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(&text[..]);
        let header = reader.byte_headers()?;
        let columns = header.iter().map(|column| String::from_utf8_lossy(column).trim().to_owned()).collect();
        let mut rows = Vec::new();
        let mut record = ByteRecord::new();
        let mut lines = Lines { text: &text, counted: 0, line: 1 };
        while reader.read_byte_record(&mut record)? {
            let start = record.position().map_or(0, csv::Position::byte);
            rows.push(Row { line: lines.at(start), record: std::mem::take(&mut record) });
        }
        Ok(Self { name, columns, rows })
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// The fields of a row by name. A row must have as many fields as the header.
    pub fn fields<'a>(&'a self, row: &'a Row) -> Result<Fields<'a>, RowError> {
        let (found, expected) = (row.record.len(), self.columns.len());
        if found != expected {
            let reason = format!("the row has {found} fields, the header has {expected}");
            return Err(RowError::new("wrong_number_of_fields", reason));
        }
        Ok(Fields { file: self, row })
    }
}

/// The fields of a row by name.
pub struct Fields<'a> {
    file: &'a CsvFile,
    row: &'a Row,
}

impl<'a> Fields<'a> {
    /// The text of a field; `None` if it is empty or the column is absent.
    fn text(&self, column: &str) -> Result<Option<&'a str>, RowError> {
        let field = self.file.column(column).and_then(|index| self.row.record.get(index));
        let Some(field) = field.filter(|field| !field.is_empty()) else {
            return Ok(None);
        };
        match std::str::from_utf8(field) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(RowError::new("invalid_utf8", format!("{column} is not UTF-8"))),
        }
    }

    /// The value of an optional field.
    pub fn optional<T>(&self, column: &str) -> Result<Option<T>, RowError>
    where
        T: FromStr<Err: Display>,
    {
        self.optional_with(column, str::parse)
    }

    /// The value of an optional field, parsed by a function.
    pub fn optional_with<T, E: Display>(
        &self,
        column: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, RowError> {
        let Some(text) = self.text(column)? else {
            return Ok(None);
        };
        // Shortened: an unclosed quote makes the rest of the file one field.
        let shown: String = text.chars().take(80).flat_map(char::escape_debug).collect();
        let malformed = |e| RowError::new(format!("malformed_{column}"), format!("{column} '{shown}': {e}"));
        parse(text).map(Some).map_err(malformed)
    }

    /// The value of a required field.
    pub fn required<T>(&self, column: &str) -> Result<T, RowError>
    where
        T: FromStr<Err: Display>,
    {
        self.required_with(column, str::parse)
    }

    /// The value of a required field, parsed by a function.
    pub fn required_with<T, E: Display>(
        &self,
        column: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, RowError> {
        let empty = || RowError::new(format!("malformed_{column}"), format!("{column} is empty"));
        self.optional_with(column, parse)?.ok_or_else(empty)
    }
}

/// Parses the quantity of an order line, 1 to 1,000,000,000.
pub fn quantity(text: &str) -> Result<Quantity, QuantityError> {
    Quantity::new(text.parse().map_err(|_| QuantityError::OutOfRange)?)
}

/// Parses a quantity on hand; `None` if it is 0.
pub fn on_hand(text: &str) -> Result<Option<Quantity>, &'static str> {
    match text.parse() {
        Ok(0) => Ok(None),
        number => number.ok().and_then(|number| Quantity::new(number).ok()).map(Some).ok_or(INVALID_ON_HAND),
    }
}

/// Parses an amount of money.
pub fn amount(text: &str) -> Result<Amount, &'static str> {
    Amount::parse(text).ok_or("must be a decimal number with at most 15 digits before and 6 after the point")
}

/// Computes line numbers. The parser's own line numbers are wrong if lines end with CR LF.
struct Lines<'a> {
    text: &'a [u8],
    /// Bytes whose lines are counted.
    counted: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the record that begins at a byte. Bytes must not decrease from call to call.
    fn at(&mut self, byte: u64) -> u64 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX).min(self.text.len());
        let line_ends = self.text[byte..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let skipped = &self.text[self.counted..byte + line_ends];
        self.line += skipped.split(|byte| *byte == b'\n').skip(1).count() as u64;
        self.counted = byte + line_ends;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use holdfast_domain::values::Sku;

    use super::*;

    fn file(bytes: &[u8]) -> CsvFile {
        CsvFile::parse("x.csv".to_owned(), bytes).unwrap()
    }

    #[test]
    fn columns_are_found_by_name_and_rows_have_line_numbers() {
        let file = file(b"\xEF\xBB\xBFother, sku ,quantity\r\nx,A,3\r\n\"two\nlines\",B,4\r\n,C,5\r\n");
        let lines: Vec<u64> = file.rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [2, 3, 5]);
        let fields = file.fields(&file.rows[1]).unwrap();
        assert_eq!(fields.required::<Sku>("sku").unwrap().as_str(), "B");
        assert_eq!(fields.required_with("quantity", quantity).unwrap().units().number(), 4);
        assert_eq!(fields.optional::<String>("other").unwrap().unwrap(), "two\nlines");
        assert_eq!(fields.optional::<String>("missing").unwrap(), None);
    }

    #[test]
    fn each_invalid_row_has_a_code() {
        let file = file(b"sku,quantity\nA\nA,0\nA,1.5\nA,-1\nA,1000000001\n,1\n\xff,1\n");
        let code = |index: usize| -> String {
            let parsed = file.fields(&file.rows[index]).and_then(|fields| {
                fields.required::<Sku>("sku")?;
                fields.required_with("quantity", quantity).map(|_| ())
            });
            parsed.unwrap_err().code
        };
        let codes: Vec<String> = (0..7).map(code).collect();
        assert_eq!(codes[0], "wrong_number_of_fields");
        assert!(codes[1..5].iter().all(|code| code == "malformed_quantity"), "{codes:?}");
        assert_eq!(codes[5..], ["malformed_sku", "invalid_utf8"]);
    }

    #[test]
    fn gzip_is_detected_by_content_and_a_missing_column_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("named-anything");
        let mut zip =
            flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast());
        zip.write_all(b"sku,quantity\nA,1\n").unwrap();
        zip.finish().unwrap();
        assert_eq!(CsvFile::read(&path, &["sku"]).unwrap().rows.len(), 1);
        let missing = CsvFile::read(&path, &["sku", "location"]).unwrap_err();
        assert!(matches!(missing, ImportError::MissingColumn { column: "location", .. }));
        let nowhere = directory.path().join("nowhere");
        assert!(matches!(CsvFile::read(&nowhere, &[]), Err(ImportError::Unreadable { .. })));
    }
}

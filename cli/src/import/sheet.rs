//! A CSV file, plain or gzipped, read whole: its columns by name, its rows as they are.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;
use std::str::FromStr;

use csv::{ByteRecord, ReaderBuilder};
use flate2::bufread::MultiGzDecoder;

use super::ImportError;

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A file's rows.
#[derive(Debug)]
pub struct Sheet {
    /// The file's name, without its directories.
    pub name: String,
    columns: Vec<String>,
    /// Everything below the heading, in order.
    pub rows: Vec<Row>,
}

/// A row as it is in the file.
#[derive(Debug)]
pub struct Row {
    /// The line it begins on, from 1.
    pub line: u64,
    /// Its fields.
    pub record: ByteRecord,
}

/// Why a row is not imported: a code for machines, a reason for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The code.
    pub code: String,
    /// The reason.
    pub reason: String,
}

impl Fault {
    /// A fault.
    pub fn new(code: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { code: code.into(), reason: reason.into() }
    }
}

impl Sheet {
    /// Reads a file that must have the columns of these names; others are looked at where they are there.
    pub fn read(path: &Path, required: &[&'static str]) -> Result<Self, ImportError> {
        let unreadable = |source: io::Error| ImportError::Unreadable { file: path.to_owned(), source };
        let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
        let zipped = file.fill_buf().map_err(unreadable)?.starts_with(&GZIP);
        let input: Box<dyn Read> = if zipped { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let sheet = Self::parse(name, input).map_err(|source| unreadable(source.into()))?;
        let missing = required.iter().find(|column| sheet.column(column).is_none());
        match missing {
            Some(column) => Err(ImportError::NoColumn { file: path.to_owned(), column }),
            None => Ok(sheet),
        }
    }

    /// Rows of any number of fields are taken: each is judged by itself.
    fn parse(name: String, mut input: impl Read) -> Result<Self, csv::Error> {
        let mut text = Vec::new();
        input.read_to_end(&mut text)?;
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(&text[..]);
        let heading = reader.byte_headers()?;
        let columns =
            heading.iter().map(|column| String::from_utf8_lossy(column).trim().to_owned()).collect();
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

    /// A row's fields by name, where it has as many as the heading.
    pub fn fields<'a>(&'a self, row: &'a Row) -> Result<Fields<'a>, Fault> {
        let (found, wanted) = (row.record.len(), self.columns.len());
        if found != wanted {
            let reason = format!("the row has {found} fields, the heading has {wanted}");
            return Err(Fault::new("wrong_number_of_fields", reason));
        }
        Ok(Fields { sheet: self, row })
    }
}

/// A row's fields by name.
pub struct Fields<'a> {
    sheet: &'a Sheet,
    row: &'a Row,
}

impl<'a> Fields<'a> {
    /// A field's text; nothing for one that is empty or whose column is not there.
    fn text(&self, column: &str) -> Result<Option<&'a str>, Fault> {
        let field = self.sheet.column(column).and_then(|index| self.row.record.get(index));
        let Some(field) = field.filter(|field| !field.is_empty()) else {
            return Ok(None);
        };
        match std::str::from_utf8(field) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(Fault::new("invalid_utf8", format!("{column} is not UTF-8"))),
        }
    }

    /// A field that may be left empty.
    pub fn optional<T>(&self, column: &str) -> Result<Option<T>, Fault>
    where
        T: FromStr<Err: std::fmt::Display>,
    {
        let Some(text) = self.text(column)? else {
            return Ok(None);
        };
        // A quote that is never closed makes a field of half a file.
        let shown: String = text.chars().take(80).flat_map(char::escape_debug).collect();
        let malformed = |e| Fault::new(format!("malformed_{column}"), format!("{column} '{shown}': {e}"));
        text.parse().map(Some).map_err(malformed)
    }

    /// A field that must be there.
    pub fn required<T>(&self, column: &str) -> Result<T, Fault>
    where
        T: FromStr<Err: std::fmt::Display>,
    {
        let empty = || Fault::new(format!("malformed_{column}"), format!("{column} is empty"));
        self.optional(column)?.ok_or_else(empty)
    }
}

/// A quantity as it is written in a file.
pub struct Count(pub holdfast_domain::values::Quantity);

impl FromStr for Count {
    type Err = holdfast_domain::values::QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.parse().map_err(|_| Self::Err::OutOfRange)?;
        holdfast_domain::values::Quantity::new(number).map(Self)
    }
}

/// A quantity on hand as it is written in a file; nothing where it is 0.
pub struct OnHand(pub Option<holdfast_domain::values::Quantity>);

/// Not a quantity on hand.
#[derive(Debug, thiserror::Error)]
#[error("must be a whole number from 0 to 1000000000")]
pub struct NotOnHand;

impl FromStr for OnHand {
    type Err = NotOnHand;

    fn from_str(text: &str) -> Result<Self, NotOnHand> {
        match text.parse() {
            Ok(0) => Ok(Self(None)),
            Ok(number) => {
                let quantity = holdfast_domain::values::Quantity::new(number).map_err(|_| NotOnHand)?;
                Ok(Self(Some(quantity)))
            }
            Err(_) => Err(NotOnHand),
        }
    }
}

/// An amount as it is written in a file.
pub struct Money(pub holdfast_domain::values::Amount);

/// Not an amount.
#[derive(Debug, thiserror::Error)]
#[error("not a plain decimal with at most 15 digits before and 6 after the point")]
pub struct NotMoney;

impl FromStr for Money {
    type Err = NotMoney;

    fn from_str(text: &str) -> Result<Self, NotMoney> {
        holdfast_domain::values::Amount::parse(text).map(Self).ok_or(NotMoney)
    }
}

/// Counts lines. The parser's own count lags behind where lines end with a carriage return and a line feed.
struct Lines<'a> {
    text: &'a [u8],
    counted: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of a record that the parser began to read at a byte. Never asked backwards.
    fn at(&mut self, byte: u64) -> u64 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX).min(self.text.len());
        let ends = self.text[byte..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = &self.text[self.counted..byte + ends];
        self.line += passed.split(|byte| *byte == b'\n').skip(1).count() as u64;
        self.counted = byte + ends;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use holdfast_domain::values::Sku;

    use super::*;

    fn sheet(bytes: &[u8]) -> Sheet {
        Sheet::parse("x.csv".to_owned(), bytes).unwrap()
    }

    #[test]
    fn columns_are_found_by_name_and_rows_know_their_lines() {
        let sheet = sheet(b"\xEF\xBB\xBFother, sku ,quantity\r\nx,A,3\r\n\"two\nlines\",B,4\r\n,C,5\r\n");
        let lines: Vec<u64> = sheet.rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [2, 3, 5]);
        let fields = sheet.fields(&sheet.rows[1]).unwrap();
        assert_eq!(fields.required::<Sku>("sku").unwrap().as_str(), "B");
        assert_eq!(fields.required::<Count>("quantity").unwrap().0.units().number(), 4);
        assert_eq!(fields.optional::<String>("other").unwrap().unwrap(), "two\nlines");
        assert_eq!(fields.optional::<String>("missing").unwrap(), None);
    }

    #[test]
    fn each_fault_has_a_code() {
        let sheet = sheet(b"sku,quantity\nA\nA,0\nA,1.5\nA,-1\nA,1000000001\n,1\n\xff,1\n");
        let fault = |index: usize| -> String {
            let judged = sheet.fields(&sheet.rows[index]).and_then(|fields| {
                fields.required::<Sku>("sku")?;
                fields.required::<Count>("quantity").map(|_| ())
            });
            judged.unwrap_err().code
        };
        let codes: Vec<String> = (0..7).map(fault).collect();
        assert_eq!(codes[0], "wrong_number_of_fields");
        assert!(codes[1..5].iter().all(|code| code == "malformed_quantity"), "{codes:?}");
        assert_eq!(codes[5..], ["malformed_sku", "invalid_utf8"]);
    }

    #[test]
    fn a_gzipped_file_is_known_by_its_first_bytes_and_a_missing_column_by_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("named-anything");
        let mut zip =
            flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast());
        zip.write_all(b"sku,quantity\nA,1\n").unwrap();
        zip.finish().unwrap();
        assert_eq!(Sheet::read(&path, &["sku"]).unwrap().rows.len(), 1);
        let missing = Sheet::read(&path, &["sku", "location"]).unwrap_err();
        assert!(matches!(missing, ImportError::NoColumn { column: "location", .. }));
        let nowhere = directory.path().join("nowhere");
        assert!(matches!(Sheet::read(&nowhere, &[]), Err(ImportError::Unreadable { .. })));
    }
}

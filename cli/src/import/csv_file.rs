//! A CSV file, read into memory: columns by heading, rows unchanged.

use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;

use csv::{ByteRecord, ReaderBuilder};
use holdfast_domain::values::{Amount, Quantity, Timestamp, Units};
use jiff::tz::TimeZone;

use super::columns::{Column, Content, Header};
use super::error::{ImportError, RowError};
use super::format::{Delimiter, Format};
use super::number::{DecimalSeparator, Evidence};
use super::text::Text;
use super::time::{self, TimeError};

/// Characters of a field that a message shows. An unclosed quote makes the rest of the file one field.
const MAX_SHOWN: usize = 80;

#[derive(Debug)]
pub struct CsvFile {
    pub name: String,
    /// When the file was last changed.
    pub modified_at: Timestamp,
    pub delimiter: Delimiter,
    pub header: Header,
    /// The headings, unchanged.
    pub headings: ByteRecord,
    /// The rows below the header, in order, without empty ones and without repetitions of the header.
    pub rows: Vec<Row>,
    /// True if the rows are not the bytes of the file: it had another encoding, or a byte order mark.
    pub is_converted: bool,
    decimal: DecimalSeparator,
    time_zone: Option<TimeZone>,
}

/// A row, unchanged.
#[derive(Debug)]
pub struct Row {
    /// The line where it begins, from 1.
    pub line: u64,
    pub record: ByteRecord,
}

impl CsvFile {
    /// Reads a file that must have the required ones of the given columns.
    pub fn read(path: &Path, columns: &'static [Column], format: &Format) -> Result<Self, ImportError> {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let text = Text::read(path, format.encoding)?;
        let Text { is_converted, modified_at, .. } = text;
        let skipped = separator_line(&text.bytes);
        let delimiter = match format.delimiter {
            Some(delimiter) => delimiter,
            None => detect_delimiter(&text.bytes[skipped..], columns),
        };
        let malformed =
            |source: csv::Error| ImportError::Unreadable { file: path.to_owned(), source: source.into() };
        let (headings, rows) = parse(&text.bytes, skipped, delimiter).map_err(malformed)?;
        let header = Header::find(columns, &texts(&headings), &name)?;
        if let Some(column) = header.missing(columns) {
            return Err(ImportError::MissingColumn { file: name, column });
        }
        let mut file = Self {
            name,
            modified_at,
            delimiter,
            header,
            headings,
            rows,
            is_converted,
            decimal: delimiter.usual_decimal_separator(),
            time_zone: format.time_zone.clone(),
        };
        file.decimal = match format.decimal_separator {
            Some(separator) => separator,
            None => file.detect_decimal_separator()?,
        };
        Ok(file)
    }

    /// The fields of a row by column. A row must have as many fields as the header; more, if they are empty.
    pub fn fields<'a>(&'a self, row: &'a Row) -> Result<Fields<'a>, RowError> {
        let (found, expected) = (row.record.len(), self.headings.len());
        if found < expected || row.record.iter().skip(expected).any(|field| !field.trim_ascii().is_empty()) {
            let reason = format!("the row has {found} fields, the header has {expected}");
            return Err(RowError::new("wrong_number_of_fields", reason));
        }
        Ok(Fields { file: self, row })
    }

    /// The bytes of a field without blanks at its ends, also if the row is invalid; `None` if it is empty or absent.
    pub fn raw<'a>(&self, row: &'a Row, column: &str) -> Option<&'a [u8]> {
        let (_, index) = self.header.columns.iter().find(|(found, _)| found.name == column)?;
        row.record.get(*index).map(<[u8]>::trim_ascii).filter(|field| !field.is_empty())
    }

    /// The only decimal separator with which all numbers of the file can be read. If all can be read with both, it is the
    /// usual one.
    fn detect_decimal_separator(&self) -> Result<DecimalSeparator, ImportError> {
        let mut certain: [Option<(u64, &str)>; 2] = [None, None];
        let mut ambiguous = None;
        let usual = self.decimal;
        for (row, column, text) in self.numbers() {
            let evidence = match column.content {
                Content::Degrees => DecimalSeparator::evidence_of_degrees(text),
                _ => DecimalSeparator::evidence(text),
            };
            match evidence {
                Evidence::Certain(separator) => {
                    certain[separator as usize].get_or_insert((row.line, text));
                }
                Evidence::Ambiguous if usual.plain(text).is_some_and(|plain| plain.contains('.')) => {
                    ambiguous.get_or_insert((row.line, text));
                }
                Evidence::Ambiguous | Evidence::None => {}
            }
        }
        let file = || self.name.clone();
        match (certain, ambiguous) {
            ([Some((line, text)), Some((other_line, other))], _) => Err(ImportError::MixedNumbers {
                file: file(),
                numbers: format!("{text} in line {line}, {other} in line {other_line}"),
            }),
            ([Some(_), None], _) => Ok(DecimalSeparator::Point),
            ([None, Some(_)], _) => Ok(DecimalSeparator::Comma),
            ([None, None], Some((line, text))) => {
                Err(ImportError::AmbiguousNumber { file: file(), line, text: text.to_owned() })
            }
            ([None, None], None) => Ok(usual),
        }
    }

    /// The fields of all columns with numbers.
    fn numbers(&self) -> impl Iterator<Item = (&Row, &'static Column, &str)> {
        let is_number = |column: &Column| matches!(column.content, Content::Number | Content::Degrees);
        self.rows.iter().flat_map(move |row| {
            let columns = self.header.columns.iter().filter(move |(column, _)| is_number(column));
            columns.filter_map(move |(column, index)| {
                let text = std::str::from_utf8(row.record.get(*index)?).ok()?.trim();
                Some((row, *column, text))
            })
        })
    }
}

/// The fields of a row by column.
pub struct Fields<'a> {
    file: &'a CsvFile,
    row: &'a Row,
}

impl<'a> Fields<'a> {
    /// The text of a field without blanks at its ends; `None` if it is empty or the column is absent.
    pub fn text(&self, column: &str) -> Result<Option<&'a str>, RowError> {
        let not_utf8 = |_| {
            let hint = "if the file is Windows-1252, use --encoding windows-1252";
            RowError::new("invalid_utf8", format!("{column} is not UTF-8; {hint}"))
        };
        let text = self.file.raw(self.row, column).map(std::str::from_utf8).transpose().map_err(not_utf8)?;
        Ok(text.map(str::trim).filter(|text| !text.is_empty()))
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
        let is_personal =
            |(found, _): &(&Column, usize)| found.name == column && found.content == Content::Personal;
        let shown = if self.file.header.columns.iter().any(is_personal) {
            String::new()
        } else {
            let start: String = text.chars().take(MAX_SHOWN).flat_map(char::escape_debug).collect();
            format!(" '{start}'")
        };
        let malformed = |e| RowError::new(format!("malformed_{column}"), format!("{column}{shown}: {e}"));
        parse(text).map(Some).map_err(malformed)
    }

    /// The value of a required field.
    pub fn required<T>(&self, column: &str) -> Result<T, RowError>
    where
        T: FromStr<Err: Display>,
    {
        self.optional(column)?.ok_or_else(|| empty(column))
    }

    /// The quantity of an order line, 1 to 1,000,000,000.
    pub fn quantity(&self, column: &str) -> Result<Quantity, RowError> {
        let parse = |text: &str| {
            let number = self.file.decimal.whole(text).and_then(|number| Quantity::new(number).ok());
            number.ok_or("must be a whole number from 1 to 1000000000")
        };
        self.optional_with(column, parse)?.ok_or_else(|| empty(column))
    }

    /// A number of units, 0 to 1,000,000,000.
    pub fn units(&self, column: &str) -> Result<Units, RowError> {
        let parse = |text: &str| {
            let number = self.file.decimal.whole(text).and_then(|number| u64::try_from(number).ok());
            let units = number.map(Units::new).filter(|units| *units <= Quantity::MAX.units());
            units.ok_or("must be a whole number from 0 to 1000000000")
        };
        self.optional_with(column, parse)?.ok_or_else(|| empty(column))
    }

    /// An amount of money.
    pub fn amount(&self, column: &str) -> Result<Option<Amount>, RowError> {
        self.optional_with(column, |text| {
            let amount = self.file.decimal.plain(text).and_then(|plain| Amount::parse(&plain));
            amount.ok_or(
                "must be a decimal number with at most 15 digits before and 6 after the decimal separator",
            )
        })
    }

    /// Degrees of latitude or longitude.
    pub fn degrees(&self, column: &str) -> Result<f64, RowError> {
        let parse = |text: &str| match self.file.decimal {
            DecimalSeparator::Point => text.parse(),
            DecimalSeparator::Comma => text.replace(',', ".").parse(),
        };
        self.optional_with(column, |text| {
            parse(text).map_err(|_: std::num::ParseFloatError| "must be a decimal number")
        })?
        .ok_or_else(|| empty(column))
    }

    /// A time.
    pub fn time(&self, column: &str) -> Result<Option<Timestamp>, RowError> {
        self.optional_with(column, |text| -> Result<_, TimeError> {
            time::parse(text, self.file.time_zone.as_ref())
        })
    }
}

fn empty(column: &str) -> RowError {
    RowError::new(format!("malformed_{column}"), format!("{column} is empty"))
}

/// The length of the line `sep=;` with which Excel begins files, with its line end.
fn separator_line(text: &[u8]) -> usize {
    let line = text.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_separator = line.trim_ascii_end().len() <= 5 && line.to_ascii_lowercase().starts_with(b"sep=");
    if is_separator { line.len() } else { 0 }
}

/// The separator of fields with which the most known headings are found.
fn detect_delimiter(text: &[u8], columns: &'static [Column]) -> Delimiter {
    let known_headings = |delimiter: &Delimiter| {
        let mut headings = ByteRecord::new();
        let mut reader = reader(text, *delimiter);
        // An unreadable header is reported when the file is parsed.
        let _ = reader.read_byte_record(&mut headings);
        Header::find(columns, &texts(&headings), "").map_or(0, |header| header.columns.len())
    };
    // The last maximum is found: a comma if all find the same.
    Delimiter::ALL.into_iter().rev().max_by_key(known_headings).unwrap_or(Delimiter::Comma)
}

fn reader(text: &[u8], delimiter: Delimiter) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter.byte()).from_reader(text)
}

/// The headings and the rows after the first bytes of a text. Rows may have any number of fields: `fields` checks each.
fn parse(text: &[u8], skipped: usize, delimiter: Delimiter) -> Result<(ByteRecord, Vec<Row>), csv::Error> {
    let mut reader = reader(&text[skipped..], delimiter);
    let mut headings = ByteRecord::new();
    reader.read_byte_record(&mut headings)?;
    let header = texts(&headings);
    let mut rows = Vec::new();
    let mut record = ByteRecord::new();
    let mut lines = Lines { text, counted: 0, line: 1 };
    while reader.read_byte_record(&mut record)? {
        let start = skipped as u64 + record.position().map_or(0, csv::Position::byte);
        let is_empty = record.iter().all(|field| field.trim_ascii().is_empty());
        if !is_empty && texts(&record) != header {
            rows.push(Row { line: lines.at(start), record: std::mem::take(&mut record) });
        }
    }
    Ok((headings, rows))
}

fn texts(record: &ByteRecord) -> Vec<String> {
    record.iter().map(|field| String::from_utf8_lossy(field).trim().to_owned()).collect()
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
    use holdfast_domain::values::Sku;

    use super::super::columns::{LOCATIONS, ORDERS, STOCK};
    use super::*;

    fn read(columns: &'static [Column], bytes: &[u8], format: &Format) -> Result<CsvFile, ImportError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.csv");
        std::fs::write(&path, bytes).unwrap();
        CsvFile::read(&path, columns, format)
    }

    fn stock(bytes: &[u8]) -> CsvFile {
        read(STOCK, bytes, &Format::default()).unwrap()
    }

    /// The units of each row.
    fn on_hand(file: &CsvFile) -> Vec<u64> {
        file.rows.iter().map(|row| file.fields(row).unwrap().units("on_hand").unwrap().number()).collect()
    }

    #[test]
    fn columns_are_found_by_heading_and_rows_have_line_numbers() {
        let file = stock(b"\xEF\xBB\xBFother, SKU ,On hand\r\nx,A,3\r\n\"two\nlines\",B,4\r\n,C, 5 \r\n");
        let lines: Vec<u64> = file.rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [2, 3, 5]);
        assert_eq!(on_hand(&file), [3, 4, 5]);
        let fields = file.fields(&file.rows[1]).unwrap();
        assert_eq!(fields.required::<Sku>("sku").unwrap().as_str(), "B");
        assert_eq!(fields.optional::<String>("location").unwrap(), None);
        assert_eq!(file.header.ignored, ["other"]);
    }

    #[test]
    fn empty_rows_and_repeated_headings_are_no_rows() {
        let file = stock(b"sku,on_hand\nA,1\n,\n  , \nsku, on_hand\nB,2\n\n,\n");
        assert_eq!(on_hand(&file), [1, 2]);
        assert_eq!(file.rows[1].line, 6);
        let excel = stock(b"sep=;\r\nsku;on_hand\r\nA;1;;\r\n");
        assert_eq!(
            (excel.delimiter, on_hand(&excel), excel.rows[0].line),
            (Delimiter::Semicolon, vec![1], 3)
        );
    }

    #[test]
    fn the_delimiter_is_detected_or_stated() {
        for (text, delimiter) in [
            ("sku,on_hand\nA,1\n", Delimiter::Comma),
            ("sku;on_hand;\"a, b, c\"\nA;1;x\n", Delimiter::Semicolon),
            ("sku\ton_hand\tx;y\nA\t1\tx\n", Delimiter::Tab),
        ] {
            let file = stock(text.as_bytes());
            assert_eq!((file.delimiter, on_hand(&file)), (delimiter, vec![1]));
        }
        let stated = Format { delimiter: Some(Delimiter::Tab), ..Format::default() };
        let missing = read(STOCK, b"sku,on_hand\nA,1\n", &stated).unwrap_err();
        assert!(matches!(missing, ImportError::MissingColumn { column: "sku", .. }), "{missing}");
    }

    #[test]
    fn each_invalid_row_has_a_code() {
        let file = stock(b"sku,on_hand\nA\nA,1,x\nA,1.5\nA,-1\nA,1000000001\n,1\n\xff,1\nA,x\n");
        let code = |row: &Row| -> String {
            let parsed = file.fields(row).and_then(|fields| {
                fields.required::<Sku>("sku")?;
                fields.units("on_hand")
            });
            parsed.unwrap_err().code
        };
        let codes: Vec<String> = file.rows.iter().map(code).collect();
        assert!(codes[..2].iter().all(|code| code == "wrong_number_of_fields"), "{codes:?}");
        assert!(codes[2..5].iter().all(|code| code == "malformed_on_hand"), "{codes:?}");
        assert_eq!(codes[5..], ["malformed_sku", "invalid_utf8", "malformed_on_hand"]);
    }

    #[test]
    fn the_decimal_separator_is_decided_once_for_a_file() {
        assert_eq!(on_hand(&stock(b"sku,on_hand\nA,\"1,000\"\nB,2\n")), [1000, 2]);
        assert_eq!(on_hand(&stock(b"sku;on_hand\nA;1.000\nB;2\n")), [1000, 2]);
        assert_eq!(on_hand(&stock(b"sku;on_hand\nA;1,000\nB;2.00\n")), [1000, 2]);
        assert_eq!(on_hand(&stock(b"sku\ton_hand\nA\t1.000\nB\t2,0\n")), [1000, 2]);
        let amounts = "order_ref;sku;quantity;unit_price\n1;A;1.000;1.234,50\n1;B;2;0,5\n";
        let file = read(ORDERS, amounts.as_bytes(), &Format::default()).unwrap();
        let fields = file.fields(&file.rows[0]).unwrap();
        assert_eq!(fields.quantity("quantity").unwrap().units().number(), 1000);
        assert_eq!(fields.amount("unit_price").unwrap().unwrap().to_string(), "1234.50");
        let place =
            read(LOCATIONS, b"location;latitude;longitude\nL;40,712;-74\n", &Format::default()).unwrap();
        assert_eq!(place.fields(&place.rows[0]).unwrap().degrees("latitude"), Ok(40.712));
    }

    #[test]
    fn a_file_with_ambiguous_numbers_is_refused_unless_the_decimal_separator_is_stated() {
        for ambiguous in ["sku,on_hand\nA,2\nB,1.000\n", "sku;on_hand\nA;2\nB;1,000\n"] {
            let refused = read(STOCK, ambiguous.as_bytes(), &Format::default()).unwrap_err();
            assert!(matches!(refused, ImportError::AmbiguousNumber { line: 3, .. }), "{refused}");
        }
        let mixed = read(STOCK, b"sku,on_hand\nA,1.0\nB,\"1,0\"\n", &Format::default()).unwrap_err();
        assert!(matches!(mixed, ImportError::MixedNumbers { .. }), "{mixed}");
        let stated = |separator| Format { decimal_separator: Some(separator), ..Format::default() };
        let text = b"sku,on_hand\nA,1.000\n";
        assert_eq!(on_hand(&read(STOCK, text, &stated(DecimalSeparator::Point)).unwrap()), [1]);
        assert_eq!(on_hand(&read(STOCK, text, &stated(DecimalSeparator::Comma)).unwrap()), [1000]);
    }

    #[test]
    fn no_message_shows_personal_data() {
        let name = "n".repeat(201);
        let text = format!("order_ref,sku,quantity,ship_name\n1,A,1,{name}\n");
        let file = read(ORDERS, text.as_bytes(), &Format::default()).unwrap();
        let fields = file.fields(&file.rows[0]).unwrap();
        let parse = |text: &str| holdfast_domain::values::Text::<200>::new(text);
        let error = fields.optional_with("ship_name", parse).unwrap_err();
        assert_eq!((error.code.as_str(), error.reason.contains("nnn")), ("malformed_ship_name", false));
    }

    #[test]
    fn a_missing_column_and_a_missing_file_are_named() {
        let missing = read(LOCATIONS, b"location,latitude\nL,1\n", &Format::default()).unwrap_err();
        assert!(matches!(missing, ImportError::MissingColumn { column: "longitude", .. }));
        let nowhere = Path::new("/nowhere/x.csv");
        assert!(matches!(
            CsvFile::read(nowhere, STOCK, &Format::default()),
            Err(ImportError::Unreadable { .. })
        ));
    }
}

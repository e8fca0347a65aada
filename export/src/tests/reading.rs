//! Reads exported files by their names, as other programs do.

use std::fs::File;
use std::path::Path;

use holdfast_domain::values::Timestamp;
use parquet::data_type::Decimal;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Map, Value, json};

use super::files;

/// The columns with JSON.
const JSON: [&str; 9] = [
    "data",
    "charges",
    "holds",
    "returns",
    "discrepancies",
    "amendment",
    "external_refs",
    "attributes",
    "lines",
];

/// Every row of a table, sorted by file, with the columns of the path. The result is the same for both formats.
pub fn rows(lake: &Path, table: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    for file in files(&lake.join(table)) {
        let read = match file.extension().and_then(|extension| extension.to_str()) {
            Some("parquet") => parquet(&file),
            Some("ndjson") => ndjson(&file),
            _ => continue,
        };
        for mut row in read {
            for part in file.strip_prefix(lake).unwrap() {
                if let Some((name, value)) = part.to_str().unwrap().split_once('=') {
                    assert!(!row.contains_key(name), "{name} is in the path and in the file");
                    row.insert(name.to_owned(), json!(value));
                }
            }
            rows.push(Value::Object(row));
        }
    }
    rows
}

/// The rows of a Parquet file.
pub fn parquet(file: &Path) -> Vec<Map<String, Value>> {
    let reader = SerializedFileReader::new(File::open(file).unwrap()).unwrap();
    let rows = reader.get_row_iter(None).unwrap();
    let column = |(name, field): (&String, &Field)| {
        let value = match field {
            Field::Str(text) if JSON.contains(&name.as_str()) => serde_json::from_str(text).unwrap(),
            field => value(field),
        };
        (name.clone(), value)
    };
    rows.map(|row| row.unwrap().get_column_iter().map(column).collect()).collect()
}

fn ndjson(file: &Path) -> Vec<Map<String, Value>> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn value(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bool(answer) => json!(answer),
        Field::Long(number) => json!(number),
        Field::TimestampMicros(microseconds) => json!(Timestamp::from_microseconds(*microseconds)),
        Field::Str(text) => json!(text),
        Field::Decimal(decimal) => json!(decimal_text(decimal)),
        other => panic!("unexpected value {other:?}"),
    }
}

/// All digits of a decimal without trailing zeros.
fn decimal_text(decimal: &Decimal) -> String {
    let number = i128::from_be_bytes(decimal.data().try_into().unwrap());
    let scale = usize::try_from(decimal.scale()).unwrap();
    let digits = format!("{:0>width$}", number.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if number < 0 { "-" } else { "" };
    plain(&format!("{sign}{whole}.{fraction}"))
}

/// Removes trailing zeros.
pub fn plain(decimal: &str) -> String {
    if !decimal.contains('.') {
        return decimal.to_owned();
    }
    decimal.trim_end_matches('0').trim_end_matches('.').to_owned()
}

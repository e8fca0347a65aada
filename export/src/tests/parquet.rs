//! Parquet files: types of values, absent values and several row groups.

use holdfast_domain::values::{self, Timestamp};
use parquet::basic::{Compression, LogicalType, TimeUnit};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use serde_json::json;

use super::reading::{parquet, plain};
use crate::Format;
use crate::column::Value::{Amount, Boolean, Json, Number, Text, Time};
use crate::column::{Table, json as to_json};
use crate::table_file::TableFile;

struct Item {
    number: Option<u64>,
    amount: Option<&'static str>,
}

const ITEMS: Table<Item> = Table {
    name: "items",
    columns: &[
        ("number", Number(|item| item.number)),
        ("text", Text(|item| item.number.map(|number| format!("{number} \u{1f4e6}")))),
        ("lines", Json(|item| to_json(item.number.map(|number| vec![number]).as_ref()))),
        ("time", Time(|item| item.number.map(|number| Timestamp::from_microseconds(number.cast_signed())))),
        ("odd", Boolean(|item| item.number.map(|number| number % 2 == 1))),
        ("amount", Amount(|item| values::Amount::parse(item.amount?))),
    ],
};

fn written(items: &[Item]) -> (tempfile::TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("items.parquet");
    let mut file = TableFile::create(directory.path(), &ITEMS, Format::Parquet).unwrap();
    for item in items {
        file.add(item).unwrap();
    }
    assert!(!path.exists(), "an unfinished file is not visible");
    assert_eq!(file.finish(&path).unwrap().rows, items.len() as u64);
    (directory, path)
}

#[test]
fn values_of_all_types_and_absent_values_are_preserved() {
    let amounts = ["0", "-0.000001", "999999999999999.999999", "-999999999999999.999999", "10.50", "7"];
    let mut items: Vec<Item> = (0..)
        .zip(amounts)
        .map(|(number, amount)| Item { number: Some(number), amount: Some(amount) })
        .collect();
    items.push(Item { number: None, amount: None });
    items.push(Item { number: Some(i64::MAX.cast_unsigned()), amount: None });
    let (_directory, path) = written(&items);
    let rows = parquet(&path);
    for (number, amount) in amounts.into_iter().enumerate() {
        let row = json!({ "number": number, "text": format!("{number} \u{1f4e6}"), "lines": [number],
                          "time": Timestamp::from_microseconds(i64::try_from(number).unwrap()),
                          "odd": number % 2 == 1, "amount": plain(amount) });
        assert_eq!(json!(rows[number]), row);
    }
    assert!(rows[6].values().all(serde_json::Value::is_null), "{:?}", rows[6]);
    assert_eq!((&rows[7]["number"], &rows[7]["amount"]), (&json!(i64::MAX), &json!(null)));
}

#[test]
fn the_schema_has_logical_types() {
    let (_directory, path) = written(&[Item { number: Some(1), amount: None }]);
    let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
    let schema = reader.metadata().file_metadata().schema_descr();
    let types: Vec<_> = schema.columns().iter().map(|column| column.logical_type_ref().cloned()).collect();
    let text = Some(LogicalType::String);
    let time = Some(LogicalType::timestamp(true, TimeUnit::MICROS));
    assert_eq!(types, [None, text.clone(), text, time, None, Some(LogicalType::decimal(6, 38))]);
    let column = reader.metadata().row_group(0).column(0).compression();
    assert!(matches!(column, Compression::ZSTD(_)), "{column:?}");
}

#[test]
fn many_rows_are_split_into_row_groups() {
    let many = 200_001;
    let items: Vec<Item> = (0..many).map(|number| Item { number: Some(number), amount: None }).collect();
    let (_directory, path) = written(&items);
    let reader = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
    assert_eq!(reader.metadata().num_row_groups(), 3);
    let numbers = parquet(&path).into_iter().map(|row| row["number"].as_u64().unwrap());
    assert!(numbers.eq(0..many));
}

//! Parquet files by themselves: kinds of values, what is missing, and more rows than a group has.

use holdfast_domain::values::{Amount, Timestamp};
use parquet::basic::{Compression, LogicalType, TimeUnit};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use serde_json::json;

use super::reading::{parquet, plain};
use crate::Format;
use crate::column::{Column, Table, json as to_json};
use crate::sheet::Sheet;

struct Thing {
    number: Option<u64>,
    amount: Option<&'static str>,
}

const THINGS: Table<Thing> = Table {
    name: "things",
    columns: &[
        Column::number("number", |thing| thing.number),
        Column::text("text", |thing| thing.number.map(|number| format!("{number} \u{1f4e6}"))),
        Column::json("lines", |thing| to_json(thing.number.map(|number| vec![number]).as_ref())),
        Column::time("time", |thing| {
            thing.number.map(|number| Timestamp::from_microseconds(number.cast_signed()))
        }),
        Column::boolean("odd", |thing| thing.number.map(|number| number % 2 == 1)),
        Column::amount("amount", |thing| Amount::parse(thing.amount?)),
    ],
};

fn written(things: &[Thing]) -> (tempfile::TempDir, std::path::PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("things.parquet");
    let mut sheet = Sheet::begin(directory.path(), &THINGS, Format::Parquet).unwrap();
    for thing in things {
        sheet.add(thing).unwrap();
    }
    assert!(!path.exists(), "it is not there before it is finished");
    assert_eq!(sheet.finish(&path).unwrap().rows, things.len() as u64);
    (directory, path)
}

#[test]
fn values_of_all_kinds_come_back_and_what_is_missing_is_missing() {
    let amounts = ["0", "-0.000001", "999999999999999.999999", "-999999999999999.999999", "10.50", "7"];
    let mut things: Vec<Thing> = (0..)
        .zip(amounts)
        .map(|(number, amount)| Thing { number: Some(number), amount: Some(amount) })
        .collect();
    things.push(Thing { number: None, amount: None });
    things.push(Thing { number: Some(i64::MAX.cast_unsigned()), amount: None });
    let (_directory, path) = written(&things);
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
fn the_schema_says_what_the_values_mean() {
    let (_directory, path) = written(&[Thing { number: Some(1), amount: None }]);
    let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
    let schema = reader.metadata().file_metadata().schema_descr();
    let meant: Vec<_> = schema.columns().iter().map(|column| column.logical_type_ref().cloned()).collect();
    let text = Some(LogicalType::String);
    let time = Some(LogicalType::timestamp(true, TimeUnit::MICROS));
    assert_eq!(meant, [None, text.clone(), text, time, None, Some(LogicalType::decimal(6, 38))]);
    let column = reader.metadata().row_group(0).column(0).compression();
    assert!(matches!(column, Compression::ZSTD(_)), "{column:?}");
}

#[test]
fn more_rows_than_a_group_has_are_parted_into_several() {
    let many = 200_001;
    let things: Vec<Thing> = (0..many).map(|number| Thing { number: Some(number), amount: None }).collect();
    let (_directory, path) = written(&things);
    let reader = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
    assert_eq!(reader.metadata().num_row_groups(), 3);
    let numbers = parquet(&path).into_iter().map(|row| row["number"].as_u64().unwrap());
    assert!(numbers.eq(0..many));
}

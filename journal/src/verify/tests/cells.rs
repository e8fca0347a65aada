//! Every cell of every row that is proven, given every kind of other value.

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row};

use super::{Store, connect, named, open};
use crate::testing::verified;

/// A column and a row, told by the name and the value of its key.
#[derive(Debug)]
struct Cell {
    table: &'static str,
    column: String,
    rowname: &'static str,
    row: Value,
    /// The positions of which one must be the first that is named.
    positions: std::ops::RangeInclusive<u64>,
}

const VALUES: [&str; 9] =
    ["0", "3", "-1", "9223372036854775807", "4.5", "'text'", "x'ff'", "CAST(x'ff' AS TEXT)", "zeroblob(32)"];

fn columns(connection: &Connection, table: &str) -> Vec<String> {
    let mut statement =
        connection.prepare(&format!("SELECT name FROM pragma_table_info('{table}')")).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Every cell of a table, with the first and last position to expect for each row.
fn cells(connection: &Connection, table: &'static str, rowname: &'static str, expected: &str) -> Vec<Cell> {
    let sql = format!("SELECT {rowname}, {expected} FROM {table} WHERE merchant = 'm'");
    let mut statement = connection.prepare(&sql).unwrap();
    let rows: Vec<(Value, u64, u64)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(!rows.is_empty(), "{table} has rows");
    let cell = |column: &String| {
        let column = column.clone();
        rows.iter().map(move |(row, first, last)| Cell {
            table,
            column: column.clone(),
            rowname,
            row: row.clone(),
            positions: *first..=*last,
        })
    };
    columns(connection, table).iter().flat_map(cell).collect()
}

/// All that is proven of `m`, value by value.
fn contents(connection: &Connection) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    for (table, order) in [
        ("event", "position"),
        ("stream", "stream"),
        ("batch", "batch"),
        ("outcome", "batch, ordinal"),
        ("journal_head", "merchant"),
    ] {
        let count = columns(connection, table).len();
        let sql = format!("SELECT * FROM {table} WHERE merchant = 'm' ORDER BY {order}");
        let mut statement = connection.prepare(&sql).unwrap();
        let values = |row: &Row<'_>| (0..count).map(|index| raw(row, index)).collect();
        rows.extend(statement.query_map([], values).unwrap().map(Result::unwrap));
    }
    rows
}

/// A value as it is, also text that is no text.
fn raw(row: &Row<'_>, index: usize) -> rusqlite::Result<Value> {
    Ok(match row.get_ref(index)? {
        ValueRef::Text(bytes) => Value::Blob([b"text ", bytes].concat()),
        other => other.try_into()?,
    })
}

/// Gives a cell a value in a copy of the store, and judges what verifying says. Whether it changed anything.
async fn is_found(store: &Store, before: &[Vec<Value>], cell: &Cell, value: &str) -> bool {
    let copy = store.copy();
    let Cell { table, column, rowname, .. } = cell;
    let sql =
        format!("UPDATE OR IGNORE {table} SET {column} = {value} WHERE merchant = 'm' AND {rowname} = ?1");
    let changed = {
        let connection = connect(&copy);
        connection.execute(&sql, [&cell.row]).unwrap();
        contents(&connection) != before
    };
    let verification = verified(&open(&copy), "m").await;
    assert_eq!(!changed, verification.is_clean(), "{cell:?} = {value}: {:#?}", verification.findings);
    if changed {
        let positions = named(&verification);
        let named = positions.iter().any(|position| cell.positions.contains(position));
        assert!(named, "{cell:?} = {value}: {:#?}", verification.findings);
    }
    changed
}

async fn every_cell_is_proven(table: &'static str, rowname: &'static str, expected: &str, free: &[&str]) {
    let store = Store::new().await;
    let (cells, before) = {
        let connection = Connection::open(store.original.path().join("journal.db")).unwrap();
        (cells(&connection, table, rowname, expected), contents(&connection))
    };
    for cell in cells.iter().filter(|cell| !free.contains(&&*cell.column)) {
        let mut changes = 0;
        for value in VALUES {
            changes += usize::from(is_found(&store, &before, cell, value).await);
        }
        assert!(changes > 0, "{cell:?} was never changed");
    }
}

#[tokio::test]
async fn every_cell_of_every_event_is_proven() {
    every_cell_is_proven("event", "position", "position, position", &[]).await;
}

#[tokio::test]
async fn every_cell_of_every_stream_is_proven() {
    every_cell_is_proven("stream", "stream", "stream, stream", &[]).await;
}

#[tokio::test]
async fn every_cell_of_every_batch_is_proven() {
    every_cell_is_proven("batch", "batch", "last_position, last_position", &[]).await;
}

#[tokio::test]
async fn every_cell_of_every_outcome_is_proven() {
    // Within its batch: the positions that it says itself may be what was changed.
    let batch = |what| {
        format!(
            "(SELECT {what} FROM batch WHERE batch.merchant = outcome.merchant AND batch.batch = outcome.batch)"
        )
    };
    let expected = format!("{}, {}", batch("first_position - 1"), batch("last_position"));
    every_cell_is_proven("outcome", "key", &expected, &[]).await;
}

#[tokio::test]
async fn every_cell_of_the_head_is_proven_but_its_epoch_and_format() {
    // Raising either is how it is meant to be.
    every_cell_is_proven("journal_head", "merchant", "0, position + 1", &["epoch", "format"]).await;
}

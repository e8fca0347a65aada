//! Changes of every column of every row that the hash chains cover, to values of every type.

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row};

use super::{Store, connect, open, positions_of};
use crate::tests::support::verified;

/// A column of a row. The row is identified by the name and the value of its key.
#[derive(Debug)]
struct Cell {
    table: &'static str,
    column: String,
    key_column: &'static str,
    row: Value,
    /// A finding must have one of these positions.
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
fn cells(
    connection: &Connection,
    table: &'static str,
    key_column: &'static str,
    expected: &str,
) -> Vec<Cell> {
    let sql = format!("SELECT {key_column}, {expected} FROM {table} WHERE merchant = 'm'");
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
            key_column,
            row: row.clone(),
            positions: *first..=*last,
        })
    };
    columns(connection, table).iter().flat_map(cell).collect()
}

/// Every value of `m` that the hash chains cover.
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

/// A stored value, even a text that is not valid UTF-8.
fn raw(row: &Row<'_>, index: usize) -> rusqlite::Result<Value> {
    Ok(match row.get_ref(index)? {
        ValueRef::Text(bytes) => Value::Blob([b"text ", bytes].concat()),
        other => other.try_into()?,
    })
}

/// Changes a cell in a copy of the store and checks the findings. Returns whether the value differs from the stored one.
async fn is_found(store: &Store, before: &[Vec<Value>], cell: &Cell, value: &str) -> bool {
    let copy = store.copy();
    let Cell { table, column, key_column, .. } = cell;
    let sql =
        format!("UPDATE OR IGNORE {table} SET {column} = {value} WHERE merchant = 'm' AND {key_column} = ?1");
    let changed = {
        let connection = connect(&copy);
        connection.execute(&sql, [&cell.row]).unwrap();
        contents(&connection) != before
    };
    let verification = verified(&open(&copy), "m").await;
    assert_eq!(!changed, verification.is_clean(), "{cell:?} = {value}: {:#?}", verification.findings);
    if changed {
        let positions = positions_of(&verification);
        let found = positions.iter().any(|position| cell.positions.contains(position));
        assert!(found, "{cell:?} = {value}: {:#?}", verification.findings);
    }
    changed
}

async fn every_column_is_verified(
    table: &'static str,
    key_column: &'static str,
    expected: &str,
    not_covered: &[&str],
) {
    let store = Store::new().await;
    let (cells, before) = {
        let connection = Connection::open(store.original.path().join("journal.db")).unwrap();
        (cells(&connection, table, key_column, expected), contents(&connection))
    };
    for cell in cells.iter().filter(|cell| !not_covered.contains(&&*cell.column)) {
        let mut changes = 0;
        for value in VALUES {
            changes += usize::from(is_found(&store, &before, cell, value).await);
        }
        assert!(changes > 0, "{cell:?} was never changed");
    }
}

#[tokio::test]
async fn every_column_of_every_event_is_verified() {
    every_column_is_verified("event", "position", "position, position", &[]).await;
}

#[tokio::test]
async fn every_column_of_every_stream_is_verified() {
    every_column_is_verified("stream", "stream", "stream, stream", &[]).await;
}

#[tokio::test]
async fn every_column_of_every_batch_is_verified() {
    every_column_is_verified("batch", "batch", "last_position, last_position", &[]).await;
}

#[tokio::test]
async fn every_column_of_every_outcome_is_verified() {
    // A position within its batch: the outcome's own positions may have been changed.
    let batch = |what| {
        format!(
            "(SELECT {what} FROM batch WHERE batch.merchant = outcome.merchant AND batch.batch = outcome.batch)"
        )
    };
    let expected = format!("{}, {}", batch("first_position - 1"), batch("last_position"));
    every_column_is_verified("outcome", "key", &expected, &[]).await;
}

#[tokio::test]
async fn every_column_of_the_head_except_epoch_and_format_is_verified() {
    // Both may be raised.
    every_column_is_verified("journal_head", "merchant", "0, position + 1", &["epoch", "format"]).await;
}

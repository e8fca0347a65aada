//! Rows read from either database.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Postgres, Row as _, Sqlite, Type};

use super::statement::Value;
use super::table::ColumnKind;
use crate::error::Result;

/// A row read from the database. Columns are addressed by their index in the `SELECT` list, starting at 0.
pub struct Row(DatabaseRow);

enum DatabaseRow {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl From<SqliteRow> for Row {
    fn from(row: SqliteRow) -> Self {
        Self(DatabaseRow::Sqlite(row))
    }
}

impl From<PgRow> for Row {
    fn from(row: PgRow) -> Self {
        Self(DatabaseRow::Postgres(row))
    }
}

impl Row {
    fn get<'r, T>(&'r self, column: usize) -> Result<T>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>,
    {
        Ok(match &self.0 {
            DatabaseRow::Sqlite(row) => row.try_get(column)?,
            DatabaseRow::Postgres(row) => row.try_get(column)?,
        })
    }

    /// Reads an integer.
    pub fn integer(&self, column: usize) -> Result<i64> {
        self.get(column)
    }

    /// Reads an integer that is never negative.
    pub fn unsigned(&self, column: usize) -> Result<u64> {
        self.integer(column).map(i64::cast_unsigned)
    }

    /// Reads a boolean.
    pub fn boolean(&self, column: usize) -> Result<bool> {
        self.get(column)
    }

    /// Reads an integer or NULL.
    pub fn optional_integer(&self, column: usize) -> Result<Option<i64>> {
        self.get(column)
    }

    /// Reads a text or NULL.
    pub fn optional_text(&self, column: usize) -> Result<Option<&str>> {
        self.get(column)
    }

    /// Reads a text.
    pub fn text(&self, column: usize) -> Result<&str> {
        self.get(column)
    }

    /// Reads a byte string.
    pub fn bytes(&self, column: usize) -> Result<&[u8]> {
        self.get(column)
    }

    /// Reads a value of the given kind in a form that can be compared: a boolean becomes 0 or 1, NULL becomes `None`.
    pub fn value(&self, column: usize, kind: ColumnKind) -> Result<Option<Value>> {
        Ok(match kind {
            ColumnKind::Integer => self.optional_integer(column)?.map(Value::Integer),
            ColumnKind::Text => self.optional_text(column)?.map(Value::from),
            ColumnKind::Boolean => Some(Value::Integer(self.boolean(column)?.into())),
            ColumnKind::Bytes => self.get::<Option<&[u8]>>(column)?.map(Value::from),
        })
    }
}

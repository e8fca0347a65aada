//! Statements that SQLite and PostgreSQL both understand, and the rows they give.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use super::table::{ColumnKind, TableColumn};
use crate::error::ViewError;

/// A value that a statement is given.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// A number.
    Integer(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Integer(number.cast_signed())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

/// SQL that both databases understand, with the values that it is given. Its text is made of literals alone: what
/// comes from outside can only be a value.
#[derive(Debug, Clone)]
pub struct Statement {
    pub(crate) text: Cow<'static, str>,
    pub(crate) values: Vec<Value>,
}

impl Statement {
    /// Begins with a text. `$1` in it is the first value.
    pub fn new(text: &'static str) -> Self {
        Self { text: Cow::Borrowed(text), values: Vec::new() }
    }

    /// Gives the value that the text names by the next number.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Goes on with more text.
    pub fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.to_mut().push_str(text);
        self
    }

    /// Goes on with the names of columns, with commas between.
    pub fn push_columns<'t>(&mut self, columns: impl IntoIterator<Item = &'t TableColumn>) -> &mut Self {
        for (place, (name, _)) in columns.into_iter().enumerate() {
            self.push(if place == 0 { "" } else { ", " }).push(name);
        }
        self
    }

    /// Goes on with a value in the text.
    pub fn push_bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        // Writing to a string does not fail.
        let _ = write!(self.text.to_mut(), "${}", self.values.len());
        self
    }
}

/// A row that was read. Its columns are asked for by their place.
pub struct Row(Kept);

enum Kept {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl From<SqliteRow> for Row {
    fn from(row: SqliteRow) -> Self {
        Self(Kept::Sqlite(row))
    }
}

impl From<PgRow> for Row {
    fn from(row: PgRow) -> Self {
        Self(Kept::Postgres(row))
    }
}

impl Row {
    /// A number.
    pub fn integer(&self, column: usize) -> Result<i64, ViewError> {
        Ok(match &self.0 {
            Kept::Sqlite(row) => row.try_get(column)?,
            Kept::Postgres(row) => row.try_get(column)?,
        })
    }

    /// A number that is never negative.
    pub fn unsigned(&self, column: usize) -> Result<u64, ViewError> {
        self.integer(column).map(i64::cast_unsigned)
    }

    /// Whether something is so.
    pub fn boolean(&self, column: usize) -> Result<bool, ViewError> {
        Ok(match &self.0 {
            Kept::Sqlite(row) => row.try_get(column)?,
            Kept::Postgres(row) => row.try_get(column)?,
        })
    }

    /// A number that may be missing.
    pub fn optional_integer(&self, column: usize) -> Result<Option<i64>, ViewError> {
        Ok(match &self.0 {
            Kept::Sqlite(row) => row.try_get(column)?,
            Kept::Postgres(row) => row.try_get(column)?,
        })
    }

    /// Whatever a column of a kind has, to be compared.
    pub fn value(&self, column: usize, kind: ColumnKind) -> Result<Option<Value>, ViewError> {
        Ok(match (&self.0, kind) {
            (_, ColumnKind::Integer) => self.optional_integer(column)?.map(Value::Integer),
            (_, ColumnKind::Text) => self.optional_text(column)?.map(Value::from),
            (_, ColumnKind::Boolean) => Some(Value::Integer(self.boolean(column)?.into())),
            (Kept::Sqlite(row), ColumnKind::Bytes) => row.try_get::<Option<_>, _>(column)?.map(Value::Bytes),
            (Kept::Postgres(row), ColumnKind::Bytes) => {
                row.try_get::<Option<_>, _>(column)?.map(Value::Bytes)
            }
        })
    }

    /// A text that may be missing.
    pub fn optional_text(&self, column: usize) -> Result<Option<&str>, ViewError> {
        Ok(match &self.0 {
            Kept::Sqlite(row) => row.try_get(column)?,
            Kept::Postgres(row) => row.try_get(column)?,
        })
    }

    /// A text.
    pub fn text(&self, column: usize) -> Result<&str, ViewError> {
        Ok(match &self.0 {
            Kept::Sqlite(row) => row.try_get(column)?,
            Kept::Postgres(row) => row.try_get(column)?,
        })
    }

    /// Bytes.
    pub fn bytes(&self, column: usize) -> Result<&[u8], ViewError> {
        Ok(match &self.0 {
            Kept::Sqlite(row) => row.try_get(column)?,
            Kept::Postgres(row) => row.try_get(column)?,
        })
    }
}

//! SQL statements that SQLite and PostgreSQL both accept.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Database, Encode, IntoArguments, Type};

use super::table::{Scope, TableColumn};

/// A bound value of a statement, or a value read back in order to compare rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// A signed 64-bit integer.
    Integer(i64),
    /// A text.
    Text(String),
    /// A byte string.
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

/// A SQL statement with its bound values. The text consists of literals only: input from outside the program can only
/// become a bound value.
#[derive(Debug, Clone)]
pub struct Statement {
    pub(crate) text: Cow<'static, str>,
    pub(crate) values: Vec<Value>,
}

impl Scope<'_> {
    /// Starts a statement about the rows of the scope. `$1` in the text is the merchant and `$2` the generation.
    pub(crate) fn statement(&self, text: &'static str) -> Statement {
        Statement::new(text).bind(self.merchant).bind(self.generation)
    }
}

impl Statement {
    /// Starts a statement. `$1` in the text refers to the first bound value.
    pub fn new(text: &'static str) -> Self {
        Self { text: Cow::Borrowed(text), values: Vec::new() }
    }

    /// Binds a value to the next number.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Appends text.
    pub fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.to_mut().push_str(text);
        self
    }

    /// Appends column names, separated by commas.
    pub fn push_columns<'t>(&mut self, columns: impl IntoIterator<Item = &'t TableColumn>) -> &mut Self {
        for (index, (name, _)) in columns.into_iter().enumerate() {
            self.push(if index == 0 { "" } else { ", " }).push(name);
        }
        self
    }

    /// Appends a placeholder and binds a value to it.
    pub fn push_bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        // Writing to a string cannot fail.
        let _ = write!(self.text.to_mut(), "${}", self.values.len());
        self
    }

    /// Appends placeholders, separated by commas, and binds a value to each.
    pub fn push_bind_all<V: Into<Value>>(&mut self, values: impl IntoIterator<Item = V>) -> &mut Self {
        for (index, value) in values.into_iter().enumerate() {
            self.push(if index == 0 { "" } else { ", " }).push_bind(value);
        }
        self
    }

    /// The statement as a query of one of the two databases.
    pub(super) fn into_query<D: Database>(self) -> Query<'static, D, D::Arguments>
    where
        D::Arguments: IntoArguments<D>,
        i64: Encode<'static, D> + Type<D>,
        String: Encode<'static, D> + Type<D>,
        Vec<u8>: Encode<'static, D> + Type<D>,
    {
        let mut query = sqlx::query(AssertSqlSafe(self.text));
        for value in self.values {
            query = match value {
                Value::Integer(number) => query.bind(number),
                Value::Text(text) => query.bind(text),
                Value::Bytes(bytes) => query.bind(bytes),
            };
        }
        query
    }
}

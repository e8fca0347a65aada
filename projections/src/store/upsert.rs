//! Writing many rows of a table at once, whether they are there already or not.

use super::table::Scope;
use crate::error::ViewError;

use super::ViewConnection;

/// Rows to be written to a table, column by column. Every table begins with the merchant and the generation; the
/// other columns are named here, each with what it holds of a row.
///
/// No two rows may have the same key.
pub struct Upsert<'a, T> {
    rows: &'a [T],
    scope: Scope<'a>,
    pub(super) insert: Insert,
}

/// What is written, whatever the rows were made of.
pub(super) struct Insert {
    pub(super) table: &'static str,
    pub(super) rows: usize,
    pub(super) columns: Vec<(&'static str, Role, ColumnValues)>,
    presence: Presence,
}

/// Whether rows are in their table already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// None of them, which spares the table to look; one that is refuses all.
    New,
    /// Some or all of them.
    There,
}

/// What a column is to its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// What the row is known by.
    Key,
    /// Never changes once the row is there.
    Fixed,
    /// May change.
    Changing,
    /// Is added to what is there.
    Added,
}

/// The values of one column, row by row.
pub enum ColumnValues {
    /// Numbers, some of which may be missing.
    Integers(Vec<Option<i64>>),
    /// Texts, some of which may be missing.
    Texts(Vec<Option<String>>),
    /// Bytes.
    Bytes(Vec<Vec<u8>>),
    /// Whether something is so.
    Booleans(Vec<bool>),
}

impl<'a, T> Upsert<'a, T> {
    /// Rows for a table.
    pub fn into(table: &'static str, scope: Scope<'a>, rows: &'a [T], presence: Presence) -> Self {
        Self { rows, scope, insert: Insert { table, rows: rows.len(), columns: Vec::new(), presence } }
    }

    /// A column of what a row is known by, within its merchant and generation.
    #[must_use]
    pub fn key<V>(self, name: &'static str, value: impl FnMut(&'a T) -> V) -> Self
    where
        ColumnValues: FromIterator<V>,
    {
        self.column(name, Role::Key, value)
    }

    /// A column that is written with a new row and never changes.
    #[must_use]
    pub fn fixed<V>(self, name: &'static str, value: impl FnMut(&'a T) -> V) -> Self
    where
        ColumnValues: FromIterator<V>,
    {
        self.column(name, Role::Fixed, value)
    }

    /// A column that is written each time.
    #[must_use]
    pub fn changing<V>(self, name: &'static str, value: impl FnMut(&'a T) -> V) -> Self
    where
        ColumnValues: FromIterator<V>,
    {
        self.column(name, Role::Changing, value)
    }

    /// A column of numbers that are added to what is there.
    #[must_use]
    pub fn adding<V>(self, name: &'static str, value: impl FnMut(&'a T) -> V) -> Self
    where
        ColumnValues: FromIterator<V>,
    {
        self.column(name, Role::Added, value)
    }

    fn column<V>(mut self, name: &'static str, role: Role, value: impl FnMut(&'a T) -> V) -> Self
    where
        ColumnValues: FromIterator<V>,
    {
        self.insert.columns.push((name, role, self.rows.iter().map(value).collect()));
        self
    }

    /// Writes the rows.
    pub async fn run(self, connection: &mut ViewConnection) -> Result<(), ViewError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        connection.insert(self.scope, self.insert).await
    }
}

impl Insert {
    /// `INSERT INTO` and the columns.
    pub(super) fn beginning(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, ..)| *name).collect();
        format!("INSERT INTO {} (merchant, generation, {}) ", self.table, names.join(", "))
    }

    /// What becomes of a row that is there already.
    pub(super) fn on_conflict(&self) -> String {
        if self.presence == Presence::New {
            return String::new();
        }
        let of = |wanted: Role| {
            let names = self.columns.iter().filter(move |(_, role, _)| *role == wanted);
            names.map(|(name, ..)| *name).collect::<Vec<_>>()
        };
        let keys = of(Role::Key).join(", ");
        let table = self.table;
        let changed = of(Role::Changing).into_iter().map(|name| format!("{name} = excluded.{name}"));
        let added =
            of(Role::Added).into_iter().map(|name| format!("{name} = {table}.{name} + excluded.{name}"));
        let changes: Vec<String> = changed.chain(added).collect();
        let action = if changes.is_empty() {
            "NOTHING".to_owned()
        } else {
            format!("UPDATE SET {}", changes.join(", "))
        };
        format!(" ON CONFLICT (merchant, generation, {keys}) DO {action}")
    }
}

/// What a column may hold, and how it is kept.
macro_rules! column_of {
    ($($value:ty => $kind:ident($name:ident) $kept:expr;)*) => {$(
        impl FromIterator<$value> for ColumnValues {
            fn from_iter<I: IntoIterator<Item = $value>>(values: I) -> Self {
                Self::$kind(values.into_iter().map(|$name| $kept).collect())
            }
        }
    )*};
}

column_of! {
    i64 => Integers(number) Some(number);
    Option<i64> => Integers(number) number;
    u64 => Integers(number) Some(number.cast_signed());
    String => Texts(text) Some(text);
    Option<String> => Texts(text) text;
    Vec<u8> => Bytes(bytes) bytes;
    bool => Booleans(yes) yes;
}

impl<'v> FromIterator<&'v str> for ColumnValues {
    fn from_iter<I: IntoIterator<Item = &'v str>>(values: I) -> Self {
        Self::Texts(values.into_iter().map(|text| Some(text.to_owned())).collect())
    }
}

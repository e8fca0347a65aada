//! Inserting or updating many rows of a table with one call.

use super::connection::Tables;
use super::insert::{ColumnValues, Insert, Presence, Role};
use crate::error::Result;

/// Builds an upsert from rows, column by column. Merchant and generation come from [`Tables`].
///
/// No two rows may have the same key.
pub struct Upsert<'a, T> {
    rows: &'a [T],
    insert: Insert,
}

impl<'a, T> Upsert<'a, T> {
    /// Starts an upsert of rows into a table.
    pub fn into(table: &'static str, rows: &'a [T], presence: Presence) -> Self {
        Self { rows, insert: Insert { table, rows: rows.len(), columns: Vec::new(), presence } }
    }

    /// Adds a column of the key.
    #[must_use]
    pub fn key<V>(self, name: &'static str, value: impl FnMut(&'a T) -> V) -> Self
    where
        ColumnValues: FromIterator<V>,
    {
        self.column(name, Role::Key, value)
    }

    /// Adds a column that is written with a new row and never changes.
    #[must_use]
    pub fn fixed<V>(self, name: &'static str, value: impl FnMut(&'a T) -> V) -> Self
    where
        ColumnValues: FromIterator<V>,
    {
        self.column(name, Role::Fixed, value)
    }

    /// Adds a column whose value is replaced in existing rows.
    #[must_use]
    pub fn updated<V>(self, name: &'static str, value: impl FnMut(&'a T) -> V) -> Self
    where
        ColumnValues: FromIterator<V>,
    {
        self.column(name, Role::Updated, value)
    }

    /// Adds a column of integers that are added to the values of existing rows.
    #[must_use]
    pub fn summed<V>(self, name: &'static str, value: impl FnMut(&'a T) -> V) -> Self
    where
        ColumnValues: FromIterator<V>,
    {
        self.column(name, Role::Summed, value)
    }

    fn column<V>(mut self, name: &'static str, role: Role, value: impl FnMut(&'a T) -> V) -> Self
    where
        ColumnValues: FromIterator<V>,
    {
        self.insert.columns.push((name, role, self.rows.iter().map(value).collect()));
        self
    }

    /// Writes the rows.
    pub async fn run(self, tables: &mut Tables<'_>) -> Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        tables.insert(self.insert).await
    }
}

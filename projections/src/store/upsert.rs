//! Inserting or updating many rows of a table with one call.

use super::connection::ViewConnection;
use super::insert::{ColumnValues, Insert, Presence, Role};
use super::table::Scope;
use crate::error::ViewError;

/// Builds an upsert from rows, column by column. The columns for merchant and generation are filled from the scope.
///
/// No two rows may have the same key.
pub struct Upsert<'a, T> {
    rows: &'a [T],
    scope: Scope<'a>,
    insert: Insert,
}

impl<'a, T> Upsert<'a, T> {
    /// Starts an upsert of rows into a table.
    pub fn into(table: &'static str, scope: Scope<'a>, rows: &'a [T], presence: Presence) -> Self {
        Self { rows, scope, insert: Insert { table, rows: rows.len(), columns: Vec::new(), presence } }
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
    pub async fn run(self, connection: &mut ViewConnection) -> Result<(), ViewError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        connection.insert(self.scope, self.insert).await
    }
}

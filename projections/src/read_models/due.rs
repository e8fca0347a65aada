//! Objects of all merchants with a time that has come.

use std::fmt::Display;
use std::str::FromStr;

use holdfast_domain::values::Timestamp;

use crate::error::{Result, ViewError};
use crate::store::{Row, Statement, ViewStore};

/// An object with a time that has come, such as an order with a reservation that expires.
#[derive(Debug, Clone)]
pub struct Due<Id> {
    /// The merchant's name.
    pub merchant: String,
    /// The object.
    pub id: Id,
    /// The position of the object's last event.
    pub position: u64,
    /// The time, in microseconds since 1970.
    pub due_at: i64,
}

/// A table with the columns `merchant`, `generation`, `position` and `due_at`.
pub(super) struct DueTable {
    /// The read model, for errors.
    pub(super) read_model: &'static str,
    pub(super) name: &'static str,
    /// The column of the object's id.
    pub(super) id: &'static str,
}

impl DueTable {
    /// Lists the objects of all merchants that are due at `now`, longest due first.
    pub(super) async fn due<Id: FromStr<Err: Display> + Display>(
        &self,
        store: &ViewStore,
        (generation, now): (i64, Timestamp),
        after: Option<&Due<Id>>,
        limit: usize,
    ) -> Result<Vec<Due<Id>>> {
        let mut query = Statement::new("SELECT merchant, position, due_at, ");
        query.push(self.id).push(" FROM ").push(self.name);
        query.push(" WHERE due_at IS NOT NULL AND generation = ").push_bind(generation);
        query.push(" AND due_at <= ").push_bind(now.microseconds());
        if let Some(after) = after {
            query.push(" AND (due_at, merchant, ").push(self.id).push(") > (").push_bind(after.due_at);
            query.push(", ").push_bind(after.merchant.as_str());
            query.push(", ").push_bind(after.id.to_string().as_str()).push(")");
        }
        query.push(" ORDER BY due_at, merchant, ").push(self.id).push(" LIMIT ").push_bind(limit as u64);
        let rows = store.reader().await?.fetch(query).await?;
        rows.iter().map(|row| self.read(row)).collect()
    }

    fn read<Id: FromStr<Err: Display>>(&self, row: &Row) -> Result<Due<Id>> {
        let id = row.text(3)?.parse().map_err(|error| ViewError::row(self.read_model, error))?;
        let merchant = row.text(0)?.to_owned();
        Ok(Due { merchant, id, position: row.unsigned(1)?, due_at: row.integer(2)? })
    }
}

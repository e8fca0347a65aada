//! Queries for commands by their correlation and causation IDs.

use super::projection::CausationProjection;
use crate::error::Result;
use crate::runtime::projection::Projection;
use crate::store::{Row, Scope, Statement, ViewStore};

/// The maximum number of IDs that one statement looks up.
const IDS_PER_STATEMENT: usize = 500;

/// The positions of a command's events in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CommandRange {
    /// The position of the last event.
    pub last: u64,
    /// The position of the first event.
    pub first: u64,
}

/// The ID by which commands are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandLink<'a> {
    /// Commands with this correlation ID: they belong together.
    Correlation(&'a str),
    /// Commands with this causation ID: the event with this ID caused them.
    Causation(&'a str),
}

/// The read model `causation`.
#[derive(Debug, Clone)]
pub struct Causation {
    store: ViewStore,
}

impl Causation {
    /// The name of the projection.
    pub const NAME: &'static str = CausationProjection::NAME;

    /// Reads from a store.
    pub fn new(store: &ViewStore) -> Self {
        Self { store: store.clone() }
    }

    /// Lists up to `limit` commands with an ID whose last event is after the position `after`, in the order of the journal.
    pub async fn commands(
        &self,
        merchant: &str,
        generation: i64,
        link: CommandLink<'_>,
        after: u64,
        limit: usize,
    ) -> Result<Vec<CommandRange>> {
        let (column, id) = match link {
            CommandLink::Correlation(id) => ("correlation_id", id),
            CommandLink::Causation(id) => ("causation_id", id),
        };
        let mut query = select(Scope { merchant, generation });
        query.push(" AND ").push(column).push(" = ").push_bind(id);
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        query.push(" AND last_position > ").push_bind(after);
        query.push(" ORDER BY last_position LIMIT ").push_bind(limit as u64);
        let rows = self.store.reader().await?.fetch(query).await?;
        rows.iter().map(range).collect()
    }

    /// Lists the commands that were caused by one of these event IDs, in no particular order: up to `limit` for every
    /// 500 IDs.
    pub async fn caused_by(
        &self,
        merchant: &str,
        generation: i64,
        ids: &[String],
        limit: usize,
    ) -> Result<Vec<CommandRange>> {
        let mut reader = self.store.reader().await?;
        let mut found = Vec::new();
        for ids in ids.chunks(IDS_PER_STATEMENT) {
            let mut query = select(Scope { merchant, generation });
            query.push(" AND causation_id IS NOT NULL AND causation_id IN (");
            query.push_bind_all(ids.iter().map(String::as_str));
            query.push(") LIMIT ").push_bind(limit as u64);
            for row in reader.fetch(query).await? {
                found.push(range(&row)?);
            }
        }
        Ok(found)
    }
}

fn select(scope: Scope<'_>) -> Statement {
    scope.statement(
        "SELECT last_position, first_position FROM command_link WHERE merchant = $1 AND generation = $2",
    )
}

fn range(row: &Row) -> Result<CommandRange> {
    Ok(CommandRange { last: row.unsigned(0)?, first: row.unsigned(1)? })
}

//! `causation`: which commands belong together, and which followed from which, by what came with them.
//!
//! The journal is not indexed by these ids: they are random, and every append would pay. Only commands that came with one
//! have a row.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use holdfast_domain::stream::StreamId;
use holdfast_journal::Event;
use serde::Deserialize;

use crate::error::ViewError;
use crate::runtime::projection::{Projection, RecordedEvent};
use crate::store::{ColumnKind, Presence, Row, Scope, Statement, Table, Upsert, ViewConnection, ViewStore};

/// How far apart commands may be that are looked up together.
const TOGETHER: u64 = 10_000;

/// Ids that are looked up by one statement.
const AT_ONCE: usize = 500;

/// The events of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CommandRange {
    /// The position of the last.
    pub last: u64,
    /// The position of the first.
    pub first: u64,
}

/// What a command belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandLink<'a> {
    /// To others that came with this correlation id.
    Correlation(&'a str),
    /// To what it followed from.
    Causation(&'a str),
}

/// What came with a command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Ids {
    correlation_id: Option<Arc<str>>,
    causation_id: Option<Arc<str>>,
}

impl Ids {
    /// Of metadata as the journal has it; none where there is none that can be read.
    fn of(metadata: &[u8]) -> Self {
        serde_json::from_slice(metadata).unwrap_or_default()
    }

    fn is_empty(&self) -> bool {
        self.correlation_id.is_none() && self.causation_id.is_none()
    }
}

/// A command with what came with it.
#[derive(Debug, Clone)]
pub struct CommandRow {
    first: u64,
    ids: Ids,
}

/// The fold.
#[derive(Debug)]
pub struct CausationProjection;

const TABLE: Table = Table {
    name: "command_link",
    key: &[("last_position", ColumnKind::Integer)],
    values: &[
        ("first_position", ColumnKind::Integer),
        ("correlation_id", ColumnKind::Text),
        ("causation_id", ColumnKind::Text),
    ],
};

#[async_trait]
impl Projection for CausationProjection {
    const NAME: &'static str = "causation";
    const VERSION: i64 = 1;
    const TABLES: &'static [Table] = &[TABLE];
    const ROWS_BEGIN_WITH_STREAMS: bool = false;

    /// The position of a command's last event.
    type Key = u64;
    type Row = CommandRow;

    fn concerns(_: &StreamId) -> bool {
        true
    }

    fn takes(event: &Event) -> bool {
        !Ids::of(&event.metadata).is_empty()
    }

    fn key(event: &RecordedEvent) -> Option<u64> {
        Some(event.command_end)
    }

    fn fold(row: Option<CommandRow>, event: RecordedEvent) -> CommandRow {
        let first = row.map_or(event.position, |row| row.first.min(event.position));
        CommandRow { first, ids: Ids::of(&event.metadata) }
    }

    /// A command's events are folded together, so there are rows of it only where some of its streams were parked.
    async fn load(
        connection: &mut ViewConnection,
        scope: Scope<'_>,
        keys: &[u64],
    ) -> Result<HashMap<u64, CommandRow>, ViewError> {
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        let mut rows = HashMap::new();
        for near in keys.chunk_by(|one, next| next - one < TOGETHER) {
            let (Some(from), Some(to)) = (near.first(), near.last()) else { continue };
            let mut question = Statement::new("SELECT ");
            question.push_columns(TABLE.key.iter().chain(TABLE.values)).push(" FROM command_link");
            question.push(" WHERE merchant = ").push_bind(scope.merchant);
            question.push(" AND generation = ").push_bind(scope.generation);
            question.push(" AND last_position BETWEEN ").push_bind(*from).push(" AND ").push_bind(*to);
            for row in connection.fetch(question).await? {
                let id = |text: Option<&str>| text.map(Arc::from);
                let ids = Ids {
                    correlation_id: id(row.optional_text(2)?),
                    causation_id: id(row.optional_text(3)?),
                };
                rows.insert(row.unsigned(0)?, CommandRow { first: row.unsigned(1)?, ids });
            }
        }
        rows.retain(|key, _| keys.binary_search(key).is_ok());
        Ok(rows)
    }

    async fn save(
        connection: &mut ViewConnection,
        scope: Scope<'_>,
        rows: &[(u64, CommandRow)],
        presence: Presence,
    ) -> Result<(), ViewError> {
        let text = |id: &Option<Arc<str>>| id.as_ref().map(ToString::to_string);
        Upsert::into(TABLE.name, scope, rows, presence)
            .key("last_position", |(last, _)| *last)
            .changing("first_position", |(_, row)| row.first)
            .fixed("correlation_id", |(_, row)| text(&row.ids.correlation_id))
            .fixed("causation_id", |(_, row)| text(&row.ids.causation_id))
            .run(connection)
            .await
    }

    /// A row says nothing of what its command did, so there is none that could be old.
    async fn mark_stale(_: &mut ViewConnection, _: Scope<'_>, _: &[&str]) -> Result<(), ViewError> {
        Ok(())
    }
}

/// The read model.
#[derive(Debug, Clone)]
pub struct Causation {
    store: ViewStore,
}

impl Causation {
    /// The projection's name.
    pub const NAME: &'static str = CausationProjection::NAME;

    /// Over a store.
    pub fn new(store: &ViewStore) -> Self {
        Self { store: store.clone() }
    }

    /// Commands that came with an id and end behind a position, the first first.
    pub async fn commands(
        &self,
        merchant: &str,
        generation: i64,
        link: CommandLink<'_>,
        after: u64,
        most: usize,
    ) -> Result<Vec<CommandRange>, ViewError> {
        let (column, id) = match link {
            CommandLink::Correlation(id) => ("correlation_id", id),
            CommandLink::Causation(id) => ("causation_id", id),
        };
        let mut question = of(Scope { merchant, generation });
        question.push(" AND ").push(column).push(" = ").push_bind(id);
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        question.push(" AND last_position > ").push_bind(after);
        question.push(" ORDER BY last_position LIMIT ").push_bind(most as u64);
        let rows = self.store.reader().await?.fetch(question).await?;
        rows.iter().map(span).collect()
    }

    /// Commands that followed from one of these, in no particular order; no more than `most` for every five hundred.
    pub async fn caused_by(
        &self,
        merchant: &str,
        generation: i64,
        ids: &[String],
        most: usize,
    ) -> Result<Vec<CommandRange>, ViewError> {
        let mut reader = self.store.reader().await?;
        let mut found = Vec::new();
        for ids in ids.chunks(AT_ONCE) {
            let mut question = of(Scope { merchant, generation });
            question.push(" AND causation_id IS NOT NULL AND causation_id IN (");
            for (place, id) in ids.iter().enumerate() {
                question.push(if place == 0 { "" } else { ", " }).push_bind(id.as_str());
            }
            question.push(") LIMIT ").push_bind(most as u64);
            for row in reader.fetch(question).await? {
                found.push(span(&row)?);
            }
        }
        Ok(found)
    }
}

fn of(scope: Scope<'_>) -> Statement {
    let mut question = Statement::new("SELECT last_position, first_position FROM command_link");
    question.push(" WHERE merchant = ").push_bind(scope.merchant);
    question.push(" AND generation = ").push_bind(scope.generation);
    question
}

fn span(row: &Row) -> Result<CommandRange, ViewError> {
    Ok(CommandRange { last: row.unsigned(0)?, first: row.unsigned(1)? })
}

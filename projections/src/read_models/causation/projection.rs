//! The fold of the read model: it reads the metadata of events, not their payload.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use holdfast_domain::stream::StreamId;
use holdfast_journal::Event;
use serde::Deserialize;

use crate::error::Result;
use crate::runtime::projection::{Projection, RecordedEvent, RowsByKey};
use crate::store::ColumnKind::{Integer, Text};
use crate::store::{Presence, Table, Tables, Upsert};

/// Commands whose positions are closer than this are loaded by one statement.
const MAX_GAP: u64 = 10_000;

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Ids {
    correlation_id: Option<Arc<str>>,
    causation_id: Option<Arc<str>>,
}

impl Ids {
    /// Reads the IDs from metadata. Metadata that cannot be decoded has none.
    fn of(metadata: &[u8]) -> Self {
        serde_json::from_slice(metadata).unwrap_or_default()
    }

    fn is_empty(&self) -> bool {
        self.correlation_id.is_none() && self.causation_id.is_none()
    }
}

/// A command with its IDs.
#[derive(Debug, Clone)]
pub struct CommandRow {
    first: u64,
    ids: Ids,
}

/// The projection `causation`.
#[derive(Debug)]
pub struct CausationProjection;

const TABLE: Table = Table {
    name: "command_link",
    key: &[("last_position", Integer)],
    values: &[("first_position", Integer), ("correlation_id", Text), ("causation_id", Text)],
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

    /// All events of a command are applied together, so a row exists only if some of its streams were parked.
    async fn load(tables: &mut Tables<'_>, keys: &[u64]) -> Result<RowsByKey<Self>> {
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        let mut rows = HashMap::new();
        for near in keys.chunk_by(|one, next| next - one < MAX_GAP) {
            let (Some(first), Some(last)) = (near.first(), near.last()) else { continue };
            let query = tables.statement(
                "SELECT last_position, first_position, correlation_id, causation_id FROM command_link
                 WHERE merchant = $1 AND generation = $2 AND last_position BETWEEN $3 AND $4",
            );
            let query = query.bind(*first).bind(*last);
            for row in tables.fetch(query).await? {
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

    async fn save(tables: &mut Tables<'_>, rows: &[(u64, CommandRow)], presence: Presence) -> Result<()> {
        let text = |id: &Option<Arc<str>>| id.as_ref().map(ToString::to_string);
        Upsert::into(TABLE.name, rows, presence)
            .key("last_position", |(last, _)| *last)
            .updated("first_position", |(_, row)| row.first)
            .fixed("correlation_id", |(_, row)| text(&row.ids.correlation_id))
            .fixed("causation_id", |(_, row)| text(&row.ids.causation_id))
            .run(tables)
            .await
    }
}

//! Checkpoints: up to which position of a merchant's journal a projection has come.

use std::collections::HashMap;

use crate::error::{Result, ViewError};
use crate::store::{Row, Statement, Tables, ViewConnection};

/// The checkpoint of a projection in one merchant's journal. Invariant: `folded + parked = position`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    /// Every event up to this position is folded or parked.
    pub(crate) position: u64,
    /// The hash of the event at that position; 32 zeros at position 0.
    pub(crate) hash: Vec<u8>,
    pub(crate) folded: u64,
    pub(crate) parked: u64,
}

impl Default for Checkpoint {
    fn default() -> Self {
        Self { position: 0, hash: vec![0; 32], folded: 0, parked: 0 }
    }
}

/// Reads the checkpoints of a generation by merchant. A merchant without a checkpoint is at position 0.
pub(crate) async fn read_all(
    connection: &mut ViewConnection,
    projection: &'static str,
    generation: i64,
) -> Result<HashMap<String, Checkpoint>> {
    let query = Statement::new(
        "SELECT merchant, position, hash, folded, parked FROM checkpoint
         WHERE projection = $1 AND generation = $2",
    );
    let rows = connection.fetch(query.bind(projection).bind(generation)).await?;
    let checkpoint = |row: &Row| {
        let checkpoint = Checkpoint {
            position: row.unsigned(1)?,
            hash: row.bytes(2)?.to_vec(),
            folded: row.unsigned(3)?,
            parked: row.unsigned(4)?,
        };
        Ok((row.text(0)?.to_owned(), checkpoint))
    };
    rows.iter().map(checkpoint).collect()
}

/// Locks the checkpoints of a generation until the transaction ends.
pub(crate) async fn lock(
    connection: &mut ViewConnection,
    projection: &'static str,
    generation: i64,
) -> Result<()> {
    let lock =
        Statement::new("UPDATE checkpoint SET position = position WHERE projection = $1 AND generation = $2");
    connection.execute(lock.bind(projection).bind(generation)).await.map(drop)
}

/// Moves a checkpoint, and locks it until the transaction ends. Fails with [`ViewError::CheckpointMoved`] if it is not
/// at `from` any more.
pub(crate) async fn advance(
    tables: &mut Tables<'_>,
    projection: &'static str,
    from: &Checkpoint,
    to: &Checkpoint,
) -> Result<()> {
    let change = Statement::new(if from.position == 0 {
        "INSERT INTO checkpoint (position, hash, folded, parked, merchant, projection, generation)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING"
    } else {
        "UPDATE checkpoint SET position = $1, hash = $2, folded = $3, parked = $4
         WHERE merchant = $5 AND projection = $6 AND generation = $7 AND position = $8 AND hash = $9
           AND parked = $10"
    });
    let change = change.bind(to.position).bind(&*to.hash).bind(to.folded).bind(to.parked);
    let change = change.bind(tables.scope.merchant).bind(projection).bind(tables.scope.generation);
    let change = match from.position {
        0 => change,
        // A retry of parked streams changes `parked` without moving the position.
        position => change.bind(position).bind(&*from.hash).bind(from.parked),
    };
    if tables.execute(change).await? == 1 { Ok(()) } else { Err(ViewError::CheckpointMoved(projection)) }
}

//! How far a projection is.

use std::collections::HashMap;

use crate::error::ViewError;
use crate::store::{Row, Scope, Statement, ViewConnection};

/// How far a projection is with one merchant's journal. `folded + parked = position` always.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub(crate) position: u64,
    pub(crate) hash: Vec<u8>,
    pub(crate) folded: u64,
    pub(crate) parked: u64,
}

impl Default for Checkpoint {
    /// The beginning.
    fn default() -> Self {
        Self { position: 0, hash: vec![0; 32], folded: 0, parked: 0 }
    }
}

/// Reads every merchant's checkpoint. A merchant without one is at the beginning.
pub(crate) async fn read_all(
    connection: &mut ViewConnection,
    projection: &'static str,
    generation: i64,
) -> Result<HashMap<String, Checkpoint>, ViewError> {
    let question = Statement::new(
        "SELECT merchant, position, hash, folded, parked FROM checkpoint
         WHERE projection = $1 AND generation = $2",
    );
    let rows = connection.fetch(question.bind(projection).bind(generation)).await?;
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

/// Keeps everybody else from moving the checkpoints of a generation until the transaction ends.
pub(crate) async fn hold(
    connection: &mut ViewConnection,
    projection: &'static str,
    generation: i64,
) -> Result<(), ViewError> {
    let hold =
        Statement::new("UPDATE checkpoint SET position = position WHERE projection = $1 AND generation = $2");
    connection.execute(hold.bind(projection).bind(generation)).await.map(drop)
}

/// Forgets the checkpoints of a generation of which no row is left.
pub(crate) async fn forget(
    connection: &mut ViewConnection,
    projection: &'static str,
    generation: i64,
) -> Result<(), ViewError> {
    let forget = Statement::new("DELETE FROM checkpoint WHERE projection = $1 AND generation = $2");
    connection.execute(forget.bind(projection).bind(generation)).await.map(drop)
}

/// Moves a checkpoint, if it is still where it was. Until the transaction ends nobody else can move it.
pub(crate) async fn advance(
    connection: &mut ViewConnection,
    projection: &'static str,
    scope: Scope<'_>,
    from: &Checkpoint,
    to: &Checkpoint,
) -> Result<(), ViewError> {
    let change = Statement::new(if from.position == 0 {
        "INSERT INTO checkpoint (position, hash, folded, parked, merchant, projection, generation)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING"
    } else {
        "UPDATE checkpoint SET position = $1, hash = $2, folded = $3, parked = $4
         WHERE merchant = $5 AND projection = $6 AND generation = $7 AND position = $8 AND hash = $9
           AND parked = $10"
    });
    let change = change.bind(to.position).bind(&*to.hash).bind(to.folded).bind(to.parked);
    let change = change.bind(scope.merchant).bind(projection).bind(scope.generation);
    let change = match from.position {
        0 => change,
        // What was parked there may have been taken up since, without moving it.
        position => change.bind(position).bind(&*from.hash).bind(from.parked),
    };
    if connection.execute(change).await? == 1 { Ok(()) } else { Err(ViewError::CheckpointMoved(projection)) }
}

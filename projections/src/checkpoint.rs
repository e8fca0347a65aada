//! How far a projection is.

use sqlx::{Row, SqliteConnection};

use crate::error::ViewError;
use crate::projection::Scope;

/// How far a projection is with one merchant's journal. `folded + parked = position` always.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub(crate) position: u64,
    pub(crate) hash: Vec<u8>,
    pub(crate) folded: u64,
    pub(crate) parked: u64,
}

/// Reads a checkpoint; the beginning where there is none.
pub(crate) async fn read(
    connection: &mut SqliteConnection,
    projection: &'static str,
    scope: Scope<'_>,
) -> Result<Checkpoint, ViewError> {
    let row = sqlx::query(
        "SELECT position, hash, folded, parked FROM checkpoint
         WHERE merchant = ? AND projection = ? AND generation = ?",
    )
    .bind(scope.merchant)
    .bind(projection)
    .bind(scope.generation)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else {
        return Ok(Checkpoint { hash: vec![0; 32], ..Checkpoint::default() });
    };
    Ok(Checkpoint {
        position: row.try_get::<i64, _>(0)?.cast_unsigned(),
        hash: row.try_get(1)?,
        folded: row.try_get::<i64, _>(2)?.cast_unsigned(),
        parked: row.try_get::<i64, _>(3)?.cast_unsigned(),
    })
}

/// Moves a checkpoint, if it is still where it was.
pub(crate) async fn advance(
    connection: &mut SqliteConnection,
    projection: &'static str,
    scope: Scope<'_>,
    from: &Checkpoint,
    to: &Checkpoint,
) -> Result<(), ViewError> {
    let moved = if from.position == 0 {
        sqlx::query(
            "INSERT INTO checkpoint (position, hash, folded, parked, merchant, projection, generation)
             VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
    } else {
        sqlx::query(
            "UPDATE checkpoint SET position = ?1, hash = ?2, folded = ?3, parked = ?4
             WHERE merchant = ?5 AND projection = ?6 AND generation = ?7 AND position = ?8 AND hash = ?9",
        )
    };
    let moved = moved
        .bind(to.position.cast_signed())
        .bind(&to.hash)
        .bind(to.folded.cast_signed())
        .bind(to.parked.cast_signed())
        .bind(scope.merchant)
        .bind(projection)
        .bind(scope.generation);
    let moved =
        if from.position == 0 { moved } else { moved.bind(from.position.cast_signed()).bind(&from.hash) };
    if moved.execute(connection).await?.rows_affected() == 1 {
        Ok(())
    } else {
        Err(ViewError::CheckpointMoved(projection))
    }
}

/// The generation that serves, made where there is none or where the one that serves is of another version.
pub(crate) async fn serving_generation(
    connection: &mut SqliteConnection,
    projection: &'static str,
    version: i64,
) -> Result<i64, ViewError> {
    let serving =
        sqlx::query("SELECT generation, version FROM generation WHERE projection = ? AND state = 'serving'")
            .bind(projection)
            .fetch_optional(&mut *connection)
            .await?;
    if let Some(row) = serving {
        let found: i64 = row.try_get(1)?;
        if found == version {
            return Ok(row.try_get(0)?);
        }
        sqlx::query("UPDATE generation SET state = 'retired' WHERE projection = ? AND state = 'serving'")
            .bind(projection)
            .execute(&mut *connection)
            .await?;
    }
    let row = sqlx::query("SELECT coalesce(max(generation), 0) + 1 FROM generation WHERE projection = ?")
        .bind(projection)
        .fetch_one(&mut *connection)
        .await?;
    let generation: i64 = row.try_get(0)?;
    sqlx::query(
        "INSERT INTO generation (projection, generation, version, state) VALUES (?, ?, ?, 'serving')",
    )
    .bind(projection)
    .bind(generation)
    .bind(version)
    .execute(connection)
    .await?;
    Ok(generation)
}

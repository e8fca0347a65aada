//! Deleting an unused generation in small transactions, so that no other transaction waits long.

use std::time::Duration;

use tokio::sync::watch;

use crate::error::Result;
use crate::runtime::context::ProjectionContext;
use crate::runtime::projection::Projection;
use crate::runtime::{checkpoint, generation};
use crate::store::{Scope, Statement, Table};

/// The number of rows that one statement deletes.
const ROWS_PER_STATEMENT: u64 = 2_000;
/// The pause between two statements, in which other transactions can write.
const PAUSE: Duration = Duration::from_millis(10);

/// Deletes all rows of a generation, and then the generation. If it is stopped or fails, the next call continues.
pub(crate) async fn delete<P: Projection>(
    context: ProjectionContext,
    generation: i64,
    stop: watch::Receiver<bool>,
) {
    if let Err(error) = delete_all::<P>(&context, generation, &stop).await {
        tracing::warn!(projection = P::NAME, generation, %error, "failed to delete a generation; will retry");
    }
}

async fn delete_all<P: Projection>(
    context: &ProjectionContext,
    generation: i64,
    stop: &watch::Receiver<bool>,
) -> Result<()> {
    let checkpoints = checkpoint::read_all(&mut context.store.writer().await?, P::NAME, generation).await?;
    for merchant in checkpoints.into_keys() {
        let scope = Scope { merchant: &merchant, generation };
        for table in P::TABLES {
            loop {
                // The lock admits one node at a time. Without it, "no row deleted" would not mean "no row left".
                let mut transaction = context.store.begin().await?;
                if !generation::lock_dropping(&mut transaction, P::NAME, generation).await? {
                    return Ok(());
                }
                let deleted = transaction.execute(delete_rows(table, scope)).await?;
                transaction.commit().await?;
                if deleted == 0 {
                    break;
                }
                if *stop.borrow() {
                    return Ok(());
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    let mut transaction = context.store.begin().await?;
    if !generation::lock_dropping(&mut transaction, P::NAME, generation).await? {
        return Ok(());
    }
    for delete in [
        "DELETE FROM parked_stream WHERE projection = $1 AND generation = $2",
        "DELETE FROM checkpoint WHERE projection = $1 AND generation = $2",
    ] {
        transaction.execute(Statement::new(delete).bind(P::NAME).bind(generation)).await?;
    }
    generation::delete(&mut transaction, P::NAME, generation).await?;
    transaction.commit().await
}

/// Deletes up to [`ROWS_PER_STATEMENT`] rows of a table.
fn delete_rows(table: &Table, scope: Scope<'_>) -> Statement {
    let mut delete = scope.statement("DELETE FROM ");
    delete.push(table.name).push(" WHERE merchant = $1 AND generation = $2");
    delete.push(" AND (").push_columns(table.key).push(") IN (SELECT ").push_columns(table.key);
    delete.push(" FROM ").push(table.name).push(" WHERE merchant = $1 AND generation = $2");
    delete.push(" ORDER BY ").push_columns(table.key).push(" LIMIT ").push_bind(ROWS_PER_STATEMENT).push(")");
    delete
}

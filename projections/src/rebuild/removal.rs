//! Deleting a generation that nobody needs, a few rows at a time, so that nobody has to wait for it.

use std::time::Duration;

use tokio::sync::watch;

use crate::error::ViewError;
use crate::runtime::projection::Projection;
use crate::runtime::runner::Workshop;
use crate::runtime::{checkpoint, generation, parked};
use crate::store::{Statement, Table};

/// Rows deleted by one statement.
const CHUNK: u64 = 2_000;
/// How long others have the store between two of them.
const PAUSE: Duration = Duration::from_millis(10);

/// Deletes every row of a generation, and then the generation. What is left when it is stopped or fails is deleted the next
/// time.
pub(crate) async fn remove<P: Projection>(shop: Workshop, generation: i64, stop: watch::Receiver<bool>) {
    if let Err(error) = remove_all::<P>(&shop, generation, &stop).await {
        tracing::warn!(projection = P::NAME, generation, %error, "a generation is not deleted yet");
    }
}

async fn remove_all<P: Projection>(
    shop: &Workshop,
    generation: i64,
    stop: &watch::Receiver<bool>,
) -> Result<(), ViewError> {
    let merchants =
        checkpoint::read_all(&mut shop.store.writer().await?, P::NAME, generation).await?.into_keys();
    for merchant in merchants {
        for table in P::TABLES {
            loop {
                // One node at a time, so that no row left means that none is left.
                let mut transaction = shop.store.begin().await?;
                if !generation::hold_dropping(&mut transaction, P::NAME, generation).await? {
                    return Ok(());
                }
                let deleted = transaction.execute(some(table, &merchant, generation)).await?;
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
    let mut transaction = shop.store.begin().await?;
    if !generation::hold_dropping(&mut transaction, P::NAME, generation).await? {
        return Ok(());
    }
    parked::forget(&mut transaction, P::NAME, generation).await?;
    checkpoint::forget(&mut transaction, P::NAME, generation).await?;
    generation::forget(&mut transaction, P::NAME, generation).await?;
    transaction.commit().await
}

/// Deletes some rows of a table.
fn some(table: &Table, merchant: &str, generation: i64) -> Statement {
    let mut some = Statement::new("DELETE FROM ");
    some.push(table.name).push(" WHERE merchant = ").push_bind(merchant);
    some.push(" AND generation = ").push_bind(generation);
    some.push(" AND (").push_columns(table.key).push(") IN (SELECT ").push_columns(table.key);
    some.push(" FROM ").push(table.name).push(" WHERE merchant = $1 AND generation = $2");
    some.push(" ORDER BY ").push_columns(table.key).push(" LIMIT ").push_bind(CHUNK).push(")");
    some
}

//! Which build of a projection serves.

use crate::error::ViewError;
use crate::store::{Row, Statement, ViewStore};

/// The generation that serves, made where there is none or where the one that serves is of another version. Nodes
/// that start at once agree on one: a node that was not the first looks again.
pub(crate) async fn serving(
    store: &ViewStore,
    projection: &'static str,
    version: i64,
) -> Result<i64, ViewError> {
    loop {
        let mut transaction = store.begin().await?;
        let all = Statement::new("SELECT generation, version, state FROM generation WHERE projection = $1");
        let all = transaction.fetch(all.bind(projection)).await?;
        let mut latest = 0;
        let mut serving: Option<&Row> = None;
        for row in &all {
            latest = latest.max(row.integer(0)?);
            if row.text(2)? == "serving" {
                serving = Some(row);
            }
        }
        if let Some(row) = serving {
            if row.integer(1)? == version {
                return row.integer(0);
            }
            let retire = Statement::new(
                "UPDATE generation SET state = 'retired'
                 WHERE projection = $1 AND generation = $2 AND state = 'serving'",
            );
            if transaction.execute(retire.bind(projection).bind(row.integer(0)?)).await? == 0 {
                continue;
            }
        }
        let next = Statement::new(
            "INSERT INTO generation (projection, generation, version, state) VALUES ($1, $2, $3, 'serving')
             ON CONFLICT DO NOTHING",
        );
        if transaction.execute(next.bind(projection).bind(latest + 1).bind(version)).await? == 1 {
            transaction.commit().await?;
            return Ok(latest + 1);
        }
    }
}

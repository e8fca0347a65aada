//! Reading what the hash chains cover, however damaged.

use async_trait::async_trait;
use futures::StreamExt;
use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};

use super::columns::bounded;
use super::rows::{self, outcome_columns, select_events};
use super::{PostgresJournal, query};
use crate::error::JournalError;
use crate::finding::Finding;
use crate::paging::Page;
use crate::record::{BatchSummary, Event, Outcome};
use crate::traits::VerificationSource;

/// Steps from each merchant to the next one in any table, by index: no table is read entirely.
const MERCHANTS: &str = "
WITH RECURSIVE found(merchant) AS (
    SELECT least((SELECT min(merchant) FROM journal_head), (SELECT min(merchant) FROM batch),
                 (SELECT min(merchant) FROM event), (SELECT min(merchant) FROM outcome))
    UNION ALL
    SELECT least((SELECT min(t.merchant) FROM journal_head AS t WHERE t.merchant > found.merchant),
                 (SELECT min(t.merchant) FROM batch AS t WHERE t.merchant > found.merchant),
                 (SELECT min(t.merchant) FROM event AS t WHERE t.merchant > found.merchant),
                 (SELECT min(t.merchant) FROM outcome AS t WHERE t.merchant > found.merchant))
    FROM found WHERE found.merchant IS NOT NULL)
SELECT merchant FROM found WHERE merchant IS NOT NULL";

#[async_trait]
impl VerificationSource for PostgresJournal {
    async fn merchants(&self) -> Result<Vec<String>, JournalError> {
        self.run(sqlx::query_scalar(MERCHANTS).fetch_all(self.pool())).await
    }

    async fn examine(
        &self,
        merchant: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Result<Event, Finding>>, JournalError> {
        self.run(examine(self.pool(), merchant, after, limit)).await
    }

    async fn batches(
        &self,
        merchant: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<BatchSummary>, JournalError> {
        self.run(query::batches(self.pool(), merchant, after, limit)).await
    }

    async fn outcomes(&self, merchant: &str, from: u64, to: u64) -> Result<Vec<Outcome>, JournalError> {
        let select = concat!(
            "SELECT ",
            outcome_columns!(),
            " FROM outcome AS o WHERE o.merchant = $1 AND o.batch BETWEEN $2 AND $3
              ORDER BY o.batch, o.ordinal"
        );
        let query = sqlx::query(select).bind(merchant).bind(bounded(from)).bind(bounded(to));
        self.run(async { query.fetch_all(self.pool()).await?.iter().map(rows::outcome).collect() }).await
    }
}

async fn examine(
    pool: &PgPool,
    merchant: &str,
    after: u64,
    limit: usize,
) -> Result<Vec<Result<Event, Finding>>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let mut page = Page::new();
    if after == 0 {
        let select = "SELECT EXISTS (SELECT 1 FROM event WHERE merchant = $1 AND position < 1)";
        if sqlx::query_scalar(select).bind(merchant).fetch_one(&mut *connection).await? {
            page.push(Err(Finding::before_first_position()));
        }
    }
    let select = select_events!("event.position > $2 ORDER BY event.position LIMIT $3");
    let query = sqlx::query(select).bind(merchant).bind(bounded(after)).bind(bounded(limit as u64));
    page.extend_from_stream(query.fetch(&mut *connection).map(|row| event_or_finding(&row?))).await?;
    Ok(page.into_items())
}

fn event_or_finding(row: &PgRow) -> Result<Result<Event, Finding>, sqlx::Error> {
    let position = row.try_get::<i64, _>(0)?.cast_unsigned();
    Ok(rows::event(row).map_err(|error| Finding::unreadable(position, "the event", &error)))
}

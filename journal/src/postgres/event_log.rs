//! Reading events.

use async_trait::async_trait;
use futures::future::ready;
use futures::{StreamExt, TryStreamExt};
use sqlx::Row;
use sqlx::postgres::PgPool;
use tokio::sync::watch;

use super::columns::bounded;
use super::rows::{self, head_columns, select_events};
use super::{PostgresJournal, query};
use crate::error::JournalError;
use crate::paging::Page;
use crate::record::{Event, Head};
use crate::traits::EventLog;

#[async_trait]
impl EventLog for PostgresJournal {
    fn commits(&self) -> watch::Receiver<u64> {
        self.notifications.commit_signal.subscribe()
    }

    fn is_cached(&self, merchant: &str, after: u64) -> bool {
        self.recent_events.contains_next(merchant, after)
    }

    async fn head(&self, merchant: &str) -> Result<Head, JournalError> {
        self.run(query::head(self.pool(), merchant)).await
    }

    async fn heads(&self) -> Result<Vec<(String, Head)>, JournalError> {
        let select = concat!("SELECT ", head_columns!(), ", merchant FROM journal_head ORDER BY merchant");
        self.run(async {
            let found = sqlx::query(select).fetch_all(self.pool()).await?;
            found.iter().map(|row| Ok((row.try_get(7)?, rows::head(row)?))).collect()
        })
        .await
    }

    async fn read(&self, merchant: &str, after: u64, limit: usize) -> Result<Vec<Event>, JournalError> {
        if let Some(recent) = self.recent_events.read(merchant, after, limit) {
            return Ok(recent);
        }
        self.run(read(self.pool(), merchant, after, limit)).await
    }

    async fn read_stream(&self, merchant: &str, name: &str, up_to: u64) -> Result<Vec<Event>, JournalError> {
        let select = select_events!(
            "event.stream = (SELECT s.stream FROM stream AS s WHERE s.merchant = $1 AND s.name = $2)
             AND event.command_end <= $3 AND event.position > 0 ORDER BY event.version"
        );
        let query = sqlx::query(select).bind(merchant).bind(name).bind(bounded(up_to));
        self.run(async { query.fetch_all(self.pool()).await?.iter().map(rows::event).collect() }).await
    }

    async fn read_stream_page(
        &self,
        merchant: &str,
        name: &str,
        after_version: u64,
        up_to: u64,
        limit: usize,
    ) -> Result<Vec<Event>, JournalError> {
        let select = select_events!(
            "event.stream = (SELECT s.stream FROM stream AS s WHERE s.merchant = $1 AND s.name = $2)
             AND event.version > $3 AND event.position > 0 ORDER BY event.version LIMIT $4"
        );
        let query = sqlx::query(select).bind(merchant).bind(name);
        let query = query.bind(bounded(after_version)).bind(bounded(limit as u64));
        // The end is not a condition of the query: it would search all events behind it in vain.
        let events = query
            .fetch(self.pool())
            .map(|row| rows::event(&row?))
            .try_take_while(|event| ready(Ok(event.command_end <= up_to)));
        self.run(async {
            let mut page = Page::new();
            page.extend_from_stream(events).await?;
            Ok(page.into_items())
        })
        .await
    }

    async fn position_at(&self, merchant: &str, time: i64) -> Result<u64, JournalError> {
        self.run(position_at(self.pool(), merchant, time)).await
    }
}

async fn read(pool: &PgPool, merchant: &str, after: u64, limit: usize) -> Result<Vec<Event>, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let select = select_events!("event.position > $2 ORDER BY event.position LIMIT $3");
    let query = sqlx::query(select).bind(merchant).bind(bounded(after)).bind(bounded(limit as u64));
    let mut page = Page::new();
    page.extend_from_stream(query.fetch(&mut *connection).map(|row| rows::event(&row?))).await?;
    let incomplete = page.incomplete_command();
    let mut events = page.into_items();
    if let Some((position, end)) = incomplete {
        let select = select_events!(
            "event.position > $2 AND event.position <= $3 AND event.command_end = $3 ORDER BY event.position"
        );
        let query = sqlx::query(select).bind(merchant).bind(bounded(position)).bind(bounded(end));
        for row in query.fetch_all(&mut *connection).await? {
            events.push(rows::event(&row)?);
        }
    }
    Ok(events)
}

/// Finds the position by binary search: decision times never decrease with the position.
async fn position_at(pool: &PgPool, merchant: &str, time: i64) -> Result<u64, sqlx::Error> {
    let (mut low, mut high, mut end) = (0, query::head(pool, merchant).await?.position, 0);
    let mut connection = pool.acquire().await?;
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        let row = sqlx::query(
            "SELECT command_end, recorded_at <= $3 FROM event WHERE merchant = $1 AND position = $2",
        )
        .bind(merchant)
        .bind(bounded(middle))
        .bind(time)
        .fetch_one(&mut *connection)
        .await?;
        if row.try_get(1)? {
            (low, end) = (middle, rows::number(&row, 0)?);
        } else {
            high = middle - 1;
        }
    }
    Ok(end)
}

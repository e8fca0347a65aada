//! Reading events.

use async_trait::async_trait;
use rusqlite::{Connection, params};
use tokio::sync::watch;

use super::rows::{self, EVENT, HEAD, bounded};
use super::{SqliteJournal, query};
use crate::error::JournalError;
use crate::paging::Page;
use crate::record::{Event, Head};
use crate::traits::EventLog;

#[async_trait]
impl EventLog for SqliteJournal {
    fn commits(&self) -> watch::Receiver<u64> {
        self.commit_signal.subscribe()
    }

    async fn head(&self, merchant: &str) -> Result<Head, JournalError> {
        let merchant = merchant.to_owned();
        self.query(move |connection| query::head(connection, &merchant)).await
    }

    async fn heads(&self) -> Result<Vec<(String, Head)>, JournalError> {
        self.query(|connection| {
            connection
                .prepare_cached(&format!("SELECT {HEAD}, merchant FROM journal_head ORDER BY merchant"))?
                .query_map([], |row| Ok((row.get(7)?, rows::head(row)?)))?
                .collect()
        })
        .await
    }

    async fn read(&self, merchant: &str, after: u64, limit: usize) -> Result<Vec<Event>, JournalError> {
        if let Some(recent) = self.recent_events.read(merchant, after, limit) {
            return Ok(recent);
        }
        let merchant = merchant.to_owned();
        self.query(move |connection| read(connection, &merchant, after, limit)).await
    }

    async fn read_stream(&self, merchant: &str, name: &str, up_to: u64) -> Result<Vec<Event>, JournalError> {
        let (merchant, name) = (merchant.to_owned(), name.to_owned());
        self.query(move |connection| match query::stream_number(connection, &merchant, &name)? {
            Some(stream) => query::stream_events(connection, &merchant, stream, 0, up_to),
            None => Ok(Vec::new()),
        })
        .await
    }

    async fn read_stream_page(
        &self,
        merchant: &str,
        name: &str,
        after_version: u64,
        up_to: u64,
        limit: usize,
    ) -> Result<Vec<Event>, JournalError> {
        let (merchant, name) = (merchant.to_owned(), name.to_owned());
        self.query(move |connection| {
            let Some(stream) = query::stream_number(connection, &merchant, &name)? else {
                return Ok(Vec::new());
            };
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {EVENT} WHERE event.merchant = ?1 AND event.stream = ?2 AND event.version > ?3
                 AND event.position > 0 ORDER BY event.version LIMIT ?4"
            ))?;
            let parameters = params![merchant, stream, bounded(after_version), bounded(limit as u64)];
            // The end is not a condition of the query: it would search all events behind it in vain.
            let events = statement
                .query_map(parameters, rows::event)?
                .take_while(|event| event.as_ref().map_or(true, |event| event.command_end <= up_to));
            let mut page = Page::new();
            page.extend(events)?;
            Ok(page.into_items())
        })
        .await
    }

    async fn position_at(&self, merchant: &str, time: i64) -> Result<u64, JournalError> {
        let merchant = merchant.to_owned();
        self.query(move |connection| position_at(connection, &merchant, time)).await
    }
}

fn read(connection: &Connection, merchant: &str, after: u64, limit: usize) -> rusqlite::Result<Vec<Event>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {EVENT} WHERE event.merchant = ?1 AND event.position > ?2 ORDER BY event.position LIMIT ?3"
    ))?;
    let mut page = Page::new();
    let parameters = params![merchant, bounded(after), bounded(limit as u64)];
    page.extend(statement.query_map(parameters, rows::event)?)?;
    let incomplete = page.incomplete_command();
    let mut events = page.into_items();
    if let Some((position, end)) = incomplete {
        let mut rest = connection.prepare_cached(&format!(
            "SELECT {EVENT} WHERE event.merchant = ?1 AND event.position > ?2 AND event.position <= ?3
             AND event.command_end = ?3 ORDER BY event.position"
        ))?;
        for event in rest.query_map(params![merchant, position, end], rows::event)? {
            events.push(event?);
        }
    }
    Ok(events)
}

/// Finds the position by binary search: decision times never decrease with the position.
fn position_at(connection: &Connection, merchant: &str, time: i64) -> rusqlite::Result<u64> {
    let (mut low, mut high) = (0, query::head(connection, merchant)?.position);
    let mut recorded = connection
        .prepare_cached("SELECT recorded_at, command_end FROM event WHERE merchant = ?1 AND position = ?2")?;
    let mut end = 0;
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        let (recorded_at, command_end): (i64, u64) =
            recorded.query_row(params![merchant, middle], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if recorded_at <= time {
            (low, end) = (middle, command_end);
        } else {
            high = middle - 1;
        }
    }
    Ok(end)
}

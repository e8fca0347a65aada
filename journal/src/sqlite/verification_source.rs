//! Reading what the hash chains cover, however damaged.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use super::rows::{self, EVENT, OUTCOME, bounded};
use super::{SqliteJournal, query};
use crate::error::JournalError;
use crate::finding::Finding;
use crate::paging::Page;
use crate::record::{BatchSummary, Event, Outcome};
use crate::traits::VerificationSource;

#[async_trait]
impl VerificationSource for SqliteJournal {
    async fn merchants(&self) -> Result<Vec<String>, JournalError> {
        self.query(merchants).await
    }

    async fn examine(
        &self,
        merchant: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Result<Event, Finding>>, JournalError> {
        let merchant = merchant.to_owned();
        self.query(move |connection| examine(connection, &merchant, after, limit)).await
    }

    async fn batches(
        &self,
        merchant: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<BatchSummary>, JournalError> {
        let merchant = merchant.to_owned();
        self.query(move |connection| query::batches(connection, &merchant, after, limit)).await
    }

    async fn outcomes(&self, merchant: &str, from: u64, to: u64) -> Result<Vec<Outcome>, JournalError> {
        let merchant = merchant.to_owned();
        self.query(move |connection| {
            connection
                .prepare_cached(&format!(
                    "SELECT {OUTCOME} FROM outcome WHERE merchant = ?1 AND batch BETWEEN ?2 AND ?3
                     ORDER BY batch, ordinal"
                ))?
                .query_map(params![merchant, bounded(from), bounded(to)], rows::outcome)?
                .collect()
        })
        .await
    }
}

/// Steps from each merchant to the next one in any table, by index: no table is read entirely.
fn merchants(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let next = |condition: &str| {
        let least = ["journal_head", "batch", "event", "outcome"]
            .map(|table| format!("SELECT min(merchant) AS merchant FROM {table} WHERE merchant {condition}"))
            .join(" UNION ALL ");
        connection.prepare_cached(&format!("SELECT min(merchant) FROM ({least})"))
    };
    let mut merchants: Vec<String> = Vec::new();
    let mut found: Option<String> = next(">= ''")?.query_row([], |row| row.get(0))?;
    let mut next = next("> ?1")?;
    while let Some(merchant) = found {
        found = next.query_row(params![merchant], |row| row.get(0))?;
        merchants.push(merchant);
    }
    Ok(merchants)
}

fn examine(
    connection: &Connection,
    merchant: &str,
    after: u64,
    limit: usize,
) -> rusqlite::Result<Vec<Result<Event, Finding>>> {
    let mut page = Page::new();
    if after == 0 && has_event_before_first_position(connection, merchant)? {
        page.push(Err(Finding::before_first_position()));
    }
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {EVENT} WHERE event.merchant = ?1 AND event.position > ?2
         AND typeof(event.position) = 'integer' ORDER BY event.position LIMIT ?3"
    ))?;
    let events = statement.query_map(params![merchant, bounded(after), bounded(limit as u64)], |row| {
        let position = row.get(0)?;
        Ok(rows::event(row).map_err(|error| Finding::unreadable(position, "the event", &error)))
    })?;
    let read = page.extend(events);
    match (read, page.last()) {
        (Ok(()), _) => {}
        (Err(error), None) => return Err(error),
        // The events before the damage are still checked.
        (Err(error), Some(last)) => {
            let position = last.as_ref().map_or_else(|finding| finding.position, |event| event.position);
            page.push(Err(Finding::unreadable(position + 1, "the journal from here on", &error)));
        }
    }
    Ok(page.into_items())
}

fn has_event_before_first_position(connection: &Connection, merchant: &str) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM event WHERE merchant = ?1 AND position < 1)")?
        .query_row(params![merchant], |row| row.get(0))
}

//! On hand at a past time, computed from the events of the journal: for counts that are reported late.

use holdfast_domain::stock::{PastOnHand, StockItem};
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::{LocationId, Sku, Timestamp};
use holdfast_journal::{Event, JournalError};

use super::Writer;
use crate::execution::cached_stream::{StoredAggregate, decode};

/// How many events of a stream are read at a time.
const PAGE_SIZE: u64 = 1_000;

impl Writer {
    /// On hand at past times by the committed events: the state has the uncommitted changes. Reads the events once, back to the
    /// earliest time, the latest first. Empty if the stock of the SKU is not loaded.
    pub(super) async fn past_on_hand(
        &self,
        sku: &Sku,
        location: &LocationId,
        times: &[Timestamp],
    ) -> Result<Vec<(Timestamp, PastOnHand)>, JournalError> {
        let stream = StreamId::Stock(sku.clone());
        let Some(cached) = self.layers.committed.peek(&stream) else { return Ok(Vec::new()) };
        let Some(now) = StockItem::of(&cached.entity).map(|item| item.recorded_on_hand(location)) else {
            return Ok(Vec::new());
        };
        let earliest = times.iter().min().map_or(i64::MAX, |time| time.microseconds());
        let mut past: Vec<(Timestamp, PastOnHand)> = times.iter().map(|time| (*time, now)).collect();
        let mut unread = cached.version;
        while unread > 0 {
            let after = unread.saturating_sub(PAGE_SIZE);
            let events = self.events_between(&stream, after, unread).await?;
            for event in &events {
                if let DomainEvent::Stock(event) = decode(event)? {
                    for (time, past) in &mut past {
                        past.undo(&event, location, *time);
                    }
                }
            }
            let is_enough = events.first().is_none_or(|first| first.recorded_at <= earliest);
            unread = if is_enough { 0 } else { after };
        }
        Ok(past)
    }

    /// The events of a stream after a version, up to another one.
    async fn events_between(
        &self,
        stream: &StreamId,
        after: u64,
        to: u64,
    ) -> Result<Vec<Event>, JournalError> {
        let (merchant, name) = (self.merchant.as_str(), stream.to_string());
        let mut events: Vec<Event> = Vec::new();
        let mut read = after;
        while read < to {
            let limit = usize::try_from(to - read).unwrap_or(usize::MAX);
            let page = self.shared.journal.read_stream_page(merchant, &name, read, u64::MAX, limit).await?;
            let Some(last) = page.last() else {
                return Err(JournalError::Corrupt(format!("{name} ends at version {read}, before {to}")));
            };
            read = last.version;
            events.extend(page);
        }
        Ok(events)
    }
}

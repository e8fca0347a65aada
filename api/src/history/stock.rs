//! A SKU's stock replayed event by event, page by page.

use std::sync::Arc;

use cqrs_es::Aggregate as _;
use holdfast_commands::decode;
use holdfast_domain::stock::{Movement, StockEvent, StockItem};
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::{LocationId, Sku};
use holdfast_journal::{Event, Journal, JournalError};
use holdfast_projections::StockSnapshot;
use schemars::JsonSchema;
use serde::Serialize;

use super::EventEnvelope;

/// The events that are read at once.
const PAGE_SIZE: usize = 1_000;

/// An event of a SKU, and the stock after it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StockMovement {
    #[serde(flatten)]
    /// The event.
    pub event: EventEnvelope,
    #[serde(flatten)]
    /// The units that the event moved.
    pub movement: Movement,
}

impl StockMovement {
    /// An event with its movement.
    pub fn of((event, movement): (Event, Movement)) -> Result<Self, JournalError> {
        Ok(Self { event: EventEnvelope::of(&event)?, movement })
    }
}

/// A SKU's stock during a replay. It keeps one page of events in memory.
pub struct StockReplay {
    journal: Arc<dyn Journal>,
    merchant: String,
    stream: StreamId,
    /// The position of the last event.
    end: u64,
    item: StockItem,
    /// The number of events applied.
    version: u64,
    page: std::vec::IntoIter<Event>,
}

impl StockReplay {
    /// Begins at a snapshot, or at the first event.
    pub fn new(
        journal: &Arc<dyn Journal>,
        merchant: &str,
        sku: &Sku,
        snapshot: Option<StockSnapshot>,
        end: u64,
    ) -> Self {
        let (item, version) =
            snapshot.map_or_else(Default::default, |snapshot| (snapshot.item, snapshot.version));
        Self {
            journal: Arc::clone(journal),
            merchant: merchant.to_owned(),
            stream: StreamId::Stock(sku.clone()),
            end,
            item,
            version,
            page: Vec::new().into_iter(),
        }
    }

    /// The current stock.
    pub fn item(&self) -> &StockItem {
        &self.item
    }

    /// The current stock, at the end of the replay.
    pub fn into_item(self) -> StockItem {
        self.item
    }

    /// The next event, which must be applied before the following one is requested. `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Event>, JournalError> {
        if self.page.len() == 0 {
            let name = self.stream.to_string();
            let page = self
                .journal
                .read_stream_page(&self.merchant, &name, self.version, self.end, PAGE_SIZE)
                .await?;
            self.page = page.into_iter();
        }
        Ok(self.page.next())
    }

    /// Applies an event, and returns its payload.
    pub fn apply(&mut self, event: &Event) -> Result<StockEvent, JournalError> {
        if event.version != self.version + 1 {
            let gap = format_args!("version {} follows {}", event.version, self.version);
            return Err(JournalError::corrupt_at(event.position, gap));
        }
        let DomainEvent::Stock(payload) = decode(event)? else {
            return Err(JournalError::corrupt_at(event.position, "not an event of stock"));
        };
        self.item.apply(payload.clone());
        self.version = event.version;
        Ok(payload)
    }

    /// Applies an event, and returns the movement. `None` if it is at another location than the given one.
    pub fn movement(
        &mut self,
        event: &Event,
        location: Option<&LocationId>,
    ) -> Result<Option<Movement>, JournalError> {
        let payload = self.apply(event)?;
        let movement = Movement::of(&payload, &self.item);
        Ok(location.is_none_or(|location| movement.is_at(location)).then_some(movement))
    }
}

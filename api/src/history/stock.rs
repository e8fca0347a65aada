//! A stock item taken through its events, however many they are: page by page, with what is there after each.

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

use super::HistoryItem;

/// Events read at once.
const PAGE: usize = 1_000;

/// An event of a stock item, with what is there after it. Personal data is never part of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StockMovement {
    #[serde(flatten)]
    /// The event.
    pub event: HistoryItem,
    #[serde(flatten)]
    /// The units that it moved.
    pub movement: Movement,
}

impl StockMovement {
    /// The event and what it moved, as they are told.
    pub fn of((event, movement): (Event, Movement)) -> Result<Self, JournalError> {
        Ok(Self { event: HistoryItem::of(&event)?, movement })
    }
}

/// A stock item on its way through its events up to a position. Bounded in memory: one page of them.
pub struct StockReplay {
    journal: Arc<dyn Journal>,
    merchant: String,
    stream: StreamId,
    up_to: u64,
    item: StockItem,
    /// How many events it has been through.
    version: u64,
    page: std::vec::IntoIter<Event>,
}

impl StockReplay {
    /// From a snapshot, or from the beginning.
    pub fn new(
        journal: &Arc<dyn Journal>,
        merchant: &str,
        sku: &Sku,
        from: Option<StockSnapshot>,
        up_to: u64,
    ) -> Self {
        let (item, version) =
            from.map_or_else(Default::default, |snapshot| (snapshot.item, snapshot.version));
        Self {
            journal: Arc::clone(journal),
            merchant: merchant.to_owned(),
            stream: StreamId::Stock(sku.clone()),
            up_to,
            item,
            version,
            page: Vec::new().into_iter(),
        }
    }

    /// The item as it is by now.
    pub fn item(&self) -> &StockItem {
        &self.item
    }

    /// The item as it is by now, for good.
    pub fn into_item(self) -> StockItem {
        self.item
    }

    /// The next event, which is to be passed or told before the one after it is asked for; nothing at the end.
    pub async fn next(&mut self) -> Result<Option<Event>, JournalError> {
        if self.page.len() == 0 {
            let name = self.stream.to_string();
            let page =
                self.journal.read_stream_page(&self.merchant, &name, self.version, self.up_to, PAGE).await?;
            self.page = page.into_iter();
        }
        Ok(self.page.next())
    }

    /// Takes the item through an event.
    pub fn pass(&mut self, event: &Event) -> Result<(), JournalError> {
        self.apply(event).map(drop)
    }

    /// Takes the item through an event and tells of it, where it was about a location that is asked for.
    pub fn tell(
        &mut self,
        event: &Event,
        location: Option<&LocationId>,
    ) -> Result<Option<Movement>, JournalError> {
        let happened = self.apply(event)?;
        let movement = Movement::of(&happened, &self.item);
        Ok(location.is_none_or(|location| movement.is_at(location)).then_some(movement))
    }

    fn apply(&mut self, event: &Event) -> Result<StockEvent, JournalError> {
        if event.version != self.version + 1 {
            let gap = format_args!("version {} follows {}", event.version, self.version);
            return Err(JournalError::corrupt_at(event.position, gap));
        }
        let DomainEvent::Stock(happened) = decode(event)? else {
            return Err(JournalError::corrupt_at(event.position, "not a stock item's event"));
        };
        self.item.apply(happened.clone());
        self.version = event.version;
        Ok(happened)
    }
}

//! What was so at a moment, folded from the journal: bounded, because streams are not.

use std::collections::{BTreeSet, HashMap};

use cqrs_es::Aggregate as _;
use holdfast_commands::decode;
use holdfast_domain::network::Network;
use holdfast_domain::order::OrderStatus;
use holdfast_domain::stock::{AvailabilityView, Movement, StockItem};
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::{LocationId, Sku};
use holdfast_journal::{Event, JournalError};
use holdfast_projections::{Availability, AvailabilityFilter, ViewError};

use super::{AsOf, MOST_COMMANDS, Reading};
use crate::history::difference::Difference;
use crate::history::order::OrderReplay;
use crate::history::stock::StockReplay;

/// Events that are folded for one question at most: a second or two of work.
pub(crate) const MOST_EVENTS: usize = 100_000;
/// Events of which one part of a stock item's history is picked at most, where not all of them are wanted.
const MOST_LOOKED_AT: usize = 10_000;

/// Events of the locations' stream read at once.
const PAGE: usize = 1_000;
/// Lines of an order, each in all its parts, that are compared for one question at most, over all its events.
const MOST_COMPARED: usize = 200_000;

/// Why the past cannot be told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PastError {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The read models.
    #[error(transparent)]
    View(#[from] ViewError),
    /// It would take too long.
    #[error(
        "more than {0} events would have to be folded: ask for less at once, or use the command line, which takes any \
         number: holdfast audit"
    )]
    TooManyEvents(usize),
    /// It would take too long.
    #[error(
        "the order has too many lines and events to tell what each event changed: ask without, or use the command \
         line: holdfast audit order --differences"
    )]
    TooMuchToCompare,
    /// It would be too much.
    #[error(
        "more than {MOST_COMMANDS} commands, or very large ones, followed from it: use the command line, which takes any \
         number: holdfast audit command"
    )]
    TooMuchFollowed,
}

/// A part of a stock item's history, oldest first.
#[derive(Debug)]
pub(crate) struct StockHistory {
    /// The movements.
    pub(crate) items: Vec<(Event, Movement)>,
    /// The position behind which the next part begins; nothing at the end.
    pub(crate) next: Option<u64>,
    /// Up to here it is told.
    pub(crate) position: u64,
}

/// Which part of a stock item's history.
#[derive(Debug)]
pub(crate) struct StockHistoryAsked {
    /// Of which SKU.
    pub(crate) sku: Sku,
    /// Only what was about this location.
    pub(crate) location: Option<LocationId>,
    /// Behind this position.
    pub(crate) after: u64,
    /// So many movements at most.
    pub(crate) limit: usize,
    /// As it was known at this moment.
    pub(crate) as_of: Option<AsOf>,
}

impl Reading {
    /// Lets a question about the past take fewer events.
    #[cfg(test)]
    pub(crate) fn take_at_most(&mut self, most_events: usize) {
        self.most_events = most_events;
    }

    /// The position of a moment, which the journal has; its end where none is given.
    async fn moment(&self, merchant: &str, moment: Option<AsOf>) -> Result<u64, JournalError> {
        let head = self.head(merchant).await?;
        match moment {
            Some(moment) => Ok(moment.position(&*self.journal, merchant).await?.min(head)),
            None => Ok(head),
        }
    }

    /// A stock item from its latest stock snapshot up to a position. Where the read model that keeps them is not there, from its
    /// first event.
    async fn replay(
        &self,
        merchant: &str,
        sku: &Sku,
        begin: u64,
        up_to: u64,
    ) -> Result<StockReplay, ViewError> {
        // One that has halted, above all because it was folded from another journal, is not asked.
        let snapshot = match self.generation(Availability::NAME, merchant).ok() {
            Some(generation) => self.availability.stock_snapshot(merchant, generation, sku, begin).await?,
            None => None,
        };
        Ok(StockReplay::new(&self.journal, merchant, sku, snapshot, up_to))
    }

    /// What happened to a stock item, with what was there after each; nothing for a SKU that was never seen by then.
    pub(crate) async fn stock_history(
        &self,
        merchant: &str,
        asked: &StockHistoryAsked,
    ) -> Result<Option<StockHistory>, PastError> {
        let up_to = self.moment(merchant, asked.as_of).await?;
        let mut replay = self.replay(merchant, &asked.sku, asked.after.min(up_to), up_to).await?;
        let (mut items, mut next) = (Vec::new(), None);
        let (mut passed, mut looked_at, mut last) = (0, 0, asked.after);
        while let Some(event) = replay.next().await? {
            if event.position <= asked.after {
                passed += 1;
                if passed > self.most_events {
                    return Err(PastError::TooManyEvents(self.most_events));
                }
                replay.pass(&event)?;
                continue;
            }
            if items.len() == asked.limit || looked_at == MOST_LOOKED_AT {
                next = Some(last);
                break;
            }
            looked_at += 1;
            last = event.position;
            let told = replay.tell(&event, asked.location.as_ref())?;
            items.extend(told.map(|movement| (event, movement)));
        }
        let is_known = replay.item().is_known();
        Ok(is_known.then_some(StockHistory { items, next, position: up_to }))
    }

    /// What could be promised of SKUs at a moment, by what was known then, and the moment's position; those not seen by then
    /// are left out.
    pub(crate) async fn availability_as_of(
        &self,
        merchant: &str,
        skus: &[Sku],
        asked: &AvailabilityFilter,
        moment: AsOf,
    ) -> Result<(u64, Vec<AvailabilityView>), PastError> {
        let up_to = self.moment(merchant, Some(moment)).await?;
        let mut left = self.most_events;
        let network = self.network_as_of(merchant, up_to, &mut left).await?;
        let is_paused = |location: &LocationId| {
            network.locations.get(location).is_some_and(|known| known.paused.is_some())
        };
        let mut items: HashMap<&Sku, StockItem> = HashMap::with_capacity(skus.len());
        for sku in skus.iter().collect::<BTreeSet<_>>() {
            let mut replay = self.replay(merchant, sku, up_to, up_to).await?;
            while let Some(event) = replay.next().await? {
                left = left.checked_sub(1).ok_or(PastError::TooManyEvents(self.most_events))?;
                replay.pass(&event)?;
            }
            items.insert(sku, replay.into_item());
        }
        let view = |sku: &Sku| {
            let item = items.get(sku)?;
            let view = AvailabilityView::of(item, is_paused)?;
            Some(view.narrowed(item, asked.channel.as_ref(), asked.by))
        };
        Ok((up_to, skus.iter().filter_map(view).collect()))
    }

    /// The locations as they were at a position.
    async fn network_as_of(
        &self,
        merchant: &str,
        up_to: u64,
        left: &mut usize,
    ) -> Result<Network, PastError> {
        let (mut network, mut version) = (Network::default(), 0);
        let name = StreamId::Network.to_string();
        loop {
            let page = self.journal.read_stream_page(merchant, &name, version, up_to, PAGE).await?;
            let Some(last) = page.last() else { return Ok(network) };
            version = last.version;
            *left = left.checked_sub(page.len()).ok_or(PastError::TooManyEvents(self.most_events))?;
            for event in &page {
                if let DomainEvent::Network(happened) = decode(event)? {
                    network.apply(happened);
                }
            }
        }
    }
}

/// Where an order stood after an event and, where that is asked for, what that changed.
pub(crate) type Step = (OrderStatus, Option<Vec<Difference>>);

/// What each of an order's events came to.
pub(crate) fn steps(events: &[Event], compare: bool) -> Result<Vec<Step>, PastError> {
    let (mut replay, mut compared) = (OrderReplay::default(), 0);
    let mut steps = Vec::with_capacity(events.len());
    for event in events {
        replay.pass(event)?;
        let differences = if compare {
            compared += replay.size();
            if compared > MOST_COMPARED {
                return Err(PastError::TooMuchToCompare);
            }
            Some(replay.differences(event)?)
        } else {
            None
        };
        steps.push((replay.status(), differences));
    }
    Ok(steps)
}

//! Properties that hold in every history, tested with generated histories.

mod always;
mod applicable;
mod carts;
mod journey;
pub(crate) mod shop;
mod sourcing;
mod steps;
mod stock;
mod storage;

use std::fmt::Debug;

use cqrs_es::Aggregate;
use uuid::Uuid;

use crate::stream::{DomainEvent, StreamId};
use crate::values::{LocationId, OrderId, Sku, Timestamp};

pub(crate) fn sku(number: usize) -> Sku {
    Sku::new(&format!("sku {number}")).unwrap()
}

/// A SKU of which there are lines without stock only.
pub(crate) fn without_stock() -> Sku {
    Sku::new("card").unwrap()
}

pub(crate) fn location(number: usize) -> LocationId {
    LocationId::new(&format!("DC-{number}")).unwrap()
}

pub(crate) fn order_id(number: usize) -> OrderId {
    OrderId::new(Uuid::from_u128(number as u128 + 1))
}

pub(crate) fn time(second: i64) -> Timestamp {
    Timestamp::from_microseconds(second * 1_000_000)
}

/// Folding the events from the beginning gives the state, which can also be stored and read back.
fn is_what_its_events_make_of_it<A>(state: &A, events: impl IntoIterator<Item = A::Event>)
where
    A: Aggregate + PartialEq + Debug,
{
    let mut folded = A::default();
    for event in events {
        folded.apply(event);
    }
    assert_eq!(folded, *state);
    let stored = serde_json::to_vec(state).unwrap();
    assert_eq!(serde_json::from_slice::<A>(&stored).unwrap(), *state);
}

/// The event as it is read from the journal: as it was written, but for what is personal.
fn as_stored(stream: &StreamId, event: &DomainEvent) -> DomainEvent {
    let payload = event.payload().unwrap();
    let stored = DomainEvent::decode(stream, event.name(), event.version(), &payload).unwrap();
    let mut open = event.clone();
    if let DomainEvent::Order(order_event) = &mut open {
        order_event.take_personal().unwrap();
    }
    assert_eq!(stored, open);
    assert_eq!(stored.payload().unwrap(), payload, "written again it has the same bytes");
    stored
}

//! Any aggregate as the write side holds it: shared, with its place in the journal.

use std::sync::Arc;

use cqrs_es::Aggregate;
use holdfast_domain::Decide;
use holdfast_domain::capacity::LocationCapacity;
use holdfast_domain::network::{Location, Network};
use holdfast_domain::order::Order;
use holdfast_domain::policy::Policy;
use holdfast_domain::stock::StockItem;
use holdfast_domain::stream::{DomainEvent, StreamId, UnknownStream};
use holdfast_journal::{Event, JournalError, LoadedStream, Snapshot};

use crate::privacy::Vault;

/// The form of snapshots. Raised whenever a state's form changes; older ones are then passed over.
const SNAPSHOT_FORM: u32 = 11;
/// A snapshot begins with the digest of what follows: the stream's position in eight bytes, and its state as JSON.
const DIGEST: usize = 32;

/// Any aggregate's state.
#[derive(Debug, Clone)]
pub(crate) enum Entity {
    Order(Arc<Order>),
    Stock(Arc<StockItem>),
    Network(Arc<Network>),
    Policy(Arc<Policy>),
    Capacity(Arc<LocationCapacity>),
}

/// An aggregate that the write side can hold.
pub(crate) trait StoredAggregate: Decide {
    fn of(entity: &Entity) -> Option<&Arc<Self>>;
    fn of_mut(entity: &mut Entity) -> Option<&mut Arc<Self>>;
    fn event(event: Self::Event) -> DomainEvent;
}

macro_rules! held {
    ($state:ty, $variant:ident) => {
        impl StoredAggregate for $state {
            fn of(entity: &Entity) -> Option<&Arc<Self>> {
                if let Entity::$variant(state) = entity { Some(state) } else { None }
            }
            fn of_mut(entity: &mut Entity) -> Option<&mut Arc<Self>> {
                if let Entity::$variant(state) = entity { Some(state) } else { None }
            }
            fn event(event: Self::Event) -> DomainEvent {
                DomainEvent::$variant(event)
            }
        }
    };
}

held!(Order, Order);
held!(StockItem, Stock);
held!(Network, Network);
held!(Policy, Policy);
held!(LocationCapacity, Capacity);

impl Entity {
    fn empty(stream: &StreamId) -> Self {
        match stream {
            StreamId::Order(_) => Self::Order(Arc::default()),
            StreamId::Stock(_) => Self::Stock(Arc::default()),
            StreamId::Network => Self::Network(Arc::default()),
            StreamId::Policy => Self::Policy(Arc::default()),
            StreamId::Capacity(_) => Self::Capacity(Arc::default()),
        }
    }

    fn from_snapshot(stream: &StreamId, state: &[u8]) -> Result<Self, serde_json::Error> {
        Ok(match stream {
            StreamId::Order(_) => Self::Order(serde_json::from_slice(state)?),
            StreamId::Stock(_) => Self::Stock(serde_json::from_slice(state)?),
            StreamId::Network => Self::Network(serde_json::from_slice(state)?),
            StreamId::Policy => Self::Policy(serde_json::from_slice(state)?),
            StreamId::Capacity(_) => Self::Capacity(serde_json::from_slice(state)?),
        })
    }

    fn to_snapshot(&self) -> Result<Vec<u8>, serde_json::Error> {
        match self {
            Self::Order(state) => serde_json::to_vec(state),
            Self::Stock(state) => serde_json::to_vec(state),
            Self::Network(state) => serde_json::to_vec(state),
            Self::Policy(state) => serde_json::to_vec(state),
            Self::Capacity(state) => serde_json::to_vec(state),
        }
    }

    fn apply(&mut self, event: DomainEvent) {
        match (self, event) {
            (Self::Order(state), DomainEvent::Order(event)) => Arc::make_mut(state).apply(event),
            (Self::Stock(state), DomainEvent::Stock(event)) => Arc::make_mut(state).apply(event),
            (Self::Network(state), DomainEvent::Network(event)) => Arc::make_mut(state).apply(event),
            (Self::Policy(state), DomainEvent::Policy(event)) => Arc::make_mut(state).apply(event),
            (Self::Capacity(state), DomainEvent::Capacity(event)) => Arc::make_mut(state).apply(event),
            // A stream's name decides how its events are decoded, so the two always agree.
            _ => {}
        }
    }
}

/// An aggregate's state and its stream's place in the journal.
#[derive(Debug, Clone)]
pub(crate) struct CachedStream {
    pub(crate) entity: Entity,
    /// The stream's number; 0 where it has no events yet.
    pub(crate) stream: u64,
    /// How many events it has.
    pub(crate) version: u64,
    /// The journal's position after the last command that changed it; 0 if it has no events.
    pub(crate) position: u64,
    /// Its version in the latest snapshot.
    pub(crate) snapshot: u64,
    /// Bytes of the events that it was folded from, as far as they were read.
    pub(crate) bytes: usize,
}

impl CachedStream {
    /// A stream without events.
    pub(crate) fn nothing(stream: &StreamId) -> Self {
        Self { entity: Entity::empty(stream), stream: 0, version: 0, position: 0, snapshot: 0, bytes: 0 }
    }

    /// A stream as it was loaded; nothing where the snapshot cannot be used and all events are needed.
    pub(crate) fn load(
        stream: &StreamId,
        loaded: &LoadedStream,
        vault: &Vault,
    ) -> Result<Option<Self>, JournalError> {
        let mut kept = Self { stream: loaded.stream, ..Self::nothing(stream) };
        if let Some(snapshot) = &loaded.snapshot {
            if snapshot.type_version != SNAPSHOT_FORM {
                return Ok(None);
            }
            let version = snapshot.version;
            let Some((digest, state)) = snapshot.state.split_at_checked(DIGEST) else {
                return Ok(None);
            };
            if vault.snapshot_digest(stream, version, state) != *digest {
                tracing::warn!(%stream, version, "a snapshot was not made by this program: all events are read");
                return Ok(None);
            }
            let Some((position, state)) = state.split_first_chunk() else {
                return Ok(None);
            };
            let Ok(entity) = Entity::from_snapshot(stream, state) else {
                return Ok(None);
            };
            let position = u64::from_be_bytes(*position);
            kept = Self { entity, version, position, snapshot: version, bytes: state.len(), ..kept };
        }
        kept.fold(&loaded.events)?;
        Ok(Some(kept))
    }

    /// A stream from all its events.
    pub(crate) fn replay(stream: &StreamId, events: &[Event]) -> Result<Self, JournalError> {
        let number = events.first().map_or(0, |event| event.stream);
        let mut kept = Self { stream: number, ..Self::nothing(stream) };
        kept.fold(events)?;
        Ok(kept)
    }

    fn fold(&mut self, events: &[Event]) -> Result<(), JournalError> {
        for event in events {
            if event.version != self.version + 1 {
                let gap = format_args!("version {} follows {}", event.version, self.version);
                return Err(JournalError::corrupt_at(event.position, gap));
            }
            self.entity.apply(decode(event)?);
            self.version = event.version;
            self.position = event.command_end;
            self.bytes += event.payload.len();
        }
        Ok(())
    }

    /// Its snapshot, where it can be made.
    pub(crate) fn to_snapshot(&self, stream: &StreamId, vault: &Vault) -> Option<Snapshot> {
        let state = [&self.position.to_be_bytes()[..], &self.entity.to_snapshot().ok()?].concat();
        let digest = vault.snapshot_digest(stream, self.version, &state);
        let state = [&digest[..], &state].concat();
        Some(Snapshot { stream: self.stream, type_version: SNAPSHOT_FORM, version: self.version, state })
    }

    /// About how many bytes it takes: enough to bound memory, not to account for it.
    pub(crate) fn weight(&self) -> usize {
        256 + match &self.entity {
            // An order keeps most of what its events say, and takes more room than they do.
            Entity::Order(_) => 1_024 + self.bytes * 2,
            Entity::Stock(item) => {
                item.levels.len() * (200 + 24 * holdfast_domain::stock::MAX_MOVEMENTS)
                    + item.queue.len() * 100
                    + item.expiring.len() * 150
                    + (item.supplies.len() + item.transfers.len()) * 150
            }
            Entity::Network(network) => network.locations.values().map(|known| 500 + text_of(known)).sum(),
            Entity::Policy(policy) => {
                300 + policy.channels.len() * 200 + policy.rules.transit.rows().len() * 200
            }
            Entity::Capacity(capacity) => {
                300 + capacity.days.values().map(|booked| 100 + booked.len() * 24).sum::<usize>()
            }
        }
    }
}

/// The stream of a stored event.
pub fn stream_of(event: &Event) -> Result<StreamId, JournalError> {
    event.stream_name.parse().map_err(|error: UnknownStream| JournalError::corrupt_at(event.position, error))
}

/// What a stored event says.
pub fn decode(event: &Event) -> Result<DomainEvent, JournalError> {
    let stream = stream_of(event)?;
    DomainEvent::decode(&stream, &event.kind, event.type_version, &event.payload)
        .map_err(|error| JournalError::corrupt_at(event.position, error))
}

/// Bytes of text that a location may carry.
fn text_of(location: &Location) -> usize {
    let reason = location.paused.as_ref().map_or(0, |reason| reason.as_str().len());
    reason + location.details.address.as_ref().map_or(0, |address| address.as_str().len())
}

/// An order as its events tell it, with its version and the position of its last command.
pub fn fold_order(events: &[Event]) -> Result<(Order, u64, u64), JournalError> {
    let mut order = Order::default();
    let mut place = (0, 0);
    for event in events {
        if let DomainEvent::Order(decoded) = decode(event)? {
            order.apply(decoded);
        }
        place = (event.version, event.command_end);
    }
    Ok((order, place.0, place.1))
}

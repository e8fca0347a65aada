//! Aggregates in memory: their state, and the position of their streams in the journal.

use std::sync::Arc;

use cqrs_es::Aggregate;
use holdfast_domain::Decide;
use holdfast_domain::capacity::LocationCapacity;
use holdfast_domain::cart_reservation::CartReservation;
use holdfast_domain::network::{Location, Network};
use holdfast_domain::order::Order;
use holdfast_domain::policy::Policy;
use holdfast_domain::stock::StockItem;
use holdfast_domain::stream::{DomainEvent, StreamId, UnknownStream};
use holdfast_domain::values::{CartReservationId, OrderId};
use holdfast_journal::{Event, JournalError, LoadedStream, Snapshot};
use serde::Serialize;

use crate::privacy::Vault;

/// The version of the snapshot format. Raise it when the format of a state changes; older snapshots are then ignored.
const SNAPSHOT_VERSION: u32 = 22;
/// A snapshot consists of a digest, the stream's position in eight bytes, and the state as JSON.
const DIGEST_BYTES: usize = 32;

/// An aggregate that the journal stores.
pub(crate) trait StoredAggregate: Decide {
    fn of(entity: &Entity) -> Option<&Arc<Self>>;
    fn event(event: Self::Event) -> DomainEvent;
}

macro_rules! entities {
    ($($variant:ident($state:ty)),*) => {
        /// The state of any aggregate.
        #[derive(Debug, Clone, Serialize)]
        #[serde(untagged)]
        pub(crate) enum Entity {
            $( $variant(Arc<$state>) ),*
        }

        impl Entity {
            fn empty(stream: &StreamId) -> Self {
                match stream { $( StreamId::$variant { .. } => Self::$variant(Arc::default()) ),* }
            }

            fn from_snapshot(stream: &StreamId, state: &[u8]) -> Result<Self, serde_json::Error> {
                Ok(match stream {
                    $( StreamId::$variant { .. } => Self::$variant(serde_json::from_slice(state)?) ),*
                })
            }

            pub(crate) fn apply(&mut self, event: DomainEvent) {
                match (self, event) {
                    $( (Self::$variant(state), DomainEvent::$variant(event)) => Arc::make_mut(state).apply(event), )*
                    // A stream's name determines the type of its events, so this case does not occur.
                    _ => {}
                }
            }
        }

        $( impl StoredAggregate for $state {
            fn of(entity: &Entity) -> Option<&Arc<Self>> {
                if let Entity::$variant(state) = entity { Some(state) } else { None }
            }
            fn event(event: Self::Event) -> DomainEvent {
                DomainEvent::$variant(event)
            }
        } )*
    };
}

entities!(
    Order(Order),
    CartReservation(CartReservation),
    Stock(StockItem),
    Network(Network),
    Policy(Policy),
    Capacity(LocationCapacity)
);

/// The state of an aggregate and the position of its stream in the journal.
#[derive(Debug, Clone)]
pub(crate) struct CachedStream {
    pub(crate) entity: Entity,
    /// The stream's number; 0 if it has no events.
    pub(crate) stream: u64,
    /// The number of its events.
    pub(crate) version: u64,
    /// The journal's position after the last command that changed it; 0 if it has no events.
    pub(crate) position: u64,
    /// The version of the latest snapshot.
    pub(crate) snapshot: u64,
    /// Bytes of the snapshot and events that were read.
    pub(crate) bytes: usize,
}

impl CachedStream {
    /// A stream without events.
    pub(crate) fn empty(stream: &StreamId) -> Self {
        Self { entity: Entity::empty(stream), stream: 0, version: 0, position: 0, snapshot: 0, bytes: 0 }
    }

    /// Builds a stream from a snapshot and events; `None` if the snapshot is unusable, so that all events are needed.
    pub(crate) fn load(
        stream: &StreamId,
        loaded: &LoadedStream,
        vault: &Vault,
    ) -> Result<Option<Self>, JournalError> {
        let mut cached = Self { stream: loaded.stream, ..Self::empty(stream) };
        if let Some(snapshot) = &loaded.snapshot {
            if snapshot.type_version != SNAPSHOT_VERSION {
                return Ok(None);
            }
            let version = snapshot.version;
            let Some((digest, state)) = snapshot.state.split_at_checked(DIGEST_BYTES) else {
                return Ok(None);
            };
            if vault.snapshot_digest(stream, version, state) != *digest {
                tracing::warn!(%stream, version, "invalid snapshot digest; reading all events");
                return Ok(None);
            }
            let Some((position, state)) = state.split_first_chunk() else {
                return Ok(None);
            };
            let Ok(entity) = Entity::from_snapshot(stream, state) else {
                return Ok(None);
            };
            let position = u64::from_be_bytes(*position);
            cached = Self { entity, version, position, snapshot: version, bytes: state.len(), ..cached };
        }
        cached.fold(&loaded.events)?;
        Ok(Some(cached))
    }

    /// Builds a stream from all its events.
    pub(crate) fn replay(stream: &StreamId, events: &[Event]) -> Result<Self, JournalError> {
        let number = events.first().map_or(0, |event| event.stream);
        let mut cached = Self { stream: number, ..Self::empty(stream) };
        cached.fold(events)?;
        Ok(cached)
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

    /// A snapshot of the stream.
    pub(crate) fn to_snapshot(&self, stream: &StreamId, vault: &Vault) -> Option<Snapshot> {
        let state = [&self.position.to_be_bytes()[..], &serde_json::to_vec(&self.entity).ok()?].concat();
        let digest = vault.snapshot_digest(stream, self.version, &state);
        let state = [&digest[..], &state].concat();
        Some(Snapshot { stream: self.stream, type_version: SNAPSHOT_VERSION, version: self.version, state })
    }

    /// The approximate size in memory, in bytes.
    pub(crate) fn weight(&self) -> usize {
        256 + match &self.entity {
            // The state of an order contains most of its events' data and is larger than they are.
            Entity::Order(_) => 1_024 + self.bytes * 2,
            Entity::CartReservation(_) => 512 + self.bytes,
            Entity::Stock(item) => {
                item.levels.len() * (200 + 24 * holdfast_domain::stock::MAX_MOVEMENTS)
                    + item.queue.len() * 100
                    + item.expiring.len() * 150
                    + item.carts.len() * 250
                    + (item.supplies.len() + item.transfers.len()) * 150
            }
            Entity::Network(network) => network.locations.values().map(|known| 500 + text_of(known)).sum(),
            Entity::Policy(policy) => {
                let closures = policy.rules.transit.rows().iter().map(|row| row.closures.len());
                let rows = policy.rules.transit.rows().len() * 200;
                300 + policy.channels.len() * 200 + rows + closures.sum::<usize>() * 48
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

/// Decodes a stored event.
pub fn decode(event: &Event) -> Result<DomainEvent, JournalError> {
    let stream = stream_of(event)?;
    DomainEvent::decode(&stream, &event.kind, event.type_version, &event.payload)
        .map_err(|error| JournalError::corrupt_at(event.position, error))
}

/// Bytes of a location's text.
fn text_of(location: &Location) -> usize {
    let reason = location.paused.as_ref().map_or(0, |reason| reason.as_str().len());
    let address = location.details.address.as_ref().map_or(0, |address| address.as_str().len());
    reason + address + location.details.closures.len() * 48
}

/// Folds a cart reservation's events. Returns the reservation and the position of its last command.
pub fn fold_cart_reservation(
    id: CartReservationId,
    events: &[Event],
) -> Result<(Arc<CartReservation>, u64), JournalError> {
    let CachedStream { entity, position, .. } = CachedStream::replay(&StreamId::CartReservation(id), events)?;
    Ok((CartReservation::of(&entity).cloned().unwrap_or_default(), position))
}

/// Folds an order's events. Returns the order, its version and the position of its last command.
pub fn fold_order(id: OrderId, events: &[Event]) -> Result<(Arc<Order>, u64, u64), JournalError> {
    let CachedStream { entity, version, position, .. } = CachedStream::replay(&StreamId::Order(id), events)?;
    Ok((Order::of(&entity).cloned().unwrap_or_default(), version, position))
}

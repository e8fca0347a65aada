//! Names of streams, and the events of all aggregates.

use std::fmt;
use std::str::FromStr;

use crate::capacity::CapacityEvent;
use crate::cart_reservation::CartReservationEvent;
use crate::event::DecodeError;
use crate::network::NetworkEvent;
use crate::order::OrderEvent;
use crate::policy::PolicyEvent;
use crate::stock::StockEvent;
use crate::values::{CartReservationId, LocationId, OrderId, Sku};

/// The stream of an aggregate in a merchant's journal. Its `Display` is the stream's name, a storage format.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StreamId {
    /// An order.
    Order(OrderId),
    /// A cart reservation. In the journal: `reservation-{id}`.
    CartReservation(CartReservationId),
    /// A stock item.
    Stock(Sku),
    /// The merchant's locations.
    Network,
    /// The merchant's rules.
    Policy,
    /// The capacity that is booked at a location. In the journal: `workload-{location}`.
    Capacity(LocationId),
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order(id) => write!(f, "order-{id}"),
            Self::CartReservation(id) => write!(f, "reservation-{id}"),
            Self::Stock(sku) => write!(f, "stock-{sku}"),
            Self::Network => f.write_str("network"),
            Self::Policy => f.write_str("policy"),
            Self::Capacity(location) => write!(f, "workload-{location}"),
        }
    }
}

/// A text is not the name of a stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the name of a stream")]
pub struct UnknownStream(String);

impl FromStr for StreamId {
    type Err = UnknownStream;
    fn from_str(name: &str) -> Result<Self, UnknownStream> {
        let unknown = || UnknownStream(name.to_owned());
        match name.split_once('-') {
            Some(("order", id)) => id.parse().map(Self::Order).map_err(|_| unknown()),
            Some(("reservation", id)) => id.parse().map(Self::CartReservation).map_err(|_| unknown()),
            Some(("stock", sku)) => Sku::new(sku).map(Self::Stock).map_err(|_| unknown()),
            Some(("workload", location)) => {
                LocationId::new(location).map(Self::Capacity).map_err(|_| unknown())
            }
            None if name == "network" => Ok(Self::Network),
            None if name == "policy" => Ok(Self::Policy),
            _ => Err(unknown()),
        }
    }
}

/// A text is not the type of an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the type of an event")]
pub struct UnknownType(String);

/// An event of any aggregate.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "events are moved once, from the journal to a fold")]
#[allow(missing_docs, reason = "documented at the events of each aggregate")]
pub enum DomainEvent {
    Order(OrderEvent),
    CartReservation(CartReservationEvent),
    Stock(StockEvent),
    Network(NetworkEvent),
    Policy(PolicyEvent),
    Capacity(CapacityEvent),
}

/// Calls a method of the aggregate's event.
macro_rules! of_event {
    ($event:ident, $method:ident) => {
        match $event {
            Self::Order(event) => event.$method(),
            Self::CartReservation(event) => event.$method(),
            Self::Stock(event) => event.$method(),
            Self::Network(event) => event.$method(),
            Self::Policy(event) => event.$method(),
            Self::Capacity(event) => event.$method(),
        }
    };
}

impl DomainEvent {
    /// Reads a stored event of a stream.
    pub fn decode(stream: &StreamId, name: &str, version: u32, payload: &[u8]) -> Result<Self, DecodeError> {
        match stream {
            StreamId::Order(_) => OrderEvent::decode(name, version, payload).map(Self::Order),
            StreamId::CartReservation(_) => {
                CartReservationEvent::decode(name, version, payload).map(Self::CartReservation)
            }
            StreamId::Stock(_) => StockEvent::decode(name, version, payload).map(Self::Stock),
            StreamId::Network => NetworkEvent::decode(name, version, payload).map(Self::Network),
            StreamId::Policy => PolicyEvent::decode(name, version, payload).map(Self::Policy),
            StreamId::Capacity(_) => CapacityEvent::decode(name, version, payload).map(Self::Capacity),
        }
    }

    /// Checks that this program reads events of a type and version of a stream.
    pub fn check(stream: &StreamId, name: &str, version: u32) -> Result<(), DecodeError> {
        match stream {
            StreamId::Order(_) => OrderEvent::check(name, version),
            StreamId::CartReservation(_) => CartReservationEvent::check(name, version),
            StreamId::Stock(_) => StockEvent::check(name, version),
            StreamId::Network => NetworkEvent::check(name, version),
            StreamId::Policy => PolicyEvent::check(name, version),
            StreamId::Capacity(_) => CapacityEvent::check(name, version),
        }
    }

    /// Checks that events of these types exist.
    pub fn check_types(names: &[String]) -> Result<(), UnknownType> {
        let types = [
            OrderEvent::TYPES,
            CartReservationEvent::TYPES,
            StockEvent::TYPES,
            NetworkEvent::TYPES,
            PolicyEvent::TYPES,
            CapacityEvent::TYPES,
        ];
        let is_known = |name: &String| types.iter().copied().flatten().any(|(known, _)| known == name);
        names.iter().find(|name| !is_known(name)).map_or(Ok(()), |name| Err(UnknownType(name.clone())))
    }

    /// The type name.
    pub fn name(&self) -> &'static str {
        of_event!(self, name)
    }

    /// The version of the payload.
    pub fn version(&self) -> u32 {
        of_event!(self, version)
    }

    /// The payload as JSON, without personal data.
    pub fn payload(&self) -> Result<Vec<u8>, serde_json::Error> {
        of_event!(self, payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_has_a_name_that_parses_again() {
        let order = StreamId::Order("01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap());
        let cart = StreamId::CartReservation("01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap());
        let capacity = StreamId::Capacity(LocationId::new("DC-1").unwrap());
        for stream in [
            order,
            cart,
            StreamId::Stock(Sku::new("a-b c").unwrap()),
            StreamId::Network,
            StreamId::Policy,
            capacity,
        ] {
            assert_eq!(stream.to_string().parse(), Ok(stream));
        }
        for bad in ["", "order", "order-1", "stock-", "network-1", "invoice-1"] {
            assert!(bad.parse::<StreamId>().is_err(), "{bad}");
        }
    }
}

//! What was ever written stays readable: upcasters, golden files and schemas of every version of every event.
//!
//! `domain/events/golden` has payloads of every version as the journal holds them, `domain/events/schemas` says what
//! such payloads look like. After an event was added or got a field, this writes what is missing:
//! `HOLDFAST_UPDATE=1 cargo test -p holdfast-domain --lib history`. It never changes a golden file, and a schema
//! only where that leaves every payload readable. Why: `docs/adr/0019-event-versions.md`.

mod compatibility;
mod examples;
mod files;
mod golden;
mod schemas;
mod upcasting;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use schemars::Schema;

use crate::capacity::CapacityEvent;
use crate::cart_reservation::CartReservationEvent;
use crate::network::NetworkEvent;
use crate::order::OrderEvent;
use crate::policy::PolicyEvent;
use crate::stock::StockEvent;
use crate::stream::{DomainEvent, StreamId};
use crate::values::{LocationId, Sku};

/// A type of event, as this program knows it.
struct Kind {
    name: &'static str,
    /// The version that is written today.
    version: u32,
    /// Of the version that is written today.
    schema: Schema,
    /// A stream that has such events.
    stream: StreamId,
}

impl Kind {
    /// Its file of one version.
    fn file(&self, version: u32) -> String {
        format!("{}.v{version}.json", self.name)
    }

    fn decode(&self, version: u32, payload: &[u8]) -> Result<DomainEvent, String> {
        DomainEvent::decode(&self.stream, self.name, version, payload).map_err(|e| e.to_string())
    }
}

/// Every type of event of every aggregate.
fn kinds() -> Vec<Kind> {
    let order = StreamId::Order("01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap());
    let cart = StreamId::CartReservation("01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap());
    let stock = StreamId::Stock(Sku::new("TEA-GREEN-250").unwrap());
    let capacity = StreamId::Capacity(LocationId::new("DC-1").unwrap());
    [
        (order, OrderEvent::TYPES, OrderEvent::schemas()),
        (cart, CartReservationEvent::TYPES, CartReservationEvent::schemas()),
        (stock, StockEvent::TYPES, StockEvent::schemas()),
        (StreamId::Network, NetworkEvent::TYPES, NetworkEvent::schemas()),
        (StreamId::Policy, PolicyEvent::TYPES, PolicyEvent::schemas()),
        (capacity, CapacityEvent::TYPES, CapacityEvent::schemas()),
    ]
    .into_iter()
    .flat_map(|(stream, types, schemas)| {
        types.iter().zip(schemas).map(move |((name, version), (of, schema))| {
            assert_eq!(*name, of);
            Kind { name, version: *version, schema, stream: stream.clone() }
        })
    })
    .collect()
}

/// Names of the files that must be there, one for every version of every type, and of no other.
fn expected_files(kinds: &[Kind]) -> BTreeSet<String> {
    kinds.iter().flat_map(|kind| (1..=kind.version).map(|version| kind.file(version))).collect()
}

fn assert_none(what: &str, offences: &[String]) {
    let mut message = format!("{what}:");
    for offence in offences {
        let _ = write!(message, "\n  {offence}");
    }
    assert!(offences.is_empty(), "{message}");
}

#[test]
fn no_two_aggregates_have_an_event_of_the_same_name() {
    let kinds = kinds();
    let names: BTreeSet<_> = kinds.iter().map(|kind| kind.name).collect();
    assert_eq!(names.len(), kinds.len(), "their files would be the same");
}

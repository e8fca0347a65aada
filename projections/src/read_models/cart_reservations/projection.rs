//! The fold of the read model: cart reservations by their own `apply`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cqrs_es::Aggregate;
use holdfast_domain::cart_reservation::CartReservation;
use holdfast_domain::stream::{DomainEvent, StreamId};
use holdfast_domain::values::{CartReservationId, Timestamp};

use crate::error::{Result, ViewError};
use crate::runtime::projection::{Projection, RecordedEvent, RowsByKey};
use crate::store::ColumnKind::{Boolean, Bytes, Integer, Text};
use crate::store::{Presence, Row, Table, Tables, Upsert};

pub(super) const NAME: &str = "cart_reservations";

/// A cart reservation and its journal position.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CartReservationRow {
    /// The state of the reservation at `position`.
    cart: CartReservation,
    /// The position of its first event.
    first_position: u64,
    /// The position of the last event of the last command that changed it.
    position: u64,
}

/// The projection `cart_reservations`.
#[derive(Debug)]
pub struct CartReservationsProjection;

const TABLES: &[Table] = &[
    Table {
        name: "cart_reservation",
        key: &[("reservation_id", Text)],
        values: &[("first_position", Integer), ("position", Integer), ("due_at", Integer), ("state", Bytes)],
    },
    Table {
        name: "cart_unit",
        key: &[("reservation_id", Text), ("sku", Text), ("location", Text)],
        values: &[("first_position", Integer), ("reserved", Boolean)],
    },
];

#[async_trait]
impl Projection for CartReservationsProjection {
    const NAME: &'static str = NAME;
    const VERSION: i64 = 1;
    const TABLES: &'static [Table] = TABLES;

    type Key = CartReservationId;
    type Row = CartReservationRow;

    fn concerns(stream: &StreamId) -> bool {
        matches!(stream, StreamId::CartReservation(_))
    }

    fn key(event: &RecordedEvent) -> Option<CartReservationId> {
        if let StreamId::CartReservation(id) = event.stream { Some(id) } else { None }
    }

    fn fold(row: Option<CartReservationRow>, event: RecordedEvent) -> CartReservationRow {
        let initial = || CartReservationRow { first_position: event.position, ..Default::default() };
        let mut row = row.unwrap_or_else(initial);
        if let DomainEvent::CartReservation(cart_event) = event.event {
            row.cart.apply(cart_event);
        }
        row.position = event.command_end;
        row
    }

    async fn load(tables: &mut Tables<'_>, keys: &[CartReservationId]) -> Result<RowsByKey<Self>> {
        const SELECT: &str = "SELECT reservation_id, first_position, position, state FROM cart_reservation";
        let ids: Vec<String> = keys.iter().map(CartReservationId::to_string).collect();
        let stored = |row: &Row| {
            let stored = CartReservationRow {
                first_position: row.unsigned(1)?,
                position: row.unsigned(2)?,
                cart: serde_json::from_slice(row.bytes(3)?).map_err(unreadable)?,
            };
            Ok((row.text(0)?.parse().map_err(unreadable)?, stored))
        };
        tables.find(SELECT, "reservation_id", &ids).await?.iter().map(stored).collect()
    }

    async fn save(
        tables: &mut Tables<'_>,
        rows: &[(CartReservationId, CartReservationRow)],
        presence: Presence,
    ) -> Result<()> {
        let states = rows.iter().map(|(_, row)| serde_json::to_vec(&row.cart).map_err(unreadable));
        let mut states = states.collect::<Result<Vec<_>>>()?.into_iter();
        Upsert::into("cart_reservation", rows, presence)
            .key("reservation_id", |(id, _)| id.to_string())
            .fixed("first_position", |(_, row)| row.first_position)
            .updated("position", |(_, row)| row.position)
            .updated("due_at", |(_, row)| row.cart.due_at().map(Timestamp::microseconds))
            .updated("state", |_| states.next().unwrap_or_default())
            .run(tables)
            .await?;
        let units: Vec<Unit<'_>> = rows.iter().flat_map(|(id, row)| units(*id, row)).collect();
        Upsert::into("cart_unit", &units, presence)
            .key("reservation_id", |unit| unit.id.to_string())
            .key("sku", |unit| unit.sku)
            .key("location", |unit| unit.location)
            .fixed("first_position", |unit| unit.first_position)
            .updated("reserved", |unit| unit.is_reserved)
            .run(tables)
            .await
    }
}

/// A location at which a reservation has, or had, units of a SKU.
struct Unit<'a> {
    id: CartReservationId,
    sku: &'a str,
    location: &'a str,
    first_position: u64,
    is_reserved: bool,
}

fn units(id: CartReservationId, row: &CartReservationRow) -> impl Iterator<Item = Unit<'_>> {
    let is_open = row.cart.ending.is_none();
    let mut units: BTreeMap<(&str, &str), bool> = BTreeMap::new();
    for line in row.cart.reserved.iter().flat_map(|reserved| &reserved.lines) {
        for there in &line.allocations {
            let is_reserved = units.entry((line.sku.as_str(), there.location.as_str())).or_default();
            *is_reserved |= is_open && !there.quantity.is_zero();
        }
    }
    let first_position = row.first_position;
    let unit = move |((sku, location), is_reserved)| Unit { id, sku, location, first_position, is_reserved };
    units.into_iter().map(unit)
}

/// The error of a row that cannot be decoded.
pub(super) fn unreadable(error: impl ToString) -> ViewError {
    ViewError::row(NAME, error)
}

//! The measures of order processing.

use serde::{Deserialize, Serialize};

use crate::error::{Result, ViewError};

pub(super) const NAME: &str = "metrics";

/// The error of a row that cannot be decoded.
pub(super) fn unreadable(error: impl ToString) -> ViewError {
    ViewError::row(NAME, error)
}

/// A measure counts occurrences and sums their units or seconds. The description of each measure names both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Orders created; units ordered.
    OrdersCreated,
    /// Attempts to source an order; attempts that found all units.
    ReservationAttempts,
    /// Reservations; units reserved.
    UnitsReserved,
    /// Orders whose units were backordered, each counted once; units of the first backorder.
    OrdersBackordered,
    /// Short picks; units missing.
    PicksShorted,
    /// Shipments; units shipped.
    ShipmentsCreated,
    /// Confirmed deliveries; packages delivered.
    Deliveries,
    /// Cancellations; units cancelled.
    Cancellations,
    /// Returns received; units returned.
    ReturnsReceived,
    /// Shipments; seconds from the creation of the order to the shipment.
    CreatedToShipped,
    /// Fulfillment orders; seconds from the first pick to the first pack.
    PickToPack,
    /// Fulfillment orders; seconds from the last pack before the first shipment that was not cancelled to that shipment.
    PackToShip,
}

const NAMES: [(Measure, &str); 12] = [
    (Measure::OrdersCreated, "orders_created"),
    (Measure::ReservationAttempts, "reservation_attempts"),
    (Measure::UnitsReserved, "units_reserved"),
    (Measure::OrdersBackordered, "orders_backordered"),
    (Measure::PicksShorted, "picks_shorted"),
    (Measure::ShipmentsCreated, "shipments_created"),
    (Measure::Deliveries, "deliveries"),
    (Measure::Cancellations, "cancellations"),
    (Measure::ReturnsReceived, "returns_received"),
    (Measure::CreatedToShipped, "created_to_shipped"),
    (Measure::PickToPack, "pick_to_pack"),
    (Measure::PackToShip, "pack_to_ship"),
];

impl Measure {
    /// The name of the measure in the database.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(measure, _)| *measure == self).map_or("", |(_, name)| name)
    }

    pub(super) fn from_name(name: &str) -> Result<Self> {
        let found = NAMES.iter().find(|entry| entry.1 == name).map(|(measure, _)| *measure);
        found.ok_or_else(|| unreadable(format_args!("unknown measure {name}")))
    }

    /// Whether it measures a duration: its sum is in seconds.
    pub fn is_duration(self) -> bool {
        matches!(self, Self::CreatedToShipped | Self::PickToPack | Self::PackToShip)
    }
}

//! The measures: what is counted.

use crate::error::ViewError;

/// The name of the projection.
pub(super) const NAME: &str = "metrics";

/// The error of a row that cannot be decoded.
pub(super) fn unreadable(error: impl ToString) -> ViewError {
    ViewError::row(NAME, error)
}

/// A measure. It counts occurrences, and sums a number of units or seconds of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// Fulfillment orders; seconds from the first pack to the first shipment.
    PackToShip,
}

impl Measure {
    /// All measures.
    pub const ALL: [Self; 12] = [
        Self::OrdersCreated,
        Self::ReservationAttempts,
        Self::UnitsReserved,
        Self::OrdersBackordered,
        Self::PicksShorted,
        Self::ShipmentsCreated,
        Self::Deliveries,
        Self::Cancellations,
        Self::ReturnsReceived,
        Self::CreatedToShipped,
        Self::PickToPack,
        Self::PackToShip,
    ];

    /// The name of the measure in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::OrdersCreated => "orders_created",
            Self::ReservationAttempts => "reservation_attempts",
            Self::UnitsReserved => "units_reserved",
            Self::OrdersBackordered => "orders_backordered",
            Self::PicksShorted => "picks_shorted",
            Self::ShipmentsCreated => "shipments_created",
            Self::Deliveries => "deliveries",
            Self::Cancellations => "cancellations",
            Self::ReturnsReceived => "returns_received",
            Self::CreatedToShipped => "created_to_shipped",
            Self::PickToPack => "pick_to_pack",
            Self::PackToShip => "pack_to_ship",
        }
    }

    pub(super) fn from_name(name: &str) -> Result<Self, ViewError> {
        let known = Self::ALL.into_iter().find(|measure| measure.name() == name);
        known.ok_or_else(|| unreadable(format_args!("unknown measure {name}")))
    }

    /// Whether it measures a duration: its sum is in seconds.
    pub fn is_duration(self) -> bool {
        matches!(self, Self::CreatedToShipped | Self::PickToPack | Self::PackToShip)
    }
}

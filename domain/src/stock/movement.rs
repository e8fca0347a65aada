//! What a stock event moved, and the quantities after it: for the audit trail.

use schemars::JsonSchema;
use serde::Serialize;

use super::events::{
    Allocation, StockAdjusted, StockBackorderFilled, StockConditionChanged, StockCounted, StockEarmarked,
    StockEvent, StockPolicySet, StockReceived, StockReleased, StockReservationsExpired, StockReserved,
    StockReturned, StockShipped, StockShorted, SupplyExpected, TransferReceived, TransferShipped,
};
use super::item::StockItem;
use super::level::StockLevel;
use crate::values::{LocationId, OrderId, Units};

/// What a stock event moved.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Movement {
    /// The order; absent if the event is not about one.
    pub order_id: Option<OrderId>,
    /// Units at all locations together; negative if units were missing. Absent if the event is not about units.
    pub quantity: Option<i64>,
    /// The quantities after the event at the locations that it changed. Other locations are unchanged.
    pub locations: Vec<MovementAt>,
    /// Units that all orders together wait for after the event; absent if the event does not change the backorder queue.
    pub backordered: Option<Units>,
}

/// What a stock event moved at one location, and the quantities after it.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MovementAt {
    /// The location.
    pub location: LocationId,
    /// Units at this location; negative if units were missing. Absent if the event is not about units.
    pub quantity: Option<i64>,
    /// Sellable units physically there, reserved units included.
    pub on_hand: Units,
    /// The units on hand that are reserved for orders.
    pub reserved: Units,
    /// The units on hand that are earmarked for the backorder queue.
    pub earmarked: Units,
    /// The units on hand that are never promised.
    pub safety_stock: Units,
    /// Units that can still be promised: on hand less reserved, earmarked and safety stock, at least 0.
    pub available: Units,
    /// Units waiting for inspection; not on hand.
    pub quarantine: Units,
    /// Units that cannot be sold; not on hand.
    pub damaged: Units,
}

impl Movement {
    /// What an event moved, given the item after it.
    pub fn of(event: &StockEvent, after: &StockItem) -> Self {
        let at = |(location, quantity): (&LocationId, Option<i64>)| MovementAt::of(after, location, quantity);
        Self {
            order_id: event.order_id(),
            quantity: event.quantity(),
            locations: event.locations(after).into_iter().map(at).collect(),
            backordered: event.changes_queue().then(|| after.backordered()),
        }
    }

    /// Whether the event changed a location.
    pub fn is_at(&self, location: &LocationId) -> bool {
        self.locations.iter().any(|there| there.location == *location)
    }
}

impl MovementAt {
    fn of(item: &StockItem, location: &LocationId, quantity: Option<i64>) -> Self {
        let nothing = StockLevel::default();
        let level = item.levels.get(location).unwrap_or(&nothing);
        Self {
            location: location.clone(),
            quantity,
            on_hand: level.on_hand,
            reserved: level.reserved,
            earmarked: level.earmarked,
            safety_stock: level.safety_stock,
            available: level.available(),
            quarantine: level.quarantine,
            damaged: level.damaged,
        }
    }
}

fn number(units: Units) -> i64 {
    units.number().cast_signed()
}

impl StockEvent {
    /// The order that the event is about, if any.
    pub fn order_id(&self) -> Option<OrderId> {
        match self {
            Self::StockReserved(event) => Some(event.order_id),
            Self::StockReleased(event) => Some(event.order_id),
            Self::StockReservationExtended(event) => Some(event.order_id),
            Self::StockBackordered(event) => Some(event.order_id),
            Self::StockBackorderWithdrawn(event) => Some(event.order_id),
            Self::StockPromised(event) => Some(event.order_id),
            Self::StockBackorderFilled(event) => Some(event.order_id),
            Self::StockShorted(event) => Some(event.order_id),
            Self::StockReturned(event) => Some(event.order_id),
            Self::StockShipped(event) => Some(event.order_id),
            Self::StockReceived(_)
            | Self::StockCounted(_)
            | Self::StockAdjusted(_)
            | Self::StockConditionChanged(_)
            | Self::StockReservationsExpired(_)
            | Self::TransferShipped(_)
            | Self::TransferReceived(_)
            | Self::SupplyExpected(_)
            | Self::SupplyCancelled(_)
            | Self::StockPolicySet(_)
            | Self::StockEarmarked(_) => None,
        }
    }

    /// The units that the event is about, if any.
    fn quantity(&self) -> Option<i64> {
        let sum = |allocations: &[Allocation]| {
            Some(allocations.iter().map(|allocation| number(allocation.quantity)).sum())
        };
        match self {
            Self::StockReceived(event) => Some(number(event.quantity.units())),
            Self::StockCounted(event) => Some(event.adjustment),
            Self::StockAdjusted(event) => Some(event.delta.number()),
            Self::StockConditionChanged(event) => Some(number(event.quantity.units())),
            Self::StockReserved(StockReserved { allocations, .. })
            | Self::StockReleased(StockReleased { allocations, .. })
            | Self::StockReservationsExpired(StockReservationsExpired { allocations, .. })
            | Self::StockBackorderFilled(StockBackorderFilled { allocations, .. }) => sum(allocations),
            Self::TransferShipped(event) => Some(number(event.quantity.units())),
            Self::TransferReceived(event) => Some(number(event.quantity)),
            Self::SupplyExpected(event) => Some(number(event.quantity.units())),
            Self::StockBackordered(event) => Some(number(event.quantity)),
            Self::StockBackorderWithdrawn(event) => Some(number(event.quantity)),
            Self::StockEarmarked(event) => Some(number(event.quantity)),
            Self::StockShorted(event) => Some(number(event.quantity)),
            Self::StockReturned(event) => Some(number(event.quantity)),
            Self::StockShipped(event) => Some(number(event.quantity)),
            Self::StockReservationExtended(_)
            | Self::SupplyCancelled(_)
            | Self::StockPolicySet(_)
            | Self::StockPromised(_) => None,
        }
    }

    /// The locations that the event changes, with the units at each. New rules of the SKU change all locations.
    fn locations<'a>(&'a self, after: &'a StockItem) -> Vec<(&'a LocationId, Option<i64>)> {
        let each = |allocations: &'a [Allocation]| {
            let one = |allocation: &'a Allocation| (&allocation.location, Some(number(allocation.quantity)));
            allocations.iter().map(one).collect()
        };
        let place = match self {
            Self::StockReserved(StockReserved { allocations, .. })
            | Self::StockReleased(StockReleased { allocations, .. })
            | Self::StockReservationsExpired(StockReservationsExpired { allocations, .. })
            | Self::StockBackorderFilled(StockBackorderFilled { allocations, .. }) => {
                return each(allocations);
            }
            Self::TransferShipped(TransferShipped { from, to, .. }) => {
                return vec![(from, self.quantity()), (to, None)];
            }
            Self::StockPolicySet(StockPolicySet { .. }) => {
                return after.levels.keys().map(|location| (location, None)).collect();
            }
            Self::StockReceived(StockReceived { location, .. })
            | Self::StockCounted(StockCounted { location, .. })
            | Self::StockAdjusted(StockAdjusted { location, .. })
            | Self::StockConditionChanged(StockConditionChanged { location, .. })
            | Self::TransferReceived(TransferReceived { location, .. })
            | Self::SupplyExpected(SupplyExpected { location, .. })
            | Self::StockEarmarked(StockEarmarked { location, .. })
            | Self::StockShorted(StockShorted { location, .. })
            | Self::StockReturned(StockReturned { location, .. })
            | Self::StockShipped(StockShipped { location, .. }) => location,
            Self::StockReservationExtended(_)
            | Self::SupplyCancelled(_)
            | Self::StockBackordered(_)
            | Self::StockBackorderWithdrawn(_)
            | Self::StockPromised(_) => return Vec::new(),
        };
        vec![(place, self.quantity())]
    }

    fn changes_queue(&self) -> bool {
        matches!(
            self,
            Self::StockBackordered(_) | Self::StockBackorderWithdrawn(_) | Self::StockBackorderFilled(_)
        )
    }
}

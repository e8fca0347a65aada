//! What an event has moved: where, how many, for whom, and what is there after it.

use schemars::JsonSchema;
use serde::Serialize;

use super::events::{
    Allocation, StockAdjusted, StockBackorderFilled, StockConditionChanged, StockCounted, StockEarmarked,
    StockEvent, StockPolicySet, StockReceived, StockReleased, StockReservationsExpired, StockReserved,
    StockReturned, StockShipped, StockShorted, SupplyExpected, TransferReceived, TransferShipped,
};
use super::state::{Bin, StockItem};
use crate::values::{LocationId, OrderId, Units};

/// What an event has moved.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Movement {
    /// The order that it was about.
    pub order_id: Option<OrderId>,
    /// How many units it was about, of all locations together; less than none where that many were missing. Absent where it
    /// was about none.
    pub quantity: Option<i64>,
    /// The locations that it was about, with what is there after it. A location that is not named is as it was before.
    pub locations: Vec<MovementAt>,
    /// Units that orders wait for after it, where it was about those that wait.
    pub backordered: Option<Units>,
}

/// What an event has moved at one location, and what is there after it.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MovementAt {
    /// The location.
    pub location: LocationId,
    /// How many units it was about here; less than none where that many were missing.
    pub quantity: Option<i64>,
    /// Sellable units physically there, reserved ones included.
    pub on_hand: Units,
    /// Of those, held for orders.
    pub reserved: Units,
    /// Of those, set aside for the backorder queue.
    pub earmarked: Units,
    /// Of those, never promised.
    pub safety_stock: Units,
    /// What can still be promised there.
    pub available: Units,
    /// Kept beside: waiting for inspection.
    pub quarantine: Units,
    /// Kept beside: cannot be sold.
    pub damaged: Units,
}

impl Movement {
    /// What an event has moved, by the event and the item as it has left it.
    pub fn of(event: &StockEvent, after: &StockItem) -> Self {
        let at = |(location, quantity): (&LocationId, Option<i64>)| MovementAt::of(after, location, quantity);
        Self {
            order_id: event.order_id(),
            quantity: event.quantity(),
            locations: event.locations(after).into_iter().map(at).collect(),
            backordered: event.is_about_the_queue().then(|| after.waiting()),
        }
    }

    /// Whether it was about a location.
    pub fn is_at(&self, location: &LocationId) -> bool {
        self.locations.iter().any(|there| there.location == *location)
    }
}

impl MovementAt {
    fn of(item: &StockItem, location: &LocationId, quantity: Option<i64>) -> Self {
        let nothing = Bin::default();
        let bin = item.bins.get(location).unwrap_or(&nothing);
        Self {
            location: location.clone(),
            quantity,
            on_hand: bin.on_hand,
            reserved: bin.reserved,
            earmarked: bin.earmarked,
            safety_stock: bin.safety_stock,
            available: bin.available(),
            quarantine: bin.quarantine,
            damaged: bin.damaged,
        }
    }
}

fn number(units: Units) -> i64 {
    units.number().cast_signed()
}

impl StockEvent {
    /// The order that it is about, where it is about one.
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

    /// How many units it is about.
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

    /// The locations that it is about, and how many units at each. A rule of the SKU is about all of them: it replaces the
    /// one before it.
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
                return after.bins.keys().map(|location| (location, None)).collect();
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

    fn is_about_the_queue(&self) -> bool {
        matches!(
            self,
            Self::StockBackordered(_) | Self::StockBackorderWithdrawn(_) | Self::StockBackorderFilled(_)
        )
    }
}

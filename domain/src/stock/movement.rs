//! The units that a stock event moved, and the quantities after it: for the audit trail.

use schemars::JsonSchema;
use serde::Serialize;

use super::StockItem;
use super::allocation::Allocation;
use super::events::StockEvent;
use super::level::StockLevel;
use crate::values::{LocationId, OrderId, Units};

/// The units that a stock event moved.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Movement {
    /// The order; absent if the event is not about one.
    pub order_id: Option<OrderId>,
    /// Units that the event moved, over all locations; negative if units were missing. Absent if the event is not about units.
    pub quantity: Option<i64>,
    /// The quantities after the event at the locations that it changed. Other locations are unchanged.
    pub locations: Vec<MovementAt>,
    /// Units in the backorder queue after the event; absent if the event does not change the queue.
    pub backordered: Option<Units>,
}

/// The units that a stock event moved at one location, and the quantities after it.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MovementAt {
    /// The location.
    pub location: LocationId,
    /// Units that the event moved at this location; negative if units were missing. Absent if the event is not about units.
    pub quantity: Option<i64>,
    /// Sellable units at the location, reserved units included.
    pub on_hand: Units,
    /// Units of `onHand` that are reserved for orders.
    pub reserved: Units,
    /// Units of `onHand` that are earmarked for the backorder queue.
    pub earmarked: Units,
    /// Units of `onHand` that are never promised.
    pub safety_stock: Units,
    /// Units that can be promised: `onHand - reserved - earmarked - safetyStock`, at least 0.
    pub available: Units,
    /// Units waiting for inspection; not on hand.
    pub quarantine: Units,
    /// Units that cannot be sold; not on hand.
    pub damaged: Units,
}

impl Movement {
    /// The movement of an event, given the item after it.
    pub fn of(event: &StockEvent, after: &StockItem) -> Self {
        let (order_id, quantity, places) = moved(event);
        let locations = match places {
            Places::At(location) => vec![MovementAt::of(after, location, quantity)],
            Places::Each(allocations) => {
                let at = |at: &Allocation| MovementAt::of(after, &at.location, Some(signed(at.quantity)));
                allocations.iter().map(at).collect()
            }
            Places::FromTo(from, to) => {
                vec![MovementAt::of(after, from, quantity), MovementAt::of(after, to, None)]
            }
            Places::All => {
                after.levels.keys().map(|location| MovementAt::of(after, location, None)).collect()
            }
            Places::Nowhere => Vec::new(),
        };
        let changes_queue = matches!(
            event,
            StockEvent::StockBackordered(_)
                | StockEvent::StockBackorderWithdrawn(_)
                | StockEvent::StockBackorderFilled(_)
        );
        Self { order_id, quantity, locations, backordered: changes_queue.then(|| after.backordered()) }
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

/// The locations that an event changes.
enum Places<'a> {
    /// One location, with all units of the event.
    At(&'a LocationId),
    /// Each of these, with its units.
    Each(&'a [Allocation]),
    /// Two locations: the units left the first one.
    FromTo(&'a LocationId, &'a LocationId),
    /// All locations, without units.
    All,
    Nowhere,
}

fn signed(units: Units) -> i64 {
    units.number().cast_signed()
}

/// The order, the units and the locations of an event.
fn moved(event: &StockEvent) -> (Option<OrderId>, Option<i64>, Places<'_>) {
    use Places::{All, At, Each, FromTo, Nowhere};
    let sum = |allocations: &[Allocation]| -> i64 {
        allocations.iter().map(|allocation| signed(allocation.quantity)).sum()
    };
    let (order_id, quantity, places) = match event {
        StockEvent::StockReceived(e) => (None, signed(e.quantity.units()), At(&e.location)),
        StockEvent::StockCounted(e) => (None, e.adjustment, At(&e.location)),
        StockEvent::StockAdjusted(e) => (None, e.delta.number(), At(&e.location)),
        StockEvent::StockConditionChanged(e) => (None, signed(e.quantity.units()), At(&e.location)),
        StockEvent::StockReserved(e) => (Some(e.order_id), sum(&e.allocations), Each(&e.allocations)),
        StockEvent::StockReleased(e) => (Some(e.order_id), sum(&e.allocations), Each(&e.allocations)),
        StockEvent::StockReservationsExpired(e) => (None, sum(&e.allocations), Each(&e.allocations)),
        StockEvent::StockCartReserved(e) => (None, sum(&e.allocations), Each(&e.allocations)),
        StockEvent::StockCartReleased(e) => (None, sum(&e.allocations), Each(&e.allocations)),
        StockEvent::StockReservationExtended(e) => return (Some(e.order_id), None, Nowhere),
        StockEvent::StockShipped(e) => (Some(e.order_id), signed(e.quantity), At(&e.location)),
        StockEvent::StockShipmentCancelled(e) => (Some(e.order_id), signed(e.quantity), At(&e.location)),
        StockEvent::StockShorted(e) => (Some(e.order_id), signed(e.quantity), At(&e.location)),
        StockEvent::StockReturned(e) => (Some(e.order_id), signed(e.quantity), At(&e.location)),
        StockEvent::TransferShipped(e) => (None, signed(e.quantity.units()), FromTo(&e.from, &e.to)),
        StockEvent::TransferReceived(e) => (None, signed(e.quantity), At(&e.location)),
        StockEvent::SupplyExpected(e) => (None, signed(e.quantity.units()), At(&e.location)),
        StockEvent::SupplyCancelled(_)
        | StockEvent::StockCartExtended(_)
        | StockEvent::StockLow(_)
        | StockEvent::StockOut(_)
        | StockEvent::BackInStock(_) => return (None, None, Nowhere),
        StockEvent::StockPolicySet(_) => return (None, None, All),
        StockEvent::StockBackordered(e) => (Some(e.order_id), signed(e.quantity), Nowhere),
        StockEvent::StockBackorderWithdrawn(e) => (Some(e.order_id), signed(e.quantity), Nowhere),
        StockEvent::StockPromised(e) => return (Some(e.order_id), None, Nowhere),
        StockEvent::StockEarmarked(e) => (None, signed(e.quantity), At(&e.location)),
        StockEvent::StockBackorderFilled(e) => (Some(e.order_id), sum(&e.allocations), Each(&e.allocations)),
    };
    (order_id, Some(quantity), places)
}

//! The events of a stock item.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::allocation::Allocation;
use super::backorder_queue::SplitAllowance;
use super::bundle::BundleComponent;
use super::upcasting::{stock_adjusted_1, stock_backordered_1};
use crate::event::{before_requires_stock, event_enum, payloads};
use crate::values::{
    CartReservationId, ChannelName, Delta, LocationId, OrderId, Quantity, Reference, ReturnId, ShipmentId,
    Sku, Text, Timestamp, Units,
};

/// The condition of units. Only sellable units are on hand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Can be promised.
    #[default]
    Sellable,
    /// Waiting for inspection.
    Quarantine,
    /// Cannot be sold.
    Damaged,
}

/// Why on hand is corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentReason {
    /// A recording error.
    Correction,
    /// Damaged and disposed of.
    Damaged,
    /// Past its expiry date.
    Expired,
    /// Found without having been recorded.
    Found,
    /// Missing for an unknown reason.
    Lost,
    /// Rejected by an inspection.
    QualityControl,
    /// Offsets a movement that happened before the latest count and was reported after it.
    Counted,
    /// Stolen.
    Theft,
    /// Explained by the note.
    Other,
}

/// Units of one lot.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lot {
    /// The lot number.
    pub lot: Reference,
    /// Units of the lot.
    pub quantity: Quantity,
    /// When the lot expires; absent if it does not or that is not known.
    pub expires_at: Option<Timestamp>,
}

/// How available a SKU is, by its available units at all locations, paused ones included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AvailabilityLevel {
    /// No units are available.
    Out,
    /// Units are available, and not more than `lowStockAt`.
    Low,
    /// More units are available than `lowStockAt`; any number for a SKU without that threshold.
    #[default]
    InStock,
}

/// Whether a count changed on hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CountEffect {
    /// On hand was adjusted.
    Applied,
    /// No effect: a later count was reported before.
    Superseded,
}

payloads! {
    /// Goods arrived.
    StockReceived {
        sku: Sku,
        location: LocationId,
        /// Units that arrived.
        quantity: Quantity,
        condition: Condition,
        /// Their lots, if known.
        lots: Option<Vec<Lot>>,
        /// Their serial numbers, if known.
        serials: Option<Vec<Reference>>,
        /// The expected supply that they belong to.
        supply_id: Option<Reference>,
        /// Whether no more units of the supply are expected.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        closes_supply: bool,
        /// The delivery's name in another system.
        reference: Option<Reference>,
        at: Timestamp,
        /// When it happened, if that was before the decision.
        happened_at: Option<Timestamp>,
        /// The reported time, if it was too far ahead.
        reported_ahead_of_time: Option<Timestamp>,
    }
    /// Units were counted.
    StockCounted {
        sku: Sku,
        location: LocationId,
        /// Units that were counted.
        counted: Units,
        /// When they were counted.
        counted_at: Timestamp,
        /// On hand at that time according to the earlier events, at least 0.
        known: Units,
        /// The change of on hand: counted units less known ones, but on hand never falls below 0.
        adjustment: i64,
        /// Whether it changed on hand.
        effect: CountEffect,
        reason: Option<Text<500>>,
        at: Timestamp,
        /// The reported time, if it was too far ahead.
        reported_ahead_of_time: Option<Timestamp>,
    }
    /// On hand was corrected.
    StockAdjusted {
        sku: Sku,
        location: LocationId,
        /// The change of on hand.
        delta: Delta,
        reason: AdjustmentReason,
        /// Details, for people.
        note: Option<Text<500>>,
        /// The name in another system.
        reference: Option<Reference>,
        at: Timestamp,
        /// When it happened, if that was before the decision.
        happened_at: Option<Timestamp>,
        /// The reported time, if it was too far ahead.
        reported_ahead_of_time: Option<Timestamp>,
    }
    /// Units are in another condition.
    StockConditionChanged {
        sku: Sku,
        location: LocationId,
        /// The condition before.
        from: Condition,
        /// The condition from now on.
        to: Condition,
        quantity: Quantity,
        reason: Text<500>,
        at: Timestamp,
        /// When it happened, if that was before the decision.
        happened_at: Option<Timestamp>,
        /// The reported time, if it was too far ahead.
        reported_ahead_of_time: Option<Timestamp>,
    }
    /// Units are reserved for an order.
    StockReserved {
        sku: Sku,
        order_id: OrderId,
        allocations: Vec<Allocation>,
        /// When the reservation ends; never if absent.
        until: Option<Timestamp>,
        /// The order's channel, if the units count towards its quota.
        channel: Option<ChannelName>,
    }
    /// A reservation of units ended.
    StockReleased {
        sku: Sku,
        order_id: OrderId,
        allocations: Vec<Allocation>,
        /// The order's channel, if the units count towards its quota.
        channel: Option<ChannelName>,
    }
    /// Reservations ended because their time had come.
    StockReservationsExpired {
        sku: Sku,
        /// All reservations with a deadline at or before this time have ended.
        until: Timestamp,
        /// Units by location, of all orders and carts together.
        allocations: Vec<Allocation>,
    }
    /// A reservation of an order ends at another time, or never.
    StockReservationExtended {
        sku: Sku,
        order_id: OrderId,
        /// When the reservation ends; never if absent.
        until: Option<Timestamp>,
        /// The units, if their reservation was permanent before.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        allocations: Vec<Allocation>,
        /// The order's channel, if these units count towards its quota.
        channel: Option<ChannelName>,
    }
    /// Units are reserved for a cart.
    StockCartReserved {
        sku: Sku,
        reservation_id: CartReservationId,
        allocations: Vec<Allocation>,
        /// When the reservation ends.
        until: Timestamp,
        /// The cart's channel, if the units count towards its quota.
        channel: Option<ChannelName>,
    }
    /// Units are reserved for a cart no longer.
    StockCartReleased {
        sku: Sku,
        reservation_id: CartReservationId,
        allocations: Vec<Allocation>,
        /// When the reservation would have ended.
        until: Timestamp,
        /// The cart's channel, if the units counted towards its quota.
        channel: Option<ChannelName>,
    }
    /// The reservation of a cart's units ends at another time.
    StockCartExtended {
        sku: Sku,
        reservation_id: CartReservationId,
        allocations: Vec<Allocation>,
        /// When the reservation would have ended.
        before: Timestamp,
        /// When the reservation ends.
        until: Timestamp,
        /// The cart's channel, if the units count towards its quota.
        channel: Option<ChannelName>,
    }
    /// Units left one location for another.
    TransferShipped {
        sku: Sku,
        transfer_id: Reference,
        /// The location that they left.
        from: LocationId,
        /// The location that they go to.
        to: LocationId,
        quantity: Quantity,
        at: Timestamp,
        /// When it happened, if that was before the decision.
        happened_at: Option<Timestamp>,
        /// The reported time, if it was too far ahead.
        reported_ahead_of_time: Option<Timestamp>,
    }
    /// Units arrived from another location.
    TransferReceived {
        sku: Sku,
        transfer_id: Reference,
        location: LocationId,
        /// Units that arrived.
        quantity: Units,
        /// Units of the transfer that will not arrive any more.
        lost: Units,
        at: Timestamp,
        /// When it happened, if that was before the decision.
        happened_at: Option<Timestamp>,
        /// The reported time, if it was too far ahead.
        reported_ahead_of_time: Option<Timestamp>,
    }
    /// A supply is expected, or its announced quantity, time or location changed.
    SupplyExpected {
        sku: Sku,
        supply_id: Reference,
        location: LocationId,
        /// Units that are still expected.
        quantity: Quantity,
        /// When it is expected.
        due_at: Timestamp,
        /// The name in another system.
        reference: Option<Reference>,
    }
    /// An expected supply will not come.
    SupplyCancelled {
        sku: Sku,
        supply_id: Reference,
        reason: Option<Text<500>>,
    }
    /// All rules of the SKU from now on.
    StockPolicySet {
        sku: Sku,
        /// Whether new orders may wait for units.
        backorderable: bool,
        /// The most units that all orders together may wait for; no limit if absent.
        backorder_limit: Option<Quantity>,
        /// Units per location that are never promised. Default: 0.
        safety_stock: BTreeMap<LocationId, Units>,
        /// The most units that a channel may promise. Default: no limit.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        channel_limits: BTreeMap<ChannelName, Units>,
        /// The most available units that count as low stock; no threshold if absent.
        low_stock_at: Option<Units>,
        /// Whether lines of the SKU need stock, unless they say otherwise.
        #[serde(default = "crate::event::default_true")]
        requires_stock: bool,
        /// What a bundle consists of. Absent: the SKU is no bundle.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        components: Vec<BundleComponent>,
        /// The decision time: new limits count the orders created from then on. All orders if absent.
        at: Option<Timestamp>,
    }
    /// Available units of a SKU have fallen to the threshold of low stock or below.
    StockLow {
        sku: Sku,
        /// Available units at all locations; at least 1.
        available: Units,
        /// The most available units that count as low stock.
        low_stock_at: Units,
        at: Timestamp,
    }
    /// No units of a SKU are available any more.
    StockOut {
        sku: Sku,
        at: Timestamp,
    }
    /// The level of a SKU has risen: from out to low or in stock, or from low to in stock.
    BackInStock {
        sku: Sku,
        /// Available units at all locations; at least 1.
        available: Units,
        /// The level from now on: `low` or `in_stock`.
        level: AvailabilityLevel,
        at: Timestamp,
    }
    /// An order joined the backorder queue.
    StockBackordered {
        sku: Sku,
        order_id: OrderId,
        /// Units that it waits for.
        quantity: Units,
        /// The time that the queue is ordered by: when the order joined it, less the boost of its priority.
        place: Timestamp,
        /// Whether all units must come at once, from one location. Otherwise they come as they arrive.
        whole: bool,
        /// The only location that may serve it; any location if absent.
        only_at: Option<LocationId>,
        /// Locations that must not serve it.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        not_at: BTreeSet<LocationId>,
        /// How many more locations the order may ship from; any number if absent.
        split: Option<SplitAllowance>,
        /// When the order needs them, if it needs them later: supplies until then serve it before free units do.
        needed_at: Option<Timestamp>,
        /// The order's channel, if the units count towards its quota.
        channel: Option<ChannelName>,
    }
    /// An order left the backorder queue, or waits for fewer units.
    StockBackorderWithdrawn {
        sku: Sku,
        order_id: OrderId,
        /// Units that it waits for no longer.
        quantity: Units,
        /// The order's channel, if the units count towards its quota.
        channel: Option<ChannelName>,
    }
    /// The date was recorded on which the units of an order in the backorder queue are expected.
    StockPromised {
        sku: Sku,
        order_id: OrderId,
        /// When the last unit is expected; absent if that is not known.
        promised_at: Option<Timestamp>,
    }
    /// Another number of units is earmarked for the backorder queue at a location.
    StockEarmarked {
        sku: Sku,
        location: LocationId,
        /// All units that are earmarked there from now on.
        quantity: Units,
    }
    /// Earmarked units are reserved for an order of the backorder queue.
    StockBackorderFilled {
        sku: Sku,
        order_id: OrderId,
        allocations: Vec<Allocation>,
        /// When the reservation ends; never if absent.
        until: Option<Timestamp>,
    }
    /// Reserved units were not found: they are neither reserved nor on hand any more.
    StockShorted {
        sku: Sku,
        order_id: OrderId,
        /// The location that does not have them.
        location: LocationId,
        /// Units that are missing.
        quantity: Units,
        /// How many of them were on hand. A count may have taken the others off before.
        on_hand: Units,
        /// The order's channel, if the units count towards its quota.
        channel: Option<ChannelName>,
        at: Timestamp,
        /// When it happened, if that was before the decision.
        happened_at: Option<Timestamp>,
    }
    /// A customer returned units.
    StockReturned {
        sku: Sku,
        order_id: OrderId,
        return_id: ReturnId,
        location: LocationId,
        quantity: Units,
        condition: Condition,
        at: Timestamp,
        /// When it happened, if that was before the decision.
        happened_at: Option<Timestamp>,
    }
    /// Units were shipped for an order.
    StockShipped {
        sku: Sku,
        order_id: OrderId,
        shipment_id: ShipmentId,
        /// The location that they left.
        location: LocationId,
        /// Units that left.
        quantity: Units,
        /// How many of them were not reserved for the order there.
        #[serde(default, skip_serializing_if = "Units::is_nothing")]
        unreserved: Units,
        /// The order's channel, if the units count towards its quota.
        channel: Option<ChannelName>,
        at: Timestamp,
        /// When it happened, if that was before the decision.
        happened_at: Option<Timestamp>,
    }
    /// Units of a shipment that was reported by mistake did not leave.
    StockShipmentCancelled {
        sku: Sku,
        order_id: OrderId,
        shipment_id: ShipmentId,
        /// The location that has them.
        location: LocationId,
        /// Units that did not leave.
        quantity: Units,
        /// How many of them are not reserved for the order again.
        #[serde(default, skip_serializing_if = "Units::is_nothing")]
        unreserved: Units,
        /// The order's channel, if the units count towards its quota.
        channel: Option<ChannelName>,
        at: Timestamp,
        /// When they were reported to have left, if that was before the decision.
        happened_at: Option<Timestamp>,
    }
}

event_enum!(
    /// The events of a stock item.
    StockEvent {
        StockReceived = 1, StockCounted = 1, StockAdjusted = 2 { 1 => stock_adjusted_1 }, StockConditionChanged = 1,
        StockReserved = 1, StockReleased = 1, StockReservationsExpired = 1, StockReservationExtended = 1,
        StockCartReserved = 1, StockCartReleased = 1, StockCartExtended = 1,
        StockShipped = 1, StockShipmentCancelled = 1, StockShorted = 1, StockReturned = 1,
        TransferShipped = 1, TransferReceived = 1, SupplyExpected = 1, SupplyCancelled = 1,
        StockPolicySet = 2 { 1 => before_requires_stock }, StockLow = 1, StockOut = 1, BackInStock = 1, StockBackordered = 2 { 1 => stock_backordered_1 }, StockBackorderWithdrawn = 1, StockPromised = 1,
        StockEarmarked = 1, StockBackorderFilled = 1,
    }
);

impl StockEvent {
    /// The SKU of the event.
    pub fn sku(&self) -> &Sku {
        match self {
            Self::StockReceived(StockReceived { sku, .. })
            | Self::StockCounted(StockCounted { sku, .. })
            | Self::StockAdjusted(StockAdjusted { sku, .. })
            | Self::StockConditionChanged(StockConditionChanged { sku, .. })
            | Self::StockReserved(StockReserved { sku, .. })
            | Self::StockReleased(StockReleased { sku, .. })
            | Self::StockReservationsExpired(StockReservationsExpired { sku, .. })
            | Self::StockReservationExtended(StockReservationExtended { sku, .. })
            | Self::StockCartReserved(StockCartReserved { sku, .. })
            | Self::StockCartReleased(StockCartReleased { sku, .. })
            | Self::StockCartExtended(StockCartExtended { sku, .. })
            | Self::StockShipped(StockShipped { sku, .. })
            | Self::StockShipmentCancelled(StockShipmentCancelled { sku, .. })
            | Self::StockShorted(StockShorted { sku, .. })
            | Self::StockReturned(StockReturned { sku, .. })
            | Self::TransferShipped(TransferShipped { sku, .. })
            | Self::TransferReceived(TransferReceived { sku, .. })
            | Self::SupplyExpected(SupplyExpected { sku, .. })
            | Self::SupplyCancelled(SupplyCancelled { sku, .. })
            | Self::StockPolicySet(StockPolicySet { sku, .. })
            | Self::StockLow(StockLow { sku, .. })
            | Self::StockOut(StockOut { sku, .. })
            | Self::BackInStock(BackInStock { sku, .. })
            | Self::StockBackordered(StockBackordered { sku, .. })
            | Self::StockBackorderWithdrawn(StockBackorderWithdrawn { sku, .. })
            | Self::StockPromised(StockPromised { sku, .. })
            | Self::StockEarmarked(StockEarmarked { sku, .. })
            | Self::StockBackorderFilled(StockBackorderFilled { sku, .. }) => sku,
        }
    }
}

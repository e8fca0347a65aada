//! The events of a stock item.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::backorder_queue::SplitAllowance;
use super::upcasting::{stock_adjusted_1, stock_backordered_1};
use crate::event::{event_enum, payloads};
use crate::values::{
    ChannelName, Delta, LocationId, OrderId, Quantity, Reference, ReturnId, ShipmentId, Sku, Text, Timestamp,
    Units,
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

/// Units at one location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Allocation {
    /// The location.
    pub location: LocationId,
    /// Units.
    pub quantity: Units,
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
        /// The SKU.
        sku: Sku,
        /// The location.
        location: LocationId,
        /// Units that arrived.
        quantity: Quantity,
        /// Their condition.
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
        /// The decision time.
        at: Timestamp,
    }
    /// Units were counted.
    StockCounted {
        /// The SKU.
        sku: Sku,
        /// The location.
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
        /// The reason, for people.
        reason: Option<Text<500>>,
        /// The decision time.
        at: Timestamp,
    }
    /// On hand was corrected.
    StockAdjusted {
        /// The SKU.
        sku: Sku,
        /// The location.
        location: LocationId,
        /// The change of on hand.
        delta: Delta,
        /// The reason.
        reason: AdjustmentReason,
        /// Details, for people.
        note: Option<Text<500>>,
        /// The name in another system.
        reference: Option<Reference>,
        /// The decision time.
        at: Timestamp,
    }
    /// Units are in another condition.
    StockConditionChanged {
        /// The SKU.
        sku: Sku,
        /// The location.
        location: LocationId,
        /// The condition before.
        from: Condition,
        /// The condition from now on.
        to: Condition,
        /// Units.
        quantity: Quantity,
        /// The reason, for people.
        reason: Text<500>,
        /// The decision time.
        at: Timestamp,
    }
    /// Units are reserved for an order.
    StockReserved {
        /// The SKU.
        sku: Sku,
        /// The order.
        order_id: OrderId,
        /// Units by location.
        allocations: Vec<Allocation>,
        /// When the reservation ends; never if absent.
        until: Option<Timestamp>,
        /// The order's channel, if the units count towards its quota.
        channel: Option<ChannelName>,
    }
    /// A reservation of units ended.
    StockReleased {
        /// The SKU.
        sku: Sku,
        /// The order.
        order_id: OrderId,
        /// Units by location.
        allocations: Vec<Allocation>,
        /// The order's channel, if the units count towards its quota.
        channel: Option<ChannelName>,
    }
    /// Reservations ended because their time had come.
    StockReservationsExpired {
        /// The SKU.
        sku: Sku,
        /// All reservations ended that ended at this time or before.
        until: Timestamp,
        /// Units by location, of all orders together.
        allocations: Vec<Allocation>,
    }
    /// A reservation of an order ends at another time, or never.
    StockReservationExtended {
        /// The SKU.
        sku: Sku,
        /// The order.
        order_id: OrderId,
        /// When the reservation ends; never if absent.
        until: Option<Timestamp>,
    }
    /// Units left one location for another.
    TransferShipped {
        /// The SKU.
        sku: Sku,
        /// The transfer's id.
        transfer_id: Reference,
        /// The location that they left.
        from: LocationId,
        /// The location that they go to.
        to: LocationId,
        /// Units.
        quantity: Quantity,
        /// The decision time.
        at: Timestamp,
    }
    /// Units arrived from another location.
    TransferReceived {
        /// The SKU.
        sku: Sku,
        /// The transfer's id.
        transfer_id: Reference,
        /// The location.
        location: LocationId,
        /// Units that arrived.
        quantity: Units,
        /// Units of the transfer that will not arrive any more.
        lost: Units,
        /// The decision time.
        at: Timestamp,
    }
    /// A delivery is expected, or other than it was announced before.
    SupplyExpected {
        /// The SKU.
        sku: Sku,
        /// The supply's id.
        supply_id: Reference,
        /// The location.
        location: LocationId,
        /// Units that are still expected.
        quantity: Quantity,
        /// When it is expected.
        due_at: Timestamp,
        /// The name in another system.
        reference: Option<Reference>,
    }
    /// An expected delivery will not come.
    SupplyCancelled {
        /// The SKU.
        sku: Sku,
        /// The supply's id.
        supply_id: Reference,
        /// The reason, for people.
        reason: Option<Text<500>>,
    }
    /// All rules of the SKU from now on.
    StockPolicySet {
        /// The SKU.
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
        /// The decision time: new limits count the orders created from then on. All orders if absent.
        at: Option<Timestamp>,
    }
    /// An order joined the backorder queue.
    StockBackordered {
        /// The SKU.
        sku: Sku,
        /// The order.
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
        /// The order's channel, if the units count towards its quota.
        channel: Option<ChannelName>,
    }
    /// An order left the backorder queue, or waits for fewer units.
    StockBackorderWithdrawn {
        /// The SKU.
        sku: Sku,
        /// The order.
        order_id: OrderId,
        /// Units that it waits for no longer.
        quantity: Units,
        /// The order's channel, if the units count towards its quota.
        channel: Option<ChannelName>,
    }
    /// An order in the backorder queue was told when its units are expected.
    StockPromised {
        /// The SKU.
        sku: Sku,
        /// The order.
        order_id: OrderId,
        /// When the last unit is expected; absent if that is not known.
        promised_at: Option<Timestamp>,
    }
    /// Another number of units is earmarked for the backorder queue at a location.
    StockEarmarked {
        /// The SKU.
        sku: Sku,
        /// The location.
        location: LocationId,
        /// All units that are earmarked there from now on.
        quantity: Units,
    }
    /// Earmarked units are reserved for an order of the backorder queue.
    StockBackorderFilled {
        /// The SKU.
        sku: Sku,
        /// The order.
        order_id: OrderId,
        /// Units by location.
        allocations: Vec<Allocation>,
        /// When the reservation ends; never if absent.
        until: Option<Timestamp>,
    }
    /// Reserved units were not found: they are neither reserved nor on hand any more.
    StockShorted {
        /// The SKU.
        sku: Sku,
        /// The order.
        order_id: OrderId,
        /// The location that does not have them.
        location: LocationId,
        /// Units that are missing.
        quantity: Units,
        /// How many of them were on hand. A count may have taken the others off before.
        on_hand: Units,
        /// The order's channel, if the units count towards its quota.
        channel: Option<ChannelName>,
        /// The decision time.
        at: Timestamp,
    }
    /// A customer returned units.
    StockReturned {
        /// The SKU.
        sku: Sku,
        /// The order.
        order_id: OrderId,
        /// The return's id.
        return_id: ReturnId,
        /// The location.
        location: LocationId,
        /// Units.
        quantity: Units,
        /// Their condition.
        condition: Condition,
        /// The decision time.
        at: Timestamp,
    }
    /// Units left for an order.
    StockShipped {
        /// The SKU.
        sku: Sku,
        /// The order.
        order_id: OrderId,
        /// The shipment's id.
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
        /// The decision time.
        at: Timestamp,
    }
}

event_enum!(
    /// The events of a stock item.
    StockEvent {
        StockReceived = 1, StockCounted = 1, StockAdjusted = 2 { 1 => stock_adjusted_1 }, StockConditionChanged = 1,
        StockReserved = 1, StockReleased = 1, StockReservationsExpired = 1, StockReservationExtended = 1,
        StockShipped = 1, StockShorted = 1, StockReturned = 1,
        TransferShipped = 1, TransferReceived = 1, SupplyExpected = 1, SupplyCancelled = 1,
        StockPolicySet = 1, StockBackordered = 2 { 1 => stock_backordered_1 }, StockBackorderWithdrawn = 1, StockPromised = 1,
        StockEarmarked = 1, StockBackorderFilled = 1,
    }
);

impl StockEvent {
    /// The SKU of the event.
    pub fn sku(&self) -> &Sku {
        macro_rules! sku_of {
            ($($variant:ident),* $(,)?) => { match self { $(Self::$variant($variant { sku, .. }) => sku,)* } };
        }
        sku_of!(
            StockReceived,
            StockCounted,
            StockAdjusted,
            StockConditionChanged,
            StockReserved,
            StockReleased,
            StockReservationsExpired,
            StockReservationExtended,
            StockShipped,
            StockShorted,
            StockReturned,
            TransferShipped,
            TransferReceived,
            SupplyExpected,
            SupplyCancelled,
            StockPolicySet,
            StockBackordered,
            StockBackorderWithdrawn,
            StockPromised,
            StockEarmarked,
            StockBackorderFilled,
        )
    }
}

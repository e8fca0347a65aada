//! What happens to a stock item.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::queue::SplitAllowance;
use super::upcasting::{stock_adjusted_1, stock_backordered_1};
use crate::event::{event_enum, payloads};
use crate::values::{
    ChannelName, Delta, LocationId, OrderId, Quantity, Reference, ReturnId, ShipmentId, Sku, Text, Timestamp,
    Units,
};

/// What state goods are in. Only sellable units are on hand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// May be promised.
    #[default]
    Sellable,
    /// Waits for inspection.
    Quarantine,
    /// Cannot be sold.
    Damaged,
}

/// Why on hand is other than the books say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentReason {
    /// The books were wrong.
    Correction,
    /// Broken, and thrown away.
    Damaged,
    /// Too old to be sold.
    Expired,
    /// There without having been on the books.
    Found,
    /// Not there any more, and nobody knows why.
    Lost,
    /// Sorted out by an inspection.
    QualityControl,
    /// Stolen.
    Theft,
    /// What the note says.
    Other,
}

/// Units of one lot.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lot {
    /// The lot's name.
    pub lot: Reference,
    /// How many units of it.
    pub quantity: Quantity,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
}

/// Units at one location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Allocation {
    /// Where.
    pub location: LocationId,
    /// How many.
    pub quantity: Units,
}

/// Whether a count changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CountEffect {
    /// On hand was adjusted by the difference.
    Applied,
    /// A later count is already known: recorded without effect.
    Superseded,
}

payloads! {
    /// Goods arrived.
    StockReceived {
        /// Which.
        sku: Sku,
        /// Where.
        location: LocationId,
        /// How many.
        quantity: Quantity,
        /// In what state.
        condition: Condition,
        /// Their lots, where known.
        lots: Option<Vec<Lot>>,
        /// Their serial numbers, where known.
        serials: Option<Vec<Reference>>,
        /// The supply that they are part of.
        supply_id: Option<Reference>,
        /// Whether nothing more of it is expected, whatever was.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        closes_supply: bool,
        /// The delivery's name elsewhere.
        reference: Option<Reference>,
        /// When it was decided.
        at: Timestamp,
    }
    /// Somebody counted what is there.
    StockCounted {
        /// Which.
        sku: Sku,
        /// Where.
        location: LocationId,
        /// How many were counted.
        counted: Units,
        /// When.
        counted_at: Timestamp,
        /// On hand as it was known to be at that moment; none where the books were below that.
        known: Units,
        /// What on hand changes by: counted less what the books said, but never below none.
        adjustment: i64,
        /// Whether it changed anything.
        effect: CountEffect,
        /// Why it was counted.
        reason: Option<Text<500>>,
        /// When it was decided.
        at: Timestamp,
    }
    /// On hand was corrected by hand.
    StockAdjusted {
        /// Which.
        sku: Sku,
        /// Where.
        location: LocationId,
        /// What on hand changes by.
        delta: Delta,
        /// Why.
        reason: AdjustmentReason,
        /// For people.
        note: Option<Text<500>>,
        /// Its name elsewhere.
        reference: Option<Reference>,
        /// When it was decided.
        at: Timestamp,
    }
    /// Goods are in another state.
    StockConditionChanged {
        /// Which.
        sku: Sku,
        /// Where.
        location: LocationId,
        /// The state they were in.
        from: Condition,
        /// The state they are in.
        to: Condition,
        /// How many.
        quantity: Quantity,
        /// Why.
        reason: Text<500>,
        /// When it was decided.
        at: Timestamp,
    }
    /// Units are held for an order.
    StockReserved {
        /// Which.
        sku: Sku,
        /// For which order.
        order_id: OrderId,
        /// Where and how many.
        allocations: Vec<Allocation>,
        /// Until when; for good where not given.
        until: Option<Timestamp>,
        /// The order's channel, if the units count towards its quota.
        channel: Option<ChannelName>,
    }
    /// Held units are free again.
    StockReleased {
        /// Which.
        sku: Sku,
        /// The order that held them.
        order_id: OrderId,
        /// Where and how many.
        allocations: Vec<Allocation>,
        /// The order's channel, if the units count towards its quota.
        channel: Option<ChannelName>,
    }
    /// Units that were held until a moment that is past are free again.
    StockReservationsExpired {
        /// Which.
        sku: Sku,
        /// All that were held until then or before.
        until: Timestamp,
        /// Where and how many, all orders' together.
        allocations: Vec<Allocation>,
    }
    /// Units that an order holds are held longer.
    StockReservationExtended {
        /// Which.
        sku: Sku,
        /// The order that holds them.
        order_id: OrderId,
        /// Until when; for good where not given.
        until: Option<Timestamp>,
    }
    /// Units are on their way from one location to another.
    TransferShipped {
        /// Which.
        sku: Sku,
        /// The transfer.
        transfer_id: Reference,
        /// From where.
        from: LocationId,
        /// To where.
        to: LocationId,
        /// How many.
        quantity: Quantity,
        /// When it was decided.
        at: Timestamp,
    }
    /// Units arrived from another location.
    TransferReceived {
        /// Which.
        sku: Sku,
        /// The transfer.
        transfer_id: Reference,
        /// Where.
        location: LocationId,
        /// How many.
        quantity: Units,
        /// How many of those that were on their way are not expected any more.
        lost: Units,
        /// When it was decided.
        at: Timestamp,
    }
    /// Goods are expected, or other than was said before.
    SupplyExpected {
        /// Which.
        sku: Sku,
        /// The supply.
        supply_id: Reference,
        /// Where.
        location: LocationId,
        /// How many are still to come.
        quantity: Quantity,
        /// When.
        due_at: Timestamp,
        /// Its name elsewhere.
        reference: Option<Reference>,
    }
    /// Goods that were expected will not come.
    SupplyCancelled {
        /// Which.
        sku: Sku,
        /// The supply.
        supply_id: Reference,
        /// Why.
        reason: Option<Text<500>>,
    }
    /// A SKU's own rules as they are from now on, whole.
    StockPolicySet {
        /// Which.
        sku: Sku,
        /// Whether orders may wait for it.
        backorderable: bool,
        /// How many units orders may wait for at most, all together.
        backorder_limit: Option<Quantity>,
        /// Units that are never promised, by location.
        safety_stock: BTreeMap<LocationId, Units>,
        /// How many units a channel may promise, all together.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        channel_limits: BTreeMap<ChannelName, Units>,
        /// When it was decided: limits that are new count the orders created from then on. All orders when absent.
        at: Option<Timestamp>,
    }
    /// An order waits for units.
    StockBackordered {
        /// Which.
        sku: Sku,
        /// For which order.
        order_id: OrderId,
        /// How many.
        quantity: Units,
        /// Its place in the queue: when it began to wait, less the head start of its priority.
        place: Timestamp,
        /// Whether it takes all of them at once, from one location, or as they come.
        whole: bool,
        /// The only location that may give them.
        only_at: Option<LocationId>,
        /// The locations that will not give them.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        not_at: BTreeSet<LocationId>,
        /// How many more locations the order may ship from; any number when absent.
        split: Option<SplitAllowance>,
        /// The order's channel, if the units count towards its quota.
        channel: Option<ChannelName>,
    }
    /// An order waits no longer, or for fewer.
    StockBackorderWithdrawn {
        /// Which.
        sku: Sku,
        /// The order that waited.
        order_id: OrderId,
        /// For how many.
        quantity: Units,
        /// The order's channel, if the units count towards its quota.
        channel: Option<ChannelName>,
    }
    /// An order that waits was told when its units are expected.
    StockPromised {
        /// Which.
        sku: Sku,
        /// The order that waits.
        order_id: OrderId,
        /// When the last of them is expected, where that is known.
        promised_at: Option<Timestamp>,
    }
    /// So many units are set aside for the queue at a location from now on.
    StockEarmarked {
        /// Which.
        sku: Sku,
        /// Where.
        location: LocationId,
        /// How many, all together.
        quantity: Units,
    }
    /// Units that were set aside are held for an order that waited for them.
    StockBackorderFilled {
        /// Which.
        sku: Sku,
        /// For which order.
        order_id: OrderId,
        /// Where and how many.
        allocations: Vec<Allocation>,
        /// Until when; for good where not given.
        until: Option<Timestamp>,
    }
    /// Units that were held are not there: they are neither held nor on hand any more.
    StockShorted {
        /// Which.
        sku: Sku,
        /// The order that they were held for.
        order_id: OrderId,
        /// Where they should have been.
        location: LocationId,
        /// How many were held.
        quantity: Units,
        /// Of those, how many were on hand by the books. A count may have taken the others off already.
        on_hand: Units,
        /// The order's channel, if the units count towards its quota.
        channel: Option<ChannelName>,
        /// When it was decided.
        at: Timestamp,
    }
    /// Units came back from a customer.
    StockReturned {
        /// Which.
        sku: Sku,
        /// From which order.
        order_id: OrderId,
        /// With which return.
        return_id: ReturnId,
        /// Where.
        location: LocationId,
        /// How many.
        quantity: Units,
        /// In what state.
        condition: Condition,
        /// When it was decided.
        at: Timestamp,
    }
    /// Held units left the house.
    StockShipped {
        /// Which.
        sku: Sku,
        /// For which order.
        order_id: OrderId,
        /// With which shipment.
        shipment_id: ShipmentId,
        /// From where.
        location: LocationId,
        /// How many.
        quantity: Units,
        /// Of those, how many were not held for it.
        #[serde(default, skip_serializing_if = "Units::is_nothing")]
        unreserved: Units,
        /// The order's channel, if the units count towards its quota.
        channel: Option<ChannelName>,
        /// When it was decided.
        at: Timestamp,
    }
}

event_enum!(
    /// Everything that happens to a stock item.
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
    /// The SKU it is about.
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

//! What can be asked of a stock item.

use std::collections::{BTreeMap, BTreeSet};

use super::events::{AdjustmentReason, Allocation, Condition, Lot};
use super::queue::Eligibility;
use crate::command::commands;
use crate::values::{
    ChannelName, Delta, LocationId, OrderId, Priority, Quantity, Reference, ReturnId, ShipmentId, Sku, Text,
    Timestamp, Units,
};

commands! {
    /// Reports goods that arrived.
    ReceiveStock {
        /// Which.
        sku: Sku,
        /// Where.
        location: LocationId,
        /// How many.
        quantity: Quantity,
        /// In what state; sellable where not said.
        condition: Option<Condition>,
        /// Their lots; together no more than the quantity.
        lots: Option<Vec<Lot>>,
        /// Their serial numbers; no more than the quantity.
        serials: Option<Vec<Reference>>,
        /// The supply that they are part of.
        supply_id: Option<Reference>,
        /// Whether nothing more of it is expected.
        close_supply: Option<bool>,
        /// The delivery's name elsewhere.
        reference: Option<Reference>,
    }

    /// Reports how many units were counted at a moment. What moved since is taken into account.
    CountStock {
        /// Which.
        sku: Sku,
        /// Where.
        location: LocationId,
        /// How many were there, 0 to 1,000,000,000.
        on_hand: Units,
        /// When they were counted.
        counted_at: Timestamp,
        /// Why.
        reason: Option<Text<500>>,
    }

    /// Corrects on hand by a difference.
    AdjustStock {
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
    }
}

commands! {
    /// Reports goods that are in another state than they were.
    ChangeStockCondition {
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
    }

    /// Reports goods that left one location for another. Only what is promised to nobody may leave.
    ShipTransfer {
        /// The transfer's id; made where not given.
        transfer_id: Option<Reference>,
        /// Which.
        sku: Sku,
        /// From where.
        from: LocationId,
        /// To where.
        to: LocationId,
        /// How many.
        quantity: Quantity,
    }

    /// Reports goods that arrived from another location.
    ReceiveTransfer {
        /// The transfer.
        transfer_id: Reference,
        /// How many; 0 only where the rest of it is lost.
        quantity: Units,
        /// Whether the rest of it is lost.
        close: Option<bool>,
    }

    /// Tells of goods that are expected. Again with the same id: that they are expected otherwise.
    ExpectSupply {
        /// The supply's id; made where not given.
        supply_id: Option<Reference>,
        /// Which.
        sku: Sku,
        /// Where.
        location: LocationId,
        /// How many are still to come.
        quantity: Quantity,
        /// When.
        due_at: Timestamp,
        /// Its name elsewhere.
        reference: Option<Reference>,
    }

    /// Tells that goods which were expected will not come.
    CancelSupply {
        /// The supply.
        supply_id: Reference,
        /// Why.
        reason: Option<Text<500>>,
    }
}

commands! {
    /// Sets a SKU's own rules. What is not given stays; `safetyStock` and `channelLimits`
    /// replace what they name.
    SetStockPolicy {
        /// Of which SKU.
        sku: Sku,
        /// Whether orders may wait for it; they may where nothing is said.
        backorderable: Option<bool>,
        /// How many units orders may wait for at most, all together.
        backorder_limit: Option<Quantity>,
        /// Units that are never promised, by location; 0 for none.
        safety_stock: Option<BTreeMap<LocationId, Units>>,
        /// The most units that a channel may promise, 0 to 1,000,000,000; null removes the limit. It counts the units
        /// of orders that were created since the limit was first set, shipped units included, and of no others.
        channel_limits: Option<BTreeMap<ChannelName, Option<Units>>>,
    }

    /// Gives what is set aside for the backorder queue to those whose turn it is. Not for callers: the service does it
    /// by itself, as often as there is somebody to be served.
    FillBackorders {
        /// Of which SKU.
        sku: Sku,
    }
}

/// A decision asked of a stock item. Those of the warehouse carry the moment of decision.
#[derive(Debug, Clone, PartialEq)]
pub enum StockCommand {
    /// Goods arrived.
    ReceiveStock(ReceiveStock, Timestamp),
    /// Somebody counted.
    CountStock(CountStock, Timestamp),
    /// Correct on hand.
    AdjustStock(AdjustStock, Timestamp),
    /// Goods are in another state.
    ChangeStockCondition(ChangeStockCondition, Timestamp),
    /// Goods left for another location.
    ShipTransfer(ShipTransfer, Reference, Timestamp),
    /// Goods arrived from another location.
    ReceiveTransfer(ReceiveTransfer, Timestamp),
    /// Goods are expected.
    ExpectSupply(ExpectSupply, Reference),
    /// Goods will not come.
    CancelSupply(CancelSupply),
    /// Hold units for an order.
    ReserveInventory {
        /// The order.
        order_id: OrderId,
        /// Its sales channel.
        channel: ChannelName,
        /// When the order was created.
        ordered_at: Timestamp,
        /// Where and how many.
        allocations: Vec<Allocation>,
        /// Until when; for good where not given.
        until: Option<Timestamp>,
    },
    /// Let go of units that an order held.
    ReleaseInventory {
        /// The order.
        order_id: OrderId,
        /// Its sales channel.
        channel: ChannelName,
        /// When the order was created.
        ordered_at: Timestamp,
        /// Where and how many.
        allocations: Vec<Allocation>,
    },
    /// Free what was held until a moment that is past.
    ExpireReservations(Timestamp),
    /// Hold units of an order longer.
    ExtendReservation {
        /// The order.
        order_id: OrderId,
        /// Until when; for good where not given.
        until: Option<Timestamp>,
    },
    /// Set the SKU's own rules.
    SetStockPolicy(SetStockPolicy, Timestamp),
    /// Let an order wait for units.
    BackorderInventory {
        /// The order.
        order_id: OrderId,
        /// Its sales channel.
        channel: ChannelName,
        /// When the order was created.
        ordered_at: Timestamp,
        /// How many.
        quantity: Units,
        /// How urgent it is.
        priority: Priority,
        /// The locations that may serve it.
        eligibility: Eligibility,
        /// Whether the order is new: what has happened to one that is there may not be refused.
        may_be_refused: bool,
        /// The moment of decision.
        at: Timestamp,
    },
    /// Change which locations may serve an order that waits. Its entries keep their age and their quantities.
    RequeueBackorder {
        /// The order.
        order_id: OrderId,
        /// Its sales channel.
        channel: ChannelName,
        /// When the order was created.
        ordered_at: Timestamp,
        /// The locations that may serve it from now on.
        eligibility: Eligibility,
    },
    /// Let an order wait no longer, or for fewer.
    WithdrawBackorder {
        /// The order.
        order_id: OrderId,
        /// Its sales channel.
        channel: ChannelName,
        /// When the order was created.
        ordered_at: Timestamp,
        /// How many it waits for no longer.
        quantity: Units,
    },
    /// Record that an order that waits was told when its units are expected.
    PromiseBackorder {
        /// The order.
        order_id: OrderId,
        /// When, where that is known.
        promised_at: Option<Timestamp>,
    },
    /// Set aside for the queue what is free, and free what it does not need.
    EarmarkInventory {
        /// Locations that nothing leaves for now.
        closed: BTreeSet<LocationId>,
    },
    /// Hold units that were set aside for an order that waits for them.
    FillBackorder {
        /// The order.
        order_id: OrderId,
        /// Where and how many.
        allocations: Vec<Allocation>,
        /// Until when; for good where not given.
        until: Option<Timestamp>,
    },
    /// Take off units that an order held and that are not there.
    ShortInventory {
        /// The order.
        order_id: OrderId,
        /// Its sales channel.
        channel: ChannelName,
        /// When the order was created.
        ordered_at: Timestamp,
        /// Where they should have been.
        location: LocationId,
        /// How many.
        quantity: Units,
        /// The moment of decision.
        at: Timestamp,
    },
    /// Put units on the books that came back.
    ReturnInventory {
        /// The order.
        order_id: OrderId,
        /// The return that they came with.
        return_id: ReturnId,
        /// Where.
        location: LocationId,
        /// How many.
        quantity: Units,
        /// In what state.
        condition: Condition,
        /// The moment of decision.
        at: Timestamp,
    },
    /// Take off units that left, for an order that held them, or some of them.
    ShipInventory {
        /// The order.
        order_id: OrderId,
        /// Its sales channel.
        channel: ChannelName,
        /// When the order was created.
        ordered_at: Timestamp,
        /// The shipment they left with.
        shipment_id: ShipmentId,
        /// From where.
        location: LocationId,
        /// How many.
        quantity: Units,
        /// Of those, how many it did not hold there.
        unreserved: Units,
        /// The moment of decision.
        at: Timestamp,
    },
}

//! The decisions that can be made about a stock item.

use std::collections::BTreeSet;

use super::adjustment::AdjustStock;
use super::backorder_queue::Eligibility;
use super::condition::ChangeStockCondition;
use super::count::CountStock;
use super::events::{Allocation, Condition};
use super::policy::SetStockPolicy;
use super::receipt::ReceiveStock;
use super::supply::{CancelSupply, ExpectSupply};
use super::transfer::{ReceiveTransfer, ShipTransfer};
use crate::values::{
    ChannelName, LocationId, OrderId, Priority, Reference, ReturnId, ShipmentId, Timestamp, Units,
};

/// A decision about a stock item: a command from outside with its decision time and the id that was generated for it, or
/// a part of a decision about an order.
#[derive(Debug, Clone, PartialEq)]
pub enum StockCommand {
    /// Goods arrived.
    ReceiveStock(ReceiveStock, Timestamp),
    /// Units were counted.
    CountStock(CountStock, Timestamp),
    /// On hand is corrected.
    AdjustStock(AdjustStock, Timestamp),
    /// Units are in another condition.
    ChangeStockCondition(ChangeStockCondition, Timestamp),
    /// Goods left one location for another.
    ShipTransfer(ShipTransfer, Reference, Timestamp),
    /// Goods arrived from another location.
    ReceiveTransfer(ReceiveTransfer, Timestamp),
    /// A delivery is expected.
    ExpectSupply(ExpectSupply, Reference),
    /// A delivery will not come.
    CancelSupply(CancelSupply),
    /// The SKU's rules change.
    SetStockPolicy(SetStockPolicy, Timestamp),
    /// Reserves available units for an order.
    ReserveInventory {
        /// The order.
        order_id: OrderId,
        /// Its sales channel.
        channel: ChannelName,
        /// When the order was created.
        ordered_at: Timestamp,
        /// Units by location.
        allocations: Vec<Allocation>,
        /// When the reservation ends; never if absent.
        until: Option<Timestamp>,
    },
    /// Ends the reservation of units.
    ReleaseInventory {
        /// The order.
        order_id: OrderId,
        /// Its sales channel.
        channel: ChannelName,
        /// When the order was created.
        ordered_at: Timestamp,
        /// Units by location.
        allocations: Vec<Allocation>,
    },
    /// Ends all reservations that end at this time or before.
    ExpireReservations(Timestamp),
    /// Changes when the reservation of an order ends.
    ExtendReservation {
        /// The order.
        order_id: OrderId,
        /// When it ends; never if absent.
        until: Option<Timestamp>,
    },
    /// Adds an order to the backorder queue.
    BackorderInventory {
        /// The order.
        order_id: OrderId,
        /// Its sales channel.
        channel: ChannelName,
        /// When the order was created.
        ordered_at: Timestamp,
        /// Units that it waits for.
        quantity: Units,
        /// The order's priority.
        priority: Priority,
        /// The locations that may serve it.
        eligibility: Eligibility,
        /// Whether the SKU's rules and the channel's quota may refuse it. They may refuse a new order, and not what has
        /// happened to an existing one.
        may_be_refused: bool,
        /// The decision time.
        at: Timestamp,
    },
    /// Changes which locations may serve an order in the queue. Its entries keep their age and their quantities.
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
    /// Takes units of an order out of the queue.
    WithdrawBackorder {
        /// The order.
        order_id: OrderId,
        /// Its sales channel.
        channel: ChannelName,
        /// When the order was created.
        ordered_at: Timestamp,
        /// Units that it waits for no longer. More than it waits for count as all.
        quantity: Units,
    },
    /// Records when an order in the queue was told that its units are expected.
    PromiseBackorder {
        /// The order.
        order_id: OrderId,
        /// When the last unit is expected; absent if that is not known.
        promised_at: Option<Timestamp>,
    },
    /// Earmarks free units for the queue, and frees earmarked units that the queue cannot use.
    EarmarkInventory {
        /// Locations that are paused: nothing is earmarked there.
        paused: BTreeSet<LocationId>,
    },
    /// Reserves earmarked units for an order in the queue.
    FillBackorder {
        /// The order.
        order_id: OrderId,
        /// Units by location.
        allocations: Vec<Allocation>,
        /// When the reservation ends; never if absent.
        until: Option<Timestamp>,
    },
    /// Takes off reserved units that were not found.
    ShortInventory {
        /// The order.
        order_id: OrderId,
        /// Its sales channel.
        channel: ChannelName,
        /// When the order was created.
        ordered_at: Timestamp,
        /// The location that does not have them.
        location: LocationId,
        /// Units that are missing.
        quantity: Units,
        /// The decision time.
        at: Timestamp,
    },
    /// Adds units that a customer returned.
    ReturnInventory {
        /// The order.
        order_id: OrderId,
        /// The return.
        return_id: ReturnId,
        /// The location that received them.
        location: LocationId,
        /// Units.
        quantity: Units,
        /// Their condition.
        condition: Condition,
        /// The decision time.
        at: Timestamp,
    },
    /// Takes off units that left for an order.
    ShipInventory {
        /// The order.
        order_id: OrderId,
        /// Its sales channel.
        channel: ChannelName,
        /// When the order was created.
        ordered_at: Timestamp,
        /// The shipment.
        shipment_id: ShipmentId,
        /// The location that they left.
        location: LocationId,
        /// Units that left.
        quantity: Units,
        /// How many of them were not reserved for the order there.
        unreserved: Units,
        /// The decision time.
        at: Timestamp,
    },
}

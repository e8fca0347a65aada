//! The decisions about a stock item.

use std::collections::BTreeSet;

use super::adjustment::AdjustStock;
use super::allocation::Allocation;
use super::backorder_queue::{BackorderInventory, RequeueBackorder};
use super::cart::CartUnits;
use super::channel_quota::OrderRef;
use super::condition::ChangeStockCondition;
use super::count::CountStock;
use super::late_report::ahead;
use super::past_on_hand::PastOnHand;
use super::policy::SetStockPolicy;
use super::receipt::ReceiveStock;
use super::reservation::{ReleaseInventory, ReserveInventory};
use super::returned::ReturnInventory;
use super::shipping::{ShipInventory, ShortInventory, UndoShipping};
use super::supply::{CancelSupply, ExpectSupply};
use super::transfer::{ReceiveTransfer, ShipTransfer};
use crate::values::{LocationId, OrderId, Reference, Timestamp, Units};

/// A decision about a stock item: a command from outside with its decision time and the id that was generated for it, or
/// a part of a decision about an order.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "documented at the command of the same name")]
pub enum StockCommand {
    ReceiveStock(ReceiveStock, Timestamp),
    CountStock(CountStock, Timestamp),
    /// A count that was taken before the changes of on hand that the state has.
    CountStockInPast(CountStock, PastOnHand, Timestamp),
    AdjustStock(AdjustStock, Timestamp),
    ChangeStockCondition(ChangeStockCondition, Timestamp),
    ShipTransfer(ShipTransfer, Reference, Timestamp),
    ReceiveTransfer(ReceiveTransfer, Timestamp),
    ExpectSupply(ExpectSupply, Reference),
    CancelSupply(CancelSupply),
    SetStockPolicy(SetStockPolicy, Timestamp),
    /// Records whether the SKU is in stock, low or out, if that has changed.
    RecordAvailabilityLevel(Timestamp),
    ReserveInventory(ReserveInventory),
    ReleaseInventory(ReleaseInventory),
    /// Ends all reservations of orders and carts that end at this time or before.
    ExpireReservations(Timestamp),
    /// Changes when the reservation of an order ends; never if `until` is absent.
    ExtendReservation {
        order: OrderRef,
        until: Option<Timestamp>,
        /// The units that are reserved for the order.
        allocations: Vec<Allocation>,
    },
    ReserveForCart(CartUnits),
    ReleaseFromCart(CartUnits),
    /// The reserved units of a cart end at this time.
    ExtendCart(CartUnits, Timestamp),
    BackorderInventory(BackorderInventory),
    RequeueBackorder(RequeueBackorder),
    /// Takes units of an order out of the queue; all of them if it waits for fewer.
    WithdrawBackorder {
        order: OrderRef,
        quantity: Units,
    },
    /// Records when the last backordered unit of an order is expected; absent if that is not known.
    PromiseBackorder {
        order_id: OrderId,
        promised_at: Option<Timestamp>,
    },
    /// Earmarks free units for the queue, and frees earmarked units that the queue cannot use. Nothing is earmarked at
    /// paused locations.
    EarmarkInventory {
        paused: BTreeSet<LocationId>,
    },
    /// Reserves earmarked units for an order in the queue; the reservation never ends if `until` is absent.
    FillBackorder {
        order_id: OrderId,
        allocations: Vec<Allocation>,
        until: Option<Timestamp>,
    },
    ShortInventory(ShortInventory),
    ShipInventory(ShipInventory),
    UndoShipping(UndoShipping),
    ReturnInventory(ReturnInventory),
}

impl StockCommand {
    /// Whether it reports units of the SKU from outside.
    pub(super) const fn reports_stock(&self) -> bool {
        matches!(
            self,
            Self::ReceiveStock(..)
                | Self::CountStock(..)
                | Self::CountStockInPast(..)
                | Self::AdjustStock(..)
                | Self::ChangeStockCondition(..)
                | Self::ShipTransfer(..)
                | Self::ReceiveTransfer(..)
                | Self::ExpectSupply(..)
        )
    }

    /// The time of a report from outside, as its sender states it, if that is too far ahead of the decision time: the report counts
    /// as of the decision time.
    pub fn ahead_of_time(&self) -> Option<Timestamp> {
        let (reported, at) = match self {
            Self::ReceiveStock(command, at) => (command.occurred_at, at),
            Self::CountStock(command, at) | Self::CountStockInPast(command, _, at) => {
                (Some(command.counted_at), at)
            }
            Self::AdjustStock(command, at) => (command.occurred_at, at),
            Self::ChangeStockCondition(command, at) => (command.occurred_at, at),
            Self::ShipTransfer(command, _, at) => (command.occurred_at, at),
            Self::ReceiveTransfer(command, at) => (command.occurred_at, at),
            _ => return None,
        };
        ahead(reported, *at)
    }

    /// The location at which a report may leave fewer units on hand than are reserved; `None` if it is no such report.
    pub(crate) fn overcommits(&self) -> Option<&LocationId> {
        match self {
            Self::CountStock(command, _) | Self::CountStockInPast(command, ..) => Some(&command.location),
            Self::AdjustStock(command, _) => Some(&command.location),
            Self::ChangeStockCondition(command, _) => Some(&command.location),
            Self::ShipTransfer(command, ..) => Some(&command.from),
            _ => None,
        }
    }
}

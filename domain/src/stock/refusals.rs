//! Why a stock item says no.

use crate::refusal::{Class, Refusal};
use crate::values::{ChannelName, LocationId, Quantity, Reference, Sku, Timestamp, Units};

/// Why something was not done to a stock item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StockRefusal {
    /// No report ever named the SKU.
    #[error("the SKU {0} is not known")]
    UnknownSku(Sku),
    /// A decision about units of an item that nothing was ever reported of.
    #[error("nothing was ever reported of this stock item")]
    NeverSeen,
    /// Fewer units can be promised than asked for.
    #[error("{available} units are available at {location}, {requested} were asked for")]
    InsufficientStock {
        /// Where.
        location: LocationId,
        /// How many were asked for.
        requested: Units,
        /// How many can be promised.
        available: Units,
    },
    /// An order lets go of, or ships, more than is held there.
    #[error("{held} units are reserved at {location}, {requested} were to leave")]
    NotReserved {
        /// Where.
        location: LocationId,
        /// How many were to leave.
        requested: Units,
        /// How many are held.
        held: Units,
    },
    /// An order is given more than it waits for.
    #[error("the order waits for {waiting} units, {requested} were to be held")]
    NotBackordered {
        /// How many were to be held.
        requested: Units,
        /// How many it waits for.
        waiting: Units,
    },
    /// No order may wait for the SKU.
    #[error("no order may wait for this SKU")]
    NotBackorderable,
    /// Too many units are waited for.
    #[error("orders wait for {waiting} units and may for {limit}; {requested} more would be too many")]
    BackorderLimitExceeded {
        /// How many may be waited for.
        limit: Units,
        /// How many are.
        waiting: Units,
        /// How many more were to be.
        requested: Units,
    },
    /// A safety stock of more than a quantity may be.
    #[error("a safety stock must be a whole number from 0 to {}", Quantity::LIMIT)]
    SafetyStockOutOfRange,
    /// On hand would fall below none.
    #[error("{on_hand} units are on hand; the adjustment would leave less than none")]
    AdjustmentBelowZero {
        /// How many are there.
        on_hand: Units,
    },
    /// Units that are promised would be gone.
    #[error("{reserved} units are reserved; the adjustment would leave fewer than that")]
    AdjustmentBelowReserved {
        /// How many are promised.
        reserved: Units,
    },
    /// More units arrived than are ever recorded at one place.
    #[error("a location holds at most {} units of a SKU", Units::LIMIT)]
    TooManyUnits,
    /// The adjustment would leave more units than are ever recorded at one place.
    #[error("a location holds at most {} units of a SKU", Units::LIMIT)]
    AdjustmentAboveLimit,
    /// A count of more than a quantity may be.
    #[error("a count must be a whole number from 0 to {}", Quantity::LIMIT)]
    CountOutOfRange,
    /// The count was taken in the future.
    #[error("countedAt is later than now, {now}")]
    CountedInFuture {
        /// The moment of decision.
        now: Timestamp,
    },
    /// Too much has moved since the count to judge it.
    #[error(
        "the count is older than the movements that are remembered, which reach back to {remembered_from}"
    )]
    CountTooOld {
        /// How far back movements are remembered.
        remembered_from: Timestamp,
    },
    /// A channel would promise more than it may.
    #[error("channel {channel} may promise {left} more units, {requested} were asked for")]
    ChannelLimitExceeded {
        /// Which channel.
        channel: ChannelName,
        /// How many it may.
        left: Units,
        /// How many were asked for.
        requested: Units,
    },
    /// A limit of more than a quantity may be.
    #[error("a channel's limit must be a whole number from 0 to {}", Quantity::LIMIT)]
    ChannelLimitOutOfRange,
    /// More channels with limits than a SKU may have.
    #[error("a SKU has limits for at most 100 channels")]
    TooManyLimits,
    /// More serial numbers than units.
    #[error("more serial numbers than units were given")]
    SerialsExceedQuantity,
    /// A supply is to be closed and none is named.
    #[error("closeSupply needs a supplyId")]
    SupplyMissing,
    /// Nobody announced the supply.
    #[error("there is no supply {0} of this SKU")]
    UnknownSupply(Reference),
    /// More supplies than are remembered.
    #[error("at most 1000 supplies of a SKU are expected at once")]
    TooManySupplies,
    /// Goods are to change from a state into the same.
    #[error("from and to are the same condition")]
    SameCondition,
    /// Fewer units are in that state, or more of them are promised.
    #[error("{free} units can be taken out of that condition")]
    TooFewInCondition {
        /// How many can.
        free: Units,
    },
    /// A transfer to where it comes from.
    #[error("from and to are the same location")]
    SameLocation,
    /// More transfers than are remembered.
    #[error("at most 1000 transfers of a SKU are on their way at once")]
    TooManyTransfers,
    /// The id is another transfer's.
    #[error("there is a transfer {0} already")]
    TransferExists(Reference),
    /// Nobody shipped the transfer.
    #[error("there is no transfer {0}")]
    UnknownTransfer(Reference),
    /// All of it has arrived, or the rest was given up.
    #[error("nothing of transfer {0} is on its way any more")]
    TransferClosed(Reference),
    /// None has arrived, or more than a quantity may be.
    #[error(
        "what arrives is a whole number from 1 to {}, or 0 where close says that the rest is lost",
        Quantity::LIMIT
    )]
    ReceivedOutOfRange,
    /// The lots add up to more than was received.
    #[error("the lots hold more units than were received")]
    LotsExceedQuantity,
}

impl Refusal for StockRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::UnknownSku(_) | Self::NeverSeen => "unknown_sku",
            Self::InsufficientStock { .. } => "insufficient_stock",
            Self::NotReserved { .. } => "not_reserved",
            Self::NotBackordered { .. } => "not_backordered",
            Self::NotBackorderable => "not_backorderable",
            Self::BackorderLimitExceeded { .. } => "backorder_limit_exceeded",
            Self::SafetyStockOutOfRange => "safety_stock_out_of_range",
            Self::AdjustmentBelowZero { .. } => "adjustment_below_zero",
            Self::AdjustmentBelowReserved { .. } => "adjustment_below_reserved",
            Self::TooManyUnits | Self::AdjustmentAboveLimit => "too_many_units",
            Self::CountOutOfRange => "count_out_of_range",
            Self::CountedInFuture { .. } => "counted_in_future",
            Self::CountTooOld { .. } => "count_too_old",
            Self::LotsExceedQuantity => "lots_exceed_quantity",
            Self::ChannelLimitExceeded { .. } => "channel_limit_exceeded",
            Self::ChannelLimitOutOfRange => "channel_limit_out_of_range",
            Self::TooManyLimits => "too_many_limits",
            Self::SerialsExceedQuantity => "serials_exceed_quantity",
            Self::SupplyMissing => "supply_missing",
            Self::UnknownSupply(_) => "unknown_supply",
            Self::TooManySupplies => "too_many_supplies",
            Self::SameCondition => "same_condition",
            Self::TooFewInCondition { .. } => "too_few_in_condition",
            Self::SameLocation => "same_location",
            Self::TooManyTransfers => "too_many_transfers",
            Self::TransferExists(_) => "transfer_exists",
            Self::UnknownTransfer(_) => "unknown_transfer",
            Self::TransferClosed(_) => "transfer_closed",
            Self::ReceivedOutOfRange => "received_out_of_range",
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::UnknownSku(_)
            | Self::NeverSeen
            | Self::CountOutOfRange
            | Self::SafetyStockOutOfRange
            | Self::CountedInFuture { .. }
            | Self::ChannelLimitOutOfRange
            | Self::TooManyLimits
            | Self::SerialsExceedQuantity
            | Self::SupplyMissing
            | Self::UnknownSupply(_)
            | Self::SameCondition
            | Self::SameLocation
            | Self::ReceivedOutOfRange
            | Self::LotsExceedQuantity => Class::Invalid,
            Self::UnknownTransfer(_) => Class::NotFound,
            Self::InsufficientStock { .. }
            | Self::NotReserved { .. }
            | Self::NotBackordered { .. }
            | Self::NotBackorderable
            | Self::BackorderLimitExceeded { .. }
            | Self::AdjustmentBelowZero { .. }
            | Self::AdjustmentBelowReserved { .. }
            | Self::TooManyUnits
            | Self::AdjustmentAboveLimit
            | Self::ChannelLimitExceeded { .. }
            | Self::TooManySupplies
            | Self::TooFewInCondition { .. }
            | Self::TooManyTransfers
            | Self::TransferExists(_)
            | Self::TransferClosed(_)
            | Self::CountTooOld { .. } => Class::Conflict,
        }
    }

    fn pointer(&self) -> Option<String> {
        let field = match self {
            Self::UnknownSku(_) => "/sku",
            Self::AdjustmentBelowZero { .. }
            | Self::AdjustmentBelowReserved { .. }
            | Self::AdjustmentAboveLimit => "/delta",
            Self::TooManyUnits | Self::TooFewInCondition { .. } | Self::ReceivedOutOfRange => "/quantity",
            Self::SafetyStockOutOfRange => "/safetyStock",
            Self::CountOutOfRange => "/onHand",
            Self::CountedInFuture { .. } | Self::CountTooOld { .. } => "/countedAt",
            Self::LotsExceedQuantity => "/lots",
            Self::ChannelLimitOutOfRange | Self::TooManyLimits => "/channelLimits",
            Self::SerialsExceedQuantity => "/serials",
            Self::SupplyMissing | Self::UnknownSupply(_) => "/supplyId",
            Self::SameCondition | Self::SameLocation => "/to",
            Self::TransferExists(_) | Self::UnknownTransfer(_) | Self::TransferClosed(_) => "/transferId",
            Self::NeverSeen
            | Self::InsufficientStock { .. }
            | Self::NotReserved { .. }
            | Self::NotBackordered { .. }
            | Self::NotBackorderable
            | Self::ChannelLimitExceeded { .. }
            | Self::TooManySupplies
            | Self::TooManyTransfers
            | Self::BackorderLimitExceeded { .. } => return None,
        };
        Some(field.to_owned())
    }
}

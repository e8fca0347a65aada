//! Why a stock item says no.

use crate::refusal::{Class, Refusal};
use crate::values::{LocationId, Quantity, Sku, Timestamp, Units};

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
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::UnknownSku(_)
            | Self::NeverSeen
            | Self::CountOutOfRange
            | Self::SafetyStockOutOfRange
            | Self::CountedInFuture { .. }
            | Self::LotsExceedQuantity => Class::Invalid,
            Self::InsufficientStock { .. }
            | Self::NotReserved { .. }
            | Self::NotBackordered { .. }
            | Self::NotBackorderable
            | Self::BackorderLimitExceeded { .. }
            | Self::AdjustmentBelowZero { .. }
            | Self::AdjustmentBelowReserved { .. }
            | Self::TooManyUnits
            | Self::AdjustmentAboveLimit
            | Self::CountTooOld { .. } => Class::Conflict,
        }
    }

    fn pointer(&self) -> Option<String> {
        let field = match self {
            Self::UnknownSku(_) => "/sku",
            Self::AdjustmentBelowZero { .. }
            | Self::AdjustmentBelowReserved { .. }
            | Self::AdjustmentAboveLimit => "/delta",
            Self::TooManyUnits => "/quantity",
            Self::SafetyStockOutOfRange => "/safetyStock",
            Self::CountOutOfRange => "/onHand",
            Self::CountedInFuture { .. } | Self::CountTooOld { .. } => "/countedAt",
            Self::LotsExceedQuantity => "/lots",
            Self::NeverSeen
            | Self::InsufficientStock { .. }
            | Self::NotReserved { .. }
            | Self::NotBackordered { .. }
            | Self::NotBackorderable
            | Self::BackorderLimitExceeded { .. } => return None,
        };
        Some(field.to_owned())
    }
}

//! Why a decision about a policy is refused.

use crate::cart_reservation::MAX_PERIOD;
use crate::promising::transit::TransitError;
use crate::refusal::{Class, Refusal};

/// The highest split limit.
pub(super) const MAX_SPLIT_LIMIT: u32 = 100;

/// Why a decision about a policy is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyRefusal {
    /// The criteria of sourcing are empty, or name one twice.
    #[error("sourcing must name at least one criterion, and each at most once")]
    SourcingOrder {
        /// The field.
        pointer: String,
    },
    /// A split limit out of range.
    #[error("splitLimit must be 1 to {MAX_SPLIT_LIMIT} locations")]
    SplitLimit {
        /// The field.
        pointer: String,
    },
    /// An invalid table of transit times.
    #[error("invalid table of transit times: {0}")]
    TransitTable(TransitError),
    /// `cartReservationFor` is longer than the maximum.
    #[error("cartReservationFor must be at most {MAX_PERIOD}")]
    CartReservationTooLong,
}

impl Refusal for PolicyRefusal {
    fn kind(&self) -> (&'static str, Class) {
        match self {
            Self::SourcingOrder { .. } => ("invalid_sourcing_order", Class::Invalid),
            Self::SplitLimit { .. } => ("invalid_split_limit", Class::Invalid),
            Self::CartReservationTooLong => ("reservation_too_long", Class::Invalid),
            Self::TransitTable(_) => ("invalid_transit_table", Class::Invalid),
        }
    }

    fn pointer(&self) -> Option<String> {
        Some(match self {
            Self::SourcingOrder { pointer } | Self::SplitLimit { pointer } => pointer.clone(),
            Self::CartReservationTooLong => "/cartReservationFor".to_owned(),
            Self::TransitTable(error) => {
                error.row().map_or_else(|| "/transit".to_owned(), |row| format!("/transit/{row}"))
            }
        })
    }
}

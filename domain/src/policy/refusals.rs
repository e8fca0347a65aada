//! Why a policy says no.

use super::state::MOST_LOCATIONS;
use crate::promising::transit::TransitError;
use crate::refusal::{Class, Refusal};

/// Why a policy was not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyRefusal {
    /// A sourcing order names a criterion twice or none at all.
    #[error("the sourcing order must name at least one criterion, and each at most once")]
    SourcingOrder {
        /// Where it stands.
        pointer: String,
    },
    /// Not a number of locations that orders may be limited to.
    #[error("the split limit must be a number of locations from 1 to {MOST_LOCATIONS}")]
    SplitLimit {
        /// Where it stands.
        pointer: String,
    },
    /// A table of transit times that cannot be used.
    #[error("the table of transit times cannot be used: {0}")]
    TransitTable(TransitError),
}

impl Refusal for PolicyRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::SourcingOrder { .. } => "invalid_sourcing_order",
            Self::SplitLimit { .. } => "invalid_split_limit",
            Self::TransitTable(_) => "invalid_transit_table",
        }
    }

    fn class(&self) -> Class {
        Class::Invalid
    }

    fn pointer(&self) -> Option<String> {
        Some(match self {
            Self::SourcingOrder { pointer } | Self::SplitLimit { pointer } => pointer.clone(),
            Self::TransitTable(error) => {
                error.row().map_or_else(|| "/transit".to_owned(), |row| format!("/transit/{row}"))
            }
        })
    }
}

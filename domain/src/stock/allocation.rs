//! Units at locations.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::values::{LocationId, Units};

/// Units at one location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Allocation {
    /// The location.
    pub location: LocationId,
    /// Units.
    pub quantity: Units,
}

/// One allocation per location: locations that are named twice are summed.
pub(super) fn summed<'a>(allocations: impl IntoIterator<Item = &'a Allocation>) -> Vec<Allocation> {
    let mut sums: BTreeMap<LocationId, Units> = BTreeMap::new();
    for Allocation { location, quantity } in allocations {
        *sums.entry(location.clone()).or_default() += *quantity;
    }
    sums.into_iter().map(|(location, quantity)| Allocation { location, quantity }).collect()
}

/// The units of all allocations together.
pub(super) fn total(allocations: &[Allocation]) -> Units {
    allocations.iter().map(|allocation| allocation.quantity).sum()
}

//! Which locations may serve backordered units.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::values::{LocationId, Timestamp, Units};

/// Which locations may serve backordered units, how, and when.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Eligibility {
    /// The only location that may serve them; any location when absent.
    pub only_at: Option<LocationId>,
    /// Locations that must not serve them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub not_at: BTreeSet<LocationId>,
    /// How many more locations the order may ship from; any number when absent.
    pub split: Option<SplitAllowance>,
    /// Whether all units must come at once, from one location. Otherwise they come as they arrive.
    pub whole: bool,
    /// When they are needed, for a scheduled entry: supplies that are expected until then serve it before free units do. At
    /// once when absent.
    pub needed_at: Option<Timestamp>,
}

/// How many more locations an order may ship from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SplitAllowance {
    /// Locations that the order already ships from: they may always give more.
    pub used: BTreeSet<LocationId>,
    /// How many other locations may join them; 0 for none.
    pub more: u32,
}

impl SplitAllowance {
    /// The allowance of an order that ships from some locations and may ship from at most `limit`. A limit of 0 counts as 1.
    pub fn within(limit: u32, used: BTreeSet<LocationId>) -> Self {
        let in_use = u32::try_from(used.len()).unwrap_or(u32::MAX);
        Self { more: limit.max(1).saturating_sub(in_use), used }
    }

    /// Takes a location into use. False where no more locations may be.
    pub(crate) fn admit(&mut self, location: &LocationId) -> bool {
        if self.used.contains(location) {
            return true;
        }
        let is_free = self.more > 0;
        if is_free {
            self.more -= 1;
            self.used.insert(location.clone());
        }
        is_free
    }
}

impl Eligibility {
    /// Whether a location may serve the units.
    pub fn allows(&self, location: &LocationId) -> bool {
        let within_split = |split: &SplitAllowance| split.more > 0 || split.used.contains(location);
        self.only_at.as_ref().is_none_or(|only| only == location)
            && !self.not_at.contains(location)
            && self.split.as_ref().is_none_or(within_split)
    }

    /// The locations that serve the units together, out of those that have some, in the order in which they serve.
    ///
    /// Locations serve in the order of their names. If not all of them may serve, locations that the order already ships
    /// from are first, then those with the most units. Units that must come from one location come from the first that
    /// has enough, or are collected at the one that has most.
    pub(super) fn servers(
        &self,
        mut having: Vec<(LocationId, Units)>,
        quantity: Units,
    ) -> Vec<(LocationId, Units)> {
        having.retain(|(location, _)| self.allows(location));
        if self.whole {
            let enough = having.iter().position(|(_, units)| *units >= quantity);
            let most = having.iter().map(|(_, units)| *units).max();
            let chosen = enough.or_else(|| having.iter().position(|(_, units)| Some(*units) == most));
            return chosen.map(|index| having.swap_remove(index)).into_iter().collect();
        }
        let Some(split) = &self.split else { return having };
        let (mut servers, mut others): (Vec<_>, Vec<_>) =
            having.into_iter().partition(|(location, _)| split.used.contains(location));
        let more = usize::try_from(split.more).unwrap_or(usize::MAX);
        if others.len() > more {
            others.sort_by_key(|(_, units)| Reverse(*units));
            others.truncate(more);
        }
        servers.extend(others);
        servers
    }
}

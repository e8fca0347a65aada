//! Locations and rules as answers show them.

use std::collections::BTreeMap;

use holdfast_domain::network::{Location, LocationDetails};
use holdfast_domain::policy::{ChannelRules, Policy, Rules};
use holdfast_domain::values::{ChannelName, LocationId, Text};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A location.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LocationView {
    /// Its id.
    pub location: LocationId,
    /// Name, coordinates, capacity, working hours and rank.
    #[serde(flatten)]
    pub details: LocationDetails,
    /// Whether nothing is sourced from it for now.
    pub paused: bool,
}

impl LocationView {
    /// The location in its current state.
    pub fn of(id: &LocationId, location: &Location) -> Self {
        Self { location: id.clone(), details: location.details.clone(), paused: location.paused.is_some() }
    }
}

/// A merchant's rules.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyView {
    /// The merchant's display name.
    pub name: Option<Text<200>>,
    /// The rules that hold for every channel without rules of its own.
    #[serde(flatten)]
    pub rules: Rules,
    /// Rules of single channels, which replace the merchant's.
    pub channels: BTreeMap<ChannelName, ChannelRules>,
}

impl PolicyView {
    /// The rules in their current state.
    pub fn of(policy: &Policy) -> Self {
        Self { name: policy.name.clone(), rules: policy.rules.clone(), channels: policy.channels.clone() }
    }
}

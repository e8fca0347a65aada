//! The JSON form of a merchant's locations and policy.

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
    /// The id of the location.
    pub location: LocationId,
    /// Name, coordinates, capacity, working hours, working days and rank.
    #[serde(flatten)]
    pub details: LocationDetails,
    /// Whether the location is paused: no units are sourced from it.
    pub paused: bool,
}

impl LocationView {
    /// The view of a location.
    pub fn of(id: &LocationId, location: &Location) -> Self {
        Self { location: id.clone(), details: location.details.clone(), paused: location.paused.is_some() }
    }
}

/// A merchant's policy.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyView {
    /// The merchant's display name.
    pub name: Option<Text<200>>,
    /// The rules of every channel without rules of its own.
    #[serde(flatten)]
    pub rules: Rules,
    /// Rules of single channels, which replace the rules above.
    pub channels: BTreeMap<ChannelName, ChannelRules>,
}

impl PolicyView {
    /// The view of a policy.
    pub fn of(policy: &Policy) -> Self {
        Self { name: policy.name.clone(), rules: policy.rules.clone(), channels: policy.channels.clone() }
    }
}

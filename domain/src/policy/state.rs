//! What a policy says.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::promising::transit::TransitTable;
use crate::values::{ChannelName, Period, Text};

/// When units are reserved for an order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReserveAt {
    /// In the same decision as the order's creation.
    #[default]
    Creation,
    /// When its payment is confirmed.
    Payment,
}

/// What becomes of an order when not everything is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnShortage {
    /// The order is refused whole.
    #[default]
    Reject,
    /// What is there is reserved, the rest of the order cancelled.
    CancelRemainder,
    /// What is there is reserved, the rest waits for supply.
    Backorder,
    /// The order waits for somebody's decision, and nothing is reserved for it.
    Hold,
}

impl OnShortage {
    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::CancelRemainder => "cancel_remainder",
            Self::Backorder => "backorder",
            Self::Hold => "hold",
        }
    }
}

/// What sourcing prefers, one after the other; the location's name decides at last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// As few locations, and so parcels, as possible.
    FewestLocations,
    /// The shortest way to the customer, by unit.
    Nearest,
    /// The lowest rank that the merchant gave its locations, by unit.
    Rank,
    /// The location that has most of what is wanted, by unit, so that stock evens out.
    MostStock,
    /// The location from which goods can leave first; a set has left when its last location has.
    EarliestShip,
}

/// The highest limit of the number of locations that one order may ship from.
pub const MOST_LOCATIONS: u32 = 100;

/// A merchant's rules.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rules {
    /// When units are reserved.
    pub reserve_at: ReserveAt,
    /// What becomes of an order when not everything is there and it does not say.
    pub on_shortage: OnShortage,
    /// Whether an order that does not say may ship from several locations.
    pub allow_split: bool,
    /// How many locations an order may ship from at most, where it may be split; no limit where nothing is said.
    #[serde(default)]
    pub split_limit: Option<u32>,
    /// What sourcing prefers, in order.
    pub sourcing: Vec<Criterion>,
    /// How many days goods are on their way.
    #[serde(default, skip_serializing_if = "TransitTable::is_empty")]
    pub transit: TransitTable,
    /// How long what is reserved for an order that must be paid holds while it is not; for good where not given.
    #[serde(default)]
    pub reserve_for: Option<Period>,
    /// How long a carrier may say nothing of a parcel before it counts as stuck; for ever where not given.
    #[serde(default)]
    pub stuck_after: Option<Period>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            reserve_at: ReserveAt::default(),
            on_shortage: OnShortage::default(),
            allow_split: true,
            split_limit: None,
            sourcing: vec![Criterion::FewestLocations, Criterion::Nearest, Criterion::Rank],
            transit: TransitTable::default(),
            reserve_for: None,
            stuck_after: None,
        }
    }
}

/// What one channel does differently.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChannelRules {
    /// Instead of the merchant's `reserveAt`.
    pub reserve_at: Option<ReserveAt>,
    /// Instead of the merchant's `onShortage`.
    pub on_shortage: Option<OnShortage>,
    /// Instead of the merchant's `allowSplit`.
    pub allow_split: Option<bool>,
    /// Instead of the merchant's `splitLimit`.
    pub split_limit: Option<u32>,
    /// Instead of the merchant's `sourcing`.
    pub sourcing: Option<Vec<Criterion>>,
    /// Instead of the merchant's `reserveFor`.
    pub reserve_for: Option<Period>,
}

/// A merchant's policy.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// Whether anything was ever set; the defaults hold until then.
    #[serde(default)]
    pub registered: bool,
    /// The merchant's name for people.
    pub name: Option<Text<200>>,
    /// The merchant's rules.
    pub rules: Rules,
    /// What differs by channel.
    pub channels: BTreeMap<ChannelName, ChannelRules>,
}

impl Policy {
    /// The rules that hold for one channel.
    pub fn for_channel(&self, channel: &ChannelName) -> Rules {
        let mut rules = self.rules.clone();
        if let Some(own) = self.channels.get(channel) {
            rules.reserve_at = own.reserve_at.unwrap_or(rules.reserve_at);
            rules.on_shortage = own.on_shortage.unwrap_or(rules.on_shortage);
            rules.allow_split = own.allow_split.unwrap_or(rules.allow_split);
            rules.split_limit = own.split_limit.or(rules.split_limit);
            if let Some(sourcing) = &own.sourcing {
                rules.sourcing.clone_from(sourcing);
            }
            rules.reserve_for = own.reserve_for.or(rules.reserve_for);
        }
        rules
    }
}

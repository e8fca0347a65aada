//! The rules of a policy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::refusals::{MAX_SPLIT_LIMIT, PolicyRefusal};
use crate::promising::transit::TransitTable;
use crate::values::Period;

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

/// Which payment lets locations work on an order that must be paid.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkAt {
    /// Authorized and confirmed payments that together cover the order.
    #[default]
    Authorization,
    /// Confirmed payments that cover the order.
    Confirmation,
}

/// What happens to an order if units are missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnShortage {
    /// The order is refused.
    #[default]
    Reject,
    /// Available units are reserved, and the rest of the order is cancelled.
    CancelRemainder,
    /// Available units are reserved, and the rest joins the backorder queue.
    Backorder,
    /// The order goes on hold, and nothing is reserved.
    Hold,
}

/// What sourcing prefers. The names of locations decide between equal results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SourcingCriterion")]
pub enum Criterion {
    /// The fewest locations, and so the fewest packages.
    FewestLocations,
    /// The shortest distance to the customer, summed over units.
    Nearest,
    /// The lowest rank of the locations, summed over units.
    Rank,
    /// The locations with the most units of the ordered SKUs, so that stock is balanced.
    MostStock,
    /// The earliest departure of the last package.
    EarliestShip,
}

/// How long after its announcement a return lapses by default.
const fn returns_lapse_after() -> Period {
    Period::of_days::<90>()
}

/// How long a cart reservation lasts by default.
const fn cart_reservation_for() -> Period {
    Period::of_minutes::<15>()
}

/// A merchant's rules.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rules {
    /// When units are reserved.
    pub reserve_at: ReserveAt,
    /// Which payment lets locations work on an order that must be paid.
    #[serde(default)]
    pub work_at: WorkAt,
    /// What happens to an order without `onShortage` if units are missing.
    pub on_shortage: OnShortage,
    /// Whether an order without `allowSplit` may ship from several locations.
    pub allow_split: bool,
    /// The most locations that an order may ship from, 1 to 100; no limit if absent.
    #[serde(default)]
    pub split_limit: Option<u32>,
    /// The criteria of sourcing, the most important one first.
    pub sourcing: Vec<Criterion>,
    /// How many days goods are on their way; unknown if no row fits.
    #[serde(default, skip_serializing_if = "TransitTable::is_empty")]
    pub transit: TransitTable,
    /// How long units are reserved for an order that is not paid; until it is paid or cancelled if absent.
    #[serde(default)]
    pub reserve_for: Option<Period>,
    /// How long after its last tracking event a package counts as stuck; never if absent.
    #[serde(default)]
    pub stuck_after: Option<Period>,
    /// How long after its announcement a return lapses.
    #[serde(default = "returns_lapse_after")]
    pub returns_lapse_after: Period,
    /// How long units are reserved for a cart.
    #[serde(default = "cart_reservation_for")]
    pub cart_reservation_for: Period,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            reserve_at: ReserveAt::default(),
            work_at: WorkAt::default(),
            on_shortage: OnShortage::default(),
            allow_split: true,
            split_limit: None,
            sourcing: vec![Criterion::FewestLocations, Criterion::Nearest, Criterion::Rank],
            transit: TransitTable::default(),
            reserve_for: None,
            stuck_after: None,
            returns_lapse_after: returns_lapse_after(),
            cart_reservation_for: cart_reservation_for(),
        }
    }
}

/// The rules of one channel. The merchant's rules hold where a field is absent.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChannelRules {
    /// Replaces the merchant's `reserveAt`.
    pub reserve_at: Option<ReserveAt>,
    /// Replaces the merchant's `workAt`.
    pub work_at: Option<WorkAt>,
    /// Replaces the merchant's `onShortage`.
    pub on_shortage: Option<OnShortage>,
    /// Replaces the merchant's `allowSplit`.
    pub allow_split: Option<bool>,
    /// Replaces the merchant's `splitLimit`.
    pub split_limit: Option<u32>,
    /// Replaces the merchant's `sourcing`.
    pub sourcing: Option<Vec<Criterion>>,
    /// Replaces the merchant's `reserveFor`.
    pub reserve_for: Option<Period>,
}

impl Rules {
    /// These rules with the given ones in their place.
    pub(super) fn replaced_by(&self, given: &ChannelRules) -> Self {
        Self {
            reserve_at: given.reserve_at.unwrap_or(self.reserve_at),
            work_at: given.work_at.unwrap_or(self.work_at),
            on_shortage: given.on_shortage.unwrap_or(self.on_shortage),
            allow_split: given.allow_split.unwrap_or(self.allow_split),
            split_limit: given.split_limit.or(self.split_limit),
            sourcing: given.sourcing.clone().unwrap_or_else(|| self.sourcing.clone()),
            reserve_for: given.reserve_for.or(self.reserve_for),
            ..self.clone()
        }
    }
}

impl ChannelRules {
    /// Refuses criteria of sourcing that are empty or have one twice, and a split limit out of its range. The command names the
    /// rules at a JSON pointer.
    pub(super) fn check(&self, pointer: &str) -> Result<(), PolicyRefusal> {
        let has_each_once = |criteria: &Vec<Criterion>| {
            let is_new = |(index, criterion)| !criteria[..index].contains(criterion);
            !criteria.is_empty() && criteria.iter().enumerate().all(is_new)
        };
        if self.sourcing.as_ref().is_some_and(|criteria| !has_each_once(criteria)) {
            return Err(PolicyRefusal::SourcingOrder { pointer: format!("{pointer}/sourcing") });
        }
        if self.split_limit.is_some_and(|limit| !(1..=MAX_SPLIT_LIMIT).contains(&limit)) {
            return Err(PolicyRefusal::SplitLimit { pointer: format!("{pointer}/splitLimit") });
        }
        Ok(())
    }
}

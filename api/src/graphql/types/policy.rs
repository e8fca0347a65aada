//! Merchant policies.

use async_graphql::{ID, SimpleObject};
use holdfast_commands::PolicyView;
use holdfast_domain::policy::{ChannelRules, Criterion};
use holdfast_domain::promising::transit::TransitRow;
use holdfast_domain::values::ChannelName;

use super::enums::{OnShortage, ReserveAt, SourcingCriterion};
use super::scalars::{Long, text};
use crate::graphql::node::{GlobalId, Kind};

/// A merchant's policy.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct Policy {
    /// Global id: opaque, unique over all types and merchants.
    pub(in crate::graphql) id: ID,
    /// The merchant's name for people.
    name: Option<String>,
    /// When units are reserved for an order; its creation by default.
    reserve_at: ReserveAt,
    /// What happens on a shortage if the order does not say; the order is rejected by default.
    on_shortage: OnShortage,
    /// Whether an order may ship from several locations if it does not say.
    allow_split: bool,
    /// The most locations that one order may ship from; null for no limit.
    split_limit: Option<Long>,
    /// The criteria of sourcing, the most important first.
    sourcing: Vec<SourcingCriterion>,
    /// How long a reservation lasts while the order is not paid, as an ISO 8601 duration; null if it does not expire.
    reserve_for: Option<String>,
    /// How long a carrier may report nothing before a package counts as stuck, as an ISO 8601 duration.
    stuck_after: Option<String>,
    /// Transit times. The most specific row that matches applies.
    transit: Vec<TransitDays>,
    /// The channels that differ from the merchant.
    channels: Vec<ChannelPolicy>,
}

impl Policy {
    /// The policy as of the position of a global id of the merchant.
    pub(in crate::graphql) fn new(scope: &GlobalId, view: &PolicyView) -> Self {
        let rules = &view.rules;
        Self {
            id: GlobalId::new(Kind::Policy, scope.merchant(), "").as_of(scope.position()).encode(),
            name: text(view.name.as_ref()),
            reserve_at: rules.reserve_at.into(),
            on_shortage: rules.on_shortage.into(),
            allow_split: rules.allow_split,
            split_limit: rules.split_limit.map(|most| u64::from(most).into()),
            sourcing: criteria(&rules.sourcing),
            reserve_for: text(rules.reserve_for.as_ref()),
            stuck_after: text(rules.stuck_after.as_ref()),
            transit: rules.transit.rows().iter().map(Into::into).collect(),
            channels: view.channels.iter().map(ChannelPolicy::from).collect(),
        }
    }
}

/// A transit time; a condition that is null matches anything.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct TransitDays {
    /// The location shipped from.
    from: Option<String>,
    /// The destination country, by ISO 3166 alpha-2.
    country: Option<String>,
    /// The destination state or province.
    region: Option<String>,
    /// The carrier service.
    service_level: Option<String>,
    /// Days in transit, 0 to 365.
    days: Long,
}

impl From<&TransitRow> for TransitDays {
    fn from(row: &TransitRow) -> Self {
        Self {
            from: text(row.from.as_ref()),
            country: text(row.country.as_ref()),
            region: text(row.region.as_ref()),
            service_level: text(row.service_level.as_ref()),
            days: u64::from(row.days).into(),
        }
    }
}

/// Rules of one channel. A rule that is null is the merchant's.
#[derive(Debug, SimpleObject)]
pub(in crate::graphql) struct ChannelPolicy {
    /// The channel.
    channel: String,
    /// Instead of the merchant's `reserveAt`.
    reserve_at: Option<ReserveAt>,
    /// Instead of the merchant's `onShortage`.
    on_shortage: Option<OnShortage>,
    /// Instead of the merchant's `allowSplit`.
    allow_split: Option<bool>,
    /// Instead of the merchant's `splitLimit`.
    split_limit: Option<Long>,
    /// Instead of the merchant's `sourcing`.
    sourcing: Option<Vec<SourcingCriterion>>,
    /// Instead of the merchant's `reserveFor`.
    reserve_for: Option<String>,
}

impl From<(&ChannelName, &ChannelRules)> for ChannelPolicy {
    fn from((channel, rules): (&ChannelName, &ChannelRules)) -> Self {
        Self {
            channel: channel.to_string(),
            reserve_at: rules.reserve_at.map(ReserveAt::from),
            on_shortage: rules.on_shortage.map(OnShortage::from),
            allow_split: rules.allow_split,
            split_limit: rules.split_limit.map(|most| u64::from(most).into()),
            sourcing: rules.sourcing.as_deref().map(criteria),
            reserve_for: text(rules.reserve_for.as_ref()),
        }
    }
}

fn criteria(criteria: &[Criterion]) -> Vec<SourcingCriterion> {
    criteria.iter().map(|&criterion| criterion.into()).collect()
}

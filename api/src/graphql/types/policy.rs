//! Merchant policies.

use async_graphql::{ID, SimpleObject};
use holdfast_views::PolicyView;
use serde::Deserialize;

use super::enums::{OnShortage, ReserveAt, SourcingCriterion};
use super::read;
use super::scalars::Long;
use crate::graphql::error::Problem;
use crate::graphql::global_id::{GlobalId, Kind};

/// A merchant's policy.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct Policy {
    /// Global id: opaque, unique over all types and merchants.
    #[serde(skip)]
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
    #[serde(default)]
    transit: Vec<TransitDays>,
    /// The channels that differ from the merchant.
    #[serde(skip)]
    channels: Vec<ChannelPolicy>,
}

impl Policy {
    /// The policy as of the position of a global id of the merchant.
    pub(in crate::graphql) fn new(scope: &GlobalId, view: &PolicyView) -> Result<Self, Problem> {
        let id = GlobalId::new(Kind::Policy, scope.merchant(), "").with_position(scope.position());
        let channels = view.channels.iter().map(|(channel, rules)| {
            let rules: ChannelPolicy = read(rules)?;
            Ok(ChannelPolicy { channel: channel.to_string(), ..rules })
        });
        let channels = channels.collect::<Result<_, Problem>>()?;
        Ok(Self { id: id.encode(), channels, ..read(view)? })
    }
}

/// A transit time; a condition that is null matches anything.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
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

/// Rules of one channel. A rule that is null is the merchant's.
#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct ChannelPolicy {
    /// The channel.
    #[serde(skip)]
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

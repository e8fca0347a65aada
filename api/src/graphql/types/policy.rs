//! Merchant policies.

use async_graphql::{ID, SimpleObject};
use holdfast_domain::policy::{Criterion, OnShortage, ReserveAt, WorkAt};
use holdfast_domain::promising::working_days::Weekday;
use holdfast_views::PolicyView;
use serde::Deserialize;

use super::choice::Choice;
use super::location::Closure;
use super::read;
use super::scalars::Long;
use crate::graphql::error::Problem;
use crate::graphql::global_id::{GlobalId, Kind};

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct Policy {
    #[serde(skip)]
    pub(in crate::graphql) id: ID,
    name: Option<String>,
    reserve_at: Choice<ReserveAt>,
    work_at: Choice<WorkAt>,
    on_shortage: Choice<OnShortage>,
    allow_split: bool,
    split_limit: Option<Long>,
    sourcing: Vec<Choice<Criterion>>,
    reserve_for: Option<String>,
    stuck_after: Option<String>,
    returns_lapse_after: String,
    cart_reservation_for: String,
    #[serde(default)]
    transit: Vec<TransitDays>,
    #[serde(skip)]
    channels: Vec<ChannelPolicy>,
}

impl Policy {
    /// A policy. Its global id has the merchant and position of `scope`.
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

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct TransitDays {
    from: Option<String>,
    country: Option<String>,
    region: Option<String>,
    service_level: Option<String>,
    days: Long,
    working_days: Option<Vec<Choice<Weekday>>>,
    #[serde(default)]
    closures: Vec<Closure>,
}

#[derive(Debug, Clone, SimpleObject, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::graphql) struct ChannelPolicy {
    #[serde(skip)]
    channel: String,
    reserve_at: Option<Choice<ReserveAt>>,
    work_at: Option<Choice<WorkAt>>,
    on_shortage: Option<Choice<OnShortage>>,
    allow_split: Option<bool>,
    split_limit: Option<Long>,
    sourcing: Option<Vec<Choice<Criterion>>>,
    reserve_for: Option<String>,
}

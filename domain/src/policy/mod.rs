//! A merchant's rules: when units are reserved, what happens on a shortage, which locations sourcing prefers, and how long
//! goods are on their way.

mod refusals;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use refusals::PolicyRefusal;
pub use rules::{ChannelRules, Criterion, OnShortage, ReserveAt, Rules};

use crate::command::commands;
use crate::event::{event_enum, payloads};
use crate::promising::transit::TransitTable;
use crate::values::{ChannelName, MerchantId, Period, Text};

// ---- events ----

payloads! {
    /// All rules of a merchant from now on.
    MerchantPolicySet {
        /// The merchant's display name.
        name: Option<Text<200>>,
        /// The rules that hold for every channel without rules of its own.
        rules: Rules,
        /// Rules of single channels, which replace the merchant's.
        channels: BTreeMap<ChannelName, ChannelRules>,
    }
}

event_enum!(
    /// The events of a merchant's policy.
    PolicyEvent { MerchantPolicySet = 1 }
);

// ---- state ----

/// A merchant's policy.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// Whether the policy has any event. Until then the default rules hold.
    #[serde(default)]
    pub registered: bool,
    /// The merchant's display name.
    pub name: Option<Text<200>>,
    /// The rules that hold for every channel without rules of its own.
    pub rules: Rules,
    /// Rules of single channels, which replace the merchant's.
    pub channels: BTreeMap<ChannelName, ChannelRules>,
}

impl Policy {
    /// The rules that hold for a channel.
    pub fn for_channel(&self, channel: &ChannelName) -> Rules {
        self.channels.get(channel).map_or_else(|| self.rules.clone(), |own| self.rules.replaced_by(own))
    }
}

// ---- commands ----

commands! {
    /// Changes a merchant's rules. Rules that are not given stay; `channels` replaces all rules of the channels it names.
    SetMerchantPolicy {
        /// When units are reserved. Default for a new merchant: `creation`.
        reserve_at: Option<ReserveAt>,
        /// What happens to an order without `onShortage` if units are missing. Default for a new merchant: `reject`.
        on_shortage: Option<OnShortage>,
        /// Whether an order without `allowSplit` may ship from several locations. Default for a new merchant: true.
        allow_split: Option<bool>,
        /// The most locations that an order may ship from, 1 to 100. Default for a new merchant: no limit.
        split_limit: Option<u32>,
        /// The criteria of sourcing, the most important one first; each once. Default for a new merchant:
        /// `fewest_locations`, `nearest`, `rank`.
        sourcing: Option<Vec<Criterion>>,
        /// How many days goods are on their way, at most 1,000 rows; replaces the whole table. Default for a new merchant:
        /// no rows.
        transit: Option<TransitTable>,
        /// How long units are reserved for an order that is not paid, up to 366 days. Default for a new merchant: until the
        /// order is paid or cancelled.
        reserve_for: Option<Period>,
        /// How long after its last tracking event a package counts as stuck, up to 366 days. Default for a new merchant:
        /// never.
        stuck_after: Option<Period>,
        /// Rules of single channels, which replace the merchant's.
        channels: Option<BTreeMap<ChannelName, ChannelRules>>,
    }

    /// Registers a merchant, or changes its display name.
    RegisterMerchant {
        /// The merchant's id.
        merchant: MerchantId,
        /// Its display name. Default: the name that it has.
        name: Option<Text<200>>,
    }
}

/// The decisions about a policy.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "documented at the command of the same name")]
pub enum PolicyCommand {
    SetMerchantPolicy(SetMerchantPolicy),
    RegisterMerchant(RegisterMerchant),
}

// ---- decide ----

/// No events if the policy is so already.
fn decide(policy: &Policy, command: &PolicyCommand) -> Result<Vec<PolicyEvent>, PolicyRefusal> {
    let changed = match command {
        PolicyCommand::SetMerchantPolicy(command) => changed(policy, command)?,
        PolicyCommand::RegisterMerchant(command) => {
            let name = command.name.clone().or_else(|| policy.name.clone());
            Policy { registered: true, name, ..policy.clone() }
        }
    };
    if changed == *policy {
        return Ok(Vec::new());
    }
    let Policy { name, rules, channels, .. } = changed;
    Ok(vec![MerchantPolicySet { name, rules, channels }.into()])
}

fn changed(policy: &Policy, command: &SetMerchantPolicy) -> Result<Policy, PolicyRefusal> {
    let given = ChannelRules {
        reserve_at: command.reserve_at,
        on_shortage: command.on_shortage,
        allow_split: command.allow_split,
        split_limit: command.split_limit,
        sourcing: command.sourcing.clone(),
        reserve_for: command.reserve_for,
    };
    given.check("")?;
    let mut changed = Policy { registered: true, rules: policy.rules.replaced_by(&given), ..policy.clone() };
    changed.rules.stuck_after = command.stuck_after.or(policy.rules.stuck_after);
    if let Some(transit) = &command.transit {
        transit.check().map_err(PolicyRefusal::TransitTable)?;
        changed.rules.transit = transit.clone();
    }
    for (channel, rules) in command.channels.iter().flatten() {
        rules.check(&format!("/channels/{channel}"))?;
        changed.channels.insert(channel.clone(), rules.clone());
    }
    Ok(changed)
}

// ---- evolve ----

fn evolve(policy: &mut Policy, PolicyEvent::MerchantPolicySet(set): &PolicyEvent) {
    let MerchantPolicySet { name, rules, channels } = set.clone();
    *policy = Policy { registered: true, name, rules, channels };
}

crate::aggregate::pure_aggregate!(Policy, "policy", PolicyCommand, PolicyEvent, PolicyRefusal);

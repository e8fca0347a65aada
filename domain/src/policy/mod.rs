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
pub use rules::{ChannelRules, Criterion, OnShortage, ReserveAt, Rules, WorkAt};

use crate::cart_reservation::MAX_PERIOD;
use crate::command::commands;
use crate::event::{event_enum, payloads};
use crate::promising::transit::TransitTable;
use crate::values::{ChannelName, MerchantId, Period, Text, Update, updated_map};

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
    /// Changes a merchant's rules. Rules that are not given stay, and null sets a rule back to its default. `channels`
    /// replaces all rules of the channels that it names; null removes them.
    SetMerchantPolicy {
        /// When units are reserved. Default: `creation`.
        reserve_at: Update<ReserveAt>,
        /// Which payment lets locations work on an order that must be paid. Default: `authorization`.
        work_at: Update<WorkAt>,
        /// What happens to an order without `onShortage` if units are missing. Default: `reject`.
        on_shortage: Update<OnShortage>,
        /// Whether an order without `allowSplit` may ship from several locations. Default: true.
        allow_split: Update<bool>,
        /// The most locations that an order may ship from, 1 to 100. Default: no limit.
        split_limit: Update<u32>,
        /// The criteria of sourcing, the most important one first; each once. Default:
        /// `fewest_locations`, `nearest`, `rank`.
        sourcing: Update<Vec<Criterion>>,
        /// How many days goods are on their way, at most 1,000 rows; replaces the whole table. Default:
        /// no rows.
        transit: Update<TransitTable>,
        /// How long units are reserved for an order that is not paid, up to 366 days. Default: until the
        /// order is paid or cancelled.
        reserve_for: Update<Period>,
        /// How long after its last tracking event a package counts as stuck, up to 366 days. Default:
        /// never.
        stuck_after: Update<Period>,
        /// How long after its announcement a return lapses, up to 366 days. Default: 90 days.
        returns_lapse_after: Update<Period>,
        /// How long units are reserved for a cart, up to a day. Default: 15 minutes.
        cart_reservation_for: Update<Period>,
        /// Rules of single channels, which replace the merchant's.
        #[serde(deserialize_with = "updated_map")]
        channels: Update<BTreeMap<ChannelName, Option<ChannelRules>>>,
    }

    /// Registers a merchant, or changes its display name.
    RegisterMerchant {
        /// The merchant's id.
        merchant: MerchantId,
        /// Its display name.
        name: Update<Text<200>>,
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
            let name = command.name.apply(policy.name.clone());
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
    let (known, default) = (policy.rules.clone(), Rules::default());
    let rules = Rules {
        reserve_at: command.reserve_at.apply_or(known.reserve_at, default.reserve_at),
        work_at: command.work_at.apply_or(known.work_at, default.work_at),
        on_shortage: command.on_shortage.apply_or(known.on_shortage, default.on_shortage),
        allow_split: command.allow_split.apply_or(known.allow_split, default.allow_split),
        split_limit: command.split_limit.apply(known.split_limit),
        sourcing: command.sourcing.apply_or(known.sourcing, default.sourcing),
        transit: command.transit.apply_or(known.transit, default.transit),
        reserve_for: command.reserve_for.apply(known.reserve_for),
        stuck_after: command.stuck_after.apply(known.stuck_after),
        returns_lapse_after: command
            .returns_lapse_after
            .apply_or(known.returns_lapse_after, default.returns_lapse_after),
        cart_reservation_for: command
            .cart_reservation_for
            .apply_or(known.cart_reservation_for, default.cart_reservation_for),
    };
    if rules.cart_reservation_for > MAX_PERIOD {
        return Err(PolicyRefusal::CartReservationTooLong);
    }
    let split_limit = command.split_limit.new_value().copied();
    let sourcing = command.sourcing.new_value().cloned();
    ChannelRules { split_limit, sourcing, ..ChannelRules::default() }.check("")?;
    if let Some(transit) = command.transit.new_value() {
        transit.check().map_err(PolicyRefusal::TransitTable)?;
    }
    for (channel, rules) in command.channels.new_value().into_iter().flatten() {
        rules.iter().try_for_each(|rules| rules.check(&format!("/channels/{channel}")))?;
    }
    let channels = command.channels.apply_entries(policy.channels.clone());
    Ok(Policy { registered: true, rules, channels, ..policy.clone() })
}

// ---- evolve ----

fn evolve(policy: &mut Policy, PolicyEvent::MerchantPolicySet(set): &PolicyEvent) {
    let MerchantPolicySet { name, rules, channels } = set.clone();
    *policy = Policy { registered: true, name, rules, channels };
}

crate::aggregate::pure_aggregate!(Policy, "policy", PolicyCommand, PolicyEvent, PolicyRefusal);

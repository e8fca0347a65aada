//! A merchant's rules: when to reserve, what to do about a shortage, in which order sourcing prefers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::aggregate::pure_aggregate;
use crate::command::commands;
use crate::event::{event_enum, payloads};
use crate::refusal::{Class, Refusal};
use crate::values::{ChannelName, MerchantId, Period, Text};

// ---- events ----

payloads! {
    /// The merchant's rules as they are from now on, whole.
    MerchantPolicySet {
        /// The merchant's name for people.
        name: Option<Text<200>>,
        /// The rules.
        rules: Rules,
        /// What differs by channel.
        channels: BTreeMap<ChannelName, ChannelRules>,
    }
}

event_enum!(
    /// Everything that happens to a merchant's policy.
    PolicyEvent { MerchantPolicySet = 1 }
);

// ---- state ----

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
}

/// A merchant's rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rules {
    /// When units are reserved.
    pub reserve_at: ReserveAt,
    /// What becomes of an order when not everything is there and it does not say.
    pub on_shortage: OnShortage,
    /// Whether an order that does not say may ship from several locations.
    pub allow_split: bool,
    /// What sourcing prefers, in order.
    pub sourcing: Vec<Criterion>,
    /// How long what is reserved for an order that must be paid holds while it is not; for good where not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserve_for: Option<Period>,
    /// How long a carrier may say nothing of a parcel before it counts as stuck; for ever where not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stuck_after: Option<Period>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            reserve_at: ReserveAt::default(),
            on_shortage: OnShortage::default(),
            allow_split: true,
            sourcing: vec![Criterion::FewestLocations, Criterion::Nearest, Criterion::Rank],
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
            if let Some(sourcing) = &own.sourcing {
                rules.sourcing.clone_from(sourcing);
            }
            rules.reserve_for = own.reserve_for.or(rules.reserve_for);
        }
        rules
    }
}

// ---- commands ----

commands! {
    /// Changes a merchant's rules. What is not given stays; `channels` replaces those it names.
    SetMerchantPolicy {
        /// When units are reserved.
        reserve_at: Option<ReserveAt>,
        /// What becomes of an order when not everything is there and it does not say.
        on_shortage: Option<OnShortage>,
        /// Whether an order that does not say may ship from several locations.
        allow_split: Option<bool>,
        /// What sourcing prefers, in order; each criterion once.
        sourcing: Option<Vec<Criterion>>,
        /// How long what is reserved for an order that must be paid holds while it is not.
        reserve_for: Option<Period>,
        /// How long a carrier may say nothing of a parcel before it counts as stuck.
        stuck_after: Option<Period>,
        /// What differs by channel.
        channels: Option<BTreeMap<ChannelName, ChannelRules>>,
    }

    /// Makes a merchant known, or renames it.
    RegisterMerchant {
        /// The merchant.
        merchant: MerchantId,
        /// Its name for people.
        name: Option<Text<200>>,
    }
}

/// What can be asked of a policy.
#[derive(Debug, Clone, PartialEq)]
pub enum PolicyCommand {
    /// Change the rules.
    SetMerchantPolicy(SetMerchantPolicy),
    /// Make the merchant known, or rename it.
    RegisterMerchant(RegisterMerchant),
}

// ---- refusals ----

/// Why a policy was not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyRefusal {
    /// A sourcing order names a criterion twice or none at all.
    #[error("the sourcing order must name at least one criterion, and each at most once")]
    SourcingOrder {
        /// Where it stands.
        pointer: String,
    },
}

impl Refusal for PolicyRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::SourcingOrder { .. } => "invalid_sourcing_order",
        }
    }

    fn class(&self) -> Class {
        Class::Invalid
    }

    fn pointer(&self) -> Option<String> {
        match self {
            Self::SourcingOrder { pointer } => Some(pointer.clone()),
        }
    }
}

// ---- decide ----

fn decide(policy: &Policy, command: &PolicyCommand) -> Result<Vec<PolicyEvent>, PolicyRefusal> {
    let wanted = match command {
        PolicyCommand::SetMerchantPolicy(command) => changed(policy, command)?,
        PolicyCommand::RegisterMerchant(command) => {
            let name = command.name.clone().or_else(|| policy.name.clone());
            Policy { registered: true, name, ..policy.clone() }
        }
    };
    if wanted == *policy {
        return Ok(Vec::new());
    }
    Ok(vec![MerchantPolicySet { name: wanted.name, rules: wanted.rules, channels: wanted.channels }.into()])
}

fn changed(policy: &Policy, command: &SetMerchantPolicy) -> Result<Policy, PolicyRefusal> {
    let asked = ChannelRules {
        reserve_at: command.reserve_at,
        on_shortage: command.on_shortage,
        allow_split: command.allow_split,
        sourcing: command.sourcing.clone(),
        reserve_for: command.reserve_for,
    };
    check(&asked, "")?;
    let mut wanted = Policy { registered: true, ..policy.clone() };
    wanted.rules.reserve_at = asked.reserve_at.unwrap_or(wanted.rules.reserve_at);
    wanted.rules.on_shortage = asked.on_shortage.unwrap_or(wanted.rules.on_shortage);
    wanted.rules.allow_split = asked.allow_split.unwrap_or(wanted.rules.allow_split);
    wanted.rules.sourcing = asked.sourcing.unwrap_or(wanted.rules.sourcing);
    wanted.rules.reserve_for = asked.reserve_for.or(wanted.rules.reserve_for);
    wanted.rules.stuck_after = command.stuck_after.or(wanted.rules.stuck_after);
    for (channel, rules) in command.channels.iter().flatten() {
        check(rules, &format!("/channels/{channel}"))?;
        wanted.channels.insert(channel.clone(), rules.clone());
    }
    Ok(wanted)
}

fn check(rules: &ChannelRules, at: &str) -> Result<(), PolicyRefusal> {
    if let Some(sourcing) = &rules.sourcing {
        let twice =
            sourcing.iter().enumerate().any(|(index, criterion)| sourcing[..index].contains(criterion));
        if twice || sourcing.is_empty() {
            return Err(PolicyRefusal::SourcingOrder { pointer: format!("{at}/sourcing") });
        }
    }
    Ok(())
}

// ---- evolve ----

fn evolve(policy: &mut Policy, event: &PolicyEvent) {
    let PolicyEvent::MerchantPolicySet(set) = event;
    *policy = Policy {
        registered: true,
        name: set.name.clone(),
        rules: set.rules.clone(),
        channels: set.channels.clone(),
    };
}

pure_aggregate!(Policy, "policy", PolicyCommand, PolicyEvent, PolicyRefusal);

// ---- tests ----

#[cfg(test)]
mod tests {
    use cqrs_es::Aggregate;

    use super::*;
    use crate::Decide;

    fn set(json: &str) -> PolicyCommand {
        PolicyCommand::SetMerchantPolicy(serde_json::from_str(json).unwrap())
    }

    fn given(commands: &[PolicyCommand]) -> Policy {
        let mut policy = Policy::default();
        for command in commands {
            for event in policy.decide(command).unwrap() {
                policy.apply(event);
            }
        }
        policy
    }

    #[test]
    fn what_is_not_given_stays_as_it_was() {
        let policy = given(&[set(r#"{"reserveAt":"payment"}"#), set(r#"{"allowSplit":false}"#)]);
        assert_eq!(policy.rules.reserve_at, ReserveAt::Payment);
        assert!(!policy.rules.allow_split);
        assert_eq!(policy.rules.on_shortage, OnShortage::Reject);
    }

    #[test]
    fn the_same_rules_again_change_nothing() {
        let policy = given(&[set(r#"{"allowSplit":false}"#)]);
        assert_eq!(policy.decide(&set(r#"{"allowSplit":false}"#)), Ok(vec![]));
    }

    #[test]
    fn a_channel_may_differ() {
        let policy = given(&[set(r#"{"channels":{"pos":{"onShortage":"cancel_remainder"}}}"#)]);
        let channel = |name: &str| policy.for_channel(&ChannelName::new(name).unwrap());
        assert_eq!(channel("pos").on_shortage, OnShortage::CancelRemainder);
        assert_eq!(channel("web").on_shortage, OnShortage::Reject);
    }

    #[test]
    fn a_sourcing_order_names_each_criterion_at_most_once() {
        let twice = Policy::default().decide(&set(r#"{"sourcing":["rank","rank"]}"#)).unwrap_err();
        assert_eq!((twice.code(), twice.pointer()), ("invalid_sourcing_order", Some("/sourcing".into())));
    }

    #[test]
    fn a_sourcing_order_names_at_least_one_criterion() {
        let none = Policy::default().decide(&set(r#"{"channels":{"pos":{"sourcing":[]}}}"#)).unwrap_err();
        assert_eq!(none.pointer().as_deref(), Some("/channels/pos/sourcing"));
        assert_eq!(none.class(), Class::Invalid);
    }

    #[test]
    fn a_merchant_keeps_its_name_until_it_gets_another() {
        let register = |name: &str| {
            let json = format!(r#"{{"merchant":"acme"{name}}}"#);
            PolicyCommand::RegisterMerchant(serde_json::from_str(&json).unwrap())
        };
        assert!(!Policy::default().registered);
        let policy = given(&[register(r#","name":"Acme""#), set(r#"{"allowSplit":false}"#), register("")]);
        assert!(policy.registered && !policy.rules.allow_split);
        assert_eq!(policy.name, Text::new("Acme").ok());
        assert_eq!(policy.decide(&register(r#","name":"Acme""#)), Ok(vec![]));
    }

    #[test]
    fn what_a_channel_does_not_say_is_as_for_all() {
        let policy = given(&[
            set(r#"{"channels":{"pos":{"allowSplit":false,"sourcing":["rank"],"reserveAt":"payment"}}}"#),
            set(r#"{"onShortage":"cancel_remainder","channels":{"web":{"allowSplit":true}}}"#),
        ]);
        let rules = policy.for_channel(&ChannelName::new("pos").unwrap());
        let expected = Rules {
            reserve_at: ReserveAt::Payment,
            on_shortage: OnShortage::CancelRemainder,
            allow_split: false,
            sourcing: vec![Criterion::Rank],
            ..Rules::default()
        };
        assert_eq!(rules, expected);
        assert_eq!(policy.channels.len(), 2);
    }
}

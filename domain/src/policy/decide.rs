//! What a command leads to.

use super::commands::{PolicyCommand, SetMerchantPolicy};
use super::events::{MerchantPolicySet, PolicyEvent};
use super::refusals::PolicyRefusal;
use super::state::{ChannelRules, MOST_LOCATIONS, Policy};

pub(super) fn decide(policy: &Policy, command: &PolicyCommand) -> Result<Vec<PolicyEvent>, PolicyRefusal> {
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
        split_limit: command.split_limit,
        sourcing: command.sourcing.clone(),
        reserve_for: command.reserve_for,
    };
    check(&asked, "")?;
    let mut wanted = Policy { registered: true, ..policy.clone() };
    wanted.rules.reserve_at = asked.reserve_at.unwrap_or(wanted.rules.reserve_at);
    wanted.rules.on_shortage = asked.on_shortage.unwrap_or(wanted.rules.on_shortage);
    wanted.rules.allow_split = asked.allow_split.unwrap_or(wanted.rules.allow_split);
    wanted.rules.split_limit = asked.split_limit.or(wanted.rules.split_limit);
    wanted.rules.sourcing = asked.sourcing.unwrap_or(wanted.rules.sourcing);
    wanted.rules.reserve_for = asked.reserve_for.or(wanted.rules.reserve_for);
    wanted.rules.stuck_after = command.stuck_after.or(wanted.rules.stuck_after);
    if let Some(transit) = &command.transit {
        transit.check().map_err(PolicyRefusal::TransitTable)?;
        wanted.rules.transit = transit.clone();
    }
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
    if rules.split_limit.is_some_and(|limit| !(1..=MOST_LOCATIONS).contains(&limit)) {
        return Err(PolicyRefusal::SplitLimit { pointer: format!("{at}/splitLimit") });
    }
    Ok(())
}

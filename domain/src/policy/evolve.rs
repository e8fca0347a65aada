//! What an event makes of a policy.

use super::events::PolicyEvent;
use super::state::Policy;

pub(super) fn evolve(policy: &mut Policy, event: &PolicyEvent) {
    let PolicyEvent::MerchantPolicySet(set) = event;
    *policy = Policy {
        registered: true,
        name: set.name.clone(),
        rules: set.rules.clone(),
        channels: set.channels.clone(),
    };
}

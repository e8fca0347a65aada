//! What happens to a policy.

use std::collections::BTreeMap;

use super::state::{ChannelRules, Rules};
use crate::event::{event_enum, payloads};
use crate::values::{ChannelName, Text};

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

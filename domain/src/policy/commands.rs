//! What can be asked of a policy.

use std::collections::BTreeMap;

use super::state::{ChannelRules, Criterion, OnShortage, ReserveAt};
use crate::command::commands;
use crate::promising::transit::TransitTable;
use crate::values::{ChannelName, MerchantId, Period, Text};

commands! {
    /// Changes a merchant's rules. What is not given stays; `channels` replaces those it names.
    SetMerchantPolicy {
        /// When units are reserved.
        reserve_at: Option<ReserveAt>,
        /// What becomes of an order when not everything is there and it does not say.
        on_shortage: Option<OnShortage>,
        /// Whether an order that does not say may ship from several locations.
        allow_split: Option<bool>,
        /// How many locations an order may ship from at most, 1 to 100.
        split_limit: Option<u32>,
        /// What sourcing prefers, in order; each criterion once.
        sourcing: Option<Vec<Criterion>>,
        /// How many days goods are on their way, at most 1,000 rows; replaces the whole table.
        transit: Option<TransitTable>,
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

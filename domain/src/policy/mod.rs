//! A merchant's rules: when to reserve, what to do about a shortage, in which order sourcing prefers, how long goods are
//! on their way.

mod commands;
mod decide;
mod events;
mod evolve;
mod refusals;
mod state;
#[cfg(test)]
mod tests;

pub use commands::{PolicyCommand, RegisterMerchant, SetMerchantPolicy};
pub use events::{MerchantPolicySet, PolicyEvent};
pub use refusals::PolicyRefusal;
pub use state::{ChannelRules, Criterion, MOST_LOCATIONS, OnShortage, Policy, ReserveAt, Rules};

use decide::decide;
use evolve::evolve;

crate::aggregate::pure_aggregate!(Policy, "policy", PolicyCommand, PolicyEvent, PolicyRefusal);

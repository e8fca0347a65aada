//! Commands of a causal chain.

use async_graphql::SimpleObject;
use holdfast_domain::values::MerchantId;

use super::event::Event;
use super::scalars::Long;
use crate::graphql::connection::Items;
use crate::graphql::error::Problem;
use crate::history::command;

/// A command of a causal chain. Its sender, actor and time are in the metadata of its events.
#[derive(Debug, Clone, SimpleObject)]
pub(in crate::graphql) struct CausedCommand {
    /// The position of the event that caused the command. Null for the first command of the chain.
    caused_by: Option<Long>,
    /// The number of steps from the first command of the chain: 0 for the first.
    depth: u32,
    /// The command's events, oldest first; at least one.
    events: Items<Event>,
}

impl CausedCommand {
    /// A command of a merchant's journal.
    pub(in crate::graphql) fn new(
        merchant: &MerchantId,
        command: &command::CausedCommand,
    ) -> Result<Self, Problem> {
        Ok(Self {
            caused_by: command.caused_by.map(Long),
            depth: command.depth,
            events: command
                .events
                .iter()
                .map(|event| Event::new(merchant, event))
                .collect::<Result<_, _>>()?,
        })
    }
}

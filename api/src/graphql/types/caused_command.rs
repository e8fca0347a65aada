//! Commands and what caused them.

use async_graphql::SimpleObject;
use holdfast_domain::values::MerchantId;

use super::event::Event;
use super::scalars::Long;
use crate::graphql::connection::Items;
use crate::graphql::error::Problem;
use crate::history::command;

/// A command, the event that caused it, and its own events. Sender, actor and time are in the events' metadata.
#[derive(Debug, Clone, SimpleObject)]
pub(in crate::graphql) struct CausedCommand {
    /// The position of the event that caused it; null for the first command.
    caused_by: Option<Long>,
    /// The number of commands between the first command and this one, this one included.
    depth: u32,
    /// The command's events, in order.
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

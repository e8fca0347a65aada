//! Commands and what caused them.

use async_graphql::{ComplexObject, SimpleObject};
use holdfast_domain::values::MerchantId;

use super::event::Event;
use super::scalars::Long;
use crate::graphql::connection::{Connection, Window, try_slice};
use crate::graphql::error::Problem;
use crate::history::command::CausedCommand as Followed;

/// A command, the event that caused it, and its own events. Sender, actor and time are in the events' metadata.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct CausedCommand {
    #[graphql(skip)]
    merchant: MerchantId,
    #[graphql(skip)]
    events: Vec<holdfast_journal::Event>,
    /// The position of the event that caused it; null for the first command.
    caused_by: Option<Long>,
    /// The number of commands between the first command and this one, this one included.
    depth: u32,
}

#[ComplexObject]
impl CausedCommand {
    /// The command's events, in order; 200 per page unless `first` or `last` says less.
    async fn events(
        &self,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Event>, Problem> {
        let window = Window { first, after, last, before };
        try_slice(&self.events, window, |event| Event::new(&self.merchant, event))
    }
}

impl CausedCommand {
    /// A command of a merchant's journal.
    pub(in crate::graphql) fn new(merchant: &MerchantId, followed: &Followed) -> Self {
        Self {
            merchant: merchant.clone(),
            events: followed.events.clone(),
            caused_by: followed.caused_by.map(Long),
            depth: followed.depth,
        }
    }
}

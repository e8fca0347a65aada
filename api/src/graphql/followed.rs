//! What followed from a command.

use async_graphql::SimpleObject;

use super::error::Problem;
use super::event::Event;
use super::scalars::Long;
use crate::history::command::FollowedCommand as Followed;

/// A command, how it came to be, and what it did. By which sender, why and when is told with each of its events.
#[derive(Debug, SimpleObject)]
pub(super) struct FollowedCommand {
    /// The position of the event that it followed from; null for the first.
    caused_by: Option<Long>,
    /// From how many others it followed, one after the other.
    depth: u32,
    /// What it did, in order.
    events: Vec<Event>,
}

impl TryFrom<Followed> for FollowedCommand {
    type Error = Problem;

    fn try_from(followed: Followed) -> Result<Self, Problem> {
        Ok(Self {
            caused_by: followed.caused_by.map(Long),
            depth: followed.depth,
            events: followed.events.iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
        })
    }
}

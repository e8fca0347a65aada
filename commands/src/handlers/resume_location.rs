//! `ResumeLocation`: source from a location again.

use holdfast_domain::network::{Network, NetworkCommand, ResumeLocation};
use holdfast_domain::stream::StreamId;

use super::{Grant, Handle, Stop, World, grant_location};

impl Handle for ResumeLocation {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let command = NetworkCommand::ResumeLocation(self.clone());
        let (network, _) = world.decide::<Network>(&StreamId::Network, &command)?;
        grant_location(&network, &self.location)
    }
}

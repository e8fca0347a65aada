//! `PauseLocation`: stop sourcing from a location.

use holdfast_domain::network::{Network, NetworkCommand, PauseLocation};
use holdfast_domain::stream::StreamId;

use super::{Grant, Handle, Stop, World, grant_location};

impl Handle for PauseLocation {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let command = NetworkCommand::PauseLocation(self.clone());
        let (network, _) = world.decide::<Network>(&StreamId::Network, &command)?;
        grant_location(&network, &self.location)
    }
}

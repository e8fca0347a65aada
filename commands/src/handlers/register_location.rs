//! `RegisterLocation`: make a location known, or change it.

use holdfast_domain::network::{Network, NetworkCommand, RegisterLocation};
use holdfast_domain::stream::StreamId;

use super::{Grant, Handle, Stop, World, grant_location};

impl Handle for RegisterLocation {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let command = NetworkCommand::RegisterLocation(self.clone());
        let (network, _) = world.decide::<Network>(&StreamId::Network, &command)?;
        grant_location(&network, &self.location)
    }
}

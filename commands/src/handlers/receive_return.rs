//! `ReceiveReturn`: record goods that came back; what can be sold or inspected is on the books again.

use holdfast_domain::order::{OrderCommand, ReceiveReturn};
use holdfast_domain::stream::StreamId;

use super::changing::change;
use super::{Grant, Handle, Stop, World};

impl Handle for ReceiveReturn {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        world.want([StreamId::Network, StreamId::Order(self.return_id.order())], [])?;
        world.network()?.location(&self.location, "/location")?;
        change(world, self.return_id.order(), &OrderCommand::ReceiveReturn(self.clone()))
    }
}

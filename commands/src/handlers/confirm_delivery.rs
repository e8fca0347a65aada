//! `ConfirmDelivery`: record that parcels were handed over.

use holdfast_domain::order::{ConfirmDelivery, OrderCommand};

use super::changing::change;
use super::{Grant, Handle, Stop, World};

impl Handle for ConfirmDelivery {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        change(world, self.shipment_id.order(), &OrderCommand::ConfirmDelivery(self.clone(), world.at))
    }
}

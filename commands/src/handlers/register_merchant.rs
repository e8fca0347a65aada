//! `RegisterMerchant`: make a merchant known, or rename it.

use holdfast_domain::policy::{Policy, PolicyCommand, RegisterMerchant};
use holdfast_domain::stream::StreamId;
use holdfast_journal::OutcomeKind;

use super::{Grant, Handle, PolicyView, Stop, World, grant};

impl Handle for RegisterMerchant {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let command = PolicyCommand::RegisterMerchant(self.clone());
        let (policy, _) = world.decide::<Policy>(&StreamId::Policy, &command)?;
        grant(OutcomeKind::Done, &PolicyView::of(&policy))
    }
}

//! `SetMerchantPolicy`: change a merchant's rules.

use holdfast_domain::policy::{Policy, PolicyCommand, SetMerchantPolicy};
use holdfast_domain::stream::StreamId;
use holdfast_journal::OutcomeKind;

use super::{Grant, Handle, PolicyView, Stop, World, grant};

impl Handle for SetMerchantPolicy {
    fn handle(&self, world: &mut World<'_>) -> Result<Grant, Stop> {
        let command = PolicyCommand::SetMerchantPolicy(self.clone());
        let (policy, _) = world.decide::<Policy>(&StreamId::Policy, &command)?;
        grant(OutcomeKind::Done, &PolicyView::of(&policy))
    }
}

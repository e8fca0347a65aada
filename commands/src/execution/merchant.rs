//! Commands on a merchant's locations and rules.

use holdfast_domain::network::{Network, NetworkCommand};
use holdfast_domain::policy::{Policy, PolicyCommand};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::LocationId;
use holdfast_journal::OutcomeKind;
use holdfast_views::{LocationView, PolicyView};

use super::unit_of_work::{Accepted, Stop, UnitOfWork, accepted};

/// Changes a location, and answers with it.
pub(super) fn change_location(
    unit: &mut UnitOfWork<'_>,
    id: &LocationId,
    command: &NetworkCommand,
) -> Result<Accepted, Stop> {
    let (network, _) = unit.decide::<Network>(&StreamId::Network, command)?;
    let location = network.location(id, "/location")?;
    accepted(OutcomeKind::Done, &LocationView::of(id, location))
}

/// Changes the merchant's rules, and answers with them.
pub(super) fn change_policy(unit: &mut UnitOfWork<'_>, command: &PolicyCommand) -> Result<Accepted, Stop> {
    let (policy, _) = unit.decide::<Policy>(&StreamId::Policy, command)?;
    accepted(OutcomeKind::Done, &PolicyView::of(&policy))
}

//! Commands on a merchant's locations and rules.

use holdfast_domain::network::{Network, NetworkCommand, PauseLocation, RegisterLocation, ResumeLocation};
use holdfast_domain::policy::{Policy, PolicyCommand, RegisterMerchant, SetMerchantPolicy};
use holdfast_domain::stream::StreamId;
use holdfast_domain::values::LocationId;
use holdfast_journal::OutcomeKind;
use holdfast_views::{LocationView, PolicyView};

use super::unit_of_work::{Accepted, Stop, UnitOfWork, accepted};

pub(super) fn register_location(
    unit: &mut UnitOfWork<'_>,
    command: &RegisterLocation,
) -> Result<Accepted, Stop> {
    change_location(unit, &command.location, &NetworkCommand::RegisterLocation(command.clone()))
}

pub(super) fn pause_location(unit: &mut UnitOfWork<'_>, command: &PauseLocation) -> Result<Accepted, Stop> {
    change_location(unit, &command.location, &NetworkCommand::PauseLocation(command.clone()))
}

pub(super) fn resume_location(unit: &mut UnitOfWork<'_>, command: &ResumeLocation) -> Result<Accepted, Stop> {
    change_location(unit, &command.location, &NetworkCommand::ResumeLocation(command.clone()))
}

fn change_location(
    unit: &mut UnitOfWork<'_>,
    id: &LocationId,
    command: &NetworkCommand,
) -> Result<Accepted, Stop> {
    let (network, _) = unit.decide::<Network>(&StreamId::Network, command)?;
    let location = network.location(id, "/location")?;
    accepted(OutcomeKind::Done, &LocationView::of(id, location))
}

pub(super) fn set_policy(unit: &mut UnitOfWork<'_>, command: &SetMerchantPolicy) -> Result<Accepted, Stop> {
    change_policy(unit, &PolicyCommand::SetMerchantPolicy(command.clone()))
}

pub(super) fn register(unit: &mut UnitOfWork<'_>, command: &RegisterMerchant) -> Result<Accepted, Stop> {
    change_policy(unit, &PolicyCommand::RegisterMerchant(command.clone()))
}

fn change_policy(unit: &mut UnitOfWork<'_>, command: &PolicyCommand) -> Result<Accepted, Stop> {
    let (policy, _) = unit.decide::<Policy>(&StreamId::Policy, command)?;
    accepted(OutcomeKind::Done, &PolicyView::of(&policy))
}

//! Carrying commands out: on the aggregates of one merchant, in memory.
//!
//! A command sees the aggregates through its [`UnitOfWork`]. What it needs and is not in memory it asks for by stopping
//! with [`Stop::NotLoaded`]; it runs again once that is loaded, and only its last run leaves anything. What follows from
//! a decision on an order is decided by [`holdfast_domain::fulfillment`].

mod amend_order;
pub(crate) mod cached_stream;
pub(crate) mod change_set;
mod create_order;
mod merchant;
mod orders;
mod stock;
mod unit_of_work;
mod views;

use crate::command::AnyCommand;

pub use orders::{ReturnAnswer, ShipmentAnswer};
pub use stock::{CountAnswer, SupplyAnswer, TransferAnswer};
pub use views::{LocationView, PolicyView};

pub(crate) use unit_of_work::{Accepted, Needs, Stop, UnitOfWork};

/// Carries a command out: the answer that accepts it, or why there is none.
pub(crate) fn execute(command: &AnyCommand, unit: &mut UnitOfWork<'_>) -> Result<Accepted, Stop> {
    if let Some((id, command)) = orders::plain_command(command, unit.at) {
        return orders::change(unit, id, &command);
    }
    match command {
        AnyCommand::CreateOrder(command) => create_order::create(unit, command),
        AnyCommand::AmendOrder(command) => amend_order::amend(unit, command),
        AnyCommand::MoveFulfillmentOrder(command) => orders::move_fulfillment_order(unit, command),
        AnyCommand::AcceptCancellation(command) => orders::accept_cancellation(unit, command),
        AnyCommand::ShipItems(command) => orders::ship(unit, command),
        AnyCommand::TrackParcel(command) => orders::track_parcel(unit, command),
        AnyCommand::RequestReturn(command) => orders::request_return(unit, command),
        AnyCommand::ReceiveReturn(command) => orders::receive_return(unit, command),
        AnyCommand::ErasePersonalData(command) => orders::erase_personal_data(unit, command),
        AnyCommand::FillBackorders(command) => stock::fill_backorders(unit, command),
        AnyCommand::ReceiveStock(command) => stock::receive(unit, command),
        AnyCommand::CountStock(command) => stock::count(unit, command),
        AnyCommand::AdjustStock(command) => stock::adjust(unit, command),
        AnyCommand::ChangeStockCondition(command) => stock::change_condition(unit, command),
        AnyCommand::ShipTransfer(command) => stock::ship_transfer(unit, command),
        AnyCommand::ReceiveTransfer(command) => stock::receive_transfer(unit, command),
        AnyCommand::ExpectSupply(command) => stock::expect_supply(unit, command),
        AnyCommand::CancelSupply(command) => stock::cancel_supply(unit, command),
        AnyCommand::SetStockPolicy(command) => stock::set_policy(unit, command),
        AnyCommand::RegisterLocation(command) => merchant::register_location(unit, command),
        AnyCommand::PauseLocation(command) => merchant::pause_location(unit, command),
        AnyCommand::ResumeLocation(command) => merchant::resume_location(unit, command),
        AnyCommand::SetMerchantPolicy(command) => merchant::set_policy(unit, command),
        AnyCommand::RegisterMerchant(command) => merchant::register(unit, command),
        // Every other command is a plain one.
        other => Err(Stop::Failed(format!("{} has no handler", other.name()))),
    }
}

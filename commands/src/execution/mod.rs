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

use holdfast_domain::order::OrderCommand;

use self::orders::change;
use crate::command::AnyCommand;

pub use orders::{ReturnAnswer, ShipmentAnswer};
pub use stock::{CountAnswer, SupplyAnswer, TransferAnswer};
pub use views::{LocationView, PolicyView};

pub(crate) use unit_of_work::{Accepted, Needs, Stop, UnitOfWork};

/// Carries a command out: the answer that accepts it, or why there is none. A command on an order that needs nothing but
/// the order to be decided is named with its decision.
#[allow(clippy::too_many_lines, reason = "a row for every command")]
pub(crate) fn execute(command: &AnyCommand, unit: &mut UnitOfWork<'_>) -> Result<Accepted, Stop> {
    use AnyCommand as Any;
    use OrderCommand as Order;
    match command {
        Any::ConfirmPayment(c) => change(unit, c.order_id, &Order::ConfirmPayment((**c).clone())),
        Any::AuthorizePayment(c) => change(unit, c.order_id, &Order::AuthorizePayment((**c).clone())),
        Any::FailPayment(c) => change(unit, c.order_id, &Order::FailPayment((**c).clone())),
        Any::VoidPayment(c) => change(unit, c.order_id, &Order::VoidPayment((**c).clone())),
        Any::HoldOrder(c) => change(unit, c.order_id, &Order::HoldOrder((**c).clone(), unit.at)),
        Any::ReleaseHold(c) => change(unit, c.order_id, &Order::ReleaseHold((**c).clone())),
        Any::CancelOrder(c) => change(unit, c.order_id, &Order::CancelOrder((**c).clone())),
        Any::AttendOrder(c) => change(unit, c.order_id, &Order::AttendOrder(unit.at)),
        Any::AcceptFulfillmentOrder(c) => {
            change(unit, c.fulfillment_order_id.order(), &Order::AcceptFulfillmentOrder((**c).clone()))
        }
        Any::RejectFulfillmentOrder(c) => {
            change(unit, c.fulfillment_order_id.order(), &Order::RejectFulfillmentOrder((**c).clone()))
        }
        Any::RejectCancellation(c) => {
            change(unit, c.fulfillment_order_id.order(), &Order::RejectCancellation((**c).clone()))
        }
        Any::AcceptAmendment(c) => {
            change(unit, c.fulfillment_order_id.order(), &Order::AcceptAmendment((**c).clone()))
        }
        Any::RejectAmendment(c) => {
            change(unit, c.fulfillment_order_id.order(), &Order::RejectAmendment((**c).clone()))
        }
        Any::ShortPick(c) => change(unit, c.fulfillment_order_id.order(), &Order::ShortPick((**c).clone())),
        Any::PickItems(c) => change(unit, c.fulfillment_order_id.order(), &Order::PickItems((**c).clone())),
        Any::PackItems(c) => change(unit, c.fulfillment_order_id.order(), &Order::PackItems((**c).clone())),
        Any::MarkReadyForPickup(c) => {
            change(unit, c.fulfillment_order_id.order(), &Order::MarkReadyForPickup((**c).clone(), unit.at))
        }
        Any::TrackShipment(c) => change(unit, c.shipment_id.order(), &Order::TrackShipment((**c).clone())),
        Any::ConfirmDelivery(c) => {
            change(unit, c.shipment_id.order(), &Order::ConfirmDelivery((**c).clone(), unit.at))
        }
        Any::CreateOrder(c) => create_order::create(unit, c),
        Any::AmendOrder(c) => amend_order::amend(unit, c),
        Any::MoveFulfillmentOrder(c) => orders::move_fulfillment_order(unit, c),
        Any::AcceptCancellation(c) => orders::accept_cancellation(unit, c),
        Any::ShipItems(c) => orders::ship(unit, c),
        Any::TrackParcel(c) => orders::track_parcel(unit, c),
        Any::RequestReturn(c) => orders::request_return(unit, c),
        Any::ReceiveReturn(c) => orders::receive_return(unit, c),
        Any::ErasePersonalData(c) => orders::erase_personal_data(unit, c),
        Any::FillBackorders(c) => stock::fill_backorders(unit, c),
        Any::ReceiveStock(c) => stock::receive(unit, c),
        Any::CountStock(c) => stock::count(unit, c),
        Any::AdjustStock(c) => stock::adjust(unit, c),
        Any::ChangeStockCondition(c) => stock::change_condition(unit, c),
        Any::ShipTransfer(c) => stock::ship_transfer(unit, c),
        Any::ReceiveTransfer(c) => stock::receive_transfer(unit, c),
        Any::ExpectSupply(c) => stock::expect_supply(unit, c),
        Any::CancelSupply(c) => stock::cancel_supply(unit, c),
        Any::SetStockPolicy(c) => stock::set_policy(unit, c),
        Any::RegisterLocation(c) => merchant::register_location(unit, c),
        Any::PauseLocation(c) => merchant::pause_location(unit, c),
        Any::ResumeLocation(c) => merchant::resume_location(unit, c),
        Any::SetMerchantPolicy(c) => merchant::set_policy(unit, c),
        Any::RegisterMerchant(c) => merchant::register(unit, c),
    }
}

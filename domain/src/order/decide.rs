//! What a command on an order leads to.

use super::commands::ErasePersonalData;
use super::decision::{Decision, exists};
use super::events::{PersonalDataErased, PromiseChanged};
use super::hold::await_decision;
use super::order_command::OrderCommand;
use super::refusals::OrderRefusal;
use super::state::{Order, PersonalDataState};
use super::{
    amend, amendment_request, cancel, create, fulfillment_order, hold, payment, reserve, returns, shipment,
};

pub(super) fn decide(order: &Order, command: &OrderCommand) -> Decision {
    match command {
        OrderCommand::CreateOrder(command, terms, at) => create::create(order, command, terms, *at),
        OrderCommand::ReserveInventory(command) => reserve::reserve(order, command),
        OrderCommand::FillBackorder { sku, allocations, promises, at } => {
            reserve::fill_backorder(order, sku, allocations, promises, *at)
        }
        OrderCommand::AwaitDecision => Ok(await_decision(order).into_iter().collect()),
        OrderCommand::LoseUnits { location, sku, most } => {
            Ok(fulfillment_order::assignment::lose_units(order, location, sku, *most))
        }
        OrderCommand::ChangePromise { sku, promised_at } => {
            let is_news = order.promised.get(sku) != promised_at.as_ref();
            let changed = PromiseChanged { sku: sku.clone(), promised_at: *promised_at };
            Ok(is_news.then(|| changed.into()).into_iter().collect())
        }
        OrderCommand::ExpireReservation(at) => Ok(reserve::expire(order, *at)),
        OrderCommand::AttendOrder(at) => Ok(hold::attend(order, *at)),
        OrderCommand::AmendOrder(command, at) => amend::amend(order, command, *at),
        OrderCommand::AcceptAmendment(command) => amendment_request::accept(order, command),
        OrderCommand::RejectAmendment(command) => amendment_request::reject(order, command),
        OrderCommand::SettleAmendment(at) => Ok(amendment_request::settle(order, *at)),
        OrderCommand::MoveFulfillmentOrder(command, target) => {
            fulfillment_order::assignment::relocate(order, command, target)
        }
        OrderCommand::Consolidate => Ok(fulfillment_order::assignment::consolidate(order)),
        OrderCommand::MarkReadyForPickup(command, at) => {
            fulfillment_order::pick_pack::ready_for_pickup(order, command, *at)
        }
        OrderCommand::ConfirmPayment(command) => payment::confirm(order, command),
        OrderCommand::AuthorizePayment(command) => payment::authorize(order, command),
        OrderCommand::FailPayment(command) => payment::fail(order, command),
        OrderCommand::VoidPayment(command) => payment::void(order, command),
        OrderCommand::HoldOrder(command, at) => hold::hold_order(order, command, *at),
        OrderCommand::ReleaseHold(command) => hold::release_hold(order, command),
        OrderCommand::AcceptFulfillmentOrder(command) => {
            fulfillment_order::assignment::accept(order, command)
        }
        OrderCommand::RejectFulfillmentOrder(command) => {
            fulfillment_order::assignment::reject(order, command)
        }
        OrderCommand::AcceptCancellation(command, promises, takeover) => {
            cancel::accept(order, command, promises, *takeover)
        }
        OrderCommand::RejectCancellation(command) => cancel::reject(order, command),
        OrderCommand::ShortPick(command) => fulfillment_order::assignment::short(order, command),
        OrderCommand::RequestReturn(command) => returns::request::request(order, command),
        OrderCommand::ReceiveReturn(command) => returns::request::receive(order, command),
        OrderCommand::CancelOrder(command) => cancel::cancel(order, command),
        OrderCommand::PickItems(command) => fulfillment_order::pick_pack::pick(order, command),
        OrderCommand::PackItems(command) => fulfillment_order::pick_pack::pack(order, command),
        OrderCommand::ShipItems(command, stuck_after, at) => {
            shipment::ship::ship(order, command, *stuck_after, *at)
        }
        OrderCommand::TrackShipment(command) => shipment::ship::track(order, command),
        OrderCommand::ConfirmDelivery(command, at) => shipment::ship::confirm_delivery(order, command, *at),
        OrderCommand::ErasePersonalData(command) => erase_personal_data(order, command),
    }
}

fn erase_personal_data(order: &Order, command: &ErasePersonalData) -> Decision {
    exists(order, command.order_id)?;
    match order.personal_data {
        PersonalDataState::None => Err(OrderRefusal::NoPersonalData),
        PersonalDataState::Erased => Ok(Vec::new()),
        PersonalDataState::Sealed => Ok(vec![PersonalDataErased { reason: command.reason.clone() }.into()]),
    }
}

//! What a command on an order leads to.

mod cancellation;
mod creation;
mod handover;
mod holding;
mod payment;
mod reservation;
mod returns;
mod shipping;
mod warehouse;

use super::commands::{ErasePersonalData, OrderCommand};
use super::events::{DiscrepancyRecorded, LineUnits, OrderEvent, PersonalDataErased};
use super::refusals::OrderRefusal;
use super::state::{Order, PersonalDataState};
use crate::values::{LineNumber, OrderId, Reference, Text, Units};

pub(super) use cancellation::may_be_cancelled;
use holding::hold;
pub(super) use holding::may_be_held;
pub(super) use returns::may_come_back;

type Decision = Result<Vec<OrderEvent>, OrderRefusal>;

pub(super) fn decide(order: &Order, command: &OrderCommand) -> Decision {
    match command {
        OrderCommand::CreateOrder(command, terms, at) => creation::create(order, command, terms, *at),
        OrderCommand::ReserveInventory(command) => reservation::reserve(order, command),
        OrderCommand::FillBackorder { sku, allocations } => {
            reservation::fill_backorder(order, sku, allocations)
        }
        OrderCommand::ConfirmPayment(command) => payment::confirm(order, command),
        OrderCommand::AuthorizePayment(command) => payment::authorize(order, command),
        OrderCommand::FailPayment(command) => payment::fail(order, command),
        OrderCommand::VoidPayment(command) => payment::void(order, command),
        OrderCommand::HoldOrder(command) => holding::hold_order(order, command),
        OrderCommand::ReleaseHold(command) => holding::release_hold(order, command),
        OrderCommand::AcceptFulfillmentOrder(command) => handover::accept(order, command),
        OrderCommand::RejectFulfillmentOrder(command) => handover::reject(order, command),
        OrderCommand::AcceptCancellation(command) => cancellation::accept(order, command),
        OrderCommand::RejectCancellation(command) => cancellation::reject(order, command),
        OrderCommand::ShortPick(command) => handover::short(order, command),
        OrderCommand::RequestReturn(command) => returns::request(order, command),
        OrderCommand::ReceiveReturn(command) => returns::receive(order, command),
        OrderCommand::CancelOrder(command) => cancellation::cancel(order, command),
        OrderCommand::PickItems(command) => warehouse::pick(order, command),
        OrderCommand::PackItems(command) => warehouse::pack(order, command),
        OrderCommand::ShipItems(command, at) => shipping::ship(order, command, *at),
        OrderCommand::TrackShipment(command) => shipping::track(order, command),
        OrderCommand::ConfirmDelivery(command, at) => shipping::confirm_delivery(order, command, *at),
        OrderCommand::ErasePersonalData(command) => erase_personal_data(order, command),
    }
}

fn exists(order: &Order, id: OrderId) -> Result<(), OrderRefusal> {
    if order.created.is_some() { Ok(()) } else { Err(OrderRefusal::UnknownOrder(id)) }
}

fn units_of(line: LineNumber, quantity: Units) -> LineUnits {
    LineUnits { line, quantity, lots: None, serials: None }
}

fn discrepancy(code: &str, detail: &str) -> Option<OrderEvent> {
    let (code, detail) = (Reference::new(code).ok()?, Text::new(detail).ok()?);
    Some(DiscrepancyRecorded { code, detail }.into())
}

fn erase_personal_data(order: &Order, command: &ErasePersonalData) -> Decision {
    exists(order, command.order_id)?;
    match order.personal_data {
        PersonalDataState::None => Err(OrderRefusal::NoPersonalData),
        PersonalDataState::Erased => Ok(Vec::new()),
        PersonalDataState::Sealed => Ok(vec![PersonalDataErased { reason: command.reason.clone() }.into()]),
    }
}

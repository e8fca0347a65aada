//! What a command on an order leads to.

mod amendment;
mod cancellation;
mod creation;
mod handover;
mod holding;
mod payment;
mod redirection;
mod reservation;
mod returns;
mod shipping;
mod warehouse;

use super::choices::HoldReason;
use super::commands::ErasePersonalData;
use super::events::{
    DiscrepancyRecorded, OrderEvent, PersonalDataErased, PromiseChanged, ReservationExtended,
};
use super::order_command::OrderCommand;
use super::refusals::OrderRefusal;
use super::state::{Order, PersonalDataState};
use crate::values::{OrderId, Reference, Text};

pub(super) use amendment::can_amend;
pub(super) use cancellation::may_be_cancelled;
pub(super) use handover::may_be_moved;
use holding::hold;
pub(super) use holding::may_be_held;
pub(super) use payment::may_be_voided;
pub(super) use returns::may_come_back;

type Decision = Result<Vec<OrderEvent>, OrderRefusal>;

pub(super) fn decide(order: &Order, command: &OrderCommand) -> Decision {
    match command {
        OrderCommand::CreateOrder(command, terms, at) => creation::create(order, command, terms, *at),
        OrderCommand::ReserveInventory(command) => reservation::reserve(order, command),
        OrderCommand::FillBackorder { sku, allocations, promises, at } => {
            reservation::fill_backorder(order, sku, allocations, promises, *at)
        }
        OrderCommand::AwaitDecision => Ok(await_decision(order).into_iter().collect()),
        OrderCommand::LoseUnits { location, sku, most } => {
            Ok(handover::lose_units(order, location, sku, *most))
        }
        OrderCommand::ChangePromise { sku, promised_at } => {
            let is_news = order.promised.get(sku) != promised_at.as_ref();
            let changed = PromiseChanged { sku: sku.clone(), promised_at: *promised_at };
            Ok(is_news.then(|| changed.into()).into_iter().collect())
        }
        OrderCommand::ExpireReservation(at) => Ok(reservation::expire(order, *at)),
        OrderCommand::AttendOrder(at) => Ok(holding::attend(order, *at)),
        OrderCommand::AmendOrder(command, at) => amendment::amend(order, command, *at),
        OrderCommand::AcceptAmendment(command) => redirection::accept(order, command),
        OrderCommand::RejectAmendment(command) => redirection::reject(order, command),
        OrderCommand::SettleAmendment(at) => Ok(redirection::settle(order, *at)),
        OrderCommand::MoveFulfillmentOrder(command, target) => handover::relocate(order, command, target),
        OrderCommand::Consolidate => Ok(handover::consolidate(order)),
        OrderCommand::MarkReadyForPickup(command, at) => warehouse::ready_for_pickup(order, command, *at),
        OrderCommand::ConfirmPayment(command) => payment::confirm(order, command),
        OrderCommand::AuthorizePayment(command) => payment::authorize(order, command),
        OrderCommand::FailPayment(command) => payment::fail(order, command),
        OrderCommand::VoidPayment(command) => payment::void(order, command),
        OrderCommand::HoldOrder(command, at) => holding::hold_order(order, command, *at),
        OrderCommand::ReleaseHold(command) => holding::release_hold(order, command),
        OrderCommand::AcceptFulfillmentOrder(command) => handover::accept(order, command),
        OrderCommand::RejectFulfillmentOrder(command) => handover::reject(order, command),
        OrderCommand::AcceptCancellation(command, promises, takeover) => {
            cancellation::accept(order, command, promises, *takeover)
        }
        OrderCommand::RejectCancellation(command) => cancellation::reject(order, command),
        OrderCommand::ShortPick(command) => handover::short(order, command),
        OrderCommand::RequestReturn(command) => returns::request(order, command),
        OrderCommand::ReceiveReturn(command) => returns::receive(order, command),
        OrderCommand::CancelOrder(command) => cancellation::cancel(order, command),
        OrderCommand::PickItems(command) => warehouse::pick(order, command),
        OrderCommand::PackItems(command) => warehouse::pack(order, command),
        OrderCommand::ShipItems(command, stuck_after, at) => {
            shipping::ship(order, command, *stuck_after, *at)
        }
        OrderCommand::TrackShipment(command) => shipping::track(order, command),
        OrderCommand::ConfirmDelivery(command, at) => shipping::confirm_delivery(order, command, *at),
        OrderCommand::ErasePersonalData(command) => erase_personal_data(order, command),
    }
}

fn exists(order: &Order, id: OrderId) -> Result<(), OrderRefusal> {
    if order.created.is_some() { Ok(()) } else { Err(OrderRefusal::UnknownOrder(id)) }
}

/// From now on what is held for the order is held for good.
fn firm(order: &Order) -> Option<OrderEvent> {
    order.expires_at.map(|_| ReservationExtended { until: None }.into())
}

/// The order stays and waits for somebody's decision; nothing where it waits for one already.
fn await_decision(order: &Order) -> Option<OrderEvent> {
    let is_news = order.created.is_some() && !order.is_out_of_stock();
    hold(order, HoldReason::InventoryOutOfStock).filter(|_| is_news)
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

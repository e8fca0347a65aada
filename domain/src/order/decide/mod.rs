//! What a command on an order leads to.

mod creation;
mod holding;
mod payment;
mod reservation;
mod shipping;
mod warehouse;

use super::commands::{CancelOrder, ErasePersonalData, OrderCommand};
use super::events::{
    DiscrepancyRecorded, FulfillmentOrderLines, InventoryReleased, LineUnits, OrderCancelled, OrderEvent,
    PersonalDataErased,
};
use super::refusals::OrderRefusal;
use super::state::{FulfillmentOrder, Order, PersonalDataState};
use crate::values::{LineNumber, OrderId, Reference, Text, Units};

use holding::hold;
pub(super) use holding::may_be_held;

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
        OrderCommand::CancelOrder(command) => cancel(order, command),
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

fn cancel(order: &Order, command: &CancelOrder) -> Decision {
    exists(order, command.order_id)?;
    if order.is_cancelled() {
        return Err(OrderRefusal::OrderCancelled);
    }
    let begun = |fulfillment: &FulfillmentOrder| !fulfillment.total(|line| line.picked).is_zero();
    if order.fulfillment_orders.iter().any(begun) {
        return Err(OrderRefusal::PickingHasBegun);
    }
    let held: Vec<FulfillmentOrderLines> = order.fulfillment_orders.iter().filter_map(held).collect();
    let lines = order
        .line_totals()
        .iter()
        .enumerate()
        .map(|(index, line)| units_of(LineNumber::at(index), line.ordered.saturating_sub(line.cancelled)))
        .filter(|units| !units.quantity.is_zero())
        .collect();
    let released = InventoryReleased { fulfillment_orders: held };
    let mut events: Vec<OrderEvent> = Vec::new();
    if !released.fulfillment_orders.is_empty() {
        events.push(released.into());
    }
    events.push(OrderCancelled { lines, reason: command.reason.clone() }.into());
    Ok(events)
}

fn held(fulfillment: &FulfillmentOrder) -> Option<FulfillmentOrderLines> {
    let open = fulfillment.lines.iter().filter(|line| !line.open().is_zero());
    let lines: Vec<LineUnits> = open.map(|line| units_of(line.line, line.open())).collect();
    (!lines.is_empty()).then(|| FulfillmentOrderLines {
        fulfillment_order_id: fulfillment.id,
        location: fulfillment.location.clone(),
        lines,
    })
}

fn erase_personal_data(order: &Order, command: &ErasePersonalData) -> Decision {
    exists(order, command.order_id)?;
    match order.personal_data {
        PersonalDataState::None => Err(OrderRefusal::NoPersonalData),
        PersonalDataState::Erased => Ok(Vec::new()),
        PersonalDataState::Sealed => Ok(vec![PersonalDataErased { reason: command.reason.clone() }.into()]),
    }
}

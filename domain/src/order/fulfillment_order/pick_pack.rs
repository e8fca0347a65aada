//! A warehouse's reports before goods leave: units are picked, packed or ready for pickup.

use super::{FulfillmentLine, FulfillmentOrder};
use crate::command::commands;
use crate::order::choices::{DeliveryMethod, DiscrepancyCode};
use crate::order::contents::LineUnits;
use crate::order::decision::{Decision, confirm_reservation, excess, find_fulfillment_order};
use crate::order::events::{ItemPacked, ItemPicked, OrderEvent, ReadyForPickup};
use crate::order::lines::{LineQuantity, Reported, has_open, reported};
use crate::order::refusals::OrderRefusal;
use crate::order::state::Order;
use crate::values::{FulfillmentOrderId, Timestamp};

commands! {
    /// Reports picked units: all that are not picked, or units of lines.
    PickItems {
        fulfillment_order_id: FulfillmentOrderId,
        /// Whether all unpicked units are picked. Specify either `all: true` or `lines`.
        all: Option<bool>,
        /// The picked units.
        lines: Option<Vec<LineQuantity>>,
    }
    /// Reports packed units: all that are not packed, or units of lines. Implies that they are picked.
    PackItems {
        fulfillment_order_id: FulfillmentOrderId,
        /// Whether all unpacked units are packed. Specify either `all: true` or `lines`.
        all: Option<bool>,
        /// The packed units.
        lines: Option<Vec<LineQuantity>>,
    }
    /// Reports that goods are ready for pickup by the customer. Implies that they are picked and packed.
    MarkReadyForPickup {
        fulfillment_order_id: FulfillmentOrderId,
    }
}

/// The location can work on the fulfillment order: it supplies units, and waits for nothing.
pub(in crate::order) fn can_work(order: &Order, fulfillment: &FulfillmentOrder) -> Result<(), OrderRefusal> {
    if !fulfillment.supplies() {
        return Err(OrderRefusal::FulfillmentOrderCancelled);
    }
    order.waiting_for(fulfillment.id).map_or(Ok(()), |reason| Err(reason.into()))
}

/// The fulfillment order with this id, where its location can work on it.
pub(in crate::order) fn actionable(
    order: &Order,
    id: FulfillmentOrderId,
) -> Result<&FulfillmentOrder, OrderRefusal> {
    let fulfillment = find_fulfillment_order(order, id)?;
    can_work(order, fulfillment).map(|()| fulfillment)
}

/// Units can be picked, or reported missing.
pub(in crate::order) fn can_pick(order: &Order, fulfillment: &FulfillmentOrder) -> Result<(), OrderRefusal> {
    can_work(order, fulfillment)?;
    has_open(fulfillment, FulfillmentLine::unpicked)
}

/// Units can be packed.
pub(in crate::order) fn can_pack(order: &Order, fulfillment: &FulfillmentOrder) -> Result<(), OrderRefusal> {
    can_work(order, fulfillment)?;
    has_open(fulfillment, FulfillmentLine::unpacked)
}

/// The goods can be ready for pickup.
pub(in crate::order) fn can_mark_ready(
    order: &Order,
    fulfillment: &FulfillmentOrder,
) -> Result<(), OrderRefusal> {
    can_work(order, fulfillment)?;
    if order.delivery_method() != DeliveryMethod::Pickup {
        return Err(OrderRefusal::NotToBePickedUp);
    }
    has_open(fulfillment, FulfillmentLine::outstanding)
}

pub(in crate::order) fn pick(order: &Order, command: &PickItems) -> Decision {
    let PickItems { fulfillment_order_id, all, lines, .. } = command;
    let fulfillment = actionable(order, *fulfillment_order_id)?;
    let units = reported(order, fulfillment, *all, lines.as_deref(), FulfillmentLine::unpicked)?;
    let picked = |lines| ItemPicked { fulfillment_order_id: fulfillment.id, lines }.into();
    Ok(report_units(order, units, picked, DiscrepancyCode::PickedMoreThanReserved))
}

pub(in crate::order) fn pack(order: &Order, command: &PackItems) -> Decision {
    let PackItems { fulfillment_order_id, all, lines, .. } = command;
    let fulfillment = actionable(order, *fulfillment_order_id)?;
    let units = reported(order, fulfillment, *all, lines.as_deref(), FulfillmentLine::unpacked)?;
    let packed = |lines| ItemPacked { fulfillment_order_id: fulfillment.id, lines }.into();
    Ok(report_units(order, units, packed, DiscrepancyCode::PackedMoreThanReserved))
}

/// The event of the reported units, where there are any, and the discrepancy of those that are not reserved.
fn report_units(
    order: &Order,
    Reported { lines, excess: units }: Reported,
    event: impl FnOnce(Vec<LineUnits>) -> OrderEvent,
    code: DiscrepancyCode,
) -> Vec<OrderEvent> {
    let report = (!lines.is_empty()).then(|| event(lines));
    let confirmed = confirm_reservation(order).filter(|_| report.is_some());
    report.into_iter().chain(confirmed).chain(excess(code, units)).collect()
}

pub(in crate::order) fn ready_for_pickup(
    order: &Order,
    command: &MarkReadyForPickup,
    at: Timestamp,
) -> Decision {
    let fulfillment = actionable(order, command.fulfillment_order_id)?;
    can_mark_ready(order, fulfillment)?;
    if fulfillment.ready_since.is_some() {
        return Ok(Vec::new());
    }
    let fulfillment_order_id = fulfillment.id;
    let lines = fulfillment.all_units(FulfillmentLine::unpacked);
    let packed = (!lines.is_empty()).then(|| ItemPacked { fulfillment_order_id, lines }.into());
    let ready = ReadyForPickup { fulfillment_order_id, at };
    Ok(packed.into_iter().chain(confirm_reservation(order)).chain([ready.into()]).collect())
}

//! Takes back reports of a location that were made by mistake.

use super::{FulfillmentLine, FulfillmentOrder};
use crate::command::commands;
use crate::order::choices::DiscrepancyCode;
use crate::order::contents::{LineUnits, total};
use crate::order::decision::{Decision, excess, find_fulfillment_order};
use crate::order::events::{ItemPutBack, ItemUnpacked, OrderEvent, RejectionUndone};
use crate::order::lines::{LineQuantity, has_open, reported};
use crate::order::refusals::OrderRefusal;
use crate::order::state::Order;
use crate::values::{FulfillmentOrderId, Units};

commands! {
    /// Reports that picked units are back on the shelf, or were never picked. Packed units among them count as unpacked. The
    /// units stay reserved.
    UnpickItems {
        fulfillment_order_id: FulfillmentOrderId,
        /// Whether all picked units that have not shipped are meant. Specify either `all: true` or `lines`.
        all: Option<bool>,
        /// The units that are no longer picked.
        lines: Option<Vec<LineQuantity>>,
    }
    /// Reports that packed units were unpacked, or were never packed. They stay picked.
    UnpackItems {
        fulfillment_order_id: FulfillmentOrderId,
        /// Whether all packed units that have not shipped are meant. Specify either `all: true` or `lines`.
        all: Option<bool>,
        /// The units that are no longer packed.
        lines: Option<Vec<LineQuantity>>,
    }
    /// Takes back that a location rejected a fulfillment order: the order can be sourced there again. Units that another
    /// location has taken over stay there.
    UndoRejection {
        fulfillment_order_id: FulfillmentOrderId,
    }
}

/// Picked units that have not shipped.
fn picked(line: &FulfillmentLine) -> Units {
    line.picked.saturating_sub(line.shipped)
}

/// Packed units that have not shipped.
fn packed(line: &FulfillmentLine) -> Units {
    line.packed.saturating_sub(line.shipped)
}

/// Units are picked and have not shipped.
pub(in crate::order) fn can_unpick(fulfillment: &FulfillmentOrder) -> Result<(), OrderRefusal> {
    has_open(fulfillment, picked)
}

/// Units are packed and have not shipped.
pub(in crate::order) fn can_unpack(fulfillment: &FulfillmentOrder) -> Result<(), OrderRefusal> {
    has_open(fulfillment, packed)
}

/// The location has rejected the order.
pub(in crate::order) fn can_undo_rejection(
    order: &Order,
    fulfillment: &FulfillmentOrder,
) -> Result<(), OrderRefusal> {
    let location = &fulfillment.location;
    if order.rejected_by.contains(location) {
        Ok(())
    } else {
        Err(OrderRefusal::NotRejected(location.clone()))
    }
}

pub(in crate::order) fn unpick(order: &Order, command: &UnpickItems) -> Decision {
    let UnpickItems { fulfillment_order_id, all, lines, .. } = command;
    let fulfillment = find_fulfillment_order(order, *fulfillment_order_id)?;
    let units = reported(order, fulfillment, *all, lines.as_deref(), picked)?;
    let fulfillment_order_id = fulfillment.id;
    // Units that are picked and not packed are put back first.
    let to_unpack = |line: &FulfillmentLine| {
        let unpacked = line.picked.saturating_sub(line.packed);
        total(&units.lines, line.line).saturating_sub(unpacked)
    };
    let unpacked = fulfillment.all_units(to_unpack);
    let unpacked =
        (!unpacked.is_empty()).then(|| ItemUnpacked { fulfillment_order_id, lines: unpacked }.into());
    let put_back = |lines: Vec<LineUnits>| ItemPutBack { fulfillment_order_id, lines }.into();
    let put_back = (!units.lines.is_empty()).then(|| put_back(units.lines));
    let excess = excess(DiscrepancyCode::UnpickedMoreThanPicked, units.excess);
    Ok(unpacked.into_iter().chain(put_back).chain(excess).collect())
}

pub(in crate::order) fn unpack(order: &Order, command: &UnpackItems) -> Decision {
    let UnpackItems { fulfillment_order_id, all, lines, .. } = command;
    let fulfillment = find_fulfillment_order(order, *fulfillment_order_id)?;
    let units = reported(order, fulfillment, *all, lines.as_deref(), packed)?;
    let fulfillment_order_id = fulfillment.id;
    let unpacked =
        |lines: Vec<LineUnits>| -> OrderEvent { ItemUnpacked { fulfillment_order_id, lines }.into() };
    let unpacked = (!units.lines.is_empty()).then(|| unpacked(units.lines));
    let excess = excess(DiscrepancyCode::UnpackedMoreThanPacked, units.excess);
    Ok(unpacked.into_iter().chain(excess).collect())
}

pub(in crate::order) fn undo_rejection(order: &Order, command: &UndoRejection) -> Decision {
    let fulfillment = find_fulfillment_order(order, command.fulfillment_order_id)?;
    can_undo_rejection(order, fulfillment)?;
    let (fulfillment_order_id, location) = (fulfillment.id, fulfillment.location.clone());
    Ok(vec![RejectionUndone { fulfillment_order_id, location }.into()])
}

//! Cancels a shipment that was reported by mistake.

use super::Shipment;
use crate::command::commands;
use crate::order::contents::{LineUnits, total};
use crate::order::decision::{Decision, find_shipment};
use crate::order::events::ShipmentCancelled;
use crate::order::line_values;
use crate::order::refusals::OrderRefusal;
use crate::order::state::{CancelledShipment, Order};
use crate::order::update::each_line;
use crate::values::{LineNumber, ShipmentId, Text, Timestamp, Units};

commands! {
    /// Cancels a shipment that was reported by mistake: its goods did not leave. The units are packed and reserved for the order
    /// again. Units that were not reserved before the shipment, or that the amended delivery needs at another location, are not
    /// reserved again.
    CancelShipment {
        shipment_id: ShipmentId,
        reason: Text<500>,
        /// True: cancel the shipment even if a package was reported as delivered. Default: false.
        force: Option<bool>,
    }
}

/// Returns of the order need no unit of the shipment, and no package is delivered or was sent again.
fn can_cancel(order: &Order, shipment: &Shipment, force: bool) -> Result<(), OrderRefusal> {
    if !force && shipment.packages.iter().any(|package| package.delivered_at.is_some()) {
        return Err(OrderRefusal::ShipmentDelivered(shipment.id));
    }
    if shipment.packages.iter().any(|package| package.is_resent) {
        return Err(OrderRefusal::ShipmentResent(shipment.id));
    }
    if !order.are_returnable(&shipment.lines()) {
        return Err(OrderRefusal::ShipmentReturned(shipment.id));
    }
    Ok(())
}

pub(in crate::order) fn cancel(order: &Order, command: &CancelShipment, at: Timestamp) -> Decision {
    let id = command.shipment_id;
    if let Some(known) = order.cancelled_shipments.iter().find(|known| known.id == id) {
        return Err(OrderRefusal::ShipmentCancelled { id, at: known.at });
    }
    let shipment = find_shipment(order, id)?;
    can_cancel(order, shipment, command.force == Some(true))?;
    let lines = shipment.lines();
    // The order was amended since: its units may come from another location only.
    let location = order.fulfillment_order(shipment.fulfillment_order_id).map(|one| &one.location);
    let is_elsewhere = order.pinned_location().is_some_and(|pinned| location != Some(pinned));
    let (mut unreserved, mut cancelled) = (Vec::new(), Vec::new());
    for (index, totals) in order.line_totals().iter().enumerate() {
        let line = LineNumber::at(index);
        let quantity = total(&lines, line);
        let decided = totals.backordered + totals.reserved + totals.cancelled;
        let wanted = totals.ordered.saturating_sub(decided + totals.shipped.saturating_sub(quantity));
        let was_reserved = quantity.saturating_sub(total(&shipment.unreserved, line));
        let reserved = if is_elsewhere { Units::ZERO } else { was_reserved.min(wanted) };
        let again = total(&shipment.uncancelled, line).min(wanted.saturating_sub(reserved));
        let left = [(&mut unreserved, quantity.saturating_sub(reserved)), (&mut cancelled, again)];
        for (lines, units) in left.into_iter().filter(|(_, units)| !units.is_zero()) {
            lines.push(LineUnits::new(line, units));
        }
    }
    let mut event = ShipmentCancelled {
        shipment_id: id,
        fulfillment_order_id: shipment.fulfillment_order_id,
        lines,
        unreserved,
        cancelled: Vec::new(),
        reason: command.reason.clone(),
        at: Some(at),
    };
    let mut without = order.clone();
    withdraw(&mut without, &event);
    without.value_unshipped(&mut event);
    event.cancelled = without.value_cancelled(cancelled);
    Ok(vec![event.into()])
}

/// Its units are packed again. Units that are not reserved again are no longer assigned to the location.
pub(in crate::order) fn cancelled(order: &mut Order, cancelled: &ShipmentCancelled) {
    order.cancelled_shipments.push(CancelledShipment { id: cancelled.shipment_id, at: cancelled.at });
    let withdrawn = withdraw(order, cancelled);
    line_values::cancel(order, &cancelled.cancelled);
    if let Some(shipment) = withdrawn {
        line_values::keep_charges(order, &shipment, cancelled);
    }
}

/// Removes the shipment; its units count as packed.
fn withdraw(order: &mut Order, cancelled: &ShipmentCancelled) -> Option<Shipment> {
    let id = cancelled.fulfillment_order_id;
    let index = order.shipments.iter().position(|shipment| shipment.id == cancelled.shipment_id)?;
    let shipment = order.shipments.remove(index);
    each_line(order, id, &cancelled.lines, |line, units| line.shipped -= units);
    each_line(order, id, &cancelled.unreserved, |line, units| {
        line.released += units;
        line.packed = line.packed.min(line.net_quantity());
        line.picked = line.picked.min(line.net_quantity());
    });
    Some(shipment)
}

//! Ships packages of a fulfillment order.

use super::packages::{ShipPackage, contents, package_ids, packages};
use super::{Shipment, TrackedPackage};
use crate::command::commands;
use crate::order::choices::{DeliveryMethod, DiscrepancyCode};
use crate::order::contents::{FulfillmentOrderLines, LineUnits, total};
use crate::order::decision::{
    Decision, clamp_reported_time, confirm_reservation, discrepancy, excess, find_fulfillment_order,
};
use crate::order::events::{DeliveryConfirmed, InventoryReleased, OrderEvent, ShipmentCreated};
use crate::order::fulfillment_order::short_pick::shorted;
use crate::order::fulfillment_order::{FulfillmentLine, FulfillmentOrder};
use crate::order::lines::{LineQuantity, has_open, resolve_line};
use crate::order::refusals::OrderRefusal;
use crate::order::state::Order;
use crate::order::totals::LineTotals;
use crate::values::{FulfillmentOrderId, LineNumber, Literal, Period, ShipmentId, Timestamp, Units};

const MAX_PACKAGES: usize = 100;

/// The reason of a short pick of the units that did not leave, under `shortRemainder`.
const SHORT_REMAINDER: Literal = Literal::new("short_remainder");

commands! {
    /// Reports packages that left. Implies that their units are picked and packed. If the same packages
    /// (carrier, tracking number, contents) are reported again, the answer is their shipment.
    ShipItems {
        fulfillment_order_id: FulfillmentOrderId,
        /// 1 to 100 packages.
        packages: Vec<ShipPackage>,
        /// Default: the time of the command.
        shipped_at: Option<Timestamp>,
        /// Whether the units that do not leave now are missing: the stock is corrected, and they are sourced elsewhere.
        /// Default: false.
        short_remainder: Option<bool>,
    }
}

/// The goods can leave without contradicting the known state.
pub(in crate::order) fn can_ship(order: &Order, fulfillment: &FulfillmentOrder) -> Result<(), OrderRefusal> {
    has_open(fulfillment, FulfillmentLine::outstanding)?;
    let code = contradictions(order, fulfillment, &[]).next();
    code.map_or(Ok(()), |code| {
        Err(match code {
            DiscrepancyCode::ShippedOnHold => OrderRefusal::OrderOnHold,
            DiscrepancyCode::ShippedUnpaid => OrderRefusal::PaymentNotConfirmed,
            DiscrepancyCode::ShippedIncomplete => OrderRefusal::OrderIncomplete,
            _ => OrderRefusal::FulfillmentOrderCancelled,
        })
    })
}

/// Goods that have left are recorded also when they should not have left: then with discrepancies.
pub(in crate::order) fn ship(
    order: &Order,
    command: &ShipItems,
    stuck_after: Option<Period>,
    at: Timestamp,
) -> Decision {
    let id = command.fulfillment_order_id;
    let fulfillment = find_fulfillment_order(order, id)?;
    if command.packages.is_empty() || command.packages.len() > MAX_PACKAGES {
        return Err(OrderRefusal::PackageCount(command.packages.len()));
    }
    if let Some((_, differs)) = repeated_shipment(order, command) {
        let differs = differs.then(|| discrepancy(DiscrepancyCode::PackageReportedDifferently));
        return Ok(differs.into_iter().collect());
    }
    let contents = contents(order, fulfillment, &command.packages)?;
    let ids = package_ids(&command.packages)?;
    let shipment_id = ShipmentId::new(id.order(), order.shipments_created + 1);
    let shipped: Vec<LineUnits> = contents.iter().flatten().cloned().collect();
    let released = released_by_others(order, fulfillment, &shipped)?;
    let has_carrier = matches!(order.delivery_method(), DeliveryMethod::Ship | DeliveryMethod::Dropship);
    let (shipped_at, ahead) = clamp_reported_time(command.shipped_at.or(command.occurred_at), at);
    let created = ShipmentCreated {
        shipment_id,
        fulfillment_order_id: id,
        location: fulfillment.location.clone(),
        packages: packages(order, shipment_id, &command.packages, ids, contents)?,
        shipped_at,
        stuck_after: stuck_after.filter(|_| has_carrier),
    };
    let delivered = delivered_at_once(order, &created);
    let mut events: Vec<OrderEvent> = released.into_iter().collect();
    let created = order.after(&events).value_shipped(created);
    events.push(created.into());
    events.extend(confirm_reservation(order));
    events.extend(delivered);
    if command.short_remainder == Some(true) {
        let left = |line: &FulfillmentLine| line.outstanding().saturating_sub(total(&shipped, line.line));
        let lines = fulfillment.all_units(left);
        if !lines.is_empty() {
            events.extend(shorted(order, fulfillment, lines, SHORT_REMAINDER.into(), Some(shipped_at)));
        }
    }
    events.extend(contradictions(order, fulfillment, &shipped).map(discrepancy));
    events.extend(excess(DiscrepancyCode::ShippedMoreThanOrdered, more_than_ordered(order, &shipped)));
    events.extend(ahead);
    Ok(events)
}

/// The shipment that a report repeats: its packages have the same labels, and the same contents where the report names them.
pub fn reported_before(order: &Order, command: &ShipItems) -> Option<ShipmentId> {
    repeated_shipment(order, command).map(|(shipment, _)| shipment)
}

/// The shipment that a report repeats, and whether the report has other details of its packages.
fn repeated_shipment(order: &Order, command: &ShipItems) -> Option<(ShipmentId, bool)> {
    let fulfillment = order.fulfillment_order(command.fulfillment_order_id)?;
    let is_complete = fulfillment.lines.iter().all(|line| line.outstanding().is_zero());
    let is_own = |shipment: &&Shipment| shipment.fulfillment_order_id == command.fulfillment_order_id;
    let repeated = |shipment: &Shipment| {
        let mut known: Vec<&TrackedPackage> = shipment.packages.iter().collect();
        let mut differs = false;
        for given in &command.packages {
            let is_same =
                |package: &&TrackedPackage| is_same(order, fulfillment, package, given, is_complete);
            let is_exact =
                |package: &&TrackedPackage| is_same(package) && !package.shipped.differs_from(given);
            let exact = known.iter().position(is_exact);
            differs |= exact.is_none();
            known.swap_remove(exact.or_else(|| known.iter().position(is_same))?);
        }
        Some((shipment.id, differs))
    };
    order.shipments.iter().filter(is_own).find_map(repeated)
}

/// Whether a package is the one that a report names. A package without `lines` contains all outstanding units. It therefore
/// repeats an earlier report only if no unit is outstanding. A former label names the package only if too few units are
/// outstanding for another one: the label may have been meant for that.
fn is_same(
    order: &Order,
    fulfillment: &FulfillmentOrder,
    package: &TrackedPackage,
    given: &ShipPackage,
    is_complete: bool,
) -> bool {
    let (Some(carrier), Some(number)) = (&given.carrier, &given.tracking_number) else { return false };
    let line = |given: &LineQuantity| resolve_line(order, given.line, given.line_ref.as_ref());
    let has_units = |given: &LineQuantity| {
        let quantity = |line: LineNumber| total(&package.shipped.lines, line);
        line(given).is_some_and(|line| quantity(line) == given.quantity.units())
    };
    let is_outstanding = |given: &LineQuantity| {
        let own = line(given).and_then(|line| fulfillment.line(line));
        own.is_some_and(|own| own.outstanding() >= given.quantity.units())
    };
    let has_contents =
        |lines: &Vec<LineQuantity>| lines.len() == package.shipped.lines.len() && lines.iter().all(has_units);
    let may_be_another = given.lines.as_ref().is_some_and(|lines| lines.iter().all(is_outstanding));
    let has_label =
        package.shipped.is_named(carrier, number) || !may_be_another && package.had_label(carrier, number);
    has_label && given.lines.as_ref().map_or(is_complete, has_contents)
}

/// Goods that are picked up, or need no delivery, are delivered when they leave.
fn delivered_at_once(order: &Order, created: &ShipmentCreated) -> Option<OrderEvent> {
    let at_once = matches!(order.delivery_method(), DeliveryMethod::Pickup | DeliveryMethod::None);
    let packages = created.packages.iter().map(|package| package.package_id.clone()).collect();
    let (shipment_id, delivered_at) = (created.shipment_id, created.shipped_at);
    at_once.then(|| DeliveryConfirmed { shipment_id, packages, delivered_at }.into())
}

/// How goods that leave contradict the known state.
fn contradictions(
    order: &Order,
    fulfillment: &FulfillmentOrder,
    shipped: &[LineUnits],
) -> impl Iterator<Item = DiscrepancyCode> {
    let is_excess = |line: &FulfillmentLine| total(shipped, line.line) > line.outstanding();
    let is_cancelled = !fulfillment.supplies();
    let has_excess = fulfillment.lines.iter().any(is_excess) && !is_cancelled;
    let cases = [
        (is_cancelled, DiscrepancyCode::ShippedAfterCancellation),
        (has_excess, DiscrepancyCode::ShippedMoreThanReserved),
        (order.is_held(fulfillment.id), DiscrepancyCode::ShippedOnHold),
        (!order.payments_allow_work(), DiscrepancyCode::ShippedUnpaid),
        (order.awaits_units(), DiscrepancyCode::ShippedIncomplete),
    ];
    cases.into_iter().filter(|(is_so, _)| *is_so).map(|(_, code)| code)
}

/// Releases units of other fulfillment orders that have left with this one. Pending and backordered units count first, and
/// cancelled units after those of others. Refused when another location holds units of the line that it has acknowledged: it
/// is not known then which units have left.
fn released_by_others(
    order: &Order,
    fulfillment: &FulfillmentOrder,
    shipped: &[LineUnits],
) -> Result<Option<OrderEvent>, OrderRefusal> {
    let mut fulfillment_orders: Vec<FulfillmentOrderLines> = Vec::new();
    let totals = order.line_totals();
    for line in &fulfillment.lines {
        let requested = total(shipped, line.line);
        let more = requested.saturating_sub(line.outstanding());
        let totals = totals.get(line.line.index()).copied().unwrap_or_default();
        let mut missing = more.saturating_sub(totals.pending() + totals.backordered);
        let others = || order.fulfillment_orders.iter().rev().filter(|other| other.id != fulfillment.id);
        let outstanding = |other: &FulfillmentOrder| {
            other.line(line.line).map_or(Units::ZERO, FulfillmentLine::outstanding)
        };
        for other in others().filter(|other| !other.is_acknowledged()) {
            let taken = outstanding(other).min(missing);
            missing -= taken;
            if !taken.is_zero() {
                fulfillment_orders.push(other.lines_of(vec![LineUnits::new(line.line, taken)]));
            }
        }
        missing -= totals.cancelled;
        let acknowledged: Units = others().filter(|other| other.is_acknowledged()).map(outstanding).sum();
        if !missing.is_zero() && !acknowledged.is_zero() {
            let open = requested.saturating_sub(missing);
            return Err(OrderRefusal::QuantityExceedsOpen { line: line.line, requested, open });
        }
    }
    let any = !fulfillment_orders.is_empty();
    Ok(any.then(|| InventoryReleased { fulfillment_orders }.into()))
}

/// Units that left beyond those that were ordered, cancelled ones included.
fn more_than_ordered(order: &Order, shipped: &[LineUnits]) -> Units {
    let more = |(index, totals): (usize, &LineTotals)| {
        let left = totals.shipped + total(shipped, LineNumber::at(index));
        left.saturating_sub(totals.ordered.max(totals.shipped))
    };
    order.line_totals().iter().enumerate().map(more).sum()
}

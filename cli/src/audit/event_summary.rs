//! Short summaries of order events for the audit trail.

use holdfast_domain::order::{
    DeliveryConfirmed, FulfillmentOrderLines, LineUnits, OrderAmended, OrderCreated, OrderEvent,
    OrderSourced, Package, ShipmentCreated, ShipmentTracked,
};
use holdfast_domain::values::{Amount, FulfillmentOrderId, LocationId, Reference, Units};
use holdfast_terminal::wire_name;

/// Summarises an event in a few words. Contains no personal data: events have it in encrypted form only.
#[allow(clippy::too_many_lines, reason = "one arm per event type, so that the compiler finds a missing one")]
pub fn event_summary(event: &OrderEvent) -> String {
    match event {
        OrderEvent::OrderCreated(created) => created_summary(created),
        OrderEvent::OrderAmended(amended) => amended_summary(amended),
        OrderEvent::OrderTermsChanged(terms) => {
            let (priority, on_shortage) = (wire_name(&terms.priority), wire_name(&terms.on_shortage));
            let split = if terms.allow_split { "may be split" } else { "must not be split" };
            let term = terms.reserve_for.map_or(String::new(), |term| format!(", reserved for {term}"));
            format!("{priority}, {split}, on shortage {on_shortage}{term}")
        }
        OrderEvent::OrderReopened(reopened) => units(&reopened.lines),
        OrderEvent::AmendmentRequested(requested) => {
            let changes =
                [(requested.has_new_address, "new address"), (requested.delivery.is_some(), "new delivery")];
            let changes: Vec<&str> = changes
                .into_iter()
                .filter(|(is_requested, _)| *is_requested)
                .map(|(_, change)| change)
                .collect();
            let parts = plural(requested.fulfillment_orders.len(), "part");
            format!("{} for {parts}", changes.join(", "))
        }
        OrderEvent::AmendmentAccepted(accepted) => format!("part {}", accepted.fulfillment_order_id.number()),
        OrderEvent::AmendmentRejected(rejected) => match rejected.fulfillment_order_id {
            Some(part) => format!("part {}: {}", part.number(), rejected.reason),
            None => rejected.reason.to_string(),
        },
        OrderEvent::ReservationExpired(expired) => by_location("released", &expired.fulfillment_orders),
        OrderEvent::ReservationExtended(extended) => {
            extended.until.map_or("without limit".to_owned(), |until| format!("until {until}"))
        }
        OrderEvent::PromiseChanged(changed) => match changed.promised_at {
            Some(at) => format!("{} expected at {at}", changed.sku),
            None => format!("{} not expected", changed.sku),
        },
        OrderEvent::FulfillmentOrderMoved(moved) => {
            format!("part {} from {} to {}", moved.fulfillment_order_id.number(), moved.from, moved.to)
        }
        OrderEvent::ReadyForPickup(ready) => format!("part {}", ready.fulfillment_order_id.number()),
        OrderEvent::ShipmentStuck(stuck) => package_count(&stuck.packages),
        OrderEvent::DeliveryFailed(failed) => {
            let superseded = if failed.superseded { ", superseded" } else { "" };
            format!("{} ({}{superseded})", wire_name(&failed.status), package_count(&failed.packages))
        }
        OrderEvent::PaymentConfirmed(paid) => payment_summary(paid.amount, &paid.payment_ref),
        OrderEvent::PaymentAuthorized(authorized) => {
            payment_summary(authorized.amount, &authorized.payment_ref)
        }
        OrderEvent::PaymentFailed(failed) => failed.reason.to_string(),
        OrderEvent::PaymentRefunded(refunded) => format!("{} by {}", refunded.amount, refunded.refund_ref),
        OrderEvent::PaymentVoided(voided) => voided.reason.to_string(),
        OrderEvent::InventoryBackordered(backordered) => {
            format!("{} backordered", units(&backordered.lines))
        }
        OrderEvent::OrderHoldReleased(released) => format!("hold {}", released.hold_id),
        OrderEvent::OrderSourced(sourced) => sourced_summary(sourced),
        OrderEvent::InventoryReserved(reserved) => by_location("reserved", &reserved.fulfillment_orders),
        OrderEvent::InventoryReleased(released) => by_location("released", &released.fulfillment_orders),
        OrderEvent::OrderHeld(held) => format!("hold {}: {}", held.hold_id, wire_name(&held.reason)),
        OrderEvent::FulfillmentOrderAccepted(accepted) => match &accepted.wms_ref {
            Some(name) => format!("part {} as {name}", accepted.fulfillment_order_id.number()),
            None => format!("part {}", accepted.fulfillment_order_id.number()),
        },
        OrderEvent::FulfillmentOrderRejected(rejected) => {
            format!("{}: {}", by_part(rejected.fulfillment_order_id, &rejected.lines), rejected.reason)
        }
        OrderEvent::CancellationRequested(requested) => {
            format!("of part {}: {}", requested.fulfillment_order_id.number(), requested.reason)
        }
        OrderEvent::CancellationRejected(rejected) => {
            format!("of part {}: {}", rejected.fulfillment_order_id.number(), rejected.reason)
        }
        OrderEvent::PickShorted(shorted) => {
            format!("{}: {}", by_part(shorted.fulfillment_order_id, &shorted.lines), shorted.reason)
        }
        OrderEvent::ItemPutBack(put_back) => by_part(put_back.fulfillment_order_id, &put_back.lines),
        OrderEvent::ReturnRequested(requested) => {
            format!(
                "{} in return {}: {}",
                units(&requested.lines),
                requested.return_id.number(),
                requested.reason
            )
        }
        OrderEvent::ReturnReceived(received) => {
            let total: Units = received.lines.iter().map(|line| line.quantity).sum();
            format!(
                "{} in return {} at {}",
                unit_count(total),
                received.return_id.number(),
                received.location
            )
        }
        OrderEvent::ReturnClosed(closed) => {
            format!("return {}: {}", closed.return_id.number(), closed.reason)
        }
        OrderEvent::RejectionUndone(undone) => {
            format!("part {} at {}", undone.fulfillment_order_id.number(), undone.location)
        }
        OrderEvent::ItemUnpacked(unpacked) => by_part(unpacked.fulfillment_order_id, &unpacked.lines),
        OrderEvent::ItemPicked(picked) => by_part(picked.fulfillment_order_id, &picked.lines),
        OrderEvent::ItemPacked(packed) => by_part(packed.fulfillment_order_id, &packed.lines),
        OrderEvent::ShipmentCreated(created) => shipped_summary(created),
        OrderEvent::ShipmentCancelled(cancelled) => {
            let (lines, number) = (units(&cancelled.lines), cancelled.shipment_id.number());
            format!("{lines} in shipment {number}: {}", cancelled.reason)
        }
        OrderEvent::PackageRelabelled(relabelled) => {
            let (package, number) = (&relabelled.package_id, relabelled.shipment_id.number());
            let label = format!("{} {}", relabelled.carrier, relabelled.tracking_number);
            format!("package {package} of shipment {number}: {label}")
        }
        OrderEvent::PackageResent(resent) => {
            let (package, number) = (&resent.package_id, resent.shipment_id.number());
            format!("package {package} of shipment {number}: {}", resent.reason)
        }
        OrderEvent::ShipmentTracked(tracked) => tracked_summary(tracked),
        OrderEvent::DeliveryConfirmed(delivered) => delivered_summary(delivered),
        OrderEvent::LinesFulfilled(fulfilled) => units(&fulfilled.lines),
        OrderEvent::LinesUnfulfilled(unfulfilled) => {
            format!("{}: {}", units(&unfulfilled.lines), unfulfilled.reason)
        }
        OrderEvent::OrderCancelled(cancelled) => {
            format!("{}: {}", units(&cancelled.lines), cancelled.reason)
        }
        OrderEvent::DiscrepancyRecorded(discrepancy) => {
            let excess = discrepancy.units.map_or(String::new(), |units| format!(": {units} units"));
            format!("{}{excess}", discrepancy.code.name())
        }
        OrderEvent::PersonalDataErased(erased) => erased.reason.to_string(),
    }
}

fn created_summary(created: &OrderCreated) -> String {
    let total: Units = created.lines.iter().map(|line| line.quantity.units()).sum();
    let reference = created.channel_ref.as_ref().map_or(String::new(), |name| format!(" as {name}"));
    format!(
        "{}, {} by {}{reference}",
        plural(created.lines.len(), "line"),
        unit_count(total),
        created.channel
    )
}

fn payment_summary(amount: Option<Amount>, payment: &Reference) -> String {
    amount.map_or_else(|| format!("by {payment}"), |amount| format!("{amount} by {payment}"))
}

fn amended_summary(amended: &OrderAmended) -> String {
    let changes = [
        (amended.grown.len(), "changed line"),
        (amended.added.len(), "new line"),
        (usize::from(amended.has_new_address), "new address"),
        (usize::from(amended.delivery.is_some()), "new delivery"),
    ];
    let changes: Vec<String> = changes
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, change)| format!("{number} {change}"))
        .collect();
    changes.join(", ")
}

fn sourced_summary(sourced: &OrderSourced) -> String {
    let locations: Vec<&str> = sourced.chosen.iter().map(LocationId::as_str).collect();
    let missing: Vec<String> = sourced
        .shortages
        .iter()
        .map(|short| format!("{} of {} {}", short.available, short.requested, short.sku))
        .collect();
    let from = if locations.is_empty() {
        "from no location".to_owned()
    } else {
        format!("from {}", locations.join(", "))
    };
    if missing.is_empty() { from } else { format!("{from}; short: {}", missing.join(", ")) }
}

fn by_location(verb: &str, parts: &[FulfillmentOrderLines]) -> String {
    let parts: Vec<String> =
        parts.iter().map(|part| format!("{} at {}", units(&part.lines), part.location)).collect();
    format!("{} {verb}", parts.join(", "))
}

fn by_part(part: FulfillmentOrderId, lines: &[LineUnits]) -> String {
    format!("{} of part {}", units(lines), part.number())
}

fn shipped_summary(created: &ShipmentCreated) -> String {
    let label = |package: &Package| format!("{} {}", package.carrier, package.tracking_number);
    let packages: Vec<String> = created.packages.iter().map(label).collect();
    let total: Units =
        created.packages.iter().flat_map(|package| &package.lines).map(|line| line.quantity).sum();
    format!("{} from {}: {}", unit_count(total), created.location, packages.join(", "))
}

fn tracked_summary(tracked: &ShipmentTracked) -> String {
    let place = tracked.location.as_ref().map_or(String::new(), |place| format!(" in {place}"));
    format!("{}{place} ({})", wire_name(&tracked.status), package_count(&tracked.packages))
}

fn delivered_summary(delivered: &DeliveryConfirmed) -> String {
    format!("{} at {}", package_count(&delivered.packages), delivered.delivered_at)
}

fn package_count(packages: &[Reference]) -> String {
    plural(packages.len(), "package")
}

fn units(lines: &[LineUnits]) -> String {
    unit_count(lines.iter().map(|line| line.quantity).sum())
}

fn unit_count(units: Units) -> String {
    if units == Units::new(1) { "1 unit".to_owned() } else { format!("{units} units") }
}

fn plural(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

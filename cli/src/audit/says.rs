//! What an event says, in a few words.

use holdfast_domain::order::{
    DeliveryConfirmed, FulfillmentOrderLines, LineUnits, OrderAmended, OrderCreated, OrderEvent,
    OrderSourced, Package, ShipmentCreated, ShipmentTracked,
};
use holdfast_domain::values::{FulfillmentOrderId, LocationId, Reference, Units};

use holdfast_terminal::wire_name as name;

/// What an event says. Never anything personal: the event does not have it in clear.
#[allow(clippy::too_many_lines, reason = "a row for every event, so that none is forgotten")]
pub fn says(event: &OrderEvent) -> String {
    match event {
        OrderEvent::OrderCreated(created) => ordered(created),
        OrderEvent::OrderAmended(amended) => amendment(amended),
        OrderEvent::AmendmentRequested(asked) => {
            let what = [(asked.has_new_address, "new address"), (asked.delivery.is_some(), "new delivery")];
            let what: Vec<&str> =
                what.into_iter().filter(|(is_so, _)| *is_so).map(|(_, what)| what).collect();
            format!("{} for {}", what.join(", "), counted(asked.fulfillment_orders.len(), "part"))
        }
        OrderEvent::AmendmentAccepted(accepted) => format!("part {}", accepted.fulfillment_order_id.number()),
        OrderEvent::AmendmentRejected(rejected) => match rejected.fulfillment_order_id {
            Some(part) => format!("part {}: {}", part.number(), rejected.reason),
            None => rejected.reason.to_string(),
        },
        OrderEvent::ReservationExpired(expired) => by_location("freed", &expired.fulfillment_orders),
        OrderEvent::ReservationExtended(extended) => {
            extended.until.map_or("for good".to_owned(), |until| format!("until {until}"))
        }
        OrderEvent::PromiseChanged(changed) => match changed.promised_at {
            Some(at) => format!("{} expected at {at}", changed.sku),
            None => format!("{} not expected", changed.sku),
        },
        OrderEvent::FulfillmentOrderMoved(moved) => {
            format!("part {} from {} to {}", moved.fulfillment_order_id.number(), moved.from, moved.to)
        }
        OrderEvent::ReadyForPickup(ready) => format!("part {}", ready.fulfillment_order_id.number()),
        OrderEvent::ShipmentStuck(stuck) => parcels(&stuck.packages),
        OrderEvent::DeliveryFailed(failed) => {
            format!("{} ({})", name(&failed.status), parcels(&failed.packages))
        }
        OrderEvent::PaymentConfirmed(paid) => match &paid.amount {
            Some(amount) => format!("{amount} by {}", paid.payment_ref),
            None => format!("by {}", paid.payment_ref),
        },
        OrderEvent::PaymentAuthorized(promised) => match &promised.amount {
            Some(amount) => format!("{amount} by {}", promised.payment_ref),
            None => format!("by {}", promised.payment_ref),
        },
        OrderEvent::PaymentFailed(failed) => failed.reason.to_string(),
        OrderEvent::PaymentVoided(voided) => voided.reason.to_string(),
        OrderEvent::InventoryBackordered(waits) => format!("{} wait for supply", units(&waits.lines)),
        OrderEvent::OrderHoldReleased(released) => format!("hold {}", released.hold_id),
        OrderEvent::OrderSourced(sourced) => chosen(sourced),
        OrderEvent::InventoryReserved(held) => by_location("held", &held.fulfillment_orders),
        OrderEvent::InventoryReleased(freed) => by_location("freed", &freed.fulfillment_orders),
        OrderEvent::OrderHeld(held) => format!("hold {}: {}", held.hold_id, name(&held.reason)),
        OrderEvent::FulfillmentOrderAccepted(accepted) => match &accepted.wms_ref {
            Some(name) => format!("part {} as {name}", accepted.fulfillment_order_id.number()),
            None => format!("part {}", accepted.fulfillment_order_id.number()),
        },
        OrderEvent::FulfillmentOrderRejected(rejected) => {
            format!("{}: {}", by_part(rejected.fulfillment_order_id, &rejected.lines), rejected.reason)
        }
        OrderEvent::CancellationRequested(asked) => {
            format!("of part {}: {}", asked.fulfillment_order_id.number(), asked.reason)
        }
        OrderEvent::CancellationRejected(rejected) => {
            format!("of part {}: {}", rejected.fulfillment_order_id.number(), rejected.reason)
        }
        OrderEvent::PickShorted(shorted) => {
            format!("{}: {}", by_part(shorted.fulfillment_order_id, &shorted.lines), shorted.reason)
        }
        OrderEvent::ItemPutBack(back) => by_part(back.fulfillment_order_id, &back.lines),
        OrderEvent::ReturnRequested(requested) => {
            format!(
                "{} by return {}: {}",
                units(&requested.lines),
                requested.return_id.number(),
                requested.reason
            )
        }
        OrderEvent::ReturnReceived(received) => {
            let all: Units = received.lines.iter().map(|line| line.quantity).sum();
            format!("{} by return {} at {}", count(all), received.return_id.number(), received.location)
        }
        OrderEvent::ItemPicked(picked) => by_part(picked.fulfillment_order_id, &picked.lines),
        OrderEvent::ItemPacked(packed) => by_part(packed.fulfillment_order_id, &packed.lines),
        OrderEvent::ShipmentCreated(created) => left(created),
        OrderEvent::ShipmentTracked(tracked) => reported(tracked),
        OrderEvent::DeliveryConfirmed(delivered) => handed_over(delivered),
        OrderEvent::OrderCancelled(cancelled) => {
            format!("{}: {}", units(&cancelled.lines), cancelled.reason)
        }
        OrderEvent::DiscrepancyRecorded(discrepancy) => {
            format!("{}: {}", discrepancy.code, discrepancy.detail)
        }
        OrderEvent::PersonalDataErased(erased) => erased.reason.to_string(),
    }
}

fn ordered(created: &OrderCreated) -> String {
    let all: Units = created.lines.iter().map(|line| line.quantity.units()).sum();
    let reference = created.channel_ref.as_ref().map_or(String::new(), |name| format!(" as {name}"));
    format!("{}, {} by {}{reference}", counted(created.lines.len(), "line"), count(all), created.channel)
}

fn amendment(amended: &OrderAmended) -> String {
    let said = [
        (amended.grown.len(), "line with more units"),
        (amended.added.len(), "new line"),
        (usize::from(amended.has_new_address), "new address"),
        (usize::from(amended.delivery.is_some()), "new delivery"),
    ];
    let said: Vec<String> = said
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    said.join(", ")
}

fn chosen(sourced: &OrderSourced) -> String {
    let locations: Vec<&str> = sourced.chosen.iter().map(LocationId::as_str).collect();
    let missing: Vec<String> = sourced
        .shortages
        .iter()
        .map(|short| format!("{} of {} {}", short.available, short.requested, short.sku))
        .collect();
    let from = if locations.is_empty() {
        "from nowhere".to_owned()
    } else {
        format!("from {}", locations.join(", "))
    };
    if missing.is_empty() { from } else { format!("{from}; there are only {}", missing.join(", ")) }
}

fn by_location(done: &str, parts: &[FulfillmentOrderLines]) -> String {
    let parts: Vec<String> =
        parts.iter().map(|part| format!("{} at {}", units(&part.lines), part.location)).collect();
    format!("{} {done}", parts.join(", "))
}

fn by_part(part: FulfillmentOrderId, lines: &[LineUnits]) -> String {
    format!("{} of part {}", units(lines), part.number())
}

fn left(created: &ShipmentCreated) -> String {
    let parcel = |package: &Package| format!("{} {}", package.carrier, package.tracking_number);
    let parcels: Vec<String> = created.packages.iter().map(parcel).collect();
    let all: Units =
        created.packages.iter().flat_map(|package| &package.lines).map(|line| line.quantity).sum();
    format!("{} from {}: {}", count(all), created.location, parcels.join(", "))
}

fn reported(tracked: &ShipmentTracked) -> String {
    let place = tracked.location.as_ref().map_or(String::new(), |place| format!(" in {place}"));
    format!("{}{place} ({})", name(&tracked.status), parcels(&tracked.packages))
}

fn handed_over(delivered: &DeliveryConfirmed) -> String {
    format!("{} at {}", parcels(&delivered.packages), delivered.delivered_at)
}

fn parcels(packages: &[Reference]) -> String {
    counted(packages.len(), "parcel")
}

fn units(lines: &[LineUnits]) -> String {
    count(lines.iter().map(|line| line.quantity).sum())
}

fn count(units: Units) -> String {
    if units == Units::new(1) { "1 unit".to_owned() } else { format!("{units} units") }
}

fn counted(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

//! Sourcing constraints: paused and rejecting locations, pinned locations, `allowSplit`, split limits, capacity, `shipBy`.

use super::units::describe;
use crate::walk::feed::{Decision, FeedEvent};
use crate::walk::json::{list, text, time};
use crate::walk::model::order::Order;
use crate::walk::model::{Before, Model};
use crate::walk::violations::Violations;

pub fn at_event(model: &Model, decision: &Decision, event: &FeedEvent, violations: &mut Violations) {
    if event.kind == "CapacityBooked" {
        capacity(model, decision, event, violations);
    }
    let Some(order) = event.stream.strip_prefix("order-").and_then(|id| model.orders.get(id)) else { return };
    let is_forced = |key: Option<&String>| key.is_some_and(|key| model.forced.contains(key));
    let requested_by = || {
        let parts = order.fulfillment_orders.iter();
        parts
            .filter(|part| event.data["fulfillmentOrderId"] == part.id)
            .find_map(|part| part.requested_by.as_ref())
    };
    let forced = is_forced(decision.key.as_ref()) || is_forced(requested_by());
    for location in Model::given_at(event) {
        let detail =
            || format!("{}: {} is assigned to {location} by {}", describe(decision), order.id, event.kind);
        let is_paused = model.locations.get(location).is_some_and(|location| location.is_paused);
        violations.check("no units are assigned to a paused location", forced || !is_paused, detail);
        let has_rejected = order.rejected_by.contains(location);
        violations.check(
            "no units are assigned to a location that rejected the order",
            forced || !has_rejected,
            detail,
        );
    }
    if event.kind == "InventoryReserved" {
        let may_reserve = order.is_paid() || !(order.reserves_at_payment || order.is_void);
        violations.check("no units are reserved for an order that awaits payment", may_reserve, || {
            format!("{}: {}", describe(decision), order.id)
        });
        ship_by(order, decision, event, violations);
    }
}

fn capacity(model: &Model, decision: &Decision, event: &FeedEvent, violations: &mut Violations) {
    let Some(location) = model.locations.get(text(&event.data, "location")) else { return };
    let day = text(&event.data, "day");
    let booked = location.booked.get(day).map_or(0, std::collections::BTreeSet::len);
    let fits = location.daily_capacity.is_none_or(|capacity| i64::try_from(booked).unwrap() < capacity);
    violations.check(
        "no more fulfillment orders are booked per day than the capacity of the location",
        fits,
        || format!("{}: {booked} are booked for {day} already: {}", describe(decision), event.data),
    );
}

fn ship_by(order: &Order, decision: &Decision, event: &FeedEvent, violations: &mut Violations) {
    let Some(by) = order.delivery.ship_by else { return };
    for part in list(&event.data, "fulfillmentOrders") {
        let is_in_time = time(&part["promise"], "shipAt").is_none_or(|at| at <= by);
        violations.check("no promised ship date is after shipBy", is_in_time, || {
            format!("{}: {}: {}", describe(decision), order.id, event.data)
        });
    }
}

pub fn after_command(model: &Model, before: &Before, decision: &Decision, violations: &mut Violations) {
    for (id, known) in &before.orders {
        let order = &model.orders[id];
        let (used, was_used) = (order.used_locations(), known.used_locations());
        // `ShipItems` reports a fact: the split limits do not apply.
        let is_report = decision.command == "ShipItems";
        let detail = || format!("{}: {id}: {was_used:?}, then {used:?}", describe(decision));
        if !order.allow_split && !is_report {
            // Units that were shipped against the plan do not keep the rest from the pickup location.
            let is_pinned = |at: &&String| order.delivery.pinned_location.as_ref() == Some(*at);
            let is_one =
                used.difference(&was_used).all(|at| is_pinned(&at)) || used.len() <= was_used.len().max(1);
            violations.check("an order that must not be split has one location", is_one, detail);
        }
        let by_person = matches!(decision.command.as_str(), "MoveFulfillmentOrder" | "AcceptCancellation");
        if !is_report && !by_person && !used.is_subset(&was_used) {
            let limit = model.split_limit(&order.channel).highest;
            let fits = used.len() <= limit.max(was_used.len());
            violations.check("an order has no more locations than its split limit", fits, || {
                format!("{}: limit {limit}: {id}: {was_used:?}, then {used:?}", describe(decision))
            });
        }
        if let Some(bound) = &order.delivery.pinned_location {
            let other_locations: Vec<_> =
                order.holding_locations().into_iter().filter(|holding| holding != bound).collect();
            violations.check(
                "units of a pickup order are reserved at its pickup location only",
                other_locations.is_empty(),
                || format!("{}: {id} is picked up at {bound}: {other_locations:?}", describe(decision)),
            );
        }
    }
}

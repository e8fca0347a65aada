//! Backorders are filled in order: of the entries that a location may fill, the first one is filled first.

use super::units::describe;
use crate::walk::feed::{Decision, FeedEvent};
use crate::walk::json::{list, number, text};
use crate::walk::model::Model;
use crate::walk::model::stock::{BackorderEntry, StockItem};
use crate::walk::violations::Violations;

pub fn at_event(model: &Model, decision: &Decision, event: &FeedEvent, violations: &mut Violations) {
    match event.kind.as_str() {
        "StockBackorderFilled" => filled(model, decision, event, violations),
        "StockBackordered" => joined(model, decision, event, violations),
        _ => {}
    }
}

fn filled(model: &Model, decision: &Decision, event: &FeedEvent, violations: &mut Violations) {
    let (sku, order) = (text(&event.data, "sku"), text(&event.data, "orderId"));
    let Some(item) = model.items.get(sku) else { return };
    let own = item.queue.iter().position(|entry| entry.order == order);
    violations.check("only orders in the queue get its units", own.is_some(), || {
        format!("{}: {order} does not wait for {sku}", describe(decision))
    });
    for allocation in list(&event.data, "allocations") {
        let location = text(allocation, "location");
        let earlier = item.queue.iter().take(own.unwrap_or(0)).filter(|entry| entry.order != order);
        for entry in earlier.filter(|entry| could_be_served(model, item, entry, location)) {
            violations.add(
                "the queue is served in order",
                format!("{}: {order} gets {sku} at {location} before {entry:?}", describe(decision)),
            );
        }
    }
}

/// True if a location could have filled an entry.
fn could_be_served(model: &Model, item: &StockItem, entry: &BackorderEntry, location: &str) -> bool {
    let may_serve = model.orders.get(&entry.order).is_some_and(|order| {
        let is_over = order.expires_at.is_some_and(|expires_at| expires_at <= model.time);
        !is_over && model.may_serve(order, location)
    });
    let is_enough = !entry.whole || item.level(location).supply() >= entry.quantity;
    may_serve && entry.may_come_from(location) && is_enough && !item.may_wait_for_supply(entry)
}

/// The documented priority boost in microseconds: one day for `express`, 30 days for `critical`.
fn advantage(priority: &str) -> i64 {
    const DAY: i64 = 24 * 3_600 * 1_000_000;
    match priority {
        "critical" => 30 * DAY,
        "express" => DAY,
        _ => 0,
    }
}

/// Checks that the boost of an entry is at least that of the order's priority, and less than that of the next one.
fn joined(model: &Model, decision: &Decision, event: &FeedEvent, violations: &mut Violations) {
    let Some(order) = model.orders.get(text(&event.data, "orderId")) else { return };
    let place = crate::walk::json::time(&event.data, "place").expect("a place");
    let raised = if order.priority == "standard" { "express" } else { "critical" };
    let waits_since = place + advantage(raised);
    let is_sound = place <= decision.time - advantage(&order.priority) && number(&event.data, "quantity") > 0;
    violations.check("the order of the queue follows priority and age", is_sound && waits_since > 0, || {
        format!("{}: {} of priority {}: {}", describe(decision), order.id, order.priority, event.data)
    });
}

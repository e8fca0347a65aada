//! Units add up: stock is not oversold, and orders and stock items agree on reserved and backordered units.

use std::collections::BTreeMap;

use crate::walk::feed::{Decision, FeedEvent};
use crate::walk::json::{list, number, text};
use crate::walk::model::order::Order;
use crate::walk::model::{Before, Model};
use crate::walk::violations::Violations;

/// Checks that reservations take available units only, and that an order uses safety stock for the units of its cart only.
pub fn at_event(model: &Model, decision: &Decision, event: &FeedEvent, violations: &mut Violations) {
    if !matches!(event.kind.as_str(), "StockReserved" | "StockCartReserved") {
        return;
    }
    let sku = text(&event.data, "sku");
    for allocation in list(&event.data, "allocations") {
        let (location, quantity) = (text(allocation, "location"), number(allocation, "quantity"));
        let level = model.items.get(sku).map(|item| item.level(location)).unwrap_or_default();
        let of_cart = released_from_cart(decision, sku, location).min(level.unreserved());
        violations.check(
            "only available units are reserved",
            quantity <= level.available().max(of_cart),
            || format!("{} of {sku} at {location} for {} units: {level:?}", describe(decision), quantity),
        );
    }
}

/// The units that the cart of an order gives up in the same decision.
fn released_from_cart(decision: &Decision, sku: &str, location: &str) -> i64 {
    let released = decision.events.iter().filter(|event| event.kind == "StockCartReleased");
    let of_sku = released.filter(|event| text(&event.data, "sku") == sku);
    let allocations = of_sku.flat_map(|event| list(&event.data, "allocations"));
    allocations
        .filter(|there| text(there, "location") == location)
        .map(|there| number(there, "quantity"))
        .sum()
}

pub fn after_command(model: &Model, before: &Before, decision: &Decision, violations: &mut Violations) {
    for event in &decision.events {
        if let Some(sku) = event.stream.strip_prefix("stock-") {
            levels(model, sku, decision, violations);
        }
    }
    for id in before.orders.keys() {
        let order = &model.orders[id];
        lines(order, decision, violations);
        if order.expires_at.is_none_or(|expires_at| expires_at > decision.time) {
            holdings(model, order, decision, violations);
        }
    }
}

/// Describes the command in the detail of a violation.
pub fn describe(decision: &Decision) -> String {
    let key = decision.key.as_deref().unwrap_or("the process manager");
    format!("{} by {key} at {}", decision.command, decision.end)
}

fn levels(model: &Model, sku: &str, decision: &Decision, violations: &mut Violations) {
    let item = &model.items[sku];
    let backordered: i64 = item.queue.iter().map(|entry| entry.quantity).sum();
    let mut earmarked = 0;
    for (location, level) in &item.levels {
        let detail = || format!("{}: {sku} at {location}: {level:?}", describe(decision));
        let quantities = [level.on_hand, level.reserved, level.earmarked, level.quarantine, level.damaged];
        violations.check("no quantity is negative", quantities.iter().all(|units| *units >= 0), detail);
        if level.reserved > level.on_hand {
            // Picked units stay reserved: a count cannot release them.
            let picked: i64 = model.orders.values().map(|order| order.picked_at(sku, location)).sum();
            let is_picked = level.reserved - level.on_hand <= picked;
            violations.check("reserved <= on hand", is_picked, detail);
        }
        let fits = level.earmarked == 0 || level.reserved + level.earmarked <= level.on_hand;
        violations.check("reserved + earmarked <= on hand", fits, detail);
        earmarked += level.earmarked;
    }
    let (level, recorded) = (item.availability_level(), item.recorded_level.as_deref().unwrap_or("in_stock"));
    violations.check(
        "the recorded level follows the available units",
        item.low_stock_at.is_none() || recorded == level,
        || format!("{}: {sku} is {level}, and {recorded} by its events", describe(decision)),
    );
    violations.check("no more units are earmarked than backordered", earmarked <= backordered, || {
        format!(
            "{}: {earmarked} units of {sku} are earmarked and {backordered} backordered",
            describe(decision)
        )
    });
}

fn lines(order: &Order, decision: &Decision, violations: &mut Violations) {
    for line in order.numbers() {
        let own = &order.lines[line - 1];
        let parts = [order.pending(line), own.backordered, order.reserved(line), own.cancelled];
        let is_sound = parts.iter().all(|units| *units >= 0)
            && own.delivered <= order.shipped(line)
            && order.shipped(line) <= order.packed(line)
            && order.packed(line) <= order.picked(line);
        let of_stock = own.backordered + order.reserved(line) + order.picked(line) + own.returned;
        let is_apart = if own.is_without_stock {
            of_stock == 0 && own.fulfilled >= 0 && own.fulfilled + own.cancelled <= own.ordered
        } else {
            own.fulfilled == 0
        };
        violations.check("lines without stock are fulfilled and never reserved", is_apart, || {
            format!("{}: {} line {line}: {own:?}", describe(decision), order.id)
        });
        violations.check("an order's units add up", is_sound, || {
            let names = ["pending", "backordered", "reserved", "cancelled"];
            let named: Vec<_> = names.iter().zip(parts).collect();
            format!("{}: {} line {line}: {own:?} {named:?}", describe(decision), order.id)
        });
    }
}

/// Checks that an order's reserved and backordered units equal those of the stock items.
fn holdings(model: &Model, order: &Order, decision: &Decision, violations: &mut Violations) {
    let mut reserved: BTreeMap<(String, String), i64> = BTreeMap::new();
    let mut backordered: BTreeMap<String, i64> = BTreeMap::new();
    for (sku, item) in &model.items {
        for (location, units) in
            item.reserved.get(&order.id).into_iter().flatten().filter(|(_, units)| **units != 0)
        {
            reserved.insert((sku.clone(), location.clone()), *units);
        }
        let units = item.backordered_for(&order.id);
        if units != 0 {
            backordered.insert(sku.clone(), units);
        }
    }
    let own = order.reserved_by_place();
    violations.check("an order and the stock items agree on its reserved units", reserved == own, || {
        format!("{}: {}: {own:?}, by the stock items {reserved:?}", describe(decision), order.id)
    });
    let own = order.backordered_by_sku();
    violations.check("an order and the queues agree on its backordered units", backordered == own, || {
        format!("{}: {}: {own:?}, by the queues {backordered:?}", describe(decision), order.id)
    });
}

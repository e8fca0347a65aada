//! When no work is due, no order waits for available units.

use crate::walk::model::Model;
use crate::walk::model::order::Order;
use crate::walk::model::stock::StockItem;
use crate::walk::violations::Violations;

/// Work that has been due for longer than this is a violation. In microseconds.
pub const DUE_TOLERANCE: i64 = 1_000_000;

/// The work that is due at a time.
pub fn unfinished(model: &Model, now: i64) -> Violations {
    let mut violations = Violations::default();
    let past = now - DUE_TOLERANCE;
    for (sku, item) in &model.items {
        for (order, until) in &item.until {
            let holds =
                item.reserved.get(order).is_some_and(|reserved| reserved.values().any(|units| *units > 0));
            violations.check("an expired reservation has no units", !holds || *until > past, || {
                format!("{order} still has units of {sku} reserved, though the reservation has expired")
            });
        }
    }
    for (id, cart) in &model.carts {
        let is_over = cart.ended_by.is_none() && cart.until <= past;
        violations.check("a cart ends at its time", !is_over, || format!("cart {id} has not ended"));
    }
    for order in model.orders.values() {
        waiting(model, order, &mut violations);
        pending(order, &mut violations);
        for (id, hold) in &order.holds {
            let is_over = hold.until.is_some_and(|until| until <= past);
            violations.check("a hold ends at its end time", !is_over, || {
                format!("hold {id} of {} has not ended", order.id)
            });
        }
    }
    violations
}

/// True if a reservation, a cart or a hold ends between two times (microseconds since 1970).
pub fn is_something_due(model: &Model, from: i64, to: i64) -> bool {
    let reservations = model.items.values().flat_map(|item| item.until.values().copied());
    let holds = model.orders.values().flat_map(|order| order.holds.values().filter_map(|hold| hold.until));
    let expiries = model.orders.values().filter_map(|order| order.expires_at);
    let carts = model.carts.values().filter(|cart| cart.ended_by.is_none()).map(|cart| cart.until);
    reservations.chain(carts).chain(holds).chain(expiries).any(|due| due >= from && due <= to)
}

/// Orders that wait although an eligible location has available units, and no hold explains it.
fn waiting(model: &Model, order: &Order, violations: &mut Violations) {
    if order.is_out_of_stock() {
        return;
    }
    for (sku, units) in order.backordered_by_sku() {
        let Some(item) = model.items.get(&sku) else { continue };
        if item.queue.iter().any(|entry| entry.order == order.id && item.may_wait_for_supply(entry)) {
            continue;
        }
        for (location, level) in &item.levels {
            let needed = if order.allow_split { 1 } else { units };
            let has_units = level.available() >= needed || is_first(item, &order.id, location, needed);
            let can_be_filled = has_units && model.may_serve(order, location);
            violations.check("no order waits for available units", !can_be_filled, || {
                let queue: Vec<_> = item.queue.iter().filter(|entry| entry.order == order.id).collect();
                format!("{} waits for {units} of {sku}; {location} has {level:?}; {queue:?}", order.id)
            });
        }
    }
}

/// True if the order is the first that a location may fill, and the location has all of its units.
fn is_first(item: &StockItem, order: &str, location: &str, needed: i64) -> bool {
    let first = item.queue.iter().find(|entry| entry.may_come_from(location));
    first.is_some_and(|entry| entry.order == order) && item.level(location).supply() >= needed
}

/// Orders with pending units, unless a hold or a missing payment explains them.
fn pending(order: &Order, violations: &mut Violations) {
    let pending: i64 = order.numbers().map(|line| order.pending(line)).sum();
    let awaits_payment =
        !order.is_paid() && (order.reserves_at_payment || order.has_expired || order.is_void);
    let is_explained = pending == 0 || awaits_payment || order.is_out_of_stock();
    violations.check("an order has pending units only on hold or before payment", is_explained, || {
        format!("{} has {pending} units pending; holds {:?}", order.id, order.holds)
    });
}

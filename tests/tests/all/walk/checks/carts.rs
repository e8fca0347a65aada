//! Carts and stock items agree, and an order takes over the units of an open cart only.

use std::collections::BTreeMap;

use super::units::describe;
use crate::walk::feed::Decision;
use crate::walk::model::Model;
use crate::walk::violations::Violations;

pub fn after_command(model: &Model, decision: &Decision, violations: &mut Violations) {
    for event in &decision.events {
        if let Some(id) = event.stream.strip_prefix("reservation-") {
            holdings(model, id, decision, violations);
        }
        if event.kind == "OrderCreated"
            && let Some(cart) = event.data["reservation"].as_str()
        {
            let order = model.carts.get(cart).and_then(|cart| cart.order.as_deref());
            let is_taken_over = order == event.data["orderId"].as_str();
            violations.check("an order converts the cart that it names", is_taken_over, || {
                format!("{}: cart {cart} belongs to {order:?}", describe(decision))
            });
        }
    }
}

/// Checks that the reserved units of a cart equal those of the stock items.
fn holdings(model: &Model, id: &str, decision: &Decision, violations: &mut Violations) {
    let cart = &model.carts[id];
    let mut reserved: BTreeMap<(String, String), i64> = BTreeMap::new();
    for (sku, item) in &model.items {
        for (location, units) in item.reserved.get(id).into_iter().flatten().filter(|(_, units)| **units != 0)
        {
            reserved.insert((sku.clone(), location.clone()), *units);
        }
    }
    let own: BTreeMap<_, _> = cart.units.clone().into_iter().filter(|(_, units)| *units != 0).collect();
    violations.check("a cart and the stock items agree on its reserved units", reserved == own, || {
        format!("{}: cart {id}: {own:?}, by the stock items {reserved:?}", describe(decision))
    });
}

//! A channel promises no more units of a SKU than its limit to orders created since the limit was set.

use super::units::describe;
use crate::walk::feed::Decision;
use crate::walk::model::{Before, Model};
use crate::walk::violations::Violations;

pub fn after_command(model: &Model, before: &Before, decision: &Decision, violations: &mut Violations) {
    // `ShipItems` reports a fact, so no limit applies.
    if decision.command == "ShipItems" {
        return;
    }
    for ((sku, channel), before) in &before.promised {
        let Some(limit) = model.items[sku].limits.get(channel) else { continue };
        let promised = model.promised_since_limit(sku, channel);
        let is_within = promised <= *before || promised <= limit.limit;
        violations.check("no channel promises more than its limit", is_within, || {
            let (by_order, limit) = (model.promised_by_order(sku, channel), limit.limit);
            let command = describe(decision);
            format!(
                "{command}: {channel} has promised {promised} of {sku} (before {before}, limit {limit}): {by_order:?}"
            )
        });
    }
}

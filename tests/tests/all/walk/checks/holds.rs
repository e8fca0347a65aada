//! An order with an out-of-stock hold is not sourced, and a delivered order stays delivered.

use super::units::describe;
use crate::walk::feed::Decision;
use crate::walk::json::list;
use crate::walk::model::{Before, Model};
use crate::walk::violations::Violations;

pub fn after_command(model: &Model, before: &Before, decision: &Decision, violations: &mut Violations) {
    for (id, known) in &before.orders {
        let order = &model.orders[id];
        let still_held = known.out_of_stock_holds().any(|hold| order.holds.contains_key(hold));
        let lines = known.numbers().filter(|_| still_held);
        for line in lines {
            let (was, own) = (&known.lines[line - 1], &order.lines[line - 1]);
            let shipped = order.shipped(line) - known.shipped(line);
            let unwanted = own.cancelled - was.cancelled + shipped;
            let is_untouched = order.pending(line) >= known.pending(line) - unwanted.max(0);
            violations.check(
                "pending units stay pending while the order is on hold for them",
                is_untouched,
                || {
                    let (before, after) = (known.pending(line), order.pending(line));
                    format!("{}: {id} line {line}: {before} pending, then {after}", describe(decision))
                },
            );
        }
        let grows = |event: &&crate::walk::feed::FeedEvent| {
            event.kind == "OrderAmended"
                && !(list(&event.data, "grown").is_empty() && list(&event.data, "added").is_empty())
        };
        let own = decision.events.iter().filter(|event| event.stream == format!("order-{id}"));
        let grown = known.is_delivered() && own.into_iter().any(|event| grows(&event));
        violations
            .check("a delivered order does not grow", !grown, || format!("{}: {id}", describe(decision)));
    }
}

//! An order of a bundle has a line for each of its components.

use serde_json::Value;

use super::units::describe;
use crate::walk::feed::Decision;
use crate::walk::json::{list, number, text};
use crate::walk::model::Model;
use crate::walk::violations::Violations;

pub fn after_command(model: &Model, decision: &Decision, violations: &mut Violations) {
    for event in &decision.events {
        let lines = match event.kind.as_str() {
            "OrderCreated" => list(&event.data, "lines"),
            "OrderAmended" => list(&event.data, "added"),
            _ => continue,
        };
        for bundle in lines.chunk_by(|_, next| number_of(next) > 1).filter(|lines| number_of(&lines[0]) > 0) {
            check(model, decision, bundle, violations);
        }
    }
}

/// The number of the component that a line is; 0 for a line that belongs to no bundle.
fn number_of(line: &Value) -> i64 {
    line["bundle"]["component"].as_i64().unwrap_or(0)
}

fn check(model: &Model, decision: &Decision, lines: &[Value], violations: &mut Violations) {
    let bundle = &lines[0]["bundle"];
    let item = &model.items[text(bundle, "sku")];
    let units = |(sku, units): &(String, i64)| (sku.clone(), units * number(bundle, "quantity"));
    let expected: Vec<_> = item.components.iter().map(units).collect();
    let ordered: Vec<_> =
        lines.iter().map(|line| (text(line, "sku").to_owned(), number(line, "quantity"))).collect();
    violations.check("a bundle becomes its components", ordered == expected, || {
        format!("{}: {bundle}: {ordered:?}, by the policy {expected:?}", describe(decision))
    });
    let is_empty = item.levels.values().all(|level| level.on_hand == 0);
    violations.check("a bundle has no stock of its own", is_empty, || format!("{:?}", item.levels));
}

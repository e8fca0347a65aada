//! The report of a walk that broke invariants: the violations, and the history of each order that they name.

use std::collections::BTreeSet;

use super::walker::Walker;

/// The length of an order's id.
const ID_LENGTH: usize = 36;

/// The violations of all merchants; empty if there are none.
pub async fn report(walkers: &[Walker]) -> String {
    let mut parts = Vec::new();
    for walker in walkers.iter().filter(|walker| !walker.violations.is_empty()) {
        let violations = walker.violations.to_string();
        let mut histories = Vec::new();
        for id in named_orders(&violations) {
            histories.push(walker.history(id).await);
        }
        parts.push(format!("merchant {}:\n{violations}{}", walker.name(), histories.concat()));
    }
    parts.concat()
}

/// The ids in the details of violations. The commands that were sent before, which follow the details, are left out.
fn named_orders(violations: &str) -> BTreeSet<&str> {
    let details = violations.lines().filter(|line| !line.trim_start().starts_with("sent "));
    let words = details.flat_map(|line| line.split(|c: char| !c.is_ascii_hexdigit() && c != '-'));
    words.filter(|word| word.len() == ID_LENGTH).collect()
}

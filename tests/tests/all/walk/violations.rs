//! Collects violations: the first ones of each rule with details, the others as a number.

use std::collections::BTreeMap;
use std::fmt;

/// The number of violations per rule with details.
const MAX_DETAILS_PER_RULE: usize = 3;

/// The violations of one merchant.
#[derive(Debug, Default)]
pub struct Violations {
    /// The number and the first details, by rule.
    by_rule: BTreeMap<&'static str, (usize, Vec<String>)>,
    /// True if some violations have no explanation yet.
    is_unexplained: bool,
}

impl Violations {
    pub fn add(&mut self, rule: &'static str, detail: impl Into<String>) {
        let (count, details) = self.by_rule.entry(rule).or_default();
        *count += 1;
        if details.len() < MAX_DETAILS_PER_RULE {
            details.push(detail.into());
            self.is_unexplained = true;
        }
    }

    /// Adds a violation unless `is_met`.
    pub fn check(&mut self, rule: &'static str, is_met: bool, detail: impl FnOnce() -> String) {
        if !is_met {
            self.add(rule, detail());
        }
    }

    /// Adds all violations of another collection.
    pub fn merge(&mut self, others: Self) {
        for (rule, (_, details)) in others.by_rule {
            for detail in details {
                self.add(rule, detail);
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.by_rule.is_empty()
    }

    /// True if violations were added since the last call.
    pub fn take_unexplained(&mut self) -> bool {
        std::mem::take(&mut self.is_unexplained)
    }

    /// Adds the commands that were sent before to the latest detail of every rule.
    pub fn explain(&mut self, context: &str) {
        for (_, details) in self.by_rule.values_mut() {
            if let Some(last) = details.last_mut().filter(|last| !last.contains("\n    sent ")) {
                last.push_str(context);
            }
        }
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (rule, (count, details)) in &self.by_rule {
            writeln!(f, "  {rule}: {count} times")?;
            for detail in details {
                writeln!(f, "  - {detail}")?;
            }
        }
        Ok(())
    }
}

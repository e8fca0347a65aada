//! A cart reservation, folded from its events.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::walk::json::{list, number, text, time};

#[derive(Debug, Clone, Default)]
pub struct Cart {
    pub channel: String,
    /// The position of the command that reserved it.
    pub since: u64,
    /// When it ends.
    pub until: i64,
    /// Reserved units by SKU and location; empty after its end.
    pub units: BTreeMap<(String, String), i64>,
    /// The event that ended it.
    pub ended_by: Option<String>,
    /// The order that took its units over.
    pub order: Option<String>,
}

impl Cart {
    /// True if its units are reserved at a time.
    pub fn is_open(&self, time: i64) -> bool {
        self.ended_by.is_none() && time < self.until
    }

    /// Applies an event. Returns the violation that it finds.
    pub fn apply(&mut self, kind: &str, data: &Value, decided_at: i64, position: u64) -> Option<String> {
        let was_open = self.is_open(decided_at);
        match kind {
            "CartReserved" => {
                text(data, "channel").clone_into(&mut self.channel);
                self.since = position;
                self.until = time(data, "until").expect("a time");
                for line in list(data, "lines") {
                    let all: i64 =
                        list(line, "allocations").iter().map(|there| number(there, "quantity")).sum();
                    let expected = if line["withoutStock"] == true { 0 } else { number(line, "quantity") };
                    if all != expected {
                        return Some(format!("{all} units are reserved for {line}"));
                    }
                    for there in list(line, "allocations") {
                        let place = (text(line, "sku").to_owned(), text(there, "location").to_owned());
                        *self.units.entry(place).or_default() += number(there, "quantity");
                    }
                }
                return None;
            }
            "CartReservationExtended" => self.until = time(data, "until").expect("a time"),
            "CartUnitsLost" => {
                let place = (text(data, "sku").to_owned(), text(data, "location").to_owned());
                let units = self.units.entry(place).or_default();
                *units -= number(data, "quantity");
                if *units < 0 {
                    return Some("it loses units that it does not have".to_owned());
                }
            }
            "CartReservationExpired" => {
                let is_due = self.ended_by.is_none() && self.until <= decided_at;
                self.end(kind);
                return (!is_due).then(|| "it expires before its time, or twice".to_owned());
            }
            _ => {
                self.order = data["orderId"].as_str().map(str::to_owned);
                self.end(kind);
            }
        }
        (!was_open).then(|| "it had ended before".to_owned())
    }

    fn end(&mut self, kind: &str) {
        self.ended_by = Some(kind.to_owned());
        self.units.clear();
    }
}
